"""The host of `bench.image_batches`: a child process that runs a request in image batches, and may kill itself.

Job: ``{"folder", "endpoint", "request", "killAt": moment or null}``. The report has one key, ``runId``. Started on the
folder of a killed process, it follows the run that resumes. One line before the report says that the app listens.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import aiohttp

import function_app
from bench.measured_process import read_job, write_report_line
from durable_emulator.host import DurableEmulator
from shared.config import ModelSettings, Settings, StoreSettings
from shared.models.batches import BatchAnswer, BatchModel, ProviderBatch
from shared.models.provider_names import Provider, ProviderAccess
from shared.runs.run_claim import make_local_host_id
from shared.services import container
from shared.services.model_factory import build_batch_model
from shared.telemetry.run_log import set_log_level

BEFORE_UPLOAD: Final = "before an upload"
AFTER_UPLOAD: Final = "after an upload"
AFTER_CREATE: Final = "after a creation"
WAITING: Final = "while waiting"
COLLECTING: Final = "while collecting"
MOMENTS: Final = (BEFORE_UPLOAD, AFTER_UPLOAD, AFTER_CREATE, WAITING, COLLECTING)

CALLS_BEFORE_KILL: Final = 3
"""The process ends at this call, so that a batch precedes it."""

ANSWERS_BEFORE_KILL: Final = 30
CHECK_SECONDS: Final = 2.0


class KillableBatches:
    """The provider's batches, and the kill of this process at one of their calls.

    Args:
        batches: of the provider.
        kill_at: one of `MOMENTS`, or None.

    Attributes:
        is_checked: whether this process has asked for the state of the batches.
    """

    def __init__(self, batches: BatchModel, kill_at: str | None) -> None:
        self._batches = batches
        self._kill_at = kill_at
        self._reached = 0
        self.is_checked = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        if name in {"read", "iterate_newest"}:
            self.is_checked.set()
        return getattr(self._batches, name)

    async def upload(self, *given: Any, **named: Any) -> str:
        """Upload a file."""
        self._reach(BEFORE_UPLOAD, CALLS_BEFORE_KILL)
        file_id = await self._batches.upload(*given, **named)
        self._reach(AFTER_UPLOAD, CALLS_BEFORE_KILL)
        return file_id

    async def create(self, *given: Any, **named: Any) -> ProviderBatch:
        """Create a batch."""
        batch = await self._batches.create(*given, **named)
        self._reach(AFTER_CREATE, CALLS_BEFORE_KILL)
        return batch

    async def iterate_answers(self, *given: Any, **named: Any) -> AsyncIterator[BatchAnswer]:
        """Yield the answers to the lines of a batch."""
        async for answer in self._batches.iterate_answers(*given, **named):
            self._reach(COLLECTING, ANSWERS_BEFORE_KILL)
            yield answer

    def _reach(self, moment: str, count: int) -> None:
        if moment == self._kill_at:
            self._reached += 1
            if self._reached == count:
                kill_this_process()


def kill_this_process() -> None:
    """End at once, as ``kill -9`` does."""
    os.kill(os.getpid(), signal.SIGKILL)


async def kill_while_waiting(host: DurableEmulator, batches: KillableBatches) -> None:
    """Kill this process once it has checked its batches, and waits for a timer."""
    await batches.is_checked.wait()
    await host.engine.wait_until_idle()
    kill_this_process()


def main() -> None:
    """Run the job and send the report."""
    asyncio.run(run_job(read_job()))


async def run_job(job: dict[str, Any]) -> None:
    """Start the run, or find the one of an earlier process, and wait for its end."""
    folder = Path(job["folder"])
    model = ModelSettings(
        text_provider=Provider.OPENAI,
        vision_provider=Provider.OPENAI,
        image_provider=Provider.OPENAI,
        text_deployment="gpt-6-luna",
        openai=ProviderAccess(f"{job['endpoint']}/v1", "bench"),
        image_batch_check_seconds=CHECK_SECONDS,
    )
    settings = Settings(
        model=model, store=StoreSettings(folder=str(folder)), host_id=make_local_host_id(), log_level="ERROR"
    )
    set_log_level(settings.log_level)
    services = container.Services(settings)
    batches = KillableBatches(build_batch_model(settings), job["killAt"])
    port: Any = batches
    services.use_batches(port)
    container.use_services(services)
    try:
        async with DurableEmulator(function_app.app, folder) as host, aiohttp.ClientSession() as session:
            write_report_line({"listens": host.url})
            if job["killAt"] == WAITING:
                host.add_background_task(lambda: kill_while_waiting(host, batches))
            headers = {"Idempotency-Key": "one"}
            async with session.post(f"{host.url}/api/runs", json=job["request"], headers=headers) as response:
                response.raise_for_status()
                run_id = (await response.json())["runId"]
            await host.engine.wait_for_completion(run_id)
            write_report_line({"runId": run_id})
    finally:
        await container.use_settings(None)


if __name__ == "__main__":
    main()
