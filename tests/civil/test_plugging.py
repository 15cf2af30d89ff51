"""A companion module is a folder and two lines: each is taken away in turn, and a new one is added, on a copy."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from civil.modules import MODULES
from kit import postgres
from tests.house.tree import ROOMS, ROOT

FILES = {
    "rules.py": """
from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, ValueRule


class HeatingMonthly(ValueRule[int]):
    about: ClassVar[About] = About(
        name="heating.monthly_fen", proposed=3_000, unit="fen", zh="取暖补贴", en="Heating allowance", source="test"
    )
    root: Annotated[int, Field(ge=0, le=1_000_000)]


class HeatingDeathMonthPaid(ValueRule[bool]):
    about: ClassVar[About] = About(
        name="heating.death_month_paid", proposed=True, unit="", zh="去世当月", en="Month of death", source="test"
    )


RULES = (HeatingMonthly, HeatingDeathMonthPaid)
""",
    "definition.py": """
from pydantic import Field

from civil.blocks.benefits import grants
from civil.blocks.declared import BUREAU, TOWN, CaseKind, Facts, Module, Move, Programme, Title
from civil.heating.rules import HeatingDeathMonthPaid, HeatingMonthly
from kit import clock
from kit.access.scope import Section


class Stove(Facts):
    rooms: int = Field(ge=1, le=9, title="间数")


def amount(claim, standards):
    return {"heating": claim.facts.rooms * standards["heating.monthly_fen"]}


HEATING = Programme(
    name="heating", title=Title("取暖补贴", "heating"), facts=Stove, standards=(HeatingMonthly,), amount=amount,
    death_month_paid=HeatingDeathMonthPaid,
)


async def grant(work, case):
    await grants.begin(
        work, HEATING, case_id=case.id, person_id=case.person_id, covers=[case.person_id],
        division_code=case.division_code, section=case.section, from_month=clock.month_of(work.now),
        facts=Stove.model_validate(case.facts),
    )


APPLICATION = CaseKind(
    name="heating.application", title=Title("取暖补贴申请", "application"), facts=Stove,
    states={"applied": Title("已受理", "applied"), "confirmed": Title("已确认", "confirmed")}, first="applied",
    moves={"applied": {"confirmed": Move(by=TOWN | BUREAU)}}, entering={"confirmed": grant},
)
MODULE = Module(
    name="heating", title=Title("取暖补贴", "heating"), section=Section.ASSISTANCE, cases=(APPLICATION,),
    programmes=(HEATING,),
)
""",
    "room.py": """
from civil.heating import definition
from civil.heating.rules import RULES
from kit.room import Room

MODULE = definition.MODULE
ROOM = Room(name="civil.heating", rules=RULES)
""",
    "__init__.py": "",
}
"""A whole new module."""

PROGRAM = """
import asyncio
import sys
from datetime import date

import httpx

from api.accounts import operations as accounts
from api.app import build
from bootstrap.platform import platform
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.china.identifiers import compose_resident_id
from kit.settings import Settings
from pathlib import Path
from processes.rooms import ROOMS
from registry import operations as registry
from registry.divisions import listing
from registry.divisions.listing import NewDivision
from registry.model import DivisionKind
from registry.operations import NewPerson

URL, HOME, ADDED = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
PASSWORD = "river stone lantern 7"


