"""The command line in a process of its own, which a test can kill."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROCESS_TIMEOUT_SECONDS = 300


@dataclass(slots=True)
class SeederProcess:
    """A running ``seeder`` command."""

    process: asyncio.subprocess.Process

    async def kill(self) -> None:
        """Kill the process with SIGKILL."""
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.communicate()

    async def finish(self) -> tuple[int, Any, str]:
        """Wait for the end; return exit status, the JSON object on stdout (None without one), and stderr."""
        async with asyncio.timeout(PROCESS_TIMEOUT_SECONDS):
            out, err = await self.process.communicate()
        status = self.process.returncode
        assert status is not None
        return status, json.loads(out) if out.strip().startswith(b"{") else None, err.decode()


@asynccontextmanager
async def start_seeder(*arguments: str, cwd: Path, endpoint: str | None = None) -> AsyncIterator[SeederProcess]:
    """Start ``seeder`` with no settings but the endpoint; kill it at the end of the block."""
    environment = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "SYSTEMROOT", "TEMP"}}
    environment |= {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    if endpoint is not None:
        environment |= {"AZURE_OPENAI_ENDPOINT": endpoint, "AZURE_OPENAI_API_KEY": "a-test-key"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cli.main",
        *arguments,
        cwd=cwd,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield SeederProcess(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
