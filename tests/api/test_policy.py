"""Deny by default, held over every route that the application has."""

from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.acting import Opening
from api.app import routers
from api.policy import POLICY

OPEN_TO_ALL = {"sign_in", "health", "metrics", "funnel", "rate_by_code"}


def _openings(dependant: Dependant) -> Iterator[Opening]:
    if isinstance(dependant.call, Opening):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _openings(inner)


def actions_of_routes() -> dict[str, str]:
    """Return which action of the table each operation names."""
    routes = [route for router in routers() for route in router.routes if isinstance(route, APIRoute)]
    return {
        str(route.operation_id): opening.action for route in routes for opening in _openings(route.dependant)
    }  # fmt: skip


def test_every_route_names_exactly_one_action_that_the_table_knows() -> None:
    seen: set[str] = set()
    for router in routers():
        for route in router.routes:
            assert isinstance(route, APIRoute)
            actions = [opening.action for opening in _openings(route.dependant)]
            assert len(actions) == (0 if route.name in OPEN_TO_ALL else 1), route.name
            seen.update(actions)
    assert seen <= set(POLICY)


def test_every_unit_of_work_commits_before_the_answer_leaves() -> None:
    for router in routers():
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for inner in route.dependant.dependencies:
                if isinstance(inner.call, Opening):
                    assert inner.scope == "function", route.name
