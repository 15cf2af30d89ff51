"""The states of a visit and of an offer, and which may follow which."""

from enum import StrEnum


class VisitState(StrEnum):
    """Where a visit stands."""

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
    # Nothing came in time; what a phone uploads later, or two people write down, is for a person to weigh.
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
"""Somebody is still expected at the door."""
RELEASED = frozenset(
    {VisitState.REFUSED, VisitState.LAPSED, VisitState.WITHDRAWN, VisitState.CANCELLED, VisitState.MISSED}
)
"""Nobody came of it: the worker's hours are free again."""


class OfferState(StrEnum):
    """What became of an offer."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """What the charge is for."""

    COMPLETED = "completed"
    NOBODY_HOME = "nobody_home"
    CANCELLED_LATE = "cancelled_late"


class ActKind(StrEnum):
    """What a worker reports from the door."""

    DEPART = "depart"
    ARRIVE = "arrive"
    LEAVE = "leave"
    NOBODY_HOME = "nobody_home"
    ABORT = "abort"
