"""How reported acts become the course of a visit, in whatever order and however often they arrive.

The course is a pure function of the set of acts. Each act carries a number of its visit (1, 2, 3 …): nothing is final
until every number up to the last act is there, so that a late act can never change what was already concluded, except
by clashing with it (two phones, one number), which is for a person to decide.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dispatch.visits.transitions import ActKind, State

_ENDS = {
    ActKind.LEAVE: State.FINISHED,
    ActKind.NOBODY_HOME: State.NOBODY_HOME,
    ActKind.ABORT: State.ABORTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One act as the course and the evidence see it."""

    id: UUID
    kind: ActKind
    sequence: int
    at: datetime
    claimed_at: datetime
    received_at: datetime
    offline: bool = False
    not_before: datetime | None = None
    device: str | None = None
    distance_metres: float | None = None
    accuracy_metres: float | None = None
    fix_age_seconds: float | None = None
    mocked: bool = False
    code_matches: bool | None = None
    home_matches: bool | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """What the acts amount to; `state` is where they lead from an accepted visit."""

    state: State
    depart: Report | None
    arrive: Report | None
    end: Report | None
    clash: bool  # two acts claim one number
    gap: bool  # an end was reported, but an act before it is missing


def course(reports: Iterable[Report]) -> Course:
    """Lay the acts in order and read off where the visit stands."""
    ordered = sorted(reports, key=lambda report: (report.sequence, report.id))
    numbers = {report.sequence for report in ordered}
    last = next((report for report in ordered if report.kind in _ENDS), None)
    before = ordered[: ordered.index(last)] if last else ordered
    depart = next((report for report in before if report.kind is ActKind.DEPART), None)
    arrive = next((report for report in before if report.kind is ActKind.ARRIVE), None)
    contiguous = last is not None and numbers >= set(range(1, last.sequence + 1))
    signed_in = arrive is not None or (last is not None and last.kind is ActKind.ABORT)
    state = State.ACCEPTED
    if last is not None and contiguous and signed_in:
        state = _ENDS[last.kind]
    elif arrive is not None:
        state = State.ARRIVED
    elif depart is not None:
        state = State.DEPARTED
    counted = ordered if last is None else [report for report in ordered if report.sequence <= last.sequence]
    return Course(
        state=state,
        depart=depart,
        arrive=arrive,
        end=last,
        clash=len({report.sequence for report in counted}) < len(counted),
        gap=last is not None and not (contiguous and signed_in),
    )
