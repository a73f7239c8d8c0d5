"""Many small files are read a few at a time, and come in order."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.storage.read_in_order import MAX_CONCURRENT_READS, read_in_order


class Reader:
    """Answers the later keys of a block first, and notes how many reads were under way at once."""

    def __init__(self) -> None:
        self.under_way = 0
        self.most_under_way = 0

    async def read(self, key: int) -> int:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        for _ in range(MAX_CONCURRENT_READS - key % MAX_CONCURRENT_READS):
            await asyncio.sleep(0)
        self.under_way -= 1
        return key * 10


async def iterate(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


@pytest.mark.parametrize(
    "count", [0, 1, MAX_CONCURRENT_READS - 1, MAX_CONCURRENT_READS, MAX_CONCURRENT_READS + 1, 5 * MAX_CONCURRENT_READS]
)
async def test_values_come_in_the_order_of_their_keys(count: int) -> None:
    expected = [key * 10 for key in range(count)]
    assert [value async for value in read_in_order(range(count), Reader().read)] == expected
    assert [value async for value in read_in_order(iterate(count), Reader().read)] == expected


async def test_so_many_are_read_at_once_and_no_more() -> None:
    reader = Reader()
    async for _ in read_in_order(range(10 * MAX_CONCURRENT_READS), reader.read):
        assert reader.under_way == 0
    assert reader.most_under_way == MAX_CONCURRENT_READS


async def test_nothing_is_read_ahead_of_the_request() -> None:
    asked: list[int] = []

    async def read(key: int) -> int:
        asked.append(key)
        return key

    values = read_in_order(range(100), read)
    assert await anext(values) == 0
    assert asked == list(range(MAX_CONCURRENT_READS))


async def test_what_one_read_raises_is_raised() -> None:
    async def read(key: int) -> int:
        if key >= 3:
            raise LookupError(key)
        return key

    with pytest.raises(LookupError, match="3"):
        await anext(read_in_order(range(8), read))
