"""Questions to calls: which ring and are spoken, from which number, and who may be calling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from dispatch.calls.model import PhoneCall, PhoneCallState
from dispatch.calls.rules import ShownMinutes
from events.work import Work
from kit.refusal import Kind, Refusal
from kit.rules import queries as rules
from registry import queries as registry

NUMBER: Final = "phone_call|number_sealed"
"""What binds a sealed number to its place, before the call's id."""


class CallNotFound(Refusal):
    """No such call."""

    code = "call.not_found"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One call that rings or is spoken, with its number in full and those whose number it is, their names masked."""

    call: PhoneCall
    number: str | None
    callers: Sequence[registry.Caller]


async def live_calls(work: Work) -> list[LiveCall]:
    """Return the calls that ring or are spoken, those that have waited longest first.

    One whose end is not reported falls out after the rule `calls.shown_minutes`.
    """
    shown = (await rules.read(work.session, ShownMinutes, at=work.now)).span
    query = select(PhoneCall).where(PhoneCall.state != PhoneCallState.ENDED, PhoneCall.rang_at > work.now - shown)
    calls = (await work.session.execute(query.order_by(PhoneCall.rang_at, PhoneCall.id))).scalars().all()
    callers = await registry.masked_callers(work, [call.number_blind for call in calls if call.number_blind])
    return [LiveCall(call, number_of(work, call), callers.get(call.number_blind or b"", ())) for call in calls]


def number_of(work: Work, call: PhoneCall) -> str | None:
    """Return the number of a call; null where it was withheld or is forgotten."""
    if call.data_key is None or call.number_sealed is None:
        return None
    return work.vault.open(call.data_key, f"{NUMBER}|{call.id}", call.number_sealed)


async def check_call(work: Work, call_id: UUID) -> None:
    """Refuse `call.not_found`."""
    if await work.session.get(PhoneCall, call_id) is None:
        raise CallNotFound
