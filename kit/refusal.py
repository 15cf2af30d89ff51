"""Anticipated answers: what the product says when it will not do what it was asked.

A refusal is not a bug. It carries a code, its parameters and a kind; the sentence a person reads is looked up in the
catalogues (`refusals.toml` beside the code that refuses) by `kit.text`, and the kind is turned into an HTTP status
once, in `api/errors.py`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar


class Kind(StrEnum):
    """Why something is refused; the transport decides which number that is."""

    INVALID = "invalid"  # what was sent makes no sense by itself
    FORBIDDEN = "forbidden"  # this actor may not
    NOT_FOUND = "not_found"  # no such thing, or none that this actor may know of
    CONFLICT = "conflict"  # the thing is not in a state that allows it
    UNKNOWN_ACTOR = "unknown_actor"  # nobody is signed in
    TOO_MANY = "too_many"  # slow down
    BUSY = "busy"  # the platform cannot do it now; try again


class Refusal(Exception):
    """Refuse with a code and named parameters; subclass beside the verb that raises it.

    `code` is `noun.reason`; parameters must be plain JSON values and must not hold personal data. `errors` names the
    fields at fault where the refusal is of a form.
    """

    code: ClassVar[str] = "refused"
    kind: ClassVar[Kind] = Kind.INVALID
    errors: "tuple[FieldError, ...]" = ()

    def __init__(self, **parameters: Any) -> None:
        super().__init__(self.code)
        self.parameters = parameters

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{self.code}({inside})"


@dataclass(frozen=True, slots=True)
class FieldError:
    """Why one field of a form is refused; `where` is the path to it, empty for the value as a whole."""

    where: tuple[str | int, ...]
    fault: Refusal
