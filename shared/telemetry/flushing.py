"""Export telemetry at once, when waiting for the next interval could lose it."""

import threading
from collections.abc import Callable

_flushes: list[Callable[[], object]] = []


def register_flush(flush: Callable[[], object]) -> None:
    """Let `flush_soon` call this; exporters register themselves."""
    _flushes.append(flush)


def flush_soon() -> None:
    """Export metrics and spans in a thread, so that a slow ingestion endpoint delays nothing."""
    if _flushes:
        threading.Thread(target=_flush, name="flush-telemetry", daemon=True).start()


def _flush() -> None:
    for flush in _flushes:
        flush()
