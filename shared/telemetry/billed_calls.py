"""Count and time the billed calls to the model."""

import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from shared.errors import ModelError
from shared.models.protocol import AnswerT, ImageAnswer, ImageRequest, Model, TextAnswer, TextRequest
from shared.telemetry.instruments import record_model_call

ResultT = TypeVar("ResultT")


@dataclass(slots=True)
class BilledCalls:
    """The billed calls of one execution of an activity; they are all of one kind.

    A redelivered activity finds its earlier result and reports that result's cost. It made no call, so its cost is not
    counted again.

    Attributes:
        kind: text, vision or image; None = there was no call.
        count: number of calls.
        seconds: their total duration.
    """

    kind: str | None = None
    count: int = 0
    seconds: float = 0.0


_current_calls: ContextVar[BilledCalls | None] = ContextVar("billed_calls", default=None)


@contextmanager
def watch_billed_calls() -> Iterator[BilledCalls]:
    """Collect the billed calls inside the block."""
    calls = BilledCalls()
    token = _current_calls.set(calls)
    try:
        yield calls
    finally:
        _current_calls.reset(token)


class ObservedModel:
    """A model whose calls are counted and timed. Probes are not: they are not billed.

    Args:
        model: answers the calls.
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Ask for a structured answer."""
        kind = "text" if request.image is None else "vision"
        return await _observe(kind, self._model.answer(request))

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        """Generate one image."""
        return await _observe("image", self._model.generate_image(request))

    async def probe(self) -> None:
        """Raise ModelError if the provider cannot be reached or refuses our credentials."""
        await self._model.probe()

    async def close(self) -> None:
        """Release connections."""
        await self._model.close()


async def _observe(kind: str, call: Awaitable[ResultT]) -> ResultT:
    started = time.perf_counter()
    outcome = "error"
    try:
        result = await call
        outcome = "ok"
    except ModelError as error:
        outcome = str(error.reason)
        raise
    finally:
        seconds = time.perf_counter() - started
        record_model_call(kind=kind, outcome=outcome, seconds=seconds)
        calls = _current_calls.get()
        if calls is not None:
            calls.kind = kind
            calls.count += 1
            calls.seconds += seconds
    return result