async def main():
    settings = Settings(home=HOME, port=8000, database_url=URL, kafka=None, geocoder="none")
    async with platform(settings, ROOMS) as running:
        async with running.works(SYSTEM("test")) as work:
            for name in ("manager", "finance"):
                await accounts.open_account(
                    work, username=name, display_name=name, role=Role(name), password=PASSWORD
                )
            await listing.add_divisions(
                work, [NewDivision(code="130999000000", name="d", kind=DivisionKind.DISTRICT, parent=None)]
            )
            (person_id,) = await registry.register_people(work, [NewPerson(
                name="x", id_no=compose_resident_id(area="130999", born_on=date(1940, 1, 1), sequence=2), phone=None,
                address="x", division_code="130999000000", latitude=38.3, longitude=116.8,
            )])
        app = build(running.works, ROOMS)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://t/api/v1") as client:
            async def ask(name, method, path, **more):
                answer = await client.post("/sessions", json={"username": name, "password": PASSWORD})
                client.cookies.clear()
                bearer = {"Authorization": "Bearer " + answer.json()["token"]}
                answer = await client.request(method, "/civil" + path, headers=bearer, **more)
                assert answer.status_code < 300, answer.text
                return answer.json() if "json" in answer.headers["content-type"] else answer.text

            listed = (await ask("manager", "GET", "/modules"))["items"]
            figures = (await ask("manager", "GET", "/figures?as_of=2026-12-31"))["items"]
            assert {figure["module"] for figure in figures} <= {"report", "homecare", *(m["module"] for m in listed)}
            assert "159" in await ask("manager", "GET", "/reports/annual?as_of=2026-12-31")
            if ADDED:
                body = {"kind": "heating.application", "person_id": str(person_id), "facts": {"rooms": 3}}
                case = await ask("manager", "POST", "/cases", json=body)
                await ask("manager", "POST", f"/cases/{case['civil_case_id']}/moves", json={"to": "confirmed"})
                (grant,) = (await ask("finance", "GET", "/grants?programme=heating"))["items"]
                run = {"programme": "heating", "month": grant["from_month"]}
                run = await ask("finance", "POST", "/pay-runs", json=run)
                assert run["total_fen"] == 9_000
    print(*sorted(module["module"] for module in listed))


asyncio.run(main())
"""


def _copy(tmp_path: Path) -> Path:
    copy = tmp_path / "copy"
    for folder in (*ROOMS, "migrations"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("*.pyc.*", "*.tmp.*"))
    return copy


async def _modules(copy: Path, server: str, name: str, added: str = "") -> set[str]:
    """Start what the copy holds on a fresh database and return the modules that it answers with."""
    url = await postgres.make_database(server, f"plug_{name}")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, url, str(copy.parent / "home"), added],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return set(done.stdout.split())


@pytest.mark.parametrize("name", [module.name for module in MODULES])
async def test_without_a_module_the_rest_starts_and_answers(server: str, tmp_path: Path, name: str) -> None:
    copy = _copy(tmp_path)
    shutil.rmtree(copy / "civil" / name)
    listed = copy / "civil" / "modules.py"
    source = listed.read_text(encoding="utf-8").replace(f"from civil.{name} import room as {name}\n", "")
    listed.write_text(re.sub(rf"(?<=[(\s]){name}, |, {name}(?=\))", "", source), encoding="utf-8")
    assert await _modules(copy, server, name) == {module.name for module in MODULES} - {name}


async def test_a_new_module_is_a_folder_and_a_line_and_grants_and_pays_by_the_routes_of_all(
    server: str, tmp_path: Path
) -> None:
    assert sum(len(content.strip().splitlines()) for content in FILES.values()) < 150
    copy = _copy(tmp_path)
    (copy / "civil" / "heating").mkdir()
    for file, content in FILES.items():
        (copy / "civil" / "heating" / file).write_text(content.lstrip(), encoding="utf-8")
    listed = copy / "civil" / "modules.py"
    source = listed.read_text(encoding="utf-8")
    source = source.replace(
        "from civil.oldage import", "from civil.heating import room as heating\nfrom civil.oldage import"
    )
    listed.write_text(source.replace("_PLUGGED: Final = (", "_PLUGGED: Final = (heating, "), encoding="utf-8")
    assert await _modules(copy, server, "added", "added") == {"heating", *(module.name for module in MODULES)}


def test_no_module_imports_another_and_none_is_long() -> None:
    for module in MODULES:
        lines = 0
        for path in (ROOT / "civil" / module.name).glob("*.py"):
            source = path.read_text(encoding="utf-8")
            imported = set(re.findall(r"^(?:from|import) civil\.(\w+)", source, re.MULTILINE))
            assert imported <= {"blocks", module.name}, path
            lines += 0 if path.name == "rules.py" else len(source.splitlines())
        assert lines <= 400, module.name
