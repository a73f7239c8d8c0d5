"""Reading of many small files in order, a few at a time."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from typing import Final, TypeVar

MAX_CONCURRENT_READS: Final = 16
"""One by one, a distant store would be waited for some 10 ms a file: 25 s for the 2,500 batches of 50,000 items."""

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


async def read_in_order(
    keys: Iterable[KeyT] | AsyncIterable[KeyT],
    read: Callable[[KeyT], Awaitable[ValueT]],
    *,
    max_concurrent: int = MAX_CONCURRENT_READS,
) -> AsyncIterator[ValueT]:
    """Yield what ``read`` returns for each key, in the order of the keys."""
    block: list[KeyT] = []
    async for key in _iterate(keys):
        block.append(key)
        if len(block) == max_concurrent:
            for value in await asyncio.gather(*map(read, block)):
                yield value
            block.clear()
    for value in await asyncio.gather(*map(read, block)):
        yield value


async def _iterate(keys: Iterable[KeyT] | AsyncIterable[KeyT]) -> AsyncIterator[KeyT]:
    if isinstance(keys, AsyncIterable):
        async for key in keys:
            yield key
    else:
        for key in keys:
            yield key
