"""What a problem refuses at construction, each kind of invalid value by its own code.

| group | refusals |
|---|---|
| numbers | Negative · NumberTooLarge · UnknownNumber · TooManySkills |
| travel | SpeedNotPositive · DetourBelowOne · MatrixShape · MatrixNotWhole · MatrixNegative |
| workers | NoShift · ShiftReversed · ShiftsOverlap · BreakReversed · BreakOutsideShift · BreaksOverlap |
| visits | NoWindow · WindowReversed · WindowsOverlap · PreferredAndExcluded |
| frozen | FrozenOutsideShift · FrozenClash |
| links | LinkToItself · LinkReversed · LinkedTwice |
"""

from kit.refusal import Kind, Refusal


class ProblemInvalid(Refusal):
    """A routing problem that contradicts itself."""

    code = "routing.invalid"
    kind = Kind.INVALID


class Negative(ProblemInvalid):
    """A duration, a quantity or a cost below zero."""

    code = "routing.negative"


class NumberTooLarge(ProblemInvalid):
    """A number beyond what the kernels can add up without overflowing."""

    code = "routing.too_large"


class UnknownNumber(ProblemInvalid):
    """A reference to a place, mode, company, worker, shift or visit that the problem does not have."""

    code = "routing.unknown_number"


class TooManySkills(ProblemInvalid):
    """A skill number outside 0..62: skills are bits of one 63-bit word."""

    code = "routing.too_many_skills"


class SpeedNotPositive(ProblemInvalid):
    """A way of travelling that never arrives."""

    code = "routing.speed_not_positive"


class DetourBelowOne(ProblemInvalid):
    """A road shorter than the straight line."""

    code = "routing.detour_below_one"


class MatrixShape(ProblemInvalid):
    """A travel matrix that is not modes × places × places."""

    code = "routing.matrix_shape"


class MatrixNotWhole(ProblemInvalid):
    """A travel matrix of anything but whole seconds."""

    code = "routing.matrix_not_whole"


class MatrixNegative(ProblemInvalid):
    """A travel matrix with a negative duration."""

    code = "routing.matrix_negative"


class NoShift(ProblemInvalid):
    """A worker who never works."""

    code = "routing.worker_without_shift"


class ShiftReversed(ProblemInvalid):
    """A shift that ends before it begins."""

    code = "routing.shift_reversed"


class ShiftsOverlap(ProblemInvalid):
    """Two shifts of one worker at the same time, or out of order."""

    code = "routing.shifts_overlap"


class BreakReversed(ProblemInvalid):
    """A break whose latest start is before its earliest."""

    code = "routing.break_reversed"


class BreakOutsideShift(ProblemInvalid):
    """A break that cannot lie within its shift."""

    code = "routing.break_outside_shift"


class BreaksOverlap(ProblemInvalid):
    """Breaks out of order, or two that must overlap."""

    code = "routing.breaks_overlap"


class NoWindow(ProblemInvalid):
    """A visit that may begin at no time at all."""

    code = "routing.visit_without_window"


class WindowReversed(ProblemInvalid):
    """A window whose latest start is before its earliest."""

    code = "routing.window_reversed"


class WindowsOverlap(ProblemInvalid):
    """A visit's windows out of order or overlapping: one window would say it."""

    code = "routing.windows_overlap"


class PreferredAndExcluded(ProblemInvalid):
    """A worker who is both preferred and excluded by a visit."""

    code = "routing.preferred_and_excluded"


class FrozenOutsideShift(ProblemInvalid):
    """A frozen visit that does not lie within the shift it is frozen to."""

    code = "routing.frozen_outside_shift"


class FrozenClash(ProblemInvalid):
    """Two frozen visits of one shift that its worker cannot both keep."""

    code = "routing.frozen_clash"


class LinkToItself(ProblemInvalid):
    """A visit that waits for itself."""

    code = "routing.link_to_itself"


class LinkReversed(ProblemInvalid):
    """A link whose longest gap is shorter than its shortest."""

    code = "routing.link_reversed"


class LinkedTwice(ProblemInvalid):
    """A visit in two links: two-person visits come in pairs."""

    code = "routing.linked_twice"
