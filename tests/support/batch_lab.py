"""Whole runs in the provider's batches against the simulator in scaled time: killed, expired, limited, cancelled."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

import function_app
from durable_emulator.engine import EngineStoppedError
from durable_emulator.host.emulator import DurableEmulator
from model_simulator.in_process import RunningSimulator, running_simulator
from shared.audit.call_records import CallRecord, iterate_calls
from shared.config import ModelSettings, Settings, StoreSettings
from shared.messages.base import NANO_PER_USD
from shared.models.provider_names import Provider, ProviderAccess
from shared.models.providers.openai_batches import OpenAIBatches
from shared.services import container
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.fault_injection import FaultInjection, FaultyStore, Side
from tests.support.restartable_app import MAX_PROCESS_ID
from tests.support.simulator_calls import QUICK

if TYPE_CHECKING:
    from shared.models.batches import BatchModel

CATALOG, ITEMS, IMAGES_PER_BATCH = "toys", 12, 5
REQUEST = {
    "catalog": CATALOG,
    "source": "prompts",
    "input": "inputs/rows.json",
    "imageSize": "64x64",
    "imageQuality": "low",
    "imageMode": "batch",
}


class Moment(FaultInjection):
    """Kills the process at a call of the provider: before it is sent, or after it was answered."""

    def __init__(self, call: str, side: Side) -> None:
        super().__init__()
        self.call, self.side = call, side

    def reach_call(self, call: str, side: Side) -> None:
        if (call, side) == (self.call, self.side) and not self.is_killed:
            self.kill()
        self.check_alive()


class KillableBatches:
    """The provider's batches, with the moments of a fault injection around each call."""

    def __init__(self, inner: OpenAIBatches, faults: FaultInjection) -> None:
        self._inner, self._faults = inner, faults

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._inner, name)
        if name in {"iterate_newest", "iterate_answers", "iterate_images"}:
            return lambda *given: self._iterate(name, call(*given))
        if name in {"encode_line", "close"}:
            return call

        async def observed(*given: Any, **named: Any) -> Any:
            self._reach(name, Side.BEFORE)
            result = await call(*given, **named)
            self._reach(name, Side.AFTER)
            return result

        return observed

    async def _iterate(self, name: str, rows: Any) -> AsyncIterator[Any]:
        async for row in rows:
            self._reach(name, Side.BEFORE)
            yield row
        self._reach(name, Side.AFTER)

    def _reach(self, name: str, side: Side) -> None:
        if isinstance(self._faults, Moment):
            self._faults.reach_call(name, side)
        self._faults.check_alive()


