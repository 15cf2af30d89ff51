"""What may be sent: text that can be stored, days that can be reckoned with, numbers that are numbers.

Whatever cannot be true anywhere in the product is refused here, once, so that no verb meets it: a NUL that PostgreSQL
does not store, half a surrogate that no encoding writes, the year 1, a latitude that is no number.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from math import isfinite
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from kit.lookalikes import visible

_FIRST, _LAST = 1900, 2199
"""The first and the last year that a date may have: living people were born after the first."""

EXAMPLE_ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
MONTH = rf"^({_FIRST // 100}|{_FIRST // 100 + 1}|{_LAST // 100})[0-9]{{2}}-(0[1-9]|1[0-2])$"
DIVISION = "^[0-9]{2,12}$"

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written(value: Any) -> Any:
    """Take a day or an instant as people write it: a bare number would be taken for seconds since 1970."""
    if not isinstance(value, date) and not (isinstance(value, str) and _DATE.match(value)):
        raise PydanticCustomError("date_written", "A day is written 2026-11-02, an instant 2026-11-02T09:30:00+08:00")
    return value


Id = Annotated[UUID, Field(examples=[str(EXAMPLE_ID)])]
Day = Annotated[
    date, BeforeValidator(_written), Field(ge=date(_FIRST, 1, 1), le=date(_LAST, 12, 31), examples=["2026-11-02"])
]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    Field(
        ge=datetime(_FIRST, 1, 1, tzinfo=UTC),
        le=datetime(_LAST, 12, 31, tzinfo=UTC),
        examples=["2026-11-02T09:30:00+08:00"],
    ),
    AfterValidator(lambda instant: instant.astimezone(UTC)),
]
"""An instant in any zone, UTC from here on."""
MonthName = Annotated[str, Field(pattern=MONTH, examples=["2026-10"])]


def storable(text: str) -> bool:
    """Tell whether a text can be stored and shown: no control characters but tab and line ends, no lone surrogate."""
    return not any((letter < " " and letter not in "\t\n\r") or "\ud800" <= letter <= "\udfff" for letter in text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield from _texts(list(value))
        yield from _texts(list(value.values()))


def _seen(value: Any) -> Any:
    """Return a value, its texts without the marks that nobody sees; what is too deep was refused as unstorable."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list):
        return [_seen(item) for item in value]
    if isinstance(value, dict):
        return {_seen(name): _seen(item) for name, item in value.items()}
    return value


def _finite(value: Any) -> Any:
    if not all(isfinite(number) for number in _floats(value)):
        raise PydanticCustomError("finite_number", "A number must be finite")
    return value


def _floats(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _floats(item)


Json = Annotated[Any, AfterValidator(_finite)]
"""Anything that JSON can say."""


class Form(BaseModel):
    """Input takes what it names and nothing else."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _may_be_stored(cls, value: Any) -> Any:
        if not all(storable(text) for text in _texts(value)):
            raise PydanticCustomError("unstorable", "Text may hold no control characters and no half characters")
        return _seen(value)
