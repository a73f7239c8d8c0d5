"""Puts a load on a fresh process, with the simulator in another one, and returns its figures."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from bench.measured_process import start_process
from bench.metrics import calculate_metrics
from bench.observations import Observations, StoredResults
from bench.product_rows import INPUT, generate_products
from bench.workload import Workload
from model_simulator.child_process import SimulatorProcess

MODULES = {"app": "bench.host_process", "script": "bench.baseline"}
SEED = 7
POLL_SECONDS = 0.02
"""How often the simulator is asked whether it is time to kill."""

MAX_MEASURE_SECONDS = 3600
"""A load that takes longer than this is stuck."""

MIN_FREE_BYTES = 2 * 10**9
"""What a load must leave free of the disk."""


async def measure_workload(load: Workload) -> dict[str, Any]:
    """Run a load in a temporary folder, which is deleted afterwards, and return its figures.

    Raises:
        RuntimeError: the measured process ended early.
        TimeoutError: the load is not carried out within ``MAX_MEASURE_SECONDS``.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        load = limit_to_disk_space(load, shutil.disk_usage(folder).free)
        with _simulate(load, folder) as url:
            async with asyncio.timeout(MAX_MEASURE_SECONDS):
                seen = await _observe(load, folder / "out", url)
        figures = calculate_metrics(load, seen)
    return figures | ({} if load.image_bytes is None else {"imageBytes": load.image_bytes})


def limit_to_disk_space(load: Workload, free_bytes: int) -> Workload:
    """Return the load, its images smaller where the disk has no room for them."""
    if load.image_bytes is None:
        return load
    room = max(free_bytes - MIN_FREE_BYTES, 0) // (load.items * load.runs)
    return replace(load, image_bytes=max(1, min(load.image_bytes, room)))


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
        "liftedFaults": load.make_faults_without_block(),
    }
    module = MODULES[load.subject]
    async with aiohttp.ClientSession() as session:
        if load.kill_at is not None:
            async with start_process(module, job) as process:
                # The simulator tells nobody: it has to be asked.
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
