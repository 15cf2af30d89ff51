"""Draw so that nobody can say it was picked: the seed is committed before the list is known, shown with it afterwards.

Anyone who has the list, its hash, the seed and the seed's hash draws the same again with ten lines of code: sort by
SHA-256(seed ‖ id), take so many per cent from the first on, rounded up.
"""

import hashlib
from collections.abc import Iterable
from uuid import UUID


def commitment(seed: bytes) -> str:
    """Return the hash that is published before the list is known."""
    return hashlib.sha256(seed).hexdigest()


def list_hash(listed: Iterable[UUID]) -> str:
    """Return the hash of the frozen list, whatever its order."""
    return hashlib.sha256("\n".join(sorted(map(str, listed))).encode()).hexdigest()


def draw(seed: bytes, listed: Iterable[UUID], *, percent: int) -> list[UUID]:
    """Return `percent` of the ids listed, rounded up, in the order of their tickets."""
    tickets = sorted((hashlib.sha256(seed + id_.bytes).digest(), id_) for id_ in set(listed))
    return [id_ for _, id_ in tickets[: -(-len(tickets) * percent // 100)]]
