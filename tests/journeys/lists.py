"""Lists as other offices send them, and a district that takes them in."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bootstrap import imports
from events.work import Works
from kit.access.actor import Actor
from kit.access.roles import Role
from kit.china.identifiers import compose_resident_id
from kit.imports import tables
from kit.imports.columns import Outcome
from processes.rooms import ROOMS
from providers.catalogue.operations import ship_catalogue
from registry import operations, queries

DIVISIONS = Path(__file__).parents[2] / "registry" / "data" / "yunhe-divisions.csv"


def id_no(sequence: int, born_on: date = date(1945, 3, 4)) -> str:
    return compose_resident_id(area="130999", born_on=born_on, sequence=sequence)


def csv_bytes(header: list[str], rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([header, *rows])
    return text.getvalue().encode(encoding)


async def take(works: Works, kind: str, content: bytes, **more: Any) -> Outcome:
    actor = Actor(role=Role.MANAGER, label="主管")
    return await imports.run(works, actor, kind=imports.kinds(ROOMS)[kind], grid=tables.read(content), **more)


async def counted(works: Works, *nouns: type[Any]) -> list[int]:
    async with works(Actor(role=Role.MANAGER, label="数")) as work:
        return [(await work.session.execute(select(func.count()).select_from(noun))).scalar_one() for noun in nouns]


async def found_district(works: Works) -> None:
    """Found a district with its divisions, its catalogue, one living elder and one who has died."""
    assert (await take(works, "divisions", DIVISIONS.read_bytes())).faults == []
    async with works(Actor(role=Role.MANAGER, label="一")) as work:
        await ship_catalogue(work)
        for sequence in (901, 902):
            await operations.register_person(
                work,
                name="在册",
                id_no=id_no(sequence),
                phone=None,
                address="某处",
                division_code="130903001007",
                latitude=38.3,
                longitude=116.8,
            )
        dead, _ = await queries.person_by_id_no(work, id_no(902))
        await operations.report_death(work, person_id=dead.id, died_on=date(2026, 2, 1), source="殡葬")
    async with works(Actor(role=Role.MANAGER, label="二")) as work:
        await operations.confirm_death(work, person_id=dead.id)
