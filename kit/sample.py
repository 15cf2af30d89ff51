"""Draw the call-backs so that nobody can say they were picked: the seed is committed first, revealed afterwards.

Anyone who has the day's list, its hash, the seed and the seed's hash draws the same visits with ten lines of code:
sort by SHA-256(seed ‖ visit id), take the first tenth, rounded up.
"""

import hashlib
from collections.abc import Iterable
from uuid import UUID


def commitment(seed: bytes) -> str:
    """Return the hash that is published before the list is known."""
    return hashlib.sha256(seed).hexdigest()


def list_hash(visits: Iterable[UUID]) -> str:
    """Return the hash of the frozen list, whatever its order."""
    return hashlib.sha256("\n".join(sorted(map(str, visits))).encode()).hexdigest()


def draw(seed: bytes, visits: Iterable[UUID], *, percent: int) -> list[UUID]:
    """Return `percent` of the visits, rounded up, in the order of their tickets."""
    tickets = sorted((hashlib.sha256(seed + visit.bytes).digest(), visit) for visit in set(visits))
    return [visit for _, visit in tickets[: -(-len(tickets) * percent // 100)]]
