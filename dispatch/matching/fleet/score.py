"""What a company's contract share adds to the price of its workers, and who wins."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dispatch.matching.rules import Weights


@dataclass(frozen=True, slots=True, order=True)
class Option:
    """One way to serve: ordered by price, then by the workers' numbers, then by the start, so that no tie is left."""

    points: int
    worker: int
    second_worker: int  # 0: one worker is enough
    start_seconds: int
    travel_points: int
    wait_points: int
    continuity_points: int
    share_points: int

    def row(self) -> list[int]:
        """Return the option as the decision record keeps it."""
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


def share_points(won: Mapping[int, int], targets: Mapping[int, float], weights: Weights) -> dict[int, int]:
    """Price each company by how many visits it is ahead of its share of what all have won this month.

    `won` and `targets` are by company number. A company without a target is never ahead nor behind. Positive points
    make its workers dearer, negative cheaper, at most the cap either way.
    """
    wanted = sum(targets.values())
    total = sum(won.get(number, 0) for number, target in targets.items() if target > 0)
    cap = weights.share_cap_points
    priced: dict[int, int] = {}
    for number, target in targets.items():
        ahead = won.get(number, 0) - total * target / wanted if target > 0 else 0.0
        priced[number] = max(-cap, min(cap, round(ahead * weights.share_points_per_visit)))
    return priced


def share_steps(
    won: Mapping[int, int], targets: Mapping[int, float], left: Mapping[int, int], weights: Weights, *, visits: int
) -> dict[int, list[int]]:
    """Price the next visits of each company that are given out together with others, so many in all.

    As `share_points`, with the batch counted into what all have won: the first, second, … visit of a company, at most
    as many as are `left` of its month.
    """
    wanted = sum(targets.values())
    total = visits + sum(won.get(number, 0) for number, target in targets.items() if target > 0)
    cap = weights.share_cap_points
    steps: dict[int, list[int]] = {}
    for number, most in left.items():
        target = targets.get(number, 0.0)
        behind = total * target / wanted if target > 0 else 0.0
        ahead = [won.get(number, 0) + place - behind if target > 0 else 0.0 for place in range(min(most, visits))]
        steps[number] = [max(-cap, min(cap, round(one * weights.share_points_per_visit))) for one in ahead]
    return steps


def settled(options: Sequence[Option], *, unlisted_from: int | None, cap: int) -> bool:
    """Tell whether the best option stays the best whatever shares the unlisted ones have.

    `unlisted_from` is the least price, without share, that an option not listed can have; None: all are listed.
    """
    if unlisted_from is None:
        return True
    return bool(options) and min(options).points < unlisted_from - cap


def ranked(options: Iterable[Option]) -> list[Option]:
    """Sort options, best first."""
    return sorted(options)
