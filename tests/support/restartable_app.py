"""The app with restarts: each process starts with nothing but the stored files."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

import function_app
from durable_emulator.engine import EngineStoppedError
from durable_emulator.engine.clock import Clock, ManualClock, SystemClock
from durable_emulator.host.emulator import DurableEmulator
from shared.audit.call_records import CallRecord, iterate_calls
from shared.catalog.items import Item
from shared.config import ModelSettings, Settings, StoreSettings
from shared.images.refined_items import RefinementResult, iterate_refined_items
from shared.images.refinement_policy import MAX_ITERATIONS
from shared.images.round_files import RoundFiles
from shared.limits.image_rate_limiter import ImageRateLimiter
from shared.messages.images import ImageAction, ImageStep
from shared.models.request_log import StoredRequestLog
from shared.services import container
from shared.services.model_factory import build_model
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.catalog_check import Audit, check_catalog, find_temporary_files, list_prompted_items
from tests.support.fault_injection import FaultInjection, FaultyModel, FaultyStore

CATALOG = "toys"
MAX_PROCESS_ID = 2**22
"""Maximum on Linux. Larger ids belong to no process, so a new process finds earlier ones dead."""

AdvanceRun = Callable[[DurableEmulator, str], Awaitable[None]]
"""Advances a run to its end; may raise EngineStoppedError."""


@dataclass(slots=True)
class RestartableApp:
    """A data folder, and the processes that run on it.

    Attributes:
        folder: the data folder.
        endpoint: the model's endpoint.
        request: the request, without the catalog.
        key: idempotency key of all commands.
        store_settings: None = a folder store.
        clock: clock of the emulator.
        run_id: id of the run, once known.
        processes_started: number of started processes.
        in_flight: for each kill, prompts that the process had sent and whose images are not stored.
    """

    folder: Path
    endpoint: str
    request: Mapping[str, Any]
    key: str = "the-same-command"
    store_settings: StoreSettings | None = None
    clock: Clock = field(default_factory=SystemClock)
    run_id: str = ""
    processes_started: int = 0
    in_flight: list[frozenset[str]] = field(default_factory=list)

    async def run(self, *fault_injections: FaultInjection, ending: AdvanceRun | None = None) -> int:
        """Repeat the same command until the run has ended; return the number of killed processes.

        Args:
            fault_injections: one for each process; later processes have none.
            ending: advances the run to its end; None = it runs in real time.
        """
        crashes = 0
        for fault_injection in fault_injections:
            if await self.run_process(fault_injection, ending):
                return crashes
            crashes += 1
        if not await self.run_process(FaultInjection(), ending):
            raise RuntimeError("the host stopped without a kill")
        return crashes

    async def run_process(self, fault_injection: FaultInjection, ending: AdvanceRun | None = None) -> bool:
        """Start the emulator, send the request, and wait; return whether the run ended before a kill."""
        advance_to_end = ending or _wait_for_end
        self.processes_started += 1
        async with self._start(fault_injection) as host:
            fault_injection.on_kill = host.engine.abandon
            try:
                await self._start_run(host)
                await advance_to_end(host, self.run_id)
            except (EngineStoppedError, aiohttp.ClientError):
                if not fault_injection.is_killed:
                    raise
        if fault_injection.is_killed:
            self.in_flight.append(await self.find_in_flight(fault_injection.sent_prompts))
        return not fault_injection.is_killed

    async def audit(self, *, items: int, refused: str | None = None) -> Audit:
        """Audit the stored files."""
        async with self.open_store() as store:
            audit = await check_catalog(store, CATALOG, self.run_id, items=items, refused=refused)
        audit.corrupt += find_temporary_files(self.folder)
        return audit

    async def read_summary(self) -> dict[str, Any]:
        """Return the run's summary."""
        async with self.open_store() as store:
            content = await store.read(paths.run_file(self.run_id, "summary.json"))
        if content is None:
            raise LookupError(f"run {self.run_id!r} has no summary")
        summary: dict[str, Any] = json.loads(content.data)
        return summary

    async def list_outcomes(self) -> list[RefinementResult]:
        """Return the refinement result of each item."""
        async with self.open_store() as store:
            return [item.summarize_refinement() async for item in iterate_refined_items(store, self.run_id)]

    async def list_evaluation_calls(self) -> list[CallRecord]:
        """Return the answered evaluation and rewrite calls."""
        async with self.open_store() as store:
            calls = [call async for call in iterate_calls(store, self.run_id) if isinstance(call, CallRecord)]
        return [call for call in calls if call.iteration is not None and call.kind != "image" and call.reason is None]

    async def find_in_flight(self, sent_prompts: Iterable[str]) -> frozenset[str]:
        """Return the sent prompts whose images are not stored."""
        async with self.open_store() as store:
            stored = {info.path async for info in store.list_files(paths.image_folder(CATALOG))}
            items = await list_prompted_items(store, CATALOG)
            made = {item.image_prompt for item in items if paths.image_file(CATALOG, item.filename) in stored}
            for item in items if self.run_id else ():  # rounds are files of the run
                made.update([prompt async for prompt in iterate_generated_prompts(store, self.run_id, item)])
        return frozenset(sent_prompts) - made

    @asynccontextmanager
    async def open_store(self) -> AsyncIterator[Store]:
        """Open the store without fault injection."""
        store = container.build_store(self._make_settings())
        try:
            yield store
        finally:
            await store.close()

    def _make_settings(self) -> Settings:
        return Settings(
            model=ModelSettings(endpoint=self.endpoint, api_key="a-test-key"),
            store=self.store_settings or StoreSettings(folder=str(self.folder)),
            host_id=f"local:{socket.gethostname()}:{MAX_PROCESS_ID + self.processes_started}",
        )

    @asynccontextmanager
    async def _start(self, fault_injection: FaultInjection) -> AsyncIterator[DurableEmulator]:
        settings = self._make_settings()
        processes: list[container.Services] = []

        def start_process() -> None:
            store = FaultyStore(container.build_store(settings), fault_injection)
            model = FaultyModel(build_model(settings, StoredRequestLog(store)), fault_injection)
            rate_limiter = ImageRateLimiter()
            if isinstance(clock := self.clock, ManualClock):
                rate_limiter = ImageRateLimiter(clock=lambda: clock.now().timestamp())
            services = container.Services(settings, store=store, model=model, rate_limiter=rate_limiter)
            processes.append(services)
            container.use_services(services)

        start_process()
        fault_injection.on_new_process = start_process
        try:
            async with DurableEmulator(
                function_app.app,
                self.folder,
                clock=self.clock,
                faults=fault_injection,
                grace_seconds=0.0,
            ) as host:
                yield host
        finally:
            container.use_services(None)
            for services in processes:
                await services.close()

    async def _start_run(self, host: DurableEmulator) -> None:
        body = {"catalog": CATALOG} | dict(self.request)
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{host.url}/api/runs", json=body, headers={"Idempotency-Key": self.key}) as response,
        ):
            answer = await response.json(content_type=None)
            response.raise_for_status()
        self.run_id = answer["runId"]


async def _wait_for_end(host: DurableEmulator, run_id: str) -> None:
    await host.engine.wait_for_completion(run_id)


async def iterate_generated_prompts(store: Store, run_id: str, item: Item) -> AsyncIterator[str]:
    """Yield the prompts of an item's stored rounds."""
    results = RoundFiles(store, run_id, item.product_id)
    for round_ in range(1, MAX_ITERATIONS + 1):
        if await results.describe_round_image(round_, item.filename) is not None:
            record = await results.read_prompt(ImageStep(ImageAction.REWRITE, round_))
            yield item.image_prompt if record is None else record.prompt
