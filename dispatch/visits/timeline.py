"""The timeline of a visit, computed from its reported acts; neither their order of arrival nor repeats matter.

Each act carries its number within the visit (1, 2, 3 …). An end counts only when every number up to it has arrived, so
that a late act cannot change a result. The one exception is a clash: two acts with one number (two phones), which a
person decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dispatch.visits.transitions import ActKind, VisitState

_ENDS = {
    ActKind.LEAVE: VisitState.FINISHED,
    ActKind.NOBODY_HOME: VisitState.NOBODY_HOME,
    ActKind.ABORT: VisitState.ABORTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One act with the facts that the timeline and the evidence need."""

    id: UUID
    kind: ActKind
    sequence: int
    at: datetime
    claimed_at: datetime
    received_at: datetime
    offline: bool = False
    not_before: datetime | None = None
    certain: bool = True
    device: str | None = None
    account_id: UUID | None = None
    distance_metres: float | None = None
    accuracy_metres: float | None = None
    fix_age_seconds: float | None = None
    mocked: bool = False
    code_matches: bool | None = None
    home_matches: bool | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The acts in order, and the `state` that they give an accepted visit."""

    state: VisitState
    depart: Report | None
    arrive: Report | None
    end: Report | None
    clash: bool  # two acts claim one number
    gap: bool  # an end was reported, but an act before it is missing


def timeline(reports: Iterable[Report]) -> Timeline:
    """Lay the acts in order and read off where the visit stands."""
    ordered = sorted(reports, key=lambda report: (report.sequence, report.id))
    numbers = {report.sequence for report in ordered}
    last = next((report for report in ordered if report.kind in _ENDS), None)
    before = ordered[: ordered.index(last)] if last else ordered
    depart = next((report for report in before if report.kind is ActKind.DEPART), None)
    arrive = next((report for report in before if report.kind is ActKind.ARRIVE), None)
    contiguous = last is not None and numbers >= set(range(1, last.sequence + 1))
    signed_in = arrive is not None or (last is not None and last.kind is ActKind.ABORT)
    state = VisitState.ACCEPTED
    if last is not None and contiguous and signed_in:
        state = _ENDS[last.kind]
    elif arrive is not None:
        state = VisitState.ARRIVED
    elif depart is not None:
        state = VisitState.DEPARTED
    counted = ordered if last is None else [report for report in ordered if report.sequence <= last.sequence]
    return Timeline(
        state=state,
        depart=depart,
        arrive=arrive,
        end=last,
        clash=len({report.sequence for report in counted}) < len(counted),
        gap=last is not None and not (contiguous and signed_in),
    )
