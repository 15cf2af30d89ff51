"""Explain one visit of a plan: why its worker was chosen, why the others were not, what would make it possible.

The visit is taken out of the plan and every worker is examined for it by the insertion kernel, all rules by name. Who
can come is priced part by part against the way the plan makes the visit; for a visit that nobody makes, the smallest
relaxation is found and verified (`routing.explanation.relax`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from routing.explanation import relax, relax_pair
from routing.explanation.relax import DEFAULT_LIMITS, Limits
from routing.explanation.relaxation import ChangeKind, Relaxation
from routing.insertion.board import Board, Candidate
from routing.model import plan as plans
from routing.model import validation
from routing.model.plan import Plan, Route, Stop
from routing.model.problem import Frozen, Link, Problem, Visit, Window
from routing.model.rules import PlanRule

RULE_FOR_CHANGE = {kind: rule for rule, kind in relax.CHANGE_FOR_RULE.items()} | {ChangeKind.FARTHER: PlanRule.REACH}


MOST_PAIRS = 4_096
"""Pairs examined at most; a worker who appears only in dearer pairs has the rule BEATEN."""


class PriceDifference(NamedTuple):
    """How many points one way of making a visit costs more than another; the parts add up to `points`.

    `continuity_points` are those that the other earns and this one does not.
    """

    points: int
    travel_points: int
    wait_points: int
    late_points: int
    continuity_points: int
    share_points: int
    use_points: int


class WorkerExplanation(NamedTuple):
    """One worker's case: the rules that forbid the visit, or the cheapest way and its price difference.

    `rules` are all fixed rules that keep the worker out, in the order of their numbers, and then the one of the
    timetable if only that is left. `price_difference` is against the planned way, or else the best.
    """

    worker: int
    company: int
    rules: tuple[PlanRule, ...]
    candidate: Candidate | None
    price_difference: PriceDifference | None


@dataclass(frozen=True, slots=True)
class CompanyExplanation:
    """One company's case: its best worker, and how many of its people each rule keeps out."""

    company: int
    best: WorkerExplanation | None
    able: int
    ruled_out: dict[PlanRule, int]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One visit: the way the plan makes it (None: unserved), every worker's case, and the smallest relaxation.

    The relaxation is computed only for an unserved visit; one without changes says that a worker can make it as it is.
    """

    visit: int
    chosen: Candidate | None
    workers: tuple[WorkerExplanation, ...]
    relaxation: Relaxation | None

    def for_company(self, company: int) -> CompanyExplanation:
        """Explain the visit to one company: its best worker, and how many of its workers each rule keeps out."""
        own = [explanation for explanation in self.workers if explanation.company == company]
        able = sorted((explanation for explanation in own if explanation.candidate is not None), key=_price)
        counts = Counter(explanation.rules[0] for explanation in own if explanation.rules)
        ruled_out = {rule: counts[rule] for rule in PlanRule if counts[rule]}
        return CompanyExplanation(company, able[0] if able else None, len(able), ruled_out)


def _price(explanation: WorkerExplanation) -> tuple[int, int]:
    return (explanation.candidate.points if explanation.candidate else 0), explanation.worker


def explain(problem: Problem, plan: Plan, visit: int, limits: Limits = DEFAULT_LIMITS) -> Explanation:
    """Explain one visit of a plan; what else the plan holds is taken as it is.

    Half of a pair is explained beside its other half: the candidates are those who can be there with the partner.
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
        return Explanation(visit, chosen, explain_workers(board, free, without, visit, chosen, beside=beside), None)
    if link is None or not {link.first, link.second} <= set(plan.unserved):
        relaxation = relax.smallest(board, visit, limits)
        return Explanation(visit, None, explain_workers(board, free, without, visit, None), relaxation)
    pair = relax_pair.VisitPair(link.first, link.second, link.gap_min_seconds, link.gap_max_seconds)
    relaxation = relax_pair.smallest(board, pair, limits)
    return Explanation(visit, None, explain_workers(board, free, without, visit, None, pair=pair), relaxation)


