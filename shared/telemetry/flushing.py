"""Sends what was counted at once, where waiting for the next interval could lose it."""

import threading
from collections.abc import Callable

_flushes: list[Callable[[], object]] = []


def register_flush(flush: Callable[[], object]) -> None:
    """Let ``flush_soon`` call this; only exporters need it."""
    _flushes.append(flush)


def flush_soon() -> None:
    """Send metrics and spans now, in a thread of its own: an ingestion endpoint that is slow holds nothing up."""
    if _flushes:
        threading.Thread(target=_flush, name="flush-telemetry", daemon=True).start()


def _flush() -> None:
    for flush in _flushes:
        flush()
