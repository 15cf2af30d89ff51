"""Errors for the log without personal data: the words of an error may quote what somebody typed."""

import traceback
from collections.abc import Iterator

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from kit.refusal import Refusal

_OF_THE_CODE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    NotImplementedError,
    OSError,
    RecursionError,
    Refusal,
    TypeError,
)
"""Kinds of error whose messages name parts of the program only; all others may name a person."""
_OF_THE_ROW = ("sqlstate", "table_name", "column_name", "constraint_name")


def summary(error: BaseException) -> str:
    """Return the kind of an error and the part of its message that is about the code, not about data."""
    kind = type(error).__name__
    if isinstance(error, DBAPIError):
        cause = getattr(error.orig, "__cause__", None) or error.orig
        where = [str(part) for name in _OF_THE_ROW if (part := getattr(cause, name, None))]
        return " ".join([kind, type(cause).__name__, *where])
    if isinstance(error, ValidationError):
        places = [
            f"{'.'.join(map(str, detail['loc']))} {detail['type']}" for detail in error.errors(include_input=False)
        ]
        return f"{kind} of {error.title}: {'; '.join(places)}"
    return f"{kind}: {error}" if isinstance(error, _OF_THE_CODE) else kind


def traced(error: BaseException) -> str:
    """Return the traces of an error and of its causes, each with its `summary` instead of its message."""
    return "\n".join(
        f"{summary(link)}\n{''.join(traceback.format_tb(link.__traceback__))}".rstrip() for link in _chain(error)
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
