"""What lists hold, and what bringing one did."""

from pydantic import BaseModel, Field

from kit.imports.column import Column
from kit.room import ImportKind


class ListColumn(BaseModel):
    """One column of a list."""

    name: str = Field(description="the key, as `column=name=HEADER` names it", examples=["id_no"])
    titles: list[str] = Field(description="the headers by which it is found; the first is shown")
    required: bool = Field(description="whether every row must say it")
    units: list[str] = Field(description="the units and map datums that its header may name in brackets")
    zh: str = Field(description="what a cell may say, in Chinese")
    en: str = Field(description="what a cell may say, in English")


class ListKind(BaseModel):
    """One kind of list, and whether the reader may bring it."""

    name: str = Field(description="the word in the path", examples=["people"])
    zh: str = Field(description="what it is, in Chinese")
    en: str = Field(description="what it is, in English")
    action: str = Field(description="what the policy calls bringing it", examples=["people.import"])
    may: bool = Field(description="whether the reader may bring it")
    key: list[str] = Field(description="the columns by which a row is found again, so that it is written once")
    columns: list[ListColumn] = Field(description="its columns, in the order of a form")


class ListRemark(BaseModel):
    """Something about a place of the file: a fault, for which nothing is written, or a notice."""

    sheet: str | None = Field(description="the sheet, where more than one is read")
    row: int = Field(description="the row as a spreadsheet counts it; 0: the file")
    column: str | None = Field(description="the column; null: the row as a whole")
    code: str = Field(description="the kind of fault; its sentences are at `GET /words`", examples=["cell.blank"])
    why: str = Field(description="place and reason in Chinese")
    why_en: str = Field(description="place and reason in English")


class ListReport(BaseModel):
    """What bringing a list did, or would do; rows = written (or would_write) + known + unchanged where no fault is."""

    dry_run: bool = Field(description="whether nothing was to be written")
    encoding: str = Field(description="how the file was read", examples=["utf-8"])
    rows: int = Field(description="how many rows the list has")
    written: int = Field(description="how many rows were written; 0 in a dry run")
    would_write: int = Field(description="how many rows a dry run would have written")
    on_record: int = Field(alias="known", description="how many rows say what is on record already")
    unchanged: int = Field(description="how many rows would set what is in force already")
    left_out: int = Field(description="how many rows below the header belong to no list: totals, signatures")
    unused_columns: list[str] = Field(description="headers that match no column")
    faults: list[ListRemark] = Field(description="why nothing was written; empty where nothing is wrong")
    notices: list[ListRemark] = Field(description="what was assumed, converted or left out")


def column(entry: Column) -> ListColumn:
    """Describe a column."""
    return ListColumn(
        name=entry.name,
        titles=list(entry.titles),
        required=entry.required,
        units=[*entry.units, *entry.implies],
        zh=entry.read.zh,
        en=entry.read.en,
    )


def kind(entry: ImportKind, *, may: bool) -> ListKind:
    """Describe a kind of list, and whether its reader may bring it."""
    return ListKind(
        name=entry.name,
        zh=entry.zh,
        en=entry.en,
        action=entry.action,
        may=may,
        key=list(entry.key),
        columns=[column(member) for member in entry.columns],
    )
