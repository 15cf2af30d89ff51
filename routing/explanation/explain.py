"""Why this worker, why not that one, and what it would take: one visit of a plan, for anybody who asks.

The visit is taken out of the plan and every worker is examined for it by the insertion kernel, all rules by name. Who
could come is priced part by part against the way the plan makes the visit; for a visit that nobody makes, the smallest
relaxation is found and verified (`routing.relax`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from routing.explanation import relax, relax_pair
from routing.explanation.relax import USUAL_LIMITS, Limits
from routing.explanation.relaxation import Gives, Relaxation
from routing.insertion.board import Board, Candidate
from routing.model import plan as plans
from routing.model import validation
from routing.model.plan import Plan, Route, Stop
from routing.model.problem import Frozen, Link, Problem, Visit, Window
from routing.model.rules import Rule

RULE_OF = {gives: rule for rule, gives in relax.OF_RULE.items()} | {Gives.FARTHER: Rule.REACH}


MOST_PAIRS = 4_096
"""Whoever comes only in pairs dearer than so many others is called beaten."""


class Dearer(NamedTuple):
    """How many points one way of making a visit costs more than another; the parts add up to `points`.

    `continuity_points` is what the other earns and this one does not.
    """

    points: int
    travel_points: int
    wait_points: int
    late_points: int
    continuity_points: int
    share_points: int
    use_points: int


class Why(NamedTuple):
    """What is to be said about one worker: the rules that forbid, or the cheapest way and what makes it dearer.

    `rules` are all fixed rules that keep the worker out, in the order of their numbers, and then the one of the
    timetable if only that is left. `dearer` is against the way the plan makes the visit, or else against the best.
    """

    worker: int
    company: int
    rules: tuple[Rule, ...]
    candidate: Candidate | None
    dearer: Dearer | None


@dataclass(frozen=True, slots=True)
class Of:
    """What is to be said about one company: its best worker, and how many of its people each rule keeps out."""

    company: int
    best: Why | None
    able: int
    ruled_out: dict[Rule, int]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One visit: the way the plan makes it (None: nobody does), every worker's case, and the smallest relaxation.

    The relaxation is looked for only where nobody makes the visit; without changes it says that somebody could.
    """

    visit: int
    chosen: Candidate | None
    workers: tuple[Why, ...]
    relaxation: Relaxation | None

    def of(self, company: int) -> Of:
        """Answer for one company (why not us?)."""
        own = [why for why in self.workers if why.company == company]
        able = sorted((why for why in own if why.candidate is not None), key=_price)
        counts = Counter(why.rules[0] for why in own if why.rules)
        ruled_out = {rule: counts[rule] for rule in Rule if counts[rule]}
        return Of(company, able[0] if able else None, len(able), ruled_out)


def _price(why: Why) -> tuple[int, int]:
    return (why.candidate.points if why.candidate else 0), why.worker


def explain(problem: Problem, plan: Plan, visit: int, limits: Limits = USUAL_LIMITS) -> Explanation:
    """Explain one visit of a plan; what else the plan holds is taken as it is.

    Half of a pair is explained beside its other half: who may come is who can be there with the partner.
    """
    link = next((link for link in problem.links if visit in {link.first, link.second}), None)
    free = problem if link is None else _beside_partner(problem, plan, visit, link)
    free = replace(free, visits=_with(free.visits, visit, replace(free.visits[visit], frozen=None)))
    without = plans.build(free, [[number for number in order if number != visit] for order in plan.sequences])
    board = Board(free, without)
    if visit not in plan.unserved:
        chosen = _as_planned(problem, plan, (free, without), visit)
        partner = None if link is None else _stop_of(plan, _other(link, visit))
        beside = -1 if partner is None or partner[0].worker in problem.visits[visit].excluded else partner[0].worker
        return Explanation(visit, chosen, cases(board, free, without, visit, chosen, beside=beside), None)
    if link is None or not {link.first, link.second} <= set(plan.unserved):
        relaxation = relax.smallest(board, visit, limits)
        return Explanation(visit, None, cases(board, free, without, visit, None), relaxation)
    pair = relax_pair.Together(link.first, link.second, link.gap_min_seconds, link.gap_max_seconds)
    relaxation = relax_pair.smallest(board, pair, limits)
    return Explanation(visit, None, cases(board, free, without, visit, None, pair=pair), relaxation)


def cases(
    board: Board,
    problem: Problem,
    plan: Plan,
    visit: int,
    chosen: Candidate | None,
    *,
    pair: relax_pair.Together | None = None,
    beside: int = -1,
) -> tuple[Why, ...]:
    """Give every worker's case for a visit that stands in no route of the board, which holds this plan.

    With a `pair` whose other half stands in no route either, who may come is who finds a second worker; `beside` is the
    worker of the other half, who is kept out for that alone.
    """
    candidates, rules = _examined(board, visit, pair, len(problem.workers))
    able: dict[int, Candidate] = {}
    for candidate in candidates:
        able.setdefault(candidate.worker, candidate)
    won = relax.won_by(problem, plan.sequences)
    found = []
    for number, worker in enumerate(problem.workers):
        if number in able:
            candidate = able[number]
            found.append(Why(number, worker.company, (), candidate, dearer(candidate, chosen or candidates[0])))
            continue
        always = sorted({RULE_OF[change.gives] for change in relax.fixed(problem, won, visit, number)})
        if number == beside:
            always = [Rule.PARTNER if rule is Rule.EXCLUDED else rule for rule in always]
        found.append(Why(number, worker.company, tuple(always) or (Rule(rules[number]),), None, None))
    return tuple(found)


