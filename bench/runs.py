"""Whole runs against the simulator in its own process, measured from what the simulator saw."""

import asyncio
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

import function_app
from local.host import EmbeddedHost
from local.simulator.process import SimulatorProcess
from shared.config import ModelSettings, Settings, StoreSettings
from shared.records.claims import make_local_host_id
from shared.wiring import use_settings

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Case:
    """One run to measure.

    Attributes:
        name: what it is called in the table.
        images: how many items and images.
        window: parallelImageRequests.
        latency_seconds: of an image call; text calls take a fifth of it.
        latency_sigma: of the lognormal distribution; 0 = constant.
        size: of the pictures; small ones keep the drawing out of the measurement.
    """

    name: str
    images: int
    window: int
    latency_seconds: float
    latency_sigma: float = 0.0
    size: str = "64x64"


@dataclass(frozen=True, slots=True)
class Figure:
    """What a run came to.

    Attributes:
        seconds: from the first image call's start to the last one's end.
        throughput_of_ideal: images a second, as a share of window / latency.
        orchestrator_cpu_ms_an_image: CPU of replays and journal.
        longest_history: events of the longest history of any instance.
        most_at_once: image calls at a time, at most.
        billed: image calls that were billed.
    """

    seconds: float
    throughput_of_ideal: float
    orchestrator_cpu_ms_an_image: float
    longest_history: int
    most_at_once: int
    billed: int

    def describe(self) -> str:
        """Return the figures as one line."""
        return (
            f"{self.seconds:.1f} s, {self.throughput_of_ideal:.1%} of the ideal throughput, "
            f"{self.orchestrator_cpu_ms_an_image:.1f} ms of orchestrator CPU an image, "
            f"longest history {self.longest_history} events, at most {self.most_at_once} at once, {self.billed} billed"
        )


CASES = (
    Case("window 16, constant 1 s", images=480, window=16, latency_seconds=1.0),
    Case("window 16, lognormal 1 s", images=480, window=16, latency_seconds=1.0, latency_sigma=0.5),
    Case("growth, 500 images", images=500, window=16, latency_seconds=0.5),
    Case("growth, 2,000 images", images=2000, window=16, latency_seconds=0.5),
)


async def measure_run(case: Case) -> Figure:
    """Run a case in a temporary folder and return its figures."""
    faults = {
        "latencySeconds": {"text": case.latency_seconds / 5, "image": case.latency_seconds},
        "latencySigma": case.latency_sigma,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        faults_file = folder / "faults.json"
        faults_file.write_text(json.dumps(faults), encoding="utf-8")
        with SimulatorProcess(seed=7, faults_file=faults_file) as simulator:
            await use_settings(
                Settings(
                    model=ModelSettings(endpoint=simulator.url, api_key="bench"),
                    store=StoreSettings(folder=str(folder / "out")),
                    host_id=make_local_host_id(),
                ),
            )
            try:
                return await _run(case, folder / "out", simulator.url)
            finally:
                await use_settings(None)


async def _run(case: Case, folder: Path, simulator_url: str) -> Figure:
    request = {
        "catalog": "bench",
        "targetCount": case.images,
        "parallelImageRequests": case.window,
        "imageSize": case.size,
    }
    async with EmbeddedHost(function_app.app, folder) as host, aiohttp.ClientSession() as session:
        async with session.post(f"{host.url}/api/runs", json=request) as response:
            response.raise_for_status()
            location = response.headers["Location"]
        status: dict[str, Any] = {"status": "Pending"}
        deadline = time.monotonic() + 3600
        while status["status"] in {"Pending", "Running"} and time.monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS)
            async with session.get(location) as response:
                status = await response.json()
        if status["status"] != "Completed":
            raise RuntimeError(f"the run ended {status['status']}; expected Completed: {status['error']}")
        async with session.get(f"{simulator_url}/_stats") as response:
            stats = await response.json()
        engine = host.engine.statistics
    seconds = stats["lastImageEndedAt"] - stats["firstImageStartedAt"]
    # The mean of a lognormal distribution lies above its median by exp(sigma^2 / 2).
    mean_latency = case.latency_seconds * 2.718281828 ** (case.latency_sigma**2 / 2)
    return Figure(
        seconds=seconds,
        throughput_of_ideal=case.images * mean_latency / case.window / seconds,
        orchestrator_cpu_ms_an_image=engine.orchestrator_cpu_seconds * 1000 / case.images,
        longest_history=engine.longest_history,
        most_at_once=stats["maxConcurrentImages"],
        billed=stats["billedImageCount"],
    )
