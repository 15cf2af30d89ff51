"""Ledgers 台账 of the companion modules as workbooks: the records of a register, the grants of a benefit."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from api.acting import Route, doing
from api.errors import responses
from api.files import Workbook, attached
from civil import modules
from civil.blocks.benefits import queries as benefits
from civil.blocks.declared import Register
from civil.blocks.register import queries as registers
from civil.blocks.register.model import CivilRecord
from events.work import Work
from kit import clock, text
from kit.sheets import Cell, Sheet, Yuan, workbook
from registry import queries as registry

router = APIRouter(tags=["civil"], route_class=Route)

_FEN: Final = "_fen"


@router.get(
    "/civil/records.xlsx", response_class=Workbook, summary="A register as a workbook", responses=responses(404, 422)
)
async def get_civil_records_workbook(
    work: Annotated[Work, doing("civil.records.read")],
    civil_register: Annotated[str, Query(max_length=40, description="a register of GET /civil/modules")],
) -> Workbook:
    """Return the records of a register that the own division and sections hold, each with its fields, names masked."""
    _, register = modules.register(civil_register)
    rows = await registers.records(work, kind=register.name)
    names = await registry.masked_names(work, {row.person_id for row in rows if row.person_id is not None})
    places = await _places(work)
    fields = _fields(register)
    columns = [
        ("编号", 8),
        *([("对象", 10)] if register.about_person else []),
        ("区划", 20),
        ("状态", 12),
        *((title, 18) for _, title, _ in fields),
        ("登记日", 12),
        ("状态起", 12),
        ("办理期限", 12),
        ("下次检查期限", 12),
        ("结束日", 12),
    ]

    def cells(row: CivilRecord) -> list[Cell]:
        person = [names.get(row.person_id) if row.person_id else None] if register.about_person else []
        return [
            row.number,
            *person,
            places.get(row.division_code, row.division_code),
            register.states[row.state].zh,
            *(_cell(name, schema, row.facts.get(name)) for name, _, schema in fields),
            row.opened_on,
            row.since,
            row.due_on,
            row.inspect_due_on,
            row.closed_on,
        ]

    sheet = Sheet("台账", columns, [cells(row) for row in rows])
    return await _made(work, sheet, plain=f"records-{register.name}", title=register.title.zh)


@router.get(
    "/civil/grants.xlsx",
    response_class=Workbook,
    summary="A benefit's grants as a workbook",
    responses=responses(404, 422),
)
async def get_grants_workbook(
    work: Annotated[Work, doing("civil.grants.read")],
    programme: Annotated[str, Query(max_length=40, description="a benefit of GET /civil/modules")],
) -> Workbook:
    """Return the grants of a benefit that the own division and sections hold, names masked."""
    declared = modules.programme(programme)
    rows = await benefits.grants(work, programme=declared.name)
    names = await registry.masked_names(work, {row.person_id for row in rows})
    places = await _places(work)
    columns = [("编号", 8), ("领取人", 10), ("区划", 20), ("起始月", 10), ("最后一月", 10), ("终止原因", 20)]
    cells: list[list[Cell]] = [
        [
            row.number,
            names.get(row.person_id),
            places.get(row.division_code, row.division_code),
            row.from_month,
            row.last_month,
            None if row.end_reason is None else _word("GrantEndReason", row.end_reason.value),
        ]
        for row in rows
    ]
    sheet = Sheet("台账", columns, cells)
    return await _made(work, sheet, plain=f"grants-{declared.name}", title=declared.title.zh)


async def _made(work: Work, sheet: Sheet, *, plain: str, title: str) -> Workbook:
    day = clock.day_of(work.now)
    content = await asyncio.to_thread(workbook, [sheet], title=f"{title}台账", made_at=work.now)
    return attached(Workbook, content, plain=f"{plain}-{day}", name=f"{title}台账-{day}")


async def _places(work: Work) -> dict[str, str]:
    return {division.code: division.name for division in await registry.divisions(work, at=work.now)}


def _fields(register: Register) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return the fields of a register's facts: name, heading, schema; an amount's heading says no unit of its own."""
    schema = register.facts.model_json_schema()
    parts: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    return [
        (name, str(part.get("title", name)).removesuffix("（分）"), _resolved(part, schema.get("$defs", {})))
        for name, part in parts.items()
    ]


def _resolved(part: Mapping[str, Any], shared: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a field's schema with its enumeration's name, whether or not the field may be empty."""
    for way in (part, *part.get("anyOf", ()), *part.get("allOf", ())):
        if reference := way.get("$ref"):
            name = str(reference).rpartition("/")[2]
            return {**shared.get(name, {}), "name": name}
    return part


def _cell(name: str, schema: Mapping[str, Any], value: Any) -> Cell:
    """Return what a cell holds of a value: yes or no, an amount, a word for a value; of a list how long it is."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return Yuan(value) if name.endswith(_FEN) or name == "fen" else value
    if isinstance(value, list):
        return f"{len(value)} 项"
    if isinstance(value, str):
        return _word(str(schema.get("name")), value) if "enum" in schema else value
    return None if value is None else str(value)


def _word(enumeration: str, value: str) -> str:
    return text.words().get(enumeration, {}).get(value, {}).get("zh", value)
