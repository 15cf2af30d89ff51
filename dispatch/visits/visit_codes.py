"""Codes that only this installation can make: the home's QR, the elder's one-time code, and time anchors.

None of them is stored: each is computed from the master key when it is read out, printed or compared.
"""

import hmac
from datetime import UTC, datetime
from uuid import UUID

from events.work import Work


def home_token(work: Work, person_id: UUID) -> str:
    """Return the content of the QR that hangs in the elder's home; it never changes, so it proves little by itself."""
    return work.vault.token("home", str(person_id))


def code(work: Work, visit_id: UUID) -> str:
    """Return the six digits that the elder gives the worker of this one visit."""
    # 64 bits modulo a million: the bias is below one in ten million million.
    return f"{int.from_bytes(work.vault.blind('visit-code', str(visit_id))[:8]) % 1_000_000:06d}"


def anchor(work: Work, visit_id: UUID) -> str:
    """Return this instant, signed for one visit: a phone embeds it in acts made later without a signal."""
    moment = int(work.now.timestamp())
    return f"{moment}.{work.vault.token('anchor', str(visit_id), str(moment))}"


def read_anchor(work: Work, visit_id: UUID, given: str) -> datetime | None:
    """Return the instant of an anchor; None where this installation did not sign it for this visit."""
    moment, _, mark = given.partition(".")
    if not moment.isascii() or not moment.isdigit() or len(moment) > 12:
        return None
    if not hmac.compare_digest(work.vault.token("anchor", str(visit_id), moment).encode(), mark.encode()):
        return None
    return datetime.fromtimestamp(int(moment), UTC)
