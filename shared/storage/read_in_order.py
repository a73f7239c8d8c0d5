"""Read many small files in order, a few concurrently."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from typing import Final, TypeVar

MAX_CONCURRENT_READS: Final = 16
"""One read from a remote store takes some 10 ms; one by one, the 2,500 batches of 50,000 items would take 25 s."""

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


async def read_in_order(
    keys: Iterable[KeyT] | AsyncIterable[KeyT],
    read: Callable[[KeyT], Awaitable[ValueT]],
    *,
    max_concurrent: int = MAX_CONCURRENT_READS,
) -> AsyncIterator[ValueT]:
    """Yield the result of ``read`` for each key, in the order of the keys."""
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
