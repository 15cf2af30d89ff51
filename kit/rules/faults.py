"""What can be wrong with one field of a rule's value, and the refusal that names every such field."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from kit.refusal import FieldError, Refusal

MOST_FAULTS = 50
"""How many fields a refusal names: an answer is never much larger than what was sent."""


class RuleInvalid(Refusal):
    """The value does not fit the rule; `errors` names each field that is at fault."""

    code = "rule.invalid"

    def __init__(self, *, name: str, fields: str, errors: Sequence[FieldError]) -> None:
        super().__init__(name=name, fields=fields)
        self.errors = tuple(errors)


class FieldFault(Refusal):
    """One field is at fault; raised by a rule's validators through `error`."""

    def error(self) -> PydanticCustomError:
        """Return this fault in the form that pydantic collects."""
        return PydanticCustomError(self.code, self.code, self.parameters)


class FieldMissing(FieldFault):
    """A field that the rule needs is absent."""

    code = "field.missing"


class FieldUnknown(FieldFault):
    """A field that the rule does not have."""

    code = "field.unknown"


class FieldOfOtherKind(FieldFault):
    """The JSON type is another than the rule's."""

    code = "field.other_kind"


class FieldTooSmall(FieldFault):
    """A number below the least."""

    code = "field.too_small"


class FieldTooLarge(FieldFault):
    """A number above the most."""

    code = "field.too_large"


class FieldTooShort(FieldFault):
    """A list or text with fewer entries than the rule needs."""

    code = "field.too_short"


class FieldTooLong(FieldFault):
    """A list or text with more entries than the rule takes."""

    code = "field.too_long"


class FieldNotAChoice(FieldFault):
    """None of the words that the rule knows."""

    code = "field.not_a_choice"


class FieldMalformed(FieldFault):
    """A text or key that is not written as the rule asks."""

    code = "field.malformed"


class FieldNotADay(FieldFault):
    """No day of the calendar, or not written 2026-11-02."""

    code = "field.not_a_day"


class FieldWithoutZone(FieldFault):
    """An instant without its offset from UTC."""

    code = "field.without_zone"


class FieldNotFinite(FieldFault):
    """A number that is none: infinity, or not a number."""

    code = "field.not_finite"


class FieldUnstorable(FieldFault):
    """A text with control characters or half characters."""

    code = "field.unstorable"


class FieldNotJson(FieldFault):
    """A body that is not JSON."""

    code = "field.not_json"


class FieldInvalid(FieldFault):
    """Anything else that the rule does not take."""

    code = "field.invalid"


class FieldLacksKey(FieldFault):
    """A table of the district's own keys lacks one that it must have."""

    code = "field.lacks_key"


class FieldRepeated(FieldFault):
    """The same entry stands in a list twice."""

    code = "field.repeated"


class FieldUnsorted(FieldFault):
    """The entries of a list fall where they must rise."""

    code = "field.unsorted"


class FieldAbove(FieldFault):
    """A number above another field that bounds it."""

    code = "field.above"


class FieldWrongWeekday(FieldFault):
    """A holiday on a weekend, or a worked day that is none."""

    code = "field.wrong_weekday"


_OWN = {kind.code: kind for kind in FieldFault.__subclasses__()}
_PYDANTIC: Mapping[str, tuple[type[FieldFault], Mapping[str, str]]] = {
    "missing": (FieldMissing, {}),
    "extra_forbidden": (FieldUnknown, {}),
    "greater_than_equal": (FieldTooSmall, {"least": "ge"}),
    "less_than_equal": (FieldTooLarge, {"most": "le"}),
    "too_short": (FieldTooShort, {"least": "min_length"}),
    "string_too_short": (FieldTooShort, {"least": "min_length"}),
    "too_long": (FieldTooLong, {"most": "max_length"}),
    "string_too_long": (FieldTooLong, {"most": "max_length"}),
    "enum": (FieldNotAChoice, {"choices": "expected"}),
    "literal_error": (FieldNotAChoice, {"choices": "expected"}),
    "string_pattern_mismatch": (FieldMalformed, {"pattern": "pattern"}),
    "greater_than": (FieldTooSmall, {"least": "gt"}),
    "less_than": (FieldTooLarge, {"most": "lt"}),
    "timezone_aware": (FieldWithoutZone, {}),
    "finite_number": (FieldNotFinite, {}),
    "unstorable": (FieldUnstorable, {}),
    "json_invalid": (FieldNotJson, {}),
}
"""Pydantic's own kinds of error, the fault that each is here, and where the fault's parameters stand."""
_OTHER_KIND = re.compile("_(type|parsing|from_float|parsing_size|unicode|attributes_type)$")
_CHOICE = re.compile("'([^']*)'")


class FieldKind(StrEnum):
    """The kinds of JSON values, as pydantic names them at the beginning of an error."""

    INT = "int"
    FLOAT = "float"
    STRING = "string"
    BOOL = "bool"
    LIST = "list"
    TUPLE = "tuple"
    DICT = "dict"
    MODEL = "model"
    UUID = "uuid"


def invalid(name: str, error: ValidationError) -> RuleInvalid:
    """Return the refusal of a rule's value, with a fault for each field that pydantic names."""
    details = error.errors(include_url=False, include_input=False)[:MOST_FAULTS]
    errors = [FieldError(_where(detail), fault_of(detail)) for detail in details]
    fields = ", ".join(".".join(map(str, field.where)) or name for field in errors)
    return RuleInvalid(name=name, fields=fields, errors=errors)


def _where(detail: ErrorDetails) -> tuple[str | int, ...]:
    # a fault of several fields together names the first of them itself; pydantic marks a mapping's key by "[key]"
    field = detail.get("ctx", {}).get("field")
    return tuple(field.split(".")) if field else tuple(step for step in detail["loc"] if step != "[key]")


def fault_of(detail: Mapping[str, Any]) -> FieldFault:
    """Return the fault behind one of pydantic's errors, with what its sentence needs."""
    context: Mapping[str, Any] = detail.get("ctx", {})
    kind = detail["type"]
    if kind in _OWN:
        return _OWN[kind](**context)
    if kind in _PYDANTIC:
        fault, parameters = _PYDANTIC[kind]
        given = {name: context[theirs] for name, theirs in parameters.items() if theirs in context}
        if "choices" in given:
            given["choices"] = _choices(str(given["choices"]))
        return fault(**given)
    if kind.startswith("date"):
        return FieldNotADay()
    named = _OTHER_KIND.sub("", kind)
    if named != kind and named in set(FieldKind):
        return FieldOfOtherKind(kind=FieldKind(named))
    return FieldInvalid(why=kind)


def _choices(expected: str) -> list[Any]:
    """Return the values that pydantic lists, as the enumeration whose values they are where there is one."""
    values = _CHOICE.findall(expected)
    for kind in StrEnum.__subclasses__():
        if [member.value for member in kind] == values:
            return list(kind)
    return values
