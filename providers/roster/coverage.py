"""Which divisions a contract covers after acts have changed their codes; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kit.china.identifiers import division_prefix


@dataclass(frozen=True, slots=True)
class Step:
    """One old 12-digit code and one new one of the same act; `whole` and `split` as `DivisionStep` says."""

    old_code: str
    new_code: str
    whole: bool
    split: bool


def steps_of(successors: Mapping[str, Sequence[str]]) -> list[Step]:
    """Return the steps of one act that contracts follow: old code → its new codes.

    A division that merged with others and has parts below it gives no step: its parts do, so that a contract for one
    of two merged towns does not come to cover the other.
    """
    origins = Counter(new for codes in successors.values() for new in codes)
    steps = []
    for old, codes in successors.items():
        parted = any(other != old and other.startswith(division_prefix(old)) for other in successors)
        for new in codes:
            whole = len(codes) == 1 and origins[new] == 1
            if new != old and (whole or not parted):
                steps.append(Step(old, new, whole=whole, split=len(codes) > 1))
    return steps


def follow(prefixes: Iterable[str], acts: Sequence[Sequence[Step]]) -> tuple[str, ...]:
    """Return the prefixes of all codes that a contract covers, the acts given in the order in which they were entered.

    An elder of a covered division stays covered under its new code, and an address not yet placed after a split is
    covered by a contract for any part.
    """
    covered = set(prefixes)
    for act in acts:
        signed = tuple(covered)
        covered |= {
            division_prefix(step.new_code) if step.whole else step.new_code
            for step in act
            if step.old_code.startswith(signed)
        }
    for act in reversed(acts):
        covered |= {step.old_code for step in act if step.split and step.new_code.startswith(tuple(covered))}
    return tuple(sorted(covered))
