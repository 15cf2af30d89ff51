"""Which visits of a statement are listed for its draw; pure."""

from collections.abc import Iterable
from uuid import UUID

from providers.settlement.papers import CHARGE, Line


def listed(lines: Iterable[Line]) -> list[Line]:
    """Return the lines of a paper that pay for evidence that no paper before it paid for.

    Of each visit the last charge counts. A correction by another price or a deduction given back rests on evidence
    that was listed before; one by a new verification, or of a visit that was void until then, does not.
    """
    last: dict[UUID, Line] = {}
    back: dict[UUID, dict[int, Line]] = {}
    charged: dict[UUID, set[int]] = {}
    for line in lines:
        if line.kind == CHARGE:
            charged.setdefault(line.visit_id, set()).add(line.revision)
            if line.visit_id not in last or last[line.visit_id].revision < line.revision:
                last[line.visit_id] = line
        else:
            back.setdefault(line.visit_id, {})[line.revision] = line
    kept = []
    for visit_id, line in last.items():
        paid = {
            earlier.verified_by
            for revision, earlier in back.get(visit_id, {}).items()
            if revision not in charged[visit_id] and earlier.payable_fen < 0
        }
        if line.payable_fen > 0 and line.verified_by not in paid:
            kept.append(line)
    return kept
