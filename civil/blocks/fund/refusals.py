"""What the verbs of funds refuse."""

from kit.refusal import Kind, Refusal


class FundTaken(Refusal):
    """The division has its fund of the kind."""

    code = "fund.taken"
    kind = Kind.CONFLICT


class FundWrongLevel(Refusal):
    """Funds of the kind belong to divisions of another level."""

    code = "fund.wrong_level"


class FundBelowFloor(Refusal):
    """A year's plan is not below what the rule asks for each place."""

    code = "fund.below_floor"


class FundYearImpossible(Refusal):
    """A plan is made for this year or the next."""

    code = "fund.year_impossible"


class FundExceeded(Refusal):
    """More than is left: a second person has to consent first."""

    code = "fund.exceeded"
    kind = Kind.CONFLICT


class FundPaidAlready(Refusal):
    """The matter has been paid for."""

    code = "fund.paid_already"
    kind = Kind.CONFLICT


class FundReversed(Refusal):
    """The entry is a reversal, or has been reversed."""

    code = "fund.reversed"
    kind = Kind.CONFLICT


class FundNeedsSecondPerson(Refusal):
    """Whoever asked for a consent does not give it."""

    code = "fund.second_person"
    kind = Kind.CONFLICT


class FundConsentDecided(Refusal):
    """Somebody has decided on the consent."""

    code = "fund.consent_decided"
    kind = Kind.CONFLICT


class FundSubjectUnknown(Refusal):
    """There is no such case or record to pay for."""

    code = "fund.subject_unknown"
    kind = Kind.NOT_FOUND
