"""Processes that append, compact, read and die, in any order of their steps."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from shared.reviews.decision_log import DecisionLog
from shared.reviews.decisions import Decision, DecisionTable, parse_decisions
from shared.storage import paths
from shared.storage.protocol import Content, FileInfo
from tests.strategies import THOROUGH, decisions
from tests.support.memory_store import KilledError, MemoryStore

LOG = paths.decision_log_folder("lego")
SETTLING_PASSES = 12
"""Passes of the event loop until every task waits for its next step: a chain of tasks and locks is a few long."""

Operation = Literal["compact", "load"] | list[Decision]
operations = st.one_of(st.lists(decisions, min_size=1, max_size=2, unique_by=lambda d: d.item_id), st.just("load"))
processes = st.lists(st.lists(operations | st.just("compact"), min_size=1, max_size=4), min_size=2, max_size=4)


@dataclass(slots=True)
class SteppedStore(MemoryStore):
    """A store whose operations wait until the test lets them happen, or kills their process."""

    appended: list[Decision] = field(default_factory=list)
    waiting: list["asyncio.Future[None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        MemoryStore.__init__(self)

    async def read(self, path: str) -> Content | None:
        await self._wait()
        return await MemoryStore.read(self, path)

    async def describe(self, path: str) -> FileInfo | None:
        await self._wait()
        return await MemoryStore.describe(self, path)

    async def write(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
    ) -> str:
        await self._wait()
        return await MemoryStore.write(
            self, path, data, content_type=content_type, metadata=metadata, if_match=if_match
        )

    async def create(
        self, path: str, data: bytes, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> bool:
        await self._wait()
        created = await MemoryStore.create(self, path, data, content_type=content_type, metadata=metadata)
        if path.startswith(LOG):
            self.appended += parse_decisions(json.loads(data))
        return created

    async def delete(self, path: str, *, if_match: str | None = None) -> bool:
        await self._wait()
        return await MemoryStore.delete(self, path, if_match=if_match)

    async def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        await self._wait()
        async for info in MemoryStore.list_files(self, prefix):
            yield info

    async def _wait(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        await turn


async def run_process(store: SteppedStore, script: list[Operation]) -> None:
    """Carry out operations in order; each load must contain all that was appended before it."""
    log = DecisionLog(store)
    for operation in script:
        if operation == "compact":
            await log.compact("lego")
        elif operation == "load":
            before = list(store.appended)
            table = await log.load("lego")
            assert table.merge(before) is table
        else:
            await log.append("lego", operation)


async def run_interleaved(store: SteppedStore, scripts: list[list[Operation]], data: st.DataObject) -> None:
    tasks = [asyncio.create_task(run_process(store, script)) for script in scripts]
    try:
        await take_turns(store, data)
    finally:
        for task in tasks:
            task.cancel()  # Hypothesis has given the example up
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, KilledError):
            raise result


async def take_turns(store: SteppedStore, data: st.DataObject) -> None:
    while True:
        for _ in range(SETTLING_PASSES):
            await asyncio.sleep(0)
        if not store.waiting:
            break
        turn = store.waiting.pop(data.draw(st.integers(0, len(store.waiting) - 1)))
        if data.draw(st.sampled_from((False,) * 15 + (True,))):
            turn.set_exception(KilledError("the process dies here"))
        else:
            turn.set_result(None)


@given(processes, st.data())
@THOROUGH
def test_the_latest_decision_about_each_item_survives_every_interleaving(
    scripts: list[list[Operation]], data: st.DataObject
) -> None:
    async def run() -> None:
        store = SteppedStore()
        await run_interleaved(store, scripts, data)
        expected = DecisionTable().merge(store.appended)
        reading = asyncio.create_task(DecisionLog(store).load("lego"))
        while not reading.done():
            await asyncio.sleep(0)
            for turn in store.waiting:
                turn.set_result(None)
            store.waiting.clear()
        assert (await reading).version == expected.version

    asyncio.run(run())
