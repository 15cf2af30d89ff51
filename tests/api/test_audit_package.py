"""Who may take a statement's audit package over HTTP, and that it holds nothing of anybody else."""

import json
import re

import pytest

from kit.access.roles import Role
from tests.api.lives import MARKS
from tests.api.world import World, canaries

PATH = "/statements/{}/audit-package"
OWN, OTHER = (f"{mark}.{Role.PROVIDER}" for mark in MARKS[:2])


@pytest.mark.parametrize("name", ["finance", "manager", "auditor", OWN])
async def test_every_desk_that_may_takes_the_package_of_a_statement_as_a_file(world: World, name: str) -> None:
    company = next(company for company in world.lived.companies if company.mark == MARKS[0])
    before = await world.state()
    for statement_id in await world.ids("statement_id", company):
        answer = await world.ask(name, "GET", PATH.format(statement_id))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert statement_id in answer.headers["content-disposition"]
        (data,) = re.findall(r'data-sha256="[0-9a-f]{64}">(.*?)</script>', answer.text, re.DOTALL)
        lines = (await world.ask(name, "GET", f"/statements/{statement_id}/lines")).json()["items"]
        assert len(json.loads(data)["lines"]) == len(lines) > 0
        assert canaries(answer, await world.secrets(company), world.words(company), statement_id) == []
        names = await world.plain.fetch("select name from person union select name from worker")
        assert [row["name"] for row in names if row["name"] in answer.text] == []
    assert await world.state() == before


async def test_anothers_statement_answers_as_none_and_other_roles_are_refused(world: World) -> None:
    company = next(company for company in world.lived.companies if company.mark == MARKS[0])
    (statement_id, *_) = await world.ids("statement_id", company)
    for name, status, code in (
        (OTHER, 404, "statement.not_found"),
        ("operator", 403, "actor.not_allowed"),
        (f"{MARKS[0]}.{Role.WORKER}", 403, "actor.not_allowed"),
        (None, 401, "actor.unknown"),
    ):
        answer = await world.ask(name, "GET", PATH.format(statement_id))
        assert (answer.status_code, answer.json()["code"]) == (status, code), name
