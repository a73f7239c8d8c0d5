"""Handles Ctrl-C and SIGTERM: the first signal stops cleanly, the second one exits at once."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TypeVar

from cli.errors import ExitStatus, InterruptedByUserError

SIGNALS = (signal.SIGINT, signal.SIGTERM)

SHOW_CURSOR = "\x1b[?25h"
"""Shows the cursor again, which the progress display hides."""

ResultT = TypeVar("ResultT")


def run_interruptibly(
    work: Callable[[], Coroutine[Any, Any, ResultT]],
    on_stop: Callable[[], None] = lambda: None,
) -> ResultT:
    """Run a coroutine; a signal cancels it, so that it cleans up.

    Args:
        work: returns the coroutine.
        on_stop: called at the first signal.

    Raises:
        InterruptedByUserError: a signal was received.
    """

    async def supervise() -> ResultT:
        with _cancel_on_signal(on_stop):
            return await work()

    try:
        return asyncio.run(supervise())
    except (asyncio.CancelledError, KeyboardInterrupt):
        # From None: the cancelled tasks do not explain anything.
        raise InterruptedByUserError from None


@contextmanager
def _cancel_on_signal(on_stop: Callable[[], None]) -> Iterator[None]:
    """Cancel the current task at the first signal; leave the process at the second."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in one
    signal_count = 0

    def stop() -> None:
        nonlocal signal_count
        signal_count += 1
        if signal_count > 1:
            _exit_immediately()
        on_stop()
        task.cancel()

    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # asyncio on Windows
            signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(stop))
    try:
        yield
    finally:
        for number, handler in before.items():
            with suppress(NotImplementedError):  # asyncio on Windows
                loop.remove_signal_handler(number)
            if handler is not None:  # None: the handler was not set by Python
                signal.signal(number, handler)


def _exit_immediately() -> NoReturn:
    if sys.stderr.isatty():
        sys.stderr.write(SHOW_CURSOR)
        sys.stderr.flush()
    os._exit(ExitStatus.INTERRUPTED)
