"""Small pieces in, large blocks out: how both stores take a file that is never whole in memory."""

from collections.abc import AsyncIterator


async def gather_blocks(chunks: AsyncIterator[bytes], block_bytes: int) -> AsyncIterator[bytes]:
    """Yield the chunks' bytes in blocks of at least ``block_bytes``, the last one being what is left, maybe empty.

    The last block is the only one that can be shorter, so there always is at least one block.
    """
    block = bytearray()
    async for chunk in chunks:
        if len(block) >= block_bytes:
            yield bytes(block)
            block.clear()
        block += chunk
    yield bytes(block)
