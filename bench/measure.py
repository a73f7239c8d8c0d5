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

from bench.figures import derive_figures
from bench.loads import Load
from bench.observations import Leftovers, Observations
from bench.processes import start_process
from bench.products import INPUT, write_products
from local.simulator.process import SimulatorProcess

MODULES = {"app": "bench.host_process", "script": "bench.baseline"}
SEED = 7
WATCH_SECONDS = 0.02
"""How often the simulator is asked whether it is time to kill."""

MOST_SECONDS = 3600
"""A load that takes longer than this is stuck."""

SPARE_BYTES = 2 * 10**9
"""What a load must leave free of the disk."""


async def measure_load(load: Load) -> dict[str, Any]:
    """Run a load in a temporary folder, which is deleted afterwards, and return its figures.

    Raises:
        RuntimeError: the measured process ended early.
        TimeoutError: the load is not carried out within ``MOST_SECONDS``.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        load = fit_to_disk(load, shutil.disk_usage(folder).free)
        with _simulate(load, folder) as url:
            async with asyncio.timeout(MOST_SECONDS):
                seen = await _observe(load, folder / "out", url)
        figures = derive_figures(load, seen)
    return figures | ({} if load.image_bytes is None else {"imageBytes": load.image_bytes})


def fit_to_disk(load: Load, free_bytes: int) -> Load:
    """Return the load, its pictures smaller where the disk has no room for them."""
    if load.image_bytes is None:
        return load
    room = max(free_bytes - SPARE_BYTES, 0) // (load.items * load.runs)
    return replace(load, image_bytes=max(1, min(load.image_bytes, room)))


@contextmanager
def _simulate(load: Load, folder: Path) -> Iterator[str]:
    faults = folder / "faults.json"
    faults.write_text(json.dumps(load.make_faults()), encoding="utf-8")
    with SimulatorProcess(seed=SEED, faults_file=faults) as simulator:
        yield simulator.url


async def _observe(load: Load, folder: Path, url: str) -> Observations:
    if load.products:
        write_products(folder / INPUT, load.items)
    job = {
        "folder": str(folder),
        "endpoint": url,
        "stages": load.make_stages(),
        "repairs": load.repairs,
        "liftedFaults": load.make_lifted_faults(),
    }
    module = MODULES[load.subject]
    async with aiohttp.ClientSession() as session:
        if load.kill_at is not None:
            async with start_process(module, job) as process:
                # The simulator tells nobody: it has to be asked.
                while not process.has_ended and await _count_billed(session, url) < load.kill_at:  # noqa: ASYNC110
                    await asyncio.sleep(WATCH_SECONDS)
                await process.kill()
        async with start_process(module, job) as process:
            report = await process.wait_for_report()
        stats = await _read_stats(session, url)
    return Observations(report, stats, Leftovers.find(folder))


async def _count_billed(session: aiohttp.ClientSession, url: str) -> int:
    return int((await _read_stats(session, url))["billedImageCount"])


async def _read_stats(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with session.get(f"{url}/_stats") as response:
        response.raise_for_status()
        stats: dict[str, Any] = await response.json()
        return stats
