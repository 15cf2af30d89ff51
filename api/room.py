"""The room of the API: the router of each resource."""

from pathlib import Path

from api import (
    barred,
    board,
    cases,
    catalogue,
    changes,
    companies,
    divisions,
    enrolment,
    facts,
    funnel,
    households,
    imports,
    live,
    numbers,
    parts,
    people,
    probes,
    requests,
    rules,
    satisfaction,
    sessions,
    settlement,
    visits,
    words,
)
from api.policy import API
from kit.room import Room

ROOM = Room(
    name="api",
    refusals=Path(__file__).with_name("refusals.toml"),
    routers=(
        barred.router,
        board.router,
        cases.router,
        catalogue.router,
        changes.router,
        companies.router,
        divisions.router,
        enrolment.router,
        facts.router,
        funnel.router,
        households.router,
        imports.router,
        live.router,
        numbers.router,
        parts.router,
        people.router,
        probes.router,
        requests.router,
        rules.router,
        satisfaction.router,
        sessions.router,
        settlement.router,
        visits.router,
        words.router,
    ),
    policy=API,
)