@dataclass
class Lab:
    """A folder, and the processes that run on it.

    Attributes:
        simulator: the provider.
        folder: the store.
        request: the request.
        model: other settings of the model.
        store: None = the folder.
        items: number of rows.
        rows: the rows; None = prompts.
        key: Idempotency-Key of the run.
    """

    simulator: RunningSimulator
    folder: Path
    request: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    store: StoreSettings | None = None
    items: int = ITEMS
    rows: Sequence[Any] | None = None
    key: str = "one"
    run_id: str = ""
    processes: int = 0

    @asynccontextmanager
    async def host(self, faults: FaultInjection) -> AsyncIterator[DurableEmulator]:
        self.processes += 1
        await self.place_rows()
        access = ProviderAccess(f"{self.simulator.url}/v1", "a-key")
        model = replace(
            ModelSettings(
                text_provider=Provider.OPENAI,
                vision_provider=Provider.OPENAI,
                image_provider=Provider.OPENAI,
                text_deployment="gpt-6-luna",
                openai=access,
                image_batch_check_seconds=1,
            ),
            **self.model,
        )
        settings = Settings(
            model=model,
            store=self.store or StoreSettings(folder=str(self.folder)),
            host_id=f"local:{socket.gethostname()}:{MAX_PROCESS_ID + self.processes}",
        )
        services = container.Services(settings, store=FaultyStore(container.build_store(settings), faults))
        batches: BatchModel = KillableBatches(OpenAIBatches(settings.model, prices=settings.prices), faults)
        services.use_batches(batches)
        container.use_services(services)
        try:
            async with DurableEmulator(function_app.app, self.folder, faults=faults, grace_seconds=0.0) as host:
                faults.on_kill = host.engine.abandon
                yield host
        finally:
            container.use_services(None)
            await services.close()

    async def place_rows(self) -> None:
        rows = self.rows or [f"a red toy boat number {number} on a lake" for number in range(self.items)]
        async with self.open_store() as store:
            await store.write("inputs/rows.json", json.dumps(rows).encode(), content_type="application/json")

    def stop_batches_at_first_line(self) -> None:
        """Let no batch go on once a line was run, so that a test has time for what it does while some of them are."""
        service = self.simulator.service
        for name in ("run_image_line", "run_text_line"):
            setattr(service, name, self._make_stopping(getattr(service, name)))

    def _make_stopping(self, run_line: Callable[..., Any]) -> Callable[..., Any]:
        def run_and_stop(*given: Any) -> Any:
            self.simulator.set_faults({**QUICK, "batches": {"seconds": 1e6}})
            return run_line(*given)

        return run_and_stop

    async def start(self, host: DurableEmulator) -> None:
        self.run_id = await self.start_other(host, self.key)

    async def start_other(self, host: DurableEmulator, key: str) -> str:
        """Start the run of an Idempotency-Key; return its id."""
        body = {**REQUEST, **self.request}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{host.url}/api/runs", json=body, headers={"Idempotency-Key": key}) as response,
        ):
            answer = await response.json(content_type=None)
            assert response.status == 202, answer
        run_id: str = answer["runId"]
        return run_id

    async def run(self, *faults: FaultInjection) -> int:
        """Run to the end; return the number of killed processes."""
        killed = 0
        for injected in (*faults, FaultInjection()):
            if not await self.run_process(injected):
                break
            killed += 1
        return killed

    async def run_process(self, faults: FaultInjection) -> bool:
        """Run in one process, to the end or until it is killed; return whether it was."""
        async with self.host(faults) as host:
            try:
                await self.start(host)
                await host.engine.wait_for_completion(self.run_id)
            except (EngineStoppedError, aiohttp.ClientError):
                if not faults.is_killed:
                    raise
        return faults.is_killed

    @asynccontextmanager
    async def open_store(self) -> AsyncIterator[Store]:
        store = container.build_store(Settings(store=self.store or StoreSettings(folder=str(self.folder))))
        try:
            yield store
        finally:
            await store.close()

    async def read_summary(self) -> dict[str, Any]:
        async with self.open_store() as store:
            content = await store.read(paths.run_file(self.run_id, "summary.json"))
        assert content is not None
        summary: dict[str, Any] = json.loads(content.data)
        return summary

    async def list_calls(self) -> list[CallRecord]:
        async with self.open_store() as store:
            return [call async for call in iterate_calls(store, self.run_id) if isinstance(call, CallRecord)]

    async def check(self, *, is_all_batched: bool = True) -> dict[str, Any]:
        """Check that each image was billed once, and that bill, summary and audit agree to the cent.

        Args:
            is_all_batched: whether the run made no other call.
        """
        summary, stats = await self.read_summary(), self.simulator.stats()
        audited = sum(call.cost.nano_usd for call in await self.list_calls()) / NANO_PER_USD
        by_prompt = stats["billedImagesByPrompt"]
        assert summary["status"] == "Completed", summary
        assert set(by_prompt.values()) <= {1}, by_prompt
        assert len(by_prompt) == self.items
        assert summary["progress"]["images"]["done"] == self.items
        assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)
        assert audited == pytest.approx(stats["costUsd"], abs=0.0001)
        if is_all_batched:
            assert summary["cost"]["normalUsd"] == pytest.approx(2 * stats["costUsd"], abs=0.0002)
        return summary


@asynccontextmanager
async def lab(tmp_path: Path, *, batches: Mapping[str, Any] | None = None, **settings: Any) -> AsyncIterator[Lab]:
    faults = {**QUICK, "batches": {"seconds": 2, **(batches or {})}, **settings.pop("faults", {})}
    async with running_simulator(faults=faults) as simulator:
        yield Lab(simulator, tmp_path, **settings)


async def wait_until(is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(300):
        while not is_reached():  # noqa: ASYNC110 - the simulator runs in a thread of its own
            await asyncio.sleep(0.02)


async def wait_for_status(
    session: aiohttp.ClientSession, url: str, is_reached: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    async with asyncio.timeout(300):
        while True:
            async with session.get(url) as response:
                run: dict[str, Any] = await response.json()
            if is_reached(run):
                return run
            await asyncio.sleep(0.1)
