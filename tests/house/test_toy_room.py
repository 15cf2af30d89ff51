"""A whole new room is its files and its entry in the list: tried on a copy of the tree, with everything a room owns."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from alembic.script import ScriptDirectory

from bootstrap import schema
from kit import postgres
from tests.house.tree import ROOMS, ROOT

FILES = {
    "events/contracts/toys.py": '''
from uuid import UUID

from events.contracts.event import Event


class ToyMade(Event):
    """Emitted by toys: a toy has been made."""

    topic = "toys"
    key_field = "toy_id"
    subject_field = "toy_id"

    toy_id: UUID
''',
    "providers/toys/__init__.py": "",
    "providers/toys/model.py": """
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kit.database import Base
from kit.ids import new_id


class Toy(Base):
    __tablename__ = "toy"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    handled: Mapped[int] = mapped_column(default=0)
    wound_up: Mapped[int] = mapped_column(default=0)
""",
    "providers/toys/rules.py": """
from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, ValueRule


class MostTurns(ValueRule[int]):
    about: ClassVar[About] = About(
        name="toy.most_turns", proposed=20, unit="turns", zh="最多上几圈发条", en="Most turns of the key", source="test"
    )
    root: Annotated[int, Field(ge=1, le=60)]
""",
    "providers/toys/refusals.toml": '["toy.nameless"]\nzh = "玩具没有名字。"\nen = "The toy has no name."\n',
    "providers/toys/operations.py": """
from sqlalchemy import update

from events.contracts.toys import ToyMade
from events.work import Work
from kit.ids import new_id
from kit.refusal import Refusal
from kit.rules import queries as rules
from providers.toys.model import Toy
from providers.toys.rules import MostTurns


class ToyNameless(Refusal):
    code = "toy.nameless"


def make(work: Work, *, name: str) -> Toy:
    if not name.strip():
        raise ToyNameless
    toy = Toy(id=new_id(), name=name)
    work.session.add(toy)
    work.emit(ToyMade(toy_id=toy.id))
    return toy


async def wind_up(work: Work) -> None:
    turns = (await rules.read(work.session, MostTurns, at=work.now)).root
    await work.session.execute(update(Toy).values(wound_up=turns))
""",
    "providers/toys/handlers.py": """
from sqlalchemy import update

from events.contracts.toys import ToyMade
from events.delivery.bus import on
from events.work import Work
from providers.toys.model import Toy


@on(ToyMade, group="toys")
async def when_made(work: Work, event: ToyMade) -> None:
    await work.session.execute(update(Toy).where(Toy.id == event.toy_id).values(handled=Toy.handled + 1))
""",
    "providers/toys/imports.py": """
from collections.abc import Mapping

from events.work import Work
from kit.imports import columns
from kit.imports.column import Column
from kit.imports.columns import Outcome
from kit.imports.grid import Grid
from providers.toys import operations


