"""The parent's side of a measured process."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.observations import ProcessReport

ROOT = Path(__file__).resolve().parents[1]


class MeasuredProcess:
    """A child that works on one job and reports.

    Args:
        process: the child, its job already given.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def wait_for_report(self) -> ProcessReport:
        """Return what it reports at its end.

        Raises:
            RuntimeError: it ended without a report; what it said is on standard error.
        """
        assert self._process.stdout is not None  # noqa: S101 - it is piped
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the measured process ended with {await self._process.wait()!r}; expected a report")
        return ProcessReport(**json.loads(line))

    @property
    def has_ended(self) -> bool:
        """Tell whether it is gone."""
        return self._process.returncode is not None

    async def kill(self) -> None:
        """End it as a power cut would: nothing of it gets to run any more."""
        if not self.has_ended:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def start_process(module: str, job: Mapping[str, Any]) -> AsyncIterator[MeasuredProcess]:
    """Start a module on a job; it does not outlive the block, nor this process however that ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        limit=2**24,
    )
    measured = MeasuredProcess(process)
    try:
        assert process.stdin is not None  # noqa: S101 - it is piped
        process.stdin.write(json.dumps(job).encode() + b"\n")
        await process.stdin.drain()
        yield measured
    finally:
        await measured.kill()
