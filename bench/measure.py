"""Measure a case: run its workload in a fresh process against a simulator in another, and return the metrics."""

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from bench.measured_process import ROOT, start_process
from bench.metrics import calculate_metrics
from bench.observations import Observations, StoredResults
from bench.product_rows import INPUT, generate_products
from bench.workload import Workload
from model_simulator.child_process import SimulatorProcess

MODULES = {"app": "bench.host_process", "script": "bench.baseline"}
SEED = 7
POLL_SECONDS = 0.02
"""Interval at which the number of billed images is read until the kill."""

MAX_MEASURE_SECONDS = 3600
"""Time limit of one workload."""

MIN_FREE_BYTES = 2 * 10**9
"""Free disk space that a workload leaves."""

COLD_IMPORTS = 5


async def measure_workload(load: Workload) -> dict[str, Any]:
    """Run a workload in a temporary folder, and return its metrics.

    Raises:
        RuntimeError: the measured process ended early.
        TimeoutError: the workload did not end within ``MAX_MEASURE_SECONDS``.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        load = limit_to_disk_space(load, shutil.disk_usage(folder).free)
        with _simulate(load, folder) as url:
            async with asyncio.timeout(MAX_MEASURE_SECONDS):
                observations = await _observe(load, folder / "out", url)
        figures = calculate_metrics(load, observations)
    return figures | ({} if load.image_bytes is None else {"imageBytes": load.image_bytes})


def limit_to_disk_space(load: Workload, free_bytes: int) -> Workload:
    """Return the workload, with smaller images if the disk has too little space."""
    if load.image_bytes is None:
        return load
    room = max(free_bytes - MIN_FREE_BYTES, 0) // (load.items * load.runs)
    return replace(load, image_bytes=max(1, min(load.image_bytes, room)))


def measure_cold_import() -> dict[str, Any]:
    """Return the median time in seconds in which a fresh interpreter imports ``function_app``."""
    code = "import time; t = time.perf_counter(); import function_app; print(time.perf_counter() - t)"
    seconds = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout)  # noqa: S603 - fixed command
        for _ in range(COLD_IMPORTS)
    ]
    return {"wallSeconds": statistics.median(seconds), "imports": COLD_IMPORTS}


@contextmanager
def _simulate(load: Workload, folder: Path) -> Iterator[str]:
    faults = folder / "faults.json"
    faults.write_text(json.dumps(load.make_faults()), encoding="utf-8")
    with SimulatorProcess(seed=SEED, faults_file=faults) as simulator:
        yield simulator.url


async def _observe(load: Workload, folder: Path, url: str) -> Observations:
    if load.products:
        generate_products(folder / INPUT, load.items)
    job = {
        "folder": str(folder),
        "endpoint": url,
        "stages": load.make_stages(),
        "repairs": load.repairs,
        "laterFaults": load.make_faults_without_block(),
    }
    module = MODULES[load.subject]
    async with aiohttp.ClientSession() as session:
        if load.kill_at is not None:
            async with start_process(module, job) as process:
                # The simulator sends no notifications, so poll it.
                while not process.has_ended and await _count_billed(session, url) < load.kill_at:  # noqa: ASYNC110
                    await asyncio.sleep(POLL_SECONDS)
                await process.kill()
        async with start_process(module, job) as process:
            report = await process.wait_for_report()
        stats = await _read_stats(session, url)
    return Observations(report, stats, StoredResults.find(folder))


async def _count_billed(session: aiohttp.ClientSession, url: str) -> int:
    return int((await _read_stats(session, url))["billedImageCount"])


async def _read_stats(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with session.get(f"{url}/_stats") as response:
        response.raise_for_status()
        stats: dict[str, Any] = await response.json()
        return stats
