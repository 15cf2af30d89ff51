"""The states of a visit and of an offer, and which may follow which."""

from enum import StrEnum


class VisitState(StrEnum):
    """The state of a visit."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    FINISHED = "finished"
    VERIFIED = "verified"
    HELD = "held"
    REFUSED = "refused"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    NOBODY_HOME = "nobody_home"
    ABORTED = "aborted"
    MISSED = "missed"
    VOIDED = "voided"


_DOOR = frozenset(
    {VisitState.DEPARTED, VisitState.ARRIVED, VisitState.FINISHED, VisitState.NOBODY_HOME, VisitState.ABORTED}
)

TRANSITIONS: dict[VisitState, frozenset[VisitState]] = {
    VisitState.OFFERED: frozenset(
        {VisitState.ACCEPTED, VisitState.REFUSED, VisitState.LAPSED, VisitState.WITHDRAWN, VisitState.CANCELLED}
    ),
    # A phone without signal reports several acts at once, so a visit may jump to any state at the door; a back-filled
    # one goes straight to a person.
    VisitState.ACCEPTED: _DOOR | {VisitState.WITHDRAWN, VisitState.CANCELLED, VisitState.MISSED, VisitState.HELD},
    VisitState.DEPARTED: (_DOOR - {VisitState.DEPARTED})
    | {VisitState.WITHDRAWN, VisitState.CANCELLED, VisitState.MISSED, VisitState.HELD},
    VisitState.ARRIVED: frozenset({VisitState.FINISHED, VisitState.NOBODY_HOME, VisitState.ABORTED, VisitState.HELD}),
    VisitState.FINISHED: frozenset({VisitState.VERIFIED, VisitState.HELD}),
    VisitState.NOBODY_HOME: frozenset({VisitState.VERIFIED, VisitState.HELD}),
    VisitState.ABORTED: frozenset({VisitState.HELD}),  # broken off after the arrival: a person says what it was worth
    # No act came in time; a person decides on acts that are uploaded later or written down by two people.
    VisitState.MISSED: frozenset({VisitState.HELD}),
    # An overlap with another visit, or a second phone, may come to light after the evidence was found good.
    VisitState.VERIFIED: frozenset({VisitState.HELD, VisitState.VOIDED}),
    VisitState.HELD: frozenset({VisitState.VERIFIED, VisitState.VOIDED}),
    VisitState.CANCELLED: frozenset(),
    VisitState.REFUSED: frozenset(),
    VisitState.LAPSED: frozenset(),
    VisitState.WITHDRAWN: frozenset(),
    VisitState.VOIDED: frozenset(),
}

PROMISED = frozenset({VisitState.ACCEPTED, VisitState.DEPARTED, VisitState.ARRIVED})
"""The company has said yes and the visit is not over."""
BEGUN = frozenset({VisitState.DEPARTED, VisitState.ARRIVED})
"""Under way: never moved by any plan."""
OPEN = PROMISED | {VisitState.OFFERED}
"""The states in which a worker is still expected."""
RELEASED = frozenset(
    {VisitState.REFUSED, VisitState.LAPSED, VisitState.WITHDRAWN, VisitState.CANCELLED, VisitState.MISSED}
)
"""The states without a visit: the worker's hours are free again."""


class OfferState(StrEnum):
    """The state of an offer."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class OfferRefusalReason(StrEnum):
    """Why a company refuses an offer; `other` says it in words."""

    NO_TIME = "no_time"
    TOO_FAR = "too_far"
    NO_WORKER = "no_worker"
    ILL = "ill"
    SKILL = "skill"
    EQUIPMENT = "equipment"
    OTHER = "other"


class Outcome(StrEnum):
    """The outcome that a charge is based on."""

    COMPLETED = "completed"
    NOBODY_HOME = "nobody_home"
    CANCELLED_LATE = "cancelled_late"


class ActKind(StrEnum):
    """The kinds of acts that a worker reports."""

    DEPART = "depart"
    ARRIVE = "arrive"
    LEAVE = "leave"
    NOBODY_HOME = "nobody_home"
    ABORT = "abort"
