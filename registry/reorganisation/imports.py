"""Take in the table of an act on divisions (撤乡设镇): old code → new code, one line each."""

from collections.abc import Mapping

from events.work import Work
from kit.imports import columns, readers
from kit.imports.column import Column
from kit.imports.columns import Outcome
from kit.imports.grid import Grid
from kit.refusal import Refusal
from registry.imports import AREA_CLASSES, DIVISION_KINDS, division_code
from registry.reorganisation.changes import ChangeContradicts, CodeLine, carried_out, change_divisions

CHANGE_COLUMNS = (
    Column("code", ("原区划代码", "原代码", "旧代码"), division_code),
    Column("new_code", ("新区划代码", "新代码", "现代码"), division_code),
    Column("name", ("新名称", "名称", "现名称"), readers.text(60)),
    Column("kind", ("类型", "新类型", "级别"), DIVISION_KINDS),
    Column("parent", ("上级代码", "上级"), division_code, required=False),
    Column("area_class", ("城乡分类", "城乡"), AREA_CLASSES, required=False),
    Column("valid_from", ("生效日期", "变更日期"), readers.day),
    Column("document", ("批准文件", "文号", "批文"), readers.text(120)),
)


async def division_changes(work: Work, grid: Grid, mapping: Mapping[str, str] | None = None) -> Outcome:
    """Carry out one act on divisions; every row names the same first day and the same document."""
    sheet = columns.typed(grid, CHANGE_COLUMNS, mapping)
    for row in sheet.rows[1:]:
        for name in ("valid_from", "document"):
            if row.get(name) is not None and row.get(name) != sheet.rows[0].get(name):
                sheet.fault(row, name, ChangeContradicts(division=row.get("code")))
    if sheet.faults or not sheet.rows:
        return sheet.outcome(0)
    lines = [
        CodeLine(
            code=row["code"],
            new_code=row["new_code"],
            name=row["name"],
            kind=row["kind"],
            parent=row["parent"],
            area_class=row["area_class"],
        )
        for row in sheet.rows
    ]
    first = sheet.rows[0]
    if await carried_out(work, lines=lines, valid_from=first["valid_from"], document=first["document"]):
        return sheet.outcome(0, unchanged=len(sheet.rows))
    try:
        await change_divisions(work, lines=lines, valid_from=first["valid_from"], document=first["document"])
    except Refusal as refusal:
        named = str(refusal.parameters.get("division", ""))
        row = next((row for row in sheet.rows if named in {row["code"], row["new_code"]}), first)
        sheet.fault(row, "new_code" if row["new_code"] == named else "code", refusal)
    return sheet.outcome(len(sheet.rows))
