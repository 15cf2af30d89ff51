"""Vehicle routing for visits to homes: state a problem, plan it, check the plan, insert one visit, explain one visit.

The names below are the public interface; `docs/routing.md` shows them at work. `routing.solve` and `routing.check` are
the functions, not the modules of the same names. `routing.readers`, `routing.reference` (OR-Tools) and `routing.bench`
are imported separately: they load libraries that inserting or improving does not need.
"""

from kit.geo import Point
from routing.check import CheckReport, Fault, Violation, check
from routing.explanation.explain import Explanation, explain
from routing.explanation.relax import Limits
from routing.explanation.relax import smallest as relax
from routing.explanation.relax_pair import VisitPair
from routing.explanation.relax_pair import smallest as relax_pair
from routing.explanation.relaxation import Change, ChangeKind, Relaxation, applied
from routing.improvement.improve import improve
from routing.insertion.board import Board, Candidate, Verdict
from routing.model.entities import (
    Break,
    Company,
    Frozen,
    Link,
    Mode,
    Sex,
    Shift,
    Visit,
    Weights,
    Window,
    Worker,
)
from routing.model.plan import Cost, Plan, Route, Stop
from routing.model.plan import build as build_plan
from routing.model.plan import cost as plan_cost
from routing.model.problem import Problem
from routing.model.rules import PlanRule
from routing.model.travel import calibrate
from routing.model.validation import ProblemInvalid
from routing.solve import Engine, Solution, solve, warm
from routing.stop import Budget, Progress

__all__ = [
    "Board",
    "Break",
    "Budget",
    "Candidate",
    "Change",
    "ChangeKind",
    "CheckReport",
    "Company",
    "Cost",
    "Engine",
    "Explanation",
    "Fault",
    "Frozen",
    "Limits",
    "Link",
    "Mode",
    "Plan",
    "PlanRule",
    "Point",
    "Problem",
    "ProblemInvalid",
    "Progress",
    "Relaxation",
    "Route",
    "Sex",
    "Shift",
    "Solution",
    "Stop",
    "Verdict",
    "Violation",
    "Visit",
    "VisitPair",
    "Weights",
    "Window",
    "Worker",
    "applied",
    "build_plan",
    "calibrate",
    "check",
    "explain",
    "improve",
    "plan_cost",
    "relax",
    "relax_pair",
    "solve",
    "warm",
]