def _examined(
    board: Board, visit: int, pair: relax_pair.Together | None, most: int
) -> tuple[list[Candidate], list[int]]:
    """Give the candidates for a visit, best first, and every worker's rule."""
    if pair is None:
        verdict = board.evaluate(visit, best=most, exhaustive=True)
        return list(verdict.candidates), verdict.rules.tolist()
    gap = {"gap_min_seconds": pair.gap_min_seconds, "gap_max_seconds": pair.gap_max_seconds}
    two = board.evaluate_pair(*pair.both, best=min(most * most, MOST_PAIRS), **gap)
    half = 0 if visit == pair.first else 1
    rules = (two.first_rules, two.second_rules)[half].tolist()
    return [one[half] for one in two.pairs], [rule or Rule.BEATEN for rule in rules]


def dearer(one: Candidate, other: Candidate) -> Dearer:
    """Compare two ways of making a visit, part by part."""
    return Dearer(
        points=one.points - other.points,
        travel_points=one.travel_points - other.travel_points,
        wait_points=one.wait_points - other.wait_points,
        late_points=one.late_points - other.late_points,
        continuity_points=other.continuity_points - one.continuity_points,
        share_points=one.share_points - other.share_points,
        use_points=one.use_points - other.use_points,
    )


def _with(visits: Sequence[Visit], number: int, visit: Visit) -> tuple[Visit, ...]:
    return (*visits[:number], visit, *visits[number + 1 :])


def _stop_of(plan: Plan, visit: int) -> tuple[Route, int, Stop] | None:
    for route in plan.routes:
        for position, stop in enumerate(route.stops):
            if stop.visit == visit:
                return route, position, stop
    return None


def _other(link: Link, visit: int) -> int:
    return link.second if visit == link.first else link.first


def _beside_partner(problem: Problem, plan: Plan, visit: int, link: Link) -> Problem:
    """Give the problem in which a visit's partner stays put, and the visit may be only where the link lets it."""
    partner = _other(link, visit)
    found = _stop_of(plan, partner)
    if found is None:
        return problem
    route, _, stop = found
    low, high = link.gap_min_seconds, link.gap_max_seconds
    if visit == link.first:
        low, high = -high, -low
    wanted = problem.visits[visit]
    earliest, latest = max(0, stop.start_seconds + low), max(0, stop.start_seconds + high)
    cut = tuple(
        Window(earliest_seconds=max(earliest, one.earliest_seconds), latest_seconds=min(latest, one.latest_seconds))
        for one in wanted.windows
        if max(earliest, one.earliest_seconds) <= min(latest, one.latest_seconds)
    )
    beside = replace(
        wanted,
        windows=cut or (Window(earliest_seconds=earliest, latest_seconds=latest),),
        excluded=wanted.excluded | {route.worker},
        preferred=wanted.preferred - {route.worker},
    )
    held = replace(
        problem.visits[partner],
        frozen=problem.visits[partner].frozen
        or Frozen(worker=route.worker, shift=route.shift, start_seconds=stop.start_seconds),
    )
    visits = _with(_with(problem.visits, visit, beside), partner, held)
    return replace(problem, visits=visits, links=tuple(one for one in problem.links if one != link))


def _as_planned(problem: Problem, plan: Plan, without: tuple[Problem, Plan], visit: int) -> Candidate:
    """Price the way the plan makes a visit, against the same plan without it."""
    found = _stop_of(plan, visit)
    if found is None:
        raise validation.UnknownNumber(name="plan.visit", number=visit, count=len(problem.visits))
    route, position, stop = found
    before, after = plans.cost(*without), plans.cost(problem, plan)
    travel = after.travel_points - before.travel_points
    wait = (stop.start_seconds - stop.arrive_seconds) * problem.weights.wait_points_per_second
    late = after.late_points - before.late_points
    known = after.continuity_points - before.continuity_points
    use = after.used_points - before.used_points
    share = _share(*without, problem.workers[route.worker].company)
    points = travel + wait + late - known + share + use
    return Candidate(
        route.worker,
        route.shift,
        position,
        stop.arrive_seconds,
        stop.start_seconds,
        points,
        travel,
        wait,
        late,
        known,
        share,
        use,
    )


def _share(problem: Problem, plan: Plan, company: int) -> int:
    """Price how far a company is ahead of its share before it wins the visit, as insertion does."""
    won = relax.won_by(problem, plan.sequences)
    total = sum(one.won_visits for one in problem.companies) + won.total()
    shares = sum(one.share for one in problem.companies)
    own = problem.companies[company]
    ahead = (own.won_visits + won[company]) * shares - total * own.share
    cap = problem.weights.share_cap_points
    return min(max(problem.weights.share_points * ahead // max(shares, 1), -cap), cap)