def explain_workers(
    board: Board,
    problem: Problem,
    plan: Plan,
    visit: int,
    chosen: Candidate | None,
    *,
    pair: relax_pair.VisitPair | None = None,
    beside: int = -1,
) -> tuple[WorkerExplanation, ...]:
    """Give every worker's case for a visit that stands in no route of the board, which holds this plan.

    With a `pair` whose other half stands in no route either, a candidate needs a second worker; `beside` is the worker
    of the other half, who cannot make this half too.
    """
    candidates, rules = _examined(board, visit, pair, len(problem.workers))
    able: dict[int, Candidate] = {}
    for candidate in candidates:
        able.setdefault(candidate.worker, candidate)
    awarded = relax.visits_by_company(problem, plan.sequences)
    explanations = []
    for number, worker in enumerate(problem.workers):
        if number in able:
            candidate = able[number]
            explanations.append(
                WorkerExplanation(
                    number, worker.company, (), candidate, price_difference(candidate, chosen or candidates[0])
                )
            )
            continue
        always = sorted({RULE_FOR_CHANGE[change.kind] for change in relax.fixed(problem, awarded, visit, number)})
        if number == beside:
            always = [PlanRule.PARTNER if rule is PlanRule.EXCLUDED else rule for rule in always]
        explanations.append(
            WorkerExplanation(number, worker.company, tuple(always) or (PlanRule(rules[number]),), None, None)
        )
    return tuple(explanations)


def _examined(
    board: Board, visit: int, pair: relax_pair.VisitPair | None, most: int
) -> tuple[list[Candidate], list[int]]:
    """Give the candidates for a visit, best first, and every worker's rule."""
    if pair is None:
        verdict = board.evaluate(visit, best=most, exhaustive=True)
        return list(verdict.candidates), verdict.rules.tolist()
    gap = {"gap_min_seconds": pair.gap_min_seconds, "gap_max_seconds": pair.gap_max_seconds}
    two = board.evaluate_pair(*pair.both, best=min(most * most, MOST_PAIRS), **gap)
    half = 0 if visit == pair.first else 1
    rules = (two.first_rules, two.second_rules)[half].tolist()
    return [workers[half] for workers in two.pairs], [rule or PlanRule.BEATEN for rule in rules]


def price_difference(candidate: Candidate, other: Candidate) -> PriceDifference:
    """Compare two ways of making a visit, part by part."""
    return PriceDifference(
        points=candidate.points - other.points,
        travel_points=candidate.travel_points - other.travel_points,
        wait_points=candidate.wait_points - other.wait_points,
        late_points=candidate.late_points - other.late_points,
        continuity_points=other.continuity_points - candidate.continuity_points,
        share_points=candidate.share_points - other.share_points,
        use_points=candidate.use_points - other.use_points,
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
    partner_stop = _stop_of(plan, partner)
    if partner_stop is None:
        return problem
    route, _, stop = partner_stop
    low, high = link.gap_min_seconds, link.gap_max_seconds
    if visit == link.first:
        low, high = -high, -low
    wanted = problem.visits[visit]
    earliest, latest = max(0, stop.start_seconds + low), max(0, stop.start_seconds + high)
    cut = tuple(
        Window(
            earliest_seconds=max(earliest, window.earliest_seconds), latest_seconds=min(latest, window.latest_seconds)
        )
        for window in wanted.windows
        if max(earliest, window.earliest_seconds) <= min(latest, window.latest_seconds)
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
    return replace(problem, visits=visits, links=tuple(each for each in problem.links if each != link))


def _as_planned(problem: Problem, plan: Plan, without: tuple[Problem, Plan], visit: int) -> Candidate:
    """Price the way the plan makes a visit, against the same plan without it."""
    planned = _stop_of(plan, visit)
    if planned is None:
        raise validation.UnknownNumber(name="plan.visit", number=visit, count=len(problem.visits))
    route, position, stop = planned
    before, after = plans.cost(*without), plans.cost(problem, plan)
    travel = after.travel_points - before.travel_points
    wait = (stop.start_seconds - stop.arrive_seconds) * problem.weights.wait_points_per_second
    late = after.late_points - before.late_points
    continuity = after.continuity_points - before.continuity_points
    use = after.used_points - before.used_points
    share = _share(*without, problem.workers[route.worker].company)
    points = travel + wait + late - continuity + share + use
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
        continuity,
        share,
        use,
    )


def _share(problem: Problem, plan: Plan, company: int) -> int:
    """Price how far a company is ahead of its share before it wins the visit, as insertion does."""
    awarded = relax.visits_by_company(problem, plan.sequences)
    total = sum(each.awarded_visits for each in problem.companies) + awarded.total()
    shares = sum(each.share for each in problem.companies)
    own = problem.companies[company]
    ahead = (own.awarded_visits + awarded[company]) * shares - total * own.share
    cap = problem.weights.share_cap_points
    return min(max(problem.weights.share_points * ahead // max(shares, 1), -cap), cap)
