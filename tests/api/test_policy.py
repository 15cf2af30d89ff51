"""Deny by default, held over every route that the application has."""

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from api import app, imports, policy
from api.acting import ChangingMyself, Myself, Opening, Route, openings_of
from api.room import ROOM
from bootstrap.imports import kinds
from events.work import Works
from kit.access.roles import Role
from kit.room import Room
from processes.rooms import ROOMS
from tests.house import tree

POLICY = policy.merged(ROOMS)


def _routes() -> list[APIRoute]:
    routers = (*ROOM.routers, imports.router_of(kinds(ROOMS).values()))
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


def actions_of_routes() -> dict[str, str]:
    """Return which action of the table each operation names."""
    return {str(route.operation_id): opening.action for route in _routes() for opening in openings_of(route.dependant)}


def test_every_route_names_exactly_one_action_that_the_table_knows() -> None:
    for route in _routes():
        actions = [opening.action for opening in openings_of(route.dependant)]
        assert len(actions) == (0 if route.name in policy.OPEN_TO_ALL else 1), route.name
    assert set(actions_of_routes().values()) <= POLICY.keys()
    assert {route.name for route in _routes()} >= policy.OPEN_TO_ALL


def test_the_table_promises_nothing_that_no_route_does() -> None:
    # The last two are asked by routes that are open to all and show a desk more.
    assert set(POLICY) - set(actions_of_routes().values()) == {"funnel.read", "metrics.read"}


def test_every_room_decides_about_actions_of_its_own(works: Works) -> None:
    assert sum(len(room.policy) for room in ROOMS) == len(POLICY)
    again = Room(name="again", policy={"live.listen": frozenset({Role.OPERATOR})})
    with pytest.raises(ValueError, match="again and a room before it decide who may do live"):
        app.build(works, [*ROOMS, again])
    # A room's own policy module is the one that its declaration lists.
    modules = {path.parent.relative_to(tree.ROOT).as_posix() for path in tree.files() if path.name == "policy.py"}
    assert modules == {room.name.replace(".", "/") for room in ROOMS if room.policy}


def test_the_auditor_may_ask_and_never_act() -> None:
    methods = {str(route.operation_id): route.methods for route in _routes()}
    actions = {action for action, roles in POLICY.items() if Role.AUDITOR in roles}
    acts = {action for name, action in actions_of_routes().items() if methods[name] != {"GET"}}
    assert actions & acts == {"account.change"}  # the own password, second factor and sessions
    desks = {action for action, roles in POLICY.items() if roles & {Role.MANAGER, Role.FINANCE}}
    assert desks - acts <= actions


def test_every_unit_of_work_commits_before_the_answer_leaves() -> None:
    for route in _routes():
        for inner in route.dependant.dependencies:
            if isinstance(inner.call, Opening):
                assert inner.scope == "function", route.name


def test_a_route_without_an_action_or_with_two_cannot_be_made() -> None:
    router = APIRouter(route_class=Route)

    async def careless() -> None: ...

    async def doubtful(reading: Myself, changing: ChangingMyself) -> None: ...

    for handler in (careless, doubtful):
        with pytest.raises(ValueError, match=handler.__name__):
            router.add_api_route("/lanterns", handler)


def test_the_application_does_not_start_with_a_route_under_no_policy(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    router = APIRouter()

    async def careless() -> None: ...

    router.add_api_route("/lanterns", careless)
    with pytest.raises(ValueError, match="lanterns"):
        app.build(works, [Room(name="lanterns", routers=(router,))])
