"""Fault injection into one process of the app: its engine, its store operations and its billed calls.

After a kill, nothing of the process reaches the store or the model. Store operations that it has already sent complete,
as in an operating system or a remote service, but the process gets no answer.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping
from contextlib import aclosing
from contextvars import ContextVar
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, NoReturn, TypeVar

from durable_emulator.engine.clock import Clock
from durable_emulator.engine.fault_injection import FaultInjector, FaultPoint, SimulatedKillError
from shared.errors import ModelError, StoreUnavailableError
from shared.models.protocol import AnswerT, ImageAnswer, ImageRequest, Model, TextAnswer, TextRequest
from shared.reasons import Reason
from shared.storage.protocol import Content, FileInfo, FolderPage, Store

ResultT = TypeVar("ResultT")

START = "start"
"""Owner of store changes outside activities: the HTTP function that starts a run."""

_activity: ContextVar[str] = ContextVar("activity", default=START)


class Side(StrEnum):
    """Before or after a store change."""

    BEFORE = "before"
    AFTER = "after"


class FaultInjection(FaultInjector):
    """Base class with hooks to override; injects no fault.

    Attributes:
        is_killed: whether the process is killed.
        on_kill: called once by a kill outside the engine's steps.
        on_new_process: lets another process run the activities that start from then on.
        sent_prompts: prompts of image calls that started and did not fail.
        unanswered: number of image calls without an answer, which may have been billed.
    """

    def __init__(self) -> None:
        self.is_killed = False
        self.on_kill: Callable[[], None] = lambda: None
        self.on_new_process: Callable[[], None] = lambda: None
        self.sent_prompts: list[str] = []
        self.unanswered = 0

    def reach(self, point: FaultPoint, instance_id: str) -> None:  # noqa: ARG002 - for overrides
        """Record the delivered activity in the context of its task, which its child tasks inherit."""
        if point is FaultPoint.ACTIVITY_STARTING and (task := asyncio.current_task()) is not None:
            _activity.set(task.get_name().removeprefix("activity "))

    def on_store_call(self, path: str) -> None:
        """Called at each store operation. May raise StoreUnavailableError."""

    def on_store_change(self, side: Side, activity: str, path: str) -> None:
        """Called before and after each store change. May kill the process."""

    def kill(self) -> NoReturn:
        """Kill the process here."""
        self.is_killed = True
        self.on_kill()
        raise SimulatedKillError

    def check_alive(self) -> None:
        """Stop code that still runs in a killed process.

        Raises:
            SimulatedKillError: in an activity, where the engine expects it.
            ConnectionAbortedError: in an HTTP function, whose caller loses the connection.
        """
        if self.is_killed:
            raise ConnectionAbortedError if _activity.get() == START else SimulatedKillError


class KillAtPoint(FaultInjection):
    """Kills the process at the engine's ``count``-th fault point."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count

    def reach(self, point: FaultPoint, instance_id: str) -> None:
        super().reach(point, instance_id)
        self._left -= 1
        if self._left <= 0 and not self.is_killed:
            self.is_killed = True
            raise SimulatedKillError


class KillAtReturn(FaultInjection):
    """Kills the process after the first return of an activity, before its result is recorded."""

    def __init__(self, activity: str) -> None:
        super().__init__()
        self._activity = activity

    def reach(self, point: FaultPoint, instance_id: str) -> None:
        super().reach(point, instance_id)
        if point is FaultPoint.ACTIVITY_RETURNED and _activity.get() == self._activity and not self.is_killed:
            self.is_killed = True
            raise SimulatedKillError


class KillAtChange(FaultInjection):
    """Kills the process before or after the ``count``-th store change of an activity, from 0."""

    def __init__(self, activity: str, count: int, side: Side) -> None:
        super().__init__()
        self._activity, self._side = activity, side
        self._left = count

    def on_store_change(self, side: Side, activity: str, path: str) -> None:  # noqa: ARG002 - any file will do
        if (activity, side) == (self._activity, self._side):
            self._left -= 1
            if self._left < 0:
                self.kill()


class DeliverTwice(FaultInjection):
    """Delivers every message of an activity (None = all activities) twice at the same time."""

    def __init__(self, activity: str | None = None) -> None:
        super().__init__()
        self._activity = activity
        self.deliveries = 0

    def count_deliveries(self, activity: str) -> int:
        if self._activity not in {activity, None}:
            return 1
        self.deliveries += 2
        return 2


class LoseResults(FaultInjection):
    """Lose every other result of an activity, starting with the first, so that each message is delivered again.

    Args:
        activity: whose results; None = of each activity.
        elsewhere: the next delivery goes to a process that remembers nothing.
    """

    def __init__(self, activity: str | None = None, *, elsewhere: bool = False) -> None:
        super().__init__()
        self._activity, self._elsewhere = activity, elsewhere
        self.results: Counter[str] = Counter()

    def loses_result(self, activity: str) -> bool:
        if self._activity not in {activity, None}:
            return False
        self.results[activity] += 1
        is_lost = self.results[activity] % 2 == 1
        if is_lost and self._elsewhere:
            self.on_new_process()
        return is_lost


