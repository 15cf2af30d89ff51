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
    NO_POSITION_AT_LEAVE = "no_position_at_leave"
    CODE_TRIES = "code_tries"  # too many wrong codes: the code no longer counts
    CLOCK_SKEW = "clock_skew"
    LATE_UPLOAD = "late_upload"
    BEFORE_ACCEPTANCE = "before_acceptance"
    BACKWARDS = "backwards"  # left before arriving
    TWO_PHONES = "two_phones"
    CLASH = "clash"  # two acts claim one number
    MISSING_ACT = "missing_act"
    AFTER_MISSED = "after_missed"
    OVERLAP = "overlap"  # the same worker was in two homes at once
    IMPOSSIBLE_SPEED = "impossible_speed"
    SHORT_WAIT = "short_wait"  # gave up before the elder could come to the door
    SHORT_STAY = "short_stay"
    BACKFILLED = "backfilled"
    ABORTED = "aborted"


LASTING = frozenset({Flag.AFTER_MISSED, Flag.OVERLAP, Flag.IMPOSSIBLE_SPEED, Flag.BACKFILLED})
"""Flags that come from elsewhere than the visit's own acts, and stay when the acts are weighed again."""
