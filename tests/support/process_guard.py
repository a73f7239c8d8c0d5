"""Fail a test that starts a process without the marker for it, so that the fast part of the suite stays fast."""

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

PROCESS_MARKERS = frozenset({"azurite", "browser", "processes"})
"""Markers of tests that may start processes."""

# Raised by CPython before it starts a process: https://docs.python.org/3/library/audit_events.html
_START_EVENTS = frozenset(
    {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "subprocess.Popen"}
)


class ProcessGuard:
    """Watches the process's audit events; an audit hook cannot be removed, so there is one guard for a session."""

    def __init__(self) -> None:
        self._is_watching = False
        platform.processor()  # starts `uname` once; SDKs ask for it when they are loaded
        sys.addaudithook(self._audit)

    @contextmanager
    def watch(self, item: pytest.Item) -> Iterator[None]:
        """Forbid the start of processes while a test runs, with its fixtures, unless a marker of the test allows it."""
        self._is_watching = not any(marker.name in PROCESS_MARKERS for marker in item.iter_markers())
        try:
            yield
        finally:
            self._is_watching = False

    def _audit(self, event: str, _: tuple[object, ...]) -> None:
        if self._is_watching and event in _START_EVENTS:
            # `Failed` does not derive from `Exception`, so the code under test does not handle it.
            pytest.fail(f"The test starts a process ({event}). Mark it `processes`.")