class CallAtChange(FaultInjection):
    """Calls a function once, after the ``count``-th store change of an activity, from 0."""

    def __init__(self, activity: str, count: int, call: Callable[[], None]) -> None:
        super().__init__()
        self._activity, self._left, self._call = activity, count, call

    def on_store_change(self, side: Side, activity: str, path: str) -> None:  # noqa: ARG002 - any file will do
        if (activity, side) == (self._activity, Side.AFTER):
            self._left -= 1
            if self._left == -1:
                self._call()


class StoreOutage(FaultInjection):
    """Makes the store unavailable from the ``count``-th change of any activity, from 0.

    Args:
        clock: clock that ends the outage.
        count: index of the change.
        side: before or after the change.
        seconds: duration of the outage.
    """

    def __init__(self, clock: Clock, count: int, side: Side, *, seconds: float = 30.0) -> None:
        super().__init__()
        self._clock, self._left, self._side, self._seconds = clock, count, side, seconds
        self._end: datetime | None = None
        self.refused = 0

    def on_store_change(self, side: Side, activity: str, path: str) -> None:
        if activity == START or side is not self._side:
            return
        if self._left == 0:
            self._end = self._clock.now() + timedelta(seconds=self._seconds)
        self._left -= 1
        if side is Side.BEFORE:
            self.on_store_call(path)

    def on_store_call(self, path: str) -> None:
        if self._end is not None and self._clock.now() < self._end:
            self.refused += 1
            raise StoreUnavailableError(f"{path}: the store is being restarted")


class FaultyStore:
    """A store that calls a fault injection at every operation of the wrapped store."""

    def __init__(self, inner: Store, fault_injection: FaultInjection) -> None:
        self._inner = inner
        self._fault_injection = fault_injection
        self._sent: set[asyncio.Task[Any]] = set()

    async def read(self, path: str) -> Content | None:
        self._begin(path)
        return await self._inner.read(path)

    async def read_chunks(self, path: str) -> AsyncGenerator[bytes, None]:
        self._begin(path)
        async with aclosing(self._inner.read_chunks(path)) as chunks:
            async for chunk in chunks:
                self._fault_injection.check_alive()
                yield chunk

    async def describe(self, path: str) -> FileInfo | None:
        self._begin(path)
        return await self._inner.describe(path)

    async def write(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
    ) -> str:
        write = partial(self._inner.write, path, data, content_type=content_type, metadata=metadata, if_match=if_match)
        return await self._change(path, write)

    async def write_chunks(self, path: str, chunks: AsyncIterator[bytes], *, content_type: str) -> None:
        living = self._forward_chunks(chunks)
        await self._change(path, partial(self._inner.write_chunks, path, living, content_type=content_type))

    async def create(
        self,
        path: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> bool:
        return await self._change(
            path, partial(self._inner.create, path, data, content_type=content_type, metadata=metadata)
        )

    async def delete(self, path: str, *, if_match: str | None = None) -> bool:
        return await self._change(path, partial(self._inner.delete, path, if_match=if_match))

    async def move(self, path: str, new_path: str) -> None:
        await self._change(new_path, partial(self._inner.move, path, new_path))

    async def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        self._begin(prefix)
        async for info in self._inner.list_files(prefix):
            yield info

    async def list_folders(self, prefix: str, *, limit: int, continuation: str | None = None) -> FolderPage:
        self._begin(prefix)
        return await self._inner.list_folders(prefix, limit=limit, continuation=continuation)

    async def probe(self) -> None:
        self._begin("")
        await self._inner.probe()

    async def close(self) -> None:
        await self.settle()
        await self._inner.close()

    async def settle(self) -> None:
        """Return once all sent operations are complete."""
        if self._sent:
            await asyncio.wait(self._sent)

    def _begin(self, path: str) -> None:
        self._fault_injection.check_alive()
        self._fault_injection.on_store_call(path)

    async def _change(self, path: str, make: Callable[[], Coroutine[Any, Any, ResultT]]) -> ResultT:
        self._begin(path)
        activity = _activity.get()
        self._fault_injection.on_store_change(Side.BEFORE, activity, path)
        task = asyncio.create_task(make())
        self._sent.add(task)
        task.add_done_callback(self._finish)
        result = await asyncio.shield(task)
        self._fault_injection.check_alive()
        self._fault_injection.on_store_change(Side.AFTER, activity, path)
        return result

    def _finish(self, task: "asyncio.Task[Any]") -> None:
        self._sent.discard(task)
        if not task.cancelled():
            task.exception()  # a killed caller does not retrieve the exception

    async def _forward_chunks(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self._fault_injection.check_alive()
            yield chunk


class FaultyModel:
    """A model that makes no calls and returns no answers in a killed process."""

    def __init__(self, inner: Model, fault_injection: FaultInjection) -> None:
        self._inner = inner
        self._fault_injection = fault_injection

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        self._fault_injection.check_alive()
        answer = await self._inner.answer(request)
        self._fault_injection.check_alive()
        return answer

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        self._fault_injection.check_alive()
        self._fault_injection.sent_prompts.append(request.prompt)
        try:
            answer = await self._inner.generate_image(request)
        except ModelError as error:
            self._fault_injection.sent_prompts.remove(request.prompt)
            self._fault_injection.unanswered += error.reason is Reason.TIMEOUT_AMBIGUOUS
            raise
        self._fault_injection.check_alive()
        return answer

    async def probe(self) -> None:
        await self._inner.probe()

    async def close(self) -> None:
        await self._inner.close()
