"""Measure the CPU time of a host that waits: ``python -m bench.waiting_host [--items N] [--minutes M]``. Linux only.

``seeder run`` submits image batches to the simulator and waits for them with the real intervals of checks. The batches
generate an image now and then, so that each check finds news. The first eight minutes, while the interval grows, do not
count.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.measured_process import ROOT
from model_simulator.in_process import running_simulator

SETTLE_SECONDS: Final = 480.0
"""The interval of checks has reached its limit by then, and the batches have begun."""

SECONDS_PER_HOUR: Final = 3600


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, measure, print the figures, and return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.waiting_host", description=__doc__)
    parser.add_argument("--items", type=int, default=5000, help="number of images (default %(default)s)")
    parser.add_argument("--minutes", type=float, default=20, help="time of the measurement (default %(default)s)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), options.items, options.minutes * 60))
    return 0


async def measure(folder: Path, items: int, seconds: float) -> None:
    """Run the command until it has waited for so long, and print what it cost."""
    rows = folder / "rows.json"
    rows.write_text(json.dumps([f"a red toy boat number {number} on a lake" for number in range(items)]))
    faults = {"batches": {"seconds": 2 * (SETTLE_SECONDS + seconds)}}
    async with running_simulator(faults=faults) as simulator:
        process = await start_command(folder, simulator.url)
        try:
            await asyncio.sleep(SETTLE_SECONDS)
            before, started = read_cpu_seconds(process.pid), time.monotonic()
            await asyncio.sleep(seconds)
            used, waited = read_cpu_seconds(process.pid) - before, time.monotonic() - started
        finally:
            process.kill()
            await process.wait()
    print(f"{used:.2f} s of CPU in {waited / 60:.0f} minutes, {used * SECONDS_PER_HOUR / waited:.2f} s an hour")
    print(f"load average {os.getloadavg()[1]:.1f}")


async def start_command(folder: Path, endpoint: str) -> asyncio.subprocess.Process:
    """Start ``seeder run`` with image batches."""
    options = (
        *("--source", "prompts", "--input", "rows.json", "--image-mode", "batch"),
        *("--image-size", "64x64", "--image-quality", "low", "--json"),
    )
    settings = {
        "PYTHONPATH": str(ROOT),
        "TEXT_PROVIDER": "openai",
        "IMAGE_PROVIDER": "openai",
        "OPENAI_BASE_URL": f"{endpoint}/v1",
        "OPENAI_API_KEY": "bench",
        "TEXT_MODEL": "gpt-6-luna",
        "IMAGE_MODEL": "gpt-image-2",
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", "from cli.main import main; main()", "run", *options),
        cwd=folder,
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


def read_cpu_seconds(process: int) -> float:
    """Return user and system time of a process."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
