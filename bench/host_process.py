"""The measured host: a child process that runs the app on the durable emulator and sends it the requests of a job.

Job: ``{"folder", "endpoint", "stages": [[request, ...], ...], "repairs": bool, "laterFaults": {...}}``. The report is a
`ProcessReport`. Started on the folder of a killed process, it follows the runs that resume. When a run pauses, the
simulator gets ``laterFaults``, and the run is resumed. With ``repairs``, the simulator gets them after the last stage,
and the repair of that stage's catalogs is one more stage.
"""

import asyncio
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aiohttp

import function_app
from bench.counting_store import CountingStore, StoreCounts
from bench.measured_process import read_job, write_report_line
from bench.observations import ProcessReport
from bench.process_resources import read_cpu_seconds, read_peak_memory_mb
from durable_emulator.host import DurableEmulator
from shared.config import ModelSettings, Settings, StoreSettings
from shared.runs.run_claim import make_local_host_id
from shared.services import container
from shared.telemetry.run_log import set_log_level

POLL_SECONDS = 1.0
"""Polling interval of the command line; the cost of polling is part of the metrics."""

ACTIVE_STATUSES = frozenset({"Pending", "Running"})
PAUSED_STATUS = "Paused"
CONFLICT = 409


def main() -> None:
    """Run the job and send the report."""
    write_report_line(asdict(asyncio.run(run_job(read_job()))))


async def run_job(job: dict[str, Any]) -> ProcessReport:
    """Run the stages of a job in sequence, and the requests of each stage concurrently."""
    folder, counts = Path(job["folder"]), StoreCounts()
    settings = Settings(
        model=ModelSettings(endpoint=job["endpoint"], api_key="bench"),
        store=StoreSettings(folder=str(folder)),
        host_id=make_local_host_id(),
        log_level="ERROR",
    )
    set_log_level(settings.log_level)
    container.use_services(container.Services(settings, store=CountingStore(container.build_store(settings), counts)))
    try:
        async with DurableEmulator(function_app.app, folder) as host, aiohttp.ClientSession() as session:
            cpu_before, started_at = read_cpu_seconds(), None
            stage_seconds: list[float] = []
            runs: list[dict[str, Any]] = []
            estimated_usd = 0.0
            for requests in job["stages"]:
                estimated_usd += sum([await _estimate(session, host.url, request) for request in requests])
                started_at, begun = started_at or time.time(), time.perf_counter()
                runs += await asyncio.gather(*(_run(session, host.url, request, job) for request in requests))
                stage_seconds.append(time.perf_counter() - begun)
            if job["repairs"]:
                await _set_later_faults(session, job)
                begun = time.perf_counter()
                runs += await asyncio.gather(*(_repair(session, host.url, request, job) for request in requests))
                stage_seconds.append(time.perf_counter() - begun)
            engine = host.engine.statistics
            return ProcessReport(
                started_at=started_at or time.time(),
                stage_seconds=stage_seconds,
                cpu_seconds=read_cpu_seconds() - cpu_before,
                peak_memory_mb=read_peak_memory_mb(),
                runs=runs,
                estimated_usd=estimated_usd,
                orchestrator_cpu_seconds=engine.orchestrator_cpu_seconds,
                max_history_events=engine.max_history_events,
                activities=engine.activities,
                record_bytes=counts.record_bytes,
                store_operations=counts.operations.total(),
                files_listed=counts.files_listed,
            )
    finally:
        await container.use_settings(None)


async def _estimate(session: aiohttp.ClientSession, url: str, request: dict[str, Any]) -> float:
    """Return the app's estimate for a run, in US dollars."""
    async with session.post(f"{url}/api/runs?estimate=true", json=request) as response:
        response.raise_for_status()
        return float((await response.json())["costUsd"])


async def _run(
    session: aiohttp.ClientSession, url: str, request: dict[str, Any], job: dict[str, Any]
) -> dict[str, Any]:
    """Start a run, or follow the active run of its catalog, and return its last status."""
    async with session.post(f"{url}/api/runs", json=request) as response:
        answer = await response.json()
        if response.status != CONFLICT:
            response.raise_for_status()
    return await _follow(session, f"{url}/api/runs/{answer['runId']}", job)


async def _repair(
    session: aiohttp.ClientSession, url: str, request: dict[str, Any], job: dict[str, Any]
) -> dict[str, Any]:
    """Repair the catalog of a request, and return the run's last status."""
    body = {"parallelImageRequests": request["parallelImageRequests"]}
    async with session.post(f"{url}/api/catalogs/{request['catalog']}/repair", json=body) as response:
        response.raise_for_status()
        answer = await response.json()
    return await _follow(session, f"{url}/api/runs/{answer['runId']}", job)


async def _follow(session: aiohttp.ClientSession, run: str, job: dict[str, Any]) -> dict[str, Any]:
    while True:
        async with session.get(run) as response:
            response.raise_for_status()
            status: dict[str, Any] = await response.json()
        if status["status"] == PAUSED_STATUS:
            await _resume(session, run, job)
        elif status["status"] not in ACTIVE_STATUSES:
            return status
        await asyncio.sleep(POLL_SECONDS)


async def _set_later_faults(session: aiohttp.ClientSession, job: dict[str, Any]) -> None:
    async with session.put(f"{job['endpoint']}/_faults", json=job["laterFaults"]) as response:
        response.raise_for_status()


async def _resume(session: aiohttp.ClientSession, run: str, job: dict[str, Any]) -> None:
    await _set_later_faults(session, job)
    async with session.post(f"{run}/resume") as response:
        if response.status != CONFLICT:  # already resumed; the status is not up to date yet
            response.raise_for_status()


if __name__ == "__main__":
    main()
