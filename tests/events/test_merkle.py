"""The tree over the chain's links: its root as RFC 9162 defines it, and a path that proves the links asked for."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.merkle import EMPTY, root_and_path

LINKS = st.lists(st.binary(min_size=32, max_size=32), max_size=70)


def defined(links: list[bytes]) -> bytes:
    """Return the root by the definition of RFC 9162, section 2.1.1."""
    if not links:
        return hashlib.sha256().digest()
    if len(links) == 1:
        return hashlib.sha256(b"\x00" + links[0]).digest()
    left = 1
    while 2 * left < len(links):
        left *= 2
    return hashlib.sha256(b"\x01" + defined(links[:left]) + defined(links[left:])).digest()


def proved(links: dict[int, bytes], first: int, size: int, path: list[bytes]) -> bytes:
    """Compute the root from the links that are known; each subtree without any takes the next hash of the path."""
    if not any(first <= number < first + size for number in links):
        return path.pop(0)
    if size == 1:
        return hashlib.sha256(b"\x00" + links[first]).digest()
    left = 1
    while 2 * left < size:
        left *= 2
    sides = proved(links, first, left, path), proved(links, first + left, size - left, path)
    return hashlib.sha256(b"\x01" + b"".join(sides)).digest()


@given(LINKS, st.data())
def test_the_root_is_the_defined_one_and_follows_from_any_of_the_links_and_the_path(
    links: list[bytes], data: st.DataObject
) -> None:
    numbers = range(1, len(links) + 1)
    wanted = data.draw(st.sets(st.sampled_from(numbers))) if links else set()
    root, path = root_and_path(links, wanted)
    assert root == defined(links)
    if wanted:
        proven = {number: links[number - 1] for number in wanted}
        assert proved(proven, 1, len(links), path) == root
        assert path == []


def test_a_few_links_of_many_take_a_short_path() -> None:
    links = [number.to_bytes(32) for number in range(1, 100_001)]
    _, path = root_and_path(links, {7, 4_000, 65_000})
    assert len(path) <= 3 * 17


@pytest.mark.parametrize("changed", [1, 5, 9])
def test_another_link_or_another_order_gives_another_root(changed: int) -> None:
    links = [bytes([number]) * 32 for number in range(1, 10)]
    others = [*links[: changed - 1], bytes(32), *links[changed:]], links[::-1]
    assert len({root_and_path(each)[0] for each in (links, *others)}) == 3
    assert root_and_path([]) == (EMPTY, [])
