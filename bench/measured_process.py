"""A measured child process: start, kill and read it (parent), and exchange job and report with the parent (child).

The job is one line of JSON on the child's standard input, the report one line on its standard output. A child ends with
its parent.
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.observations import ProcessReport

ROOT = Path(__file__).resolve().parents[1]

_STDIN = 0


class MeasuredProcess:
    """A child process that works on one job and reports.

    Args:
        process: the child.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def wait_for_report(self) -> ProcessReport:
        """Return the child's report.

        Raises:
            RuntimeError: the child ended without a report; its standard error says why.
        """
        report = await self.read_line()
        if report is None:
            raise RuntimeError(f"the measured process ended with status {await self._process.wait()!r} and no report")
        return ProcessReport(**report)

    async def read_line(self) -> dict[str, Any] | None:
        """Return the next line that the child sends; None if it has ended."""
        assert self._process.stdout is not None  # noqa: S101 - it is piped
        line = await self._process.stdout.readline()
        if line:
            report: dict[str, Any] = json.loads(line)
            return report
        await self._process.wait()
        return None

    @property
    def pid(self) -> int:
        """Return the child's process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Return whether the child has ended."""
        return self._process.returncode is not None

    async def kill(self) -> None:
        """Kill the child (SIGKILL) and wait for its end."""
        if not self.has_ended:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def start_process(module: str, job: Mapping[str, Any]) -> AsyncIterator[MeasuredProcess]:
    """Start a module with a job. The child ends with the block or with this process, even if that is killed."""
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


def read_job() -> dict[str, Any]:
    """Read the job of this child process; from then on the process ends as soon as its standard input closes."""
    job: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return job


def write_report_line(report: Mapping[str, Any]) -> None:
    """Send the report to the parent."""
    print(json.dumps(report), flush=True)


def _end_with_parent() -> None:
    while os.read(_STDIN, 4096):
        pass
    os._exit(1)
