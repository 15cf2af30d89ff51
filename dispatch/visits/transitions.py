"""The states of a visit and of an offer, and which may follow which."""

from enum import StrEnum


class State(StrEnum):
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


_DOOR = frozenset({State.DEPARTED, State.ARRIVED, State.FINISHED, State.NOBODY_HOME, State.ABORTED})

TRANSITIONS: dict[State, frozenset[State]] = {
    State.OFFERED: frozenset({State.ACCEPTED, State.REFUSED, State.LAPSED, State.WITHDRAWN, State.CANCELLED}),
    # A phone without signal reports several acts at once, so a visit may jump to any state at the door; a back-filled
    # one goes straight to a person.
    State.ACCEPTED: _DOOR | {State.WITHDRAWN, State.CANCELLED, State.MISSED, State.HELD},
    State.DEPARTED: (_DOOR - {State.DEPARTED}) | {State.WITHDRAWN, State.CANCELLED, State.MISSED, State.HELD},
    State.ARRIVED: frozenset({State.FINISHED, State.NOBODY_HOME, State.ABORTED, State.HELD}),
    State.FINISHED: frozenset({State.VERIFIED, State.HELD}),
    State.NOBODY_HOME: frozenset({State.VERIFIED, State.HELD}),
    State.ABORTED: frozenset({State.HELD}),  # broken off after the arrival: a person says what it was worth
    # Nothing came in time; what a phone uploads later, or two people write down, is for a person to weigh.
    State.MISSED: frozenset({State.HELD}),
    # An overlap with another visit, or a second phone, may come to light after the evidence was found good.
    State.VERIFIED: frozenset({State.HELD, State.VOIDED}),
    State.HELD: frozenset({State.VERIFIED, State.VOIDED}),
    State.CANCELLED: frozenset(),
    State.REFUSED: frozenset(),
    State.LAPSED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.VOIDED: frozenset(),
}

PROMISED = frozenset({State.ACCEPTED, State.DEPARTED, State.ARRIVED})
"""The company has said yes and the visit is not over."""
BEGUN = frozenset({State.DEPARTED, State.ARRIVED})
"""Under way: never moved by any plan."""
OPEN = PROMISED | {State.OFFERED}
"""Somebody is still expected at the door."""
RELEASED = frozenset({State.REFUSED, State.LAPSED, State.WITHDRAWN, State.CANCELLED, State.MISSED})
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
