"""Near-duplicates are those that comparing each with each would find, without comparing each with each."""

import random
from array import array
from collections.abc import Sequence
from typing import overload

from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.near_duplicates import MAX_DISTANCE_BITS, NearDuplicate, find_near_duplicates
from tests.strategies import THOROUGH

HASHES = st.integers(0, 2**64 - 1)
FLIPS = st.lists(st.integers(0, 63), max_size=MAX_DISTANCE_BITS + 2)


@st.composite
def families(draw: st.DrawFn) -> list[int]:
    """Return hashes of which many are a few bits away from another one."""
    hashes: list[int] = []
    for parent in draw(st.lists(HASHES, min_size=1, max_size=4)):
        for flips in draw(st.lists(FLIPS, max_size=6)):
            child = parent
            for bit in flips:
                child ^= 1 << bit
            hashes.append(child)
    return draw(st.permutations(hashes))


class CountedHashes(Sequence[int]):
    """Hashes that count how often one is read."""

    def __init__(self, hashes: Sequence[int]) -> None:
        self._hashes = hashes
        self.looks = 0

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        self.looks += 1
        return self._hashes[index]

    def __len__(self) -> int:
        return len(self._hashes)


def compare_each_with_each(hashes: list[int]) -> list[NearDuplicate]:
    found = []
    for index, value in enumerate(hashes):
        distances = [((value ^ other).bit_count(), earlier_index) for earlier_index, other in enumerate(hashes[:index])]
        distance, earlier_index = min(distances, default=(64, 0))
        if distance <= MAX_DISTANCE_BITS:
            found.append(NearDuplicate(index, earlier_index, distance))
    return found


@THOROUGH
@given(families())
def test_it_finds_what_comparing_each_with_each_finds(hashes: list[int]) -> None:
    assert find_near_duplicates(hashes) == compare_each_with_each(hashes)


def test_each_is_reported_once_with_the_nearest_before_it() -> None:
    assert find_near_duplicates([0b0111, 0b0000, 0b1111, 0b0111, 0xFF << 40]) == [
        NearDuplicate(index=1, earlier_index=0, distance=3),
        NearDuplicate(index=2, earlier_index=0, distance=1),
        NearDuplicate(index=3, earlier_index=0, distance=0),
    ]


def test_one_bit_too_many_is_far() -> None:
    assert find_near_duplicates([0, 0b1111]) == []


def test_nothing_is_near_nothing() -> None:
    assert find_near_duplicates(array("Q")) == []
    assert find_near_duplicates([5]) == []


def test_identical_images_are_reported_once_each() -> None:
    found = find_near_duplicates([7] * 20_000)
    assert len(found) == 19_999
    assert {(duplicate.earlier_index, duplicate.distance) for duplicate in found} == {(0, 0)}


def count_looks(size: int, informative: int) -> int:
    rng = random.Random(size)
    mask = sum(1 << bit for bit in rng.sample(range(64), informative))
    hashes = CountedHashes([rng.getrandbits(64) & mask for _ in range(size)])
    find_near_duplicates(hashes)
    return hashes.looks


def test_twice_the_images_need_about_twice_the_comparisons() -> None:
    assert count_looks(8_000, informative=64) < 2.2 * count_looks(4_000, informative=64)


def test_images_that_differ_in_few_bits_at_all_are_not_compared_each_with_each() -> None:
    assert count_looks(4_000, informative=14) < 4_000 * 4_000 / 2
