"""The words for what the evidence of a visit is worth: grades A to D and P, and flags that a person should look at."""

from enum import StrEnum


class Grade(StrEnum):
    """The grade of the evidence: A strong twice, B two of three, C one, D none; P where a second person decided."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    P = "P"  # held or written down afterwards, and found good by a second person


class Flag(StrEnum):
    """The findings that a person should check; a rule says which of them hold a payment."""

    WEAK_EVIDENCE = "weak_evidence"  # grade C or D
    MOCK_POSITION = "mock_position"  # the phone itself says that its position is made up
    NO_POSITION_AT_LEAVE = "no_position_at_leave"  # nor code nor scan: nothing proves who was where at the end
    CODE_TRIES = "code_tries"  # too many wrong codes: the code no longer counts
    CLOCK_SKEW = "clock_skew"
    UNANCHORED = "unanchored"  # signed in or out without a signal and without an anchor: the time is only claimed
    EARLY = "early"  # signed in before the agreed window
    FAR_EARLY = "far_early"  # so long before it that a person must ask the elder
    LATE_UPLOAD = "late_upload"
    BEFORE_ACCEPTANCE = "before_acceptance"
    BACKWARDS = "backwards"  # left before arriving
    TWO_PHONES = "two_phones"  # more phones or accounts than workers reported from one visit
    CLASH = "clash"  # two acts claim one number
    MISSING_ACT = "missing_act"
    AFTER_MISSED = "after_missed"
    OVERLAP = "overlap"  # the same worker was in two homes at once
    IMPOSSIBLE_SPEED = "impossible_speed"
    SHORT_WAIT = "short_wait"  # gave up before the elder could come to the door
    SHORT_STAY = "short_stay"
    BACKFILLED = "backfilled"
    ABORTED = "aborted"
    SERVED_TWICE = "served_twice"  # another visit of the same request stands
    NOT_PASSED = "not_passed"  # a person looked at it before its payment, and did not find it good


ALWAYS_HELD = frozenset({Flag.SERVED_TWICE, Flag.FAR_EARLY})
"""Flags that hold a payment whatever the rule says."""

LASTING = frozenset({Flag.AFTER_MISSED, Flag.OVERLAP, Flag.IMPOSSIBLE_SPEED, Flag.BACKFILLED, Flag.NOT_PASSED})
"""Flags that come from elsewhere than the visit's own acts, and stay when the acts are weighed again."""
