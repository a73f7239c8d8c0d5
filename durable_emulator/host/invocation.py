"""Calls an app's function the way the Azure worker does."""

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

from azure.functions.durable_functions import ActivityTriggerConverter
from azure.functions.meta import Datum

from durable_emulator.host.app_functions import AppFunction

WORKER_THREADS = min(32, (os.cpu_count() or 1) + 4)
"""Threads for functions that are not ``async``: the Azure worker's own default on Python 3.9 and later."""


@dataclass(frozen=True, slots=True)
class TraceContext:
    """W3C trace context of an invocation; empty strings without one.

    A call of an HTTP function has its caller's, or begins a trace. The SDK's durable client sends the function's own on
    when it starts an instance; the journal keeps it, children inherit it, and every activity gets it. So one run is one
    trace, also after a crash and a restart.
    """

    trace_parent: str = ""
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InvocationContext:
    """What a parameter named ``context`` gets; the attributes of ``azure.functions.Context``."""

    function_name: str
    invocation_id: str
    trace_context: TraceContext
    function_directory: str = ""
    retry_context: None = None
    thread_local_storage: threading.local = field(default_factory=threading.local)


class Invoker:
    """Calls functions: ``async`` ones on the loop, the others in a pool of threads.

    Args:
        make_client_binding: returns the JSON text that a durable client is made from.
    """

    def __init__(self, make_client_binding: Callable[[], str]) -> None:
        self._make_client_binding = make_client_binding
        self._threads = ThreadPoolExecutor(WORKER_THREADS, thread_name_prefix="function")

    async def invoke(self, function: AppFunction, value: Any, trace: TraceContext | None = None) -> Any:
        """Call a function with its trigger's value and return what it returns; what it raises is raised."""
        arguments = {function.trigger_parameter: value}
        for parameter in function.client_parameters:
            arguments[parameter] = self._make_client_binding()
        if function.takes_context:
            arguments["context"] = InvocationContext(function.name, str(uuid4()), trace or TraceContext())
        if function.is_async:
            return await function.call(**arguments)
        call = partial(contextvars.copy_context().run, function.call, **arguments)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def run_activity(self, function: AppFunction, text: str | None, trace_parent: str | None = None) -> str:
        """Call an activity with its input's JSON text and return the result's.

        Args:
            function: the activity.
            text: its input.
            trace_parent: the trace of the run: the same for all of its activities, also after a restart of the host.

        Raises:
            ValueError: the result cannot be written as JSON.
        """
        value = ActivityTriggerConverter.decode(Datum(text or "null", "json"), trigger_metadata=None)
        result = await self.invoke(function, value, TraceContext(trace_parent or ""))
        encoded: str = ActivityTriggerConverter.encode(result, expected_type=None).value
        return encoded

    def close(self) -> None:
        """Let go of the threads; what runs in them ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