async def toys(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    sheet = columns.typed(grid, (Column("name", ("玩具",), str),), mapping)
    for row in sheet.rows:
        operations.make(work, name=row["name"])
    return sheet.outcome(len(sheet.rows))
""",
    "providers/toys/room.py": """
from datetime import timedelta
from pathlib import Path

from kit.access.roles import Role
from kit.room import Chore, ImportKind, Room
from providers.toys import handlers, imports, operations
from providers.toys.model import Toy
from providers.toys.rules import MostTurns

ROOM = Room(
    name="providers.toys",
    models=(Toy,),
    handlers=(handlers.when_made,),
    rules=(MostTurns,),
    refusals=Path(__file__).with_name("refusals.toml"),
    policy={"toys.make": frozenset({Role.MANAGER})},
    chores=(Chore(name="wind up", every=timedelta(seconds=1), act=operations.wind_up),),
    imports=(ImportKind(name="toys", take_in=imports.toys, action="toys.make", zh="玩具", en="toys"),),
)
""",
    "api/toys.py": """
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from api.acting import Route, doing
from api.forms import Form
from events.work import Work
from providers.toys import operations

router = APIRouter(route_class=Route)


class MakeToy(Form):
    name: str


class ToyIn(BaseModel):
    id: UUID


@router.post("/toys", status_code=201)
async def make_toy(form: MakeToy, work: Annotated[Work, doing("toys.make")]) -> ToyIn:
    return ToyIn(id=operations.make(work, name=form.name).id)
""",
    "migrations/versions/9999_toys.py": """
import sqlalchemy as sa
from alembic import op

revision = "999999999999"
down_revision = "HEAD"


def upgrade() -> None:
    op.create_table(
        "toy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("handled", sa.Integer(), nullable=False),
        sa.Column("wound_up", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_toy")),
    )
    op.execute("alter table toy enable row level security")
    op.execute("alter table toy force row level security")
    op.execute("create policy desk on toy to nowalls_desk using (true) with check (true)")
    op.execute("grant select, insert, update, delete on toy to nowalls_desk")
""",
}
ENTRIES = {
    "processes/rooms.py": {
        "from registry.room import ROOM as REGISTRY\n": "from providers.toys.room import ROOM as TOYS\n",
        "    SIMULATIONS,\n": "    TOYS,\n",
    },
    "api/room.py": {"    settlement,\n": "    toys,\n", "        settlement.router,\n": "        toys.router,\n"},
}
"""The room's entry in the list of rooms, and its resource's in the list of routers: before a line, its own."""

PROGRAM = """
import asyncio
import sys
from pathlib import Path

import httpx
from sqlalchemy import select

from api.accounts import operations as accounts
from api.app import build
from bootstrap.platform import deliveries, drained, platform, task
from events.model import DeadLetter
from kit import text
from kit.access.actor import SYSTEM
from kit.access.roles import Role
from kit.settings import Settings
from processes.rooms import ROOMS
from processes.ticker import Ticker
from providers.toys.model import Toy

URL, HOME = sys.argv[1], Path(sys.argv[2])
PASSWORD = "river stone lantern 7"


async def toys(works, count, condition):
    for _ in range(300):
        async with works(SYSTEM("test")) as work:
            rows = (await work.session.execute(select(Toy))).scalars().all()
        if len(rows) == count and all(map(condition, rows)):
            return rows
        await asyncio.sleep(0.1)
    raise AssertionError([(row.name, row.handled, row.wound_up) for row in rows])


async def main():
    settings = Settings(home=HOME, port=8000, database_url=URL, kafka=None, geocoder="none")
    async with platform(settings, ROOMS) as running:
        works = running.works
        async with works(SYSTEM("test")) as work:
            await accounts.open_account(
                work, username="manager1", display_name="m", role=Role.MANAGER, password=PASSWORD
            )
        transport = httpx.ASGITransport(app=build(works, ROOMS))
        async with deliveries(running), httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            answer = await client.post("/api/v1/sessions", json={"username": "manager1", "password": PASSWORD})
            client.cookies.clear()
            client.headers["Authorization"] = "Bearer " + answer.json()["token"]
            assert "makeToy" in (await client.get("/openapi.json")).text

            answer = await client.post("/api/v1/toys", json={"name": "bear"})
            assert answer.status_code == 201, answer.text
            answer = await client.post("/api/v1/toys", json={"name": " "})
            assert answer.status_code == 422, answer.text
            assert (answer.json()["code"], answer.json()["detail"]) == ("toy.nameless", "玩具没有名字。"), answer.text

            answer = await client.post("/api/v1/imports/toys", content="玩具\\ndoll\\n".encode())
            assert (answer.status_code, answer.json()["written"]) == (200, 1), answer.text
            rows = await toys(works, 2, lambda toy: toy.handled == 1)
            assert {toy.name for toy in rows} == {"bear", "doll"}

            (shown,) = (await client.get("/api/v1/rules?name=toy.most_turns")).json()["items"]
            assert (shown["value"], shown["form"]["maximum"]) == (20, 60), shown
            decide = "/api/v1/rules/toy.most_turns/backdate"
            form = {"value": 61, "source": "test", "valid_from": "2026-01-01T00:00:00+08:00"}
            answer = await client.post(decide, json=form)
            assert (answer.status_code, answer.json()["code"]) == (422, "rule.invalid"), answer.text
            answer = await client.post(decide, json=form | {"value": 7})
            assert answer.status_code == 204, answer.text
        async with task(Ticker(works, [room for room in ROOMS if room.name == "providers.toys"]).run()):
            await toys(works, 2, lambda toy: toy.wound_up == 7)
        async with works(SYSTEM("test")) as work:
            assert not (await work.session.execute(select(DeadLetter))).scalars().all()


asyncio.run(main())
print("works")
"""


def _plant(copy: Path) -> None:
    head = ScriptDirectory.from_config(schema.history()).get_current_head()
    assert head is not None
    for name, content in FILES.items():
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text(content.lstrip().replace("HEAD", head), encoding="utf-8")
    for name, lines in ENTRIES.items():
        source = (copy / name).read_text(encoding="utf-8")
        for before, line in lines.items():
            assert source.count(before) == 1, f"{name}: {before!r}"
            source = source.replace(before, line + before)
        (copy / name).write_text(source, encoding="utf-8")


async def test_a_new_room_works_by_its_files_and_its_entry_in_the_list(server: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for folder in (*ROOMS, "migrations"):
        if (ROOT / folder).is_dir():
            # with what Python and numba have compiled already, but for what they are writing at this moment
            shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("*.pyc.*", "*.tmp.*"))
    _plant(copy)
    url = await postgres.make_database(server, "toy_room")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, url, str(tmp_path / "home")],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "works"), done.stderr[-3000:]
