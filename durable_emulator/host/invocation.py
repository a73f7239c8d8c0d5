"""Call an app's functions as the Azure worker does."""

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

from durable_emulator.host.app_definition import AppFunction
from durable_emulator.sdk_internals import decode_activity_input, encode_activity_result

WORKER_THREADS = min(32, (os.cpu_count() or 1) + 4)
"""Threads for functions that are not ``async``: the Azure worker's default since Python 3.9."""


@dataclass(frozen=True, slots=True)
class EmulatedTraceContext:
    """W3C trace context of an invocation; empty strings without one.

    A call of an HTTP function has its caller's trace, or starts one. The SDK's durable client passes the trace on when
    it starts an instance; the journal stores it, children inherit it, and every activity receives it. All activities of
    an instance therefore share one trace, also after a restart.
    """

    trace_parent: str = ""
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EmulatedContext:
    """The value of a parameter named ``context``; has the attributes of ``azure.functions.Context``."""

    function_name: str
    invocation_id: str
    trace_context: EmulatedTraceContext
    function_directory: str = ""
    retry_context: None = None
    thread_local_storage: threading.local = field(default_factory=threading.local)


class Invoker:
    """Calls functions: ``async`` ones on the event loop, the others on a thread pool.

    Args:
        make_client_binding: returns the JSON text of a durable client binding.
    """

    def __init__(self, make_client_binding: Callable[[], str]) -> None:
        self._make_client_binding = make_client_binding
        self._threads = ThreadPoolExecutor(WORKER_THREADS, thread_name_prefix="function")

    async def invoke(self, function: AppFunction, value: Any, trace: EmulatedTraceContext | None = None) -> Any:
        """Call a function with its trigger's value, and return its result. Its exceptions pass through."""
        arguments = {function.trigger_parameter: value}
        for parameter in function.client_parameters:
            arguments[parameter] = self._make_client_binding()
        if function.takes_context:
            arguments["context"] = EmulatedContext(function.name, str(uuid4()), trace or EmulatedTraceContext())
        if function.is_async:
            return await function.call(**arguments)
        call = partial(contextvars.copy_context().run, function.call, **arguments)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def run_activity(self, function: AppFunction, text: str | None, trace_parent: str | None = None) -> str:
        """Call an activity.

        Args:
            function: the activity.
            text: the input as JSON text.
            trace_parent: W3C ``traceparent`` of the instance.

        Returns:
            The result as JSON text.

        Raises:
            ValueError: the result cannot be encoded as JSON.
        """
        trace = EmulatedTraceContext(trace_parent or "")
        return encode_activity_result(await self.invoke(function, decode_activity_input(text), trace))

    def close(self) -> None:
        """Shut down the thread pool; running calls end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)
