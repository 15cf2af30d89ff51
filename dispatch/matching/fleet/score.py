"""The price of an option: points of the routing engine plus points for the company's contract share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dispatch.matching.rules import Weights


@dataclass(frozen=True, slots=True, order=True)
class Option:
    """One way to serve a demand; sorted by price, workers' numbers and start, so that there are no ties."""

    points: int
    worker: int
    second_worker: int  # 0: one worker is enough
    start_seconds: int
    travel_points: int
    wait_points: int
    continuity_points: int
    share_points: int

    def row(self) -> list[int]:
        """Return the option as a row of `DecisionRecord.candidates`."""
        return [
            self.worker,
            self.second_worker,
            self.start_seconds,
            self.points,
            self.travel_points,
            self.wait_points,
            self.continuity_points,
            self.share_points,
        ]


def share_points(awarded: Mapping[int, int], targets: Mapping[int, float], weights: Weights) -> dict[int, int]:
    """Return points for each company, by how many visits it is ahead of its share of all visits awarded this month.

    `awarded` (visits) and `targets` (share weights) are by company number. A company with target 0 gets 0 points.
    Positive points make a company's workers dearer, negative ones cheaper; the cap bounds both.
    """
    wanted = sum(targets.values())
    total = sum(awarded.get(number, 0) for number, target in targets.items() if target > 0)
    cap = weights.share_cap_points
    priced: dict[int, int] = {}
    for number, target in targets.items():
        ahead = awarded.get(number, 0) - total * target / wanted if target > 0 else 0.0
        priced[number] = max(-cap, min(cap, round(ahead * weights.share_points_per_visit)))
    return priced


def share_steps(
    awarded: Mapping[int, int], targets: Mapping[int, float], left: Mapping[int, int], weights: Weights, *, visits: int
) -> dict[int, list[int]]:
    """Return points for each company's first, second, … visit of a batch of `visits` visits.

    Like `share_points`, but all visits of the batch count as awarded. A company's list is as long as its remaining
    monthly capacity in `left`, at most `visits`.
    """
    wanted = sum(targets.values())
    total = visits + sum(awarded.get(number, 0) for number, target in targets.items() if target > 0)
    cap = weights.share_cap_points
    steps: dict[int, list[int]] = {}
    for number, most in left.items():
        target = targets.get(number, 0.0)
        behind = total * target / wanted if target > 0 else 0.0
        ahead = [awarded.get(number, 0) + place - behind if target > 0 else 0.0 for place in range(min(most, visits))]
        steps[number] = [max(-cap, min(cap, round(lead * weights.share_points_per_visit))) for lead in ahead]
    return steps


def settled(options: Sequence[Option], *, unlisted_from: int | None, cap: int) -> bool:
    """Return whether no unlisted option can be better than the best listed one, whatever its share points are.

    `unlisted_from` is the lowest price in points, without share points, of an unlisted option; None: all are listed.
    """
    if unlisted_from is None:
        return True
    return bool(options) and min(options).points < unlisted_from - cap


def ranked(options: Iterable[Option]) -> list[Option]:
    """Sort options, best first."""
    return sorted(options)
