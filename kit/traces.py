"""What went wrong, told without whom it went wrong for: no log line holds personal data, and errors quote inputs."""

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
"""Kinds of error whose words name parts of the program; those of all others may name an elder."""
_OF_THE_ROW = ("sqlstate", "table_name", "column_name", "constraint_name")


def summary(error: BaseException) -> str:
    """Return the kind of an error with as much of its words as speak of the code: of a database's, where it arose."""
    kind = type(error).__name__
    if isinstance(error, DBAPIError):
        cause = getattr(error.orig, "__cause__", None) or error.orig
        where = [str(part) for name in _OF_THE_ROW if (part := getattr(cause, name, None))]
        return " ".join([kind, type(cause).__name__, *where])
    if isinstance(error, ValidationError):
        places = [f"{'.'.join(map(str, one['loc']))} {one['type']}" for one in error.errors(include_input=False)]
        return f"{kind} of {error.title}: {'; '.join(places)}"
    return f"{kind}: {error}" if isinstance(error, _OF_THE_CODE) else kind


def traced(error: BaseException) -> str:
    """Return where an error and whatever caused it arose, without a word of theirs but what `summary` gives."""
    return "\n".join(
        f"{summary(one)}\n{''.join(traceback.format_tb(one.__traceback__))}".rstrip() for one in _chain(error)
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
