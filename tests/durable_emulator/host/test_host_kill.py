"""A host process that is killed."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

VICTIM = Path(__file__).with_name("victim.py")
ROOT = VICTIM.parents[3]


async def launch(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(VICTIM),
        str(folder),
        *arguments,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )


async def test_after_kill_9_everything_completes_and_what_was_recorded_does_not_run_again(tmp_path: Path) -> None:
    first = await launch(tmp_path, "hang")
    assert first.stdout is not None
    assert await first.stdout.readline() == b"stuck\n"
    first.send_signal(signal.SIGKILL)
    await first.wait()

    second = await launch(tmp_path)
    output, _ = await asyncio.wait_for(second.communicate(), timeout=300)

    assert json.loads(output) == list(range(12))
    calls = Counter((tmp_path / "calls").read_text().split())
    assert calls == {str(n): 2 if n == 6 else 1 for n in range(12)}
