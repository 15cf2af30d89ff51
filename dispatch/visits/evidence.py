"""Grade the evidence of a sign-in and a sign-out: A to D, and flags for a person to check.

Two of three must agree: the phone is at the door, the elder's one-time code was given, the home's QR was scanned. The
QR on the wall never changes and can be photographed, so that it is the weak one of the three. A position switched off,
old, coarse or made up is no evidence; it is never taken as good: the frauds of Jing'an and Jiading in 2020 to 2023 were
exactly that. No web page can tell a made-up position from a true one; only code and scan bind a worker to the home.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from dispatch.visits.flags import Flag, Grade
from dispatch.visits.rules import EvidenceRules
from dispatch.visits.timeline import Report
from dispatch.visits.transitions import ActKind


@dataclass(frozen=True, slots=True)
class Evidence:
    """A grade, and the flags that a person should check, in a fixed order."""

    grade: Grade
    flags: tuple[Flag, ...]


def at_the_door(report: Report, rules: EvidenceRules) -> bool:
    """Tell whether a reported position proves presence: fresh, fine enough, not made up, within the radius.

    The fence widens by the fix's own accuracy, which is bounded, or a phone that claims to know nothing would be near.
    """
    if report.distance_metres is None or report.accuracy_metres is None or report.fix_age_seconds is None:
        return False
    if report.mocked or not 0 <= report.fix_age_seconds <= rules.fix_age_limit_seconds:
        return False
    if not 0 <= report.accuracy_metres <= rules.accuracy_limit_metres:
        return False
    return report.distance_metres <= rules.radius_metres + report.accuracy_metres


def grade(reports: Iterable[Report], *, end: Report | None, rules: EvidenceRules) -> Grade:
    """Weigh the evidence of one visit; `reports` are all its acts, `end` the sign-out once there is one.

    The code and the scan count from any act (elders give the code when the work is done). A sign-out that is not at the
    door costs one step of an A: the stay is then known from one side only.
    """
    reports = tuple(reports)
    wrong = sum(report.code_matches is False for report in reports)
    # A phone may find its position only after the first try, so that any of its sign-ins may prove the place.
    door = any(at_the_door(report, rules) for report in reports if report.kind is ActKind.ARRIVE)
    strong = door + (any(report.code_matches for report in reports) and wrong < rules.code_tries)
    weak = any(report.home_matches for report in reports)
    if strong == 2:
        return Grade.A if end is None or at_the_door(end, rules) else Grade.B
    if strong + weak == 2:
        return Grade.B
    return Grade.C if strong + weak == 1 else Grade.D


def _flags(reports: tuple[Report, ...], *, end: Report, accepted_at: datetime, rules: EvidenceRules) -> Iterable[Flag]:
    if any(report.mocked for report in reports):
        yield Flag.MOCK_POSITION
    if not (at_the_door(end, rules) or end.code_matches or end.home_matches):
        yield Flag.NO_POSITION_AT_LEAVE
    if sum(report.code_matches is False for report in reports) >= rules.code_tries:
        yield Flag.CODE_TRIES
    if any(_skewed(report, rules) for report in reports):
        yield Flag.CLOCK_SKEW
    if any(report.received_at - report.claimed_at > rules.upload for report in reports if report.offline):
        yield Flag.LATE_UPLOAD
    if any(report.at < accepted_at for report in reports):
        yield Flag.BEFORE_ACCEPTANCE
    if any(later.at < earlier.at for earlier, later in pairwise(sorted(reports, key=lambda r: (r.sequence, r.id)))):
        yield Flag.BACKWARDS


def _skewed(report: Report, rules: EvidenceRules) -> bool:
    # With a signal the server's clock is at hand. Without, an act cannot have happened after it came in, nor far from
    # where an anchor puts it.
    if not report.offline or report.not_before is not None:
        return abs(report.claimed_at - report.at) > rules.skew
    return report.claimed_at - report.received_at > rules.skew


def weigh(
    reports: Iterable[Report],
    *,
    arrive: Report,
    end: Report,
    accepted_at: datetime,
    minutes: int,
    found_home: bool,
    rules: EvidenceRules,
    workers: int = 1,
) -> Evidence:
    """Grade a whole visit by itself; what its neighbours add (overlap, speed) is found apart.

    `minutes` is the item's standard time, times the quantity. A short stay is a fact for settlement, and a flag.
    """
    reports = tuple(reports)
    counted = tuple(report for report in reports if report.sequence <= end.sequence)
    worth = grade(counted, end=end, rules=rules)
    flags = list(_flags(counted, end=end, accepted_at=accepted_at, rules=rules))
    stay = certain_stay(counted, arrive=arrive, end=end)
    if not (arrive.certain and end.certain):
        flags.append(Flag.UNANCHORED)
    if too_many_phones(reports, workers=workers):
        flags.append(Flag.TWO_PHONES)
    if found_home and stay * 100 < timedelta(minutes=minutes) * rules.short_percent:
        flags.append(Flag.SHORT_STAY)
    if not found_home and stay < rules.wait:
        flags.append(Flag.SHORT_WAIT)
    if worth in {Grade.C, Grade.D}:
        flags.append(Flag.WEAK_EVIDENCE)
    return Evidence(worth, tuple(sorted(set(flags))))


def certain_stay(reports: Iterable[Report], *, arrive: Report, end: Report) -> timedelta:
    """Return how long the worker was there for certain: from the latest possible sign-in to the earliest sign-out.

    An act without a time of its own lies between the last thing known before it and its receipt.
    """
    arrived, left = arrive.at, end.at
    reports = tuple(reports)
    if not arrive.certain:
        later = (report for report in reports if report.sequence >= arrive.sequence)
        arrived = min(report.at if report.certain else report.received_at for report in later)
    if not end.certain:
        earlier = [report for report in reports if report.sequence < end.sequence]
        since = [report.at if report.certain else report.not_before for report in (*earlier, end)]
        left = max((instant for instant in since if instant is not None), default=arrived)
    return max(left - arrived, timedelta(0))


def too_many_phones(reports: Iterable[Report], *, workers: int) -> bool:
    """Tell whether more phones, or accounts, reported from a visit than workers were sent to it."""
    reports = tuple(reports)
    devices = {report.device for report in reports if report.device}
    accounts = {report.account_id for report in reports if report.account_id}
    return max(len(devices), len(accounts)) > workers


def overlap(a: tuple[datetime, datetime], b: tuple[datetime, datetime]) -> bool:
    """Tell whether two stays (half-open) share an instant."""
    return a[0] < b[1] and b[0] < a[1]


def too_fast(*, left_at: datetime, arrived_at: datetime, distance_metres: float, rules: EvidenceRules) -> bool:
    """Return whether the time between two visits is too short to travel from one home to the next."""
    seconds = max((arrived_at - left_at).total_seconds(), 0.0)
    # Neighbouring homes share one fence, so zero minutes between them is possible.
    return distance_metres > 2 * rules.radius_metres + rules.speed_metres_per_second * seconds
