"""What figures and reports look like over HTTP."""

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.shapes.about import AboutPerson
from api.shapes.civil import CivilTitle
from civil.blocks.declared import Module
from civil.blocks.figures.figure import FigureSpan, FigureSubject, FigureUnit
from civil.blocks.figures.queries import FigureReading


class CivilFigure(BaseModel):
    """What one figure says of a day, for what the reader may see."""

    figure: str = Field(description="its code in reports", examples=["GL.ACTIVE"])
    module: str = Field(description="the companion module that declares it; `homecare` and `report` stand beside them")
    title: CivilTitle = Field(description="what is counted")
    as_of: date = Field(description="the day, at whose end is counted")
    unit: FigureUnit = Field(description="what the number counts")
    span: FigureSpan = Field(description="which time it speaks of")
    subject: FigureSubject = Field(description="what one row behind it is")
    room: str = Field(description="the package whose tables hold it")
    number: int | None = Field(description="the number in its unit; null: it is a name, or nothing can be said")
    name: str | None = Field(description="the name where it is one; null otherwise")
    opening: int = Field(description="how much of the number was counted before the platform began")
    rows: int = Field(description="how many rows are behind it")
    rows_hash: str | None = Field(description="SHA-256 of the keys and values of the rows; null: it is read from rules")
    rules: list[str] = Field(description="the dated rules it is read from")

    @classmethod
    def of(cls, module: Module, reading: FigureReading, as_of: date) -> Self:
        """Show what a figure says of a day."""
        figure, value = reading.figure, reading.value
        return cls(
            figure=figure.code,
            module=module.name,
            title=CivilTitle(zh=figure.zh, en=figure.en),
            as_of=as_of,
            unit=figure.unit,
            span=figure.span,
            subject=figure.subject,
            room=figure.room,
            number=value if isinstance(value, int) else None,
            name=value if isinstance(value, str) else None,
            opening=reading.opening,
            rows=reading.rows,
            rows_hash=reading.rows_hash or None,
            rules=[rule.about.name for rule in figure.rules],
        )


class CivilFigureRow(AboutPerson):
    """One row behind a figure."""

    key: str = Field(description="the id, code, month or name of what the row is")
    value: int = Field(description="what it adds to the number")
    whole: int | None = Field(description="what the value is a share of; null: of nothing, or too few to say")
    label: str | None = Field(description="its name or reason; null: it has none")
    person_id: UUID | None = Field(description="whom it is about; null: nobody in particular")
    division_code: str | None = Field(description="where, 12 digits; null: nowhere in particular")
