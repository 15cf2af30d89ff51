"""A Merkle tree over the links of the chain, so that few events can be checked without all the others.

The chain alone proves an event only to somebody who has every event after it: a link is a hash over content. The tree's
leaves are the links themselves. Source: RFC 9162, section 2.1 (Merkle trees, inclusion proofs), with SHA-256.
"""

import hashlib
from collections.abc import Collection, Sequence

EMPTY = hashlib.sha256().digest()
_LEAF, _NODE = b"\x00", b"\x01"


def root_and_path(links: Sequence[bytes], wanted: Collection[int] = ()) -> tuple[bytes, list[bytes]]:
    """Return the root, and the roots of the largest subtrees that hold no wanted link, from left to right.

    Links are numbered from 1. Whoever has the wanted links and the path can compute the root again.
    """
    sha256 = hashlib.sha256
    digests = [sha256(_LEAF + link).digest() for link in links]
    holding = {number - 1 for number in wanted if 0 < number <= len(digests)}
    beside: list[tuple[int, bytes]] = []
    width = 1
    while len(digests) > 1:
        others = {place ^ 1 for place in holding} - holding
        beside += [(place * width, digests[place]) for place in others if place < len(digests)]
        pairs = zip(digests[::2], digests[1::2], strict=False)
        # One that is left over stands in the row above as it is.
        digests = [sha256(_NODE + left + right).digest() for left, right in pairs] + digests[len(digests) & ~1 :]
        holding = {place >> 1 for place in holding}
        width *= 2
    return digests[0] if digests else EMPTY, [digest for _, digest in sorted(beside)]
