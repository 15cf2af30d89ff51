"""What the verbs of registers refuse."""

from kit.refusal import FieldError, Kind, Refusal


class RecordFactsInvalid(Refusal):
    """The facts do not fit what the register declares; `errors` names each field that is at fault."""

    code = "record.facts_invalid"

    def __init__(self, *, fields: str, errors: tuple[FieldError, ...]) -> None:
        super().__init__(fields=fields)
        self.errors = errors


class RecordTaken(Refusal):
    """The thing, or the person, stands in an open record of the register already."""

    code = "record.taken"
    kind = Kind.CONFLICT


class RecordSubjectInvalid(Refusal):
    """The register's records are about a person, within another record or in a division, and another was named."""

    code = "record.subject_invalid"


class RecordNotYours(Refusal):
    """The register or the step belongs to another desk."""

    code = "record.not_yours"
    kind = Kind.FORBIDDEN


class RecordNotYourSection(Refusal):
    """The register belongs to a section that the actor does not work for."""

    code = "record.not_your_section"
    kind = Kind.FORBIDDEN


class RecordOutsideDivision(Refusal):
    """The division lies outside the one that the actor works for."""

    code = "record.outside_division"
    kind = Kind.FORBIDDEN


class RecordFieldReserved(Refusal):
    """Another desk sets the field."""

    code = "record.field_reserved"
    kind = Kind.FORBIDDEN


class RecordKeyFixed(Refusal):
    """The field by which a thing is found again does not change."""

    code = "record.key_fixed"
    kind = Kind.CONFLICT


class RecordDayImpossible(Refusal):
    """The day lies before what is recorded already, or in the future."""

    code = "record.day_impossible"


class RecordClosed(Refusal):
    """The record has come to its end."""

    code = "record.closed"
    kind = Kind.CONFLICT


class RecordCannotMove(Refusal):
    """The record is in no state from which it could move there."""

    code = "record.cannot_move"
    kind = Kind.CONFLICT


class RecordNeedsSecondPerson(Refusal):
    """The step belongs to somebody who has not worked on the record before."""

    code = "record.second_person"
    kind = Kind.CONFLICT


class RecordNotInspected(Refusal):
    """Things of the register, or in this state, are not inspected."""

    code = "record.not_inspected"
    kind = Kind.CONFLICT


class RecordFactsFixed(Refusal):
    """What was decided is what is done: no other facts come with this step."""

    code = "record.facts_fixed"
    kind = Kind.CONFLICT
