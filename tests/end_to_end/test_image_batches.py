"""Batches of images: one whole run each, killed, expired, limited, cancelled, against the simulator in scaled time."""

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator, Callable, Mapping
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
from shared.images.image_batch_claims import iterate_claims
from shared.messages.base import NANO_PER_USD
from shared.models.provider_names import Provider, ProviderAccess
from shared.models.providers.openai_batches import OpenAIImageBatches
from shared.services import container
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.azurite import Azurite
from tests.support.fault_injection import DeliverTwice, FaultInjection, FaultyStore, KillAtChange, KillAtReturn, Side
from tests.support.restartable_app import MAX_PROCESS_ID
from tests.support.simulator_calls import QUICK

if TYPE_CHECKING:
    from shared.models.image_batches import ImageBatchModel

CATALOG, ITEMS, IMAGES_PER_BATCH = "toys", 12, 5
REQUEST = {
    "catalog": CATALOG,
    "source": "prompts",
    "input": "inputs/rows.json",
    "imageSize": "64x64",
    "imageQuality": "low",
    "imageMode": "batch",
}
ACTIVITIES = ("open_image_batches", "submit_image_batch", "check_image_batches", "collect_image_batch")


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

    def __init__(self, inner: OpenAIImageBatches, faults: FaultInjection) -> None:
        self._inner, self._faults = inner, faults

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._inner, name)
        if name in {"iterate_newest", "iterate_answers"}:
            return lambda *given: self._iterate(name, call(*given))
        if name in {"encode_line", "close"}:
            return call

        async def observed(*given: Any) -> Any:
            self._reach(name, Side.BEFORE)
            result = await call(*given)
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
    """

    simulator: RunningSimulator
    folder: Path
    request: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    store: StoreSettings | None = None
    run_id: str = ""
    processes: int = 0

    @asynccontextmanager
    async def host(self, faults: FaultInjection) -> AsyncIterator[DurableEmulator]:
        self.processes += 1
        rows = self.folder / "inputs/rows.json"
        rows.parent.mkdir(exist_ok=True)
        rows.write_text(json.dumps([f"a red toy boat number {number} on a lake" for number in range(ITEMS)]))
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
        batches: ImageBatchModel = KillableBatches(OpenAIImageBatches(settings.model, prices=settings.prices), faults)
        services.use_image_batches(batches)
        container.use_services(services)
        try:
            async with DurableEmulator(function_app.app, self.folder, faults=faults, grace_seconds=0.0) as host:
                faults.on_kill = host.engine.abandon
                yield host
        finally:
            container.use_services(None)
            await services.close()

    async def start(self, host: DurableEmulator) -> None:
        body = {**REQUEST, **self.request}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{host.url}/api/runs", json=body, headers={"Idempotency-Key": "one"}) as response,
        ):
            answer = await response.json(content_type=None)
            assert response.status == 202, answer
        self.run_id = answer["runId"]

    async def run(self, *faults: FaultInjection) -> int:
        """Run to the end; return the number of killed processes."""
        killed = 0
        for injected in (*faults, FaultInjection()):
            async with self.host(injected) as host:
                try:
                    await self.start(host)
                    await host.engine.wait_for_completion(self.run_id)
                except (EngineStoppedError, aiohttp.ClientError):
                    if not injected.is_killed:
                        raise
            killed += injected.is_killed
            if not injected.is_killed:
                break
        return killed

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

    async def check(self, *, items: int = ITEMS, batched: int = ITEMS, status: str = "Completed") -> dict[str, Any]:
        """Check that each image was billed once, and that bill, summary and audit agree to the cent.

        Args:
            items: images in all.
            batched: of them, those of batches.
            status: of the run.
        """
        summary, stats = await self.read_summary(), self.simulator.stats()
        audited = sum(call.cost.nano_usd for call in await self.list_calls()) / NANO_PER_USD
        by_prompt = stats["billedImagesByPrompt"]
        assert summary["status"] == status, summary
        assert set(by_prompt.values()) <= {1}, by_prompt
        assert len(by_prompt) == items
        assert summary["progress"]["images"]["done"] == items
        assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)
        assert audited == pytest.approx(stats["costUsd"], abs=0.0001)
        if batched == items:  # there are no text calls
            assert summary["cost"]["normalUsd"] == pytest.approx(2 * stats["costUsd"], abs=0.0002)
        return summary


@asynccontextmanager
async def lab(tmp_path: Path, *, batches: Mapping[str, Any] | None = None, **settings: Any) -> AsyncIterator[Lab]:
    faults = {**QUICK, "batches": {"seconds": 2, **(batches or {})}, **settings.pop("faults", {})}
    async with running_simulator(faults=faults) as simulator:
        yield Lab(simulator, tmp_path, **settings)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.images.image_batch_size.MAX_BATCH_IMAGES", IMAGES_PER_BATCH)


async def test_generated_items_go_into_batches_once_they_are_written(tmp_path: Path) -> None:
    request = {"source": "generate", "input": None, "targetCount": ITEMS, "categoryCount": 2, "batchSize": 6}
    async with lab(tmp_path, request=request) as here:
        assert await here.run() == 0
        await here.check(batched=0)


@pytest.mark.azurite
async def test_an_interrupted_creation_finds_its_batch_in_blob_storage(tmp_path: Path, azurite: Azurite) -> None:
    request = {"source": "generate", "input": None, "targetCount": ITEMS, "categoryCount": 2, "batchSize": 6}
    async with lab(tmp_path, request=request, store=azurite.make_settings()) as here:
        assert await here.run(Moment("create", Side.AFTER), Moment("iterate_answers", Side.BEFORE)) == 2
        await here.check(batched=0)


async def test_an_interrupted_creation_finds_its_batch(tmp_path: Path) -> None:
    async with lab(tmp_path) as here:
        assert await here.run(Moment("create", Side.AFTER), Moment("iterate_newest", Side.BEFORE)) == 2
        await here.check()


async def test_a_run_in_batches_costs_half_for_its_images(tmp_path: Path) -> None:
    async with lab(tmp_path) as here:
        assert await here.run() == 0
        summary = await here.check()
        async with here.open_store() as store:
            claims = [claim async for claim in iterate_claims(store, here.run_id)]
    images = [call for call in await here.list_calls() if call.kind == "image"]
    assert summary["cost"]["normalUsd"] > summary["cost"]["usd"]
    assert all(call.cost.saved_nano_usd == call.cost.nano_usd > 0 for call in images)
    assert sorted(len(claim.jobs) for claim in claims) == [2, 5, 5]


@pytest.mark.slow
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("call", ["upload", "create", "read", "iterate_answers"])
async def test_a_kill_around_a_call_of_the_provider_bills_no_image_twice(tmp_path: Path, call: str, side: Side) -> None:
    async with lab(tmp_path) as here:
        assert await here.run(Moment(call, side)) == 1
        await here.check()


@pytest.mark.slow
@pytest.mark.parametrize("activity", ACTIVITIES)
async def test_a_kill_before_a_result_is_recorded_bills_no_image_twice(tmp_path: Path, activity: str) -> None:
    async with lab(tmp_path) as here:
        assert await here.run(KillAtReturn(activity)) == 1
        await here.check()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_kills_around_random_store_changes_bill_no_image_twice(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    names = ("submit_image_batch", "collect_image_batch")
    kills = [KillAtChange(draw.choice(names), draw.randrange(12), draw.choice([*Side])) for _ in range(5)]
    async with lab(tmp_path) as here:
        await here.run(*kills)
        await here.check()


@pytest.mark.parametrize("fallback", ["normal", "next-batch"])
async def test_an_expired_batch_ends_complete_by_the_fallback(tmp_path: Path, fallback: str) -> None:
    async with lab(tmp_path, batches={"expiresAfterSeconds": 1.2}, request={"batchFallback": fallback}) as here:
        await here.run()
        if fallback == "normal":
            await here.check(batched=0)
        stats, summary = here.simulator.stats(), await here.read_summary()
    assert set(stats["billedImagesByPrompt"].values()) == {1}
    assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)


async def test_lines_that_fail_are_generated_by_the_fallback(tmp_path: Path) -> None:
    async with lab(tmp_path, batches={"lineErrorRate": 0.4}) as here:
        await here.run()
        await here.check(batched=0)


async def test_a_message_that_is_delivered_twice_creates_one_batch(tmp_path: Path) -> None:
    async with lab(tmp_path) as here:
        await here.run(DeliverTwice())
        await here.check()


async def test_a_refused_prompt_is_rewritten_and_generated_by_a_normal_call(tmp_path: Path) -> None:
    faults = {"rates": {"content_policy": 0.3}}
    async with lab(tmp_path, faults=faults, request={"policyRewrites": 2}) as here:
        await here.run()
        summary, stats = await here.read_summary(), here.simulator.stats()
        audited = sum(call.cost.nano_usd for call in await here.list_calls()) / NANO_PER_USD
    assert summary["cost"]["textCalls"] > 0
    assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)
    assert audited == pytest.approx(stats["costUsd"], abs=0.0001)
    assert summary["imagesMade"] == stats["billedImageCount"]


@pytest.mark.parametrize(
    "further", [{"refine": {"iterations": 2}}, {"styleReference": {"images": ["inputs/look.png"]}}]
)
async def test_what_batches_cannot_do_is_refused_before_anything_is_paid(
    tmp_path: Path, further: dict[str, Any]
) -> None:
    async with lab(tmp_path) as here, here.host(FaultInjection()) as host, aiohttp.ClientSession() as session:
        async with session.post(f"{host.url}/api/runs", json=REQUEST | further) as response:
            assert response.status == 422
        assert not any(here.simulator.stats()["requests"].values())


async def test_the_estimate_has_both_prices(tmp_path: Path) -> None:
    async with lab(tmp_path) as here, here.host(FaultInjection()) as host, aiohttp.ClientSession() as session:
        found = {}
        for mode in ("normal", "batch"):
            async with session.post(
                f"{host.url}/api/runs?estimate=true", json=REQUEST | {"imageMode": mode}
            ) as response:
                found[mode] = await response.json()
    assert found["batch"]["costUsd"] == found["batch"]["batchCostUsd"] == found["normal"]["batchCostUsd"]
    assert found["normal"]["costUsd"] == found["normal"]["normalCostUsd"]
    assert found["normal"]["costUsd"] == pytest.approx(2 * found["batch"]["costUsd"], abs=0.0002)


async def test_expired_lines_fail_without_a_fallback(tmp_path: Path) -> None:
    async with lab(tmp_path, batches={"expiresAfterSeconds": 0.01}, request={"batchFallback": "none"}) as here:
        await here.run()
        summary = await here.read_summary()
    assert summary["failures"] == {"batch_expired": ITEMS}
    assert summary["cost"]["imageCalls"] == 0


async def test_a_file_that_is_not_visible_yet_is_submitted_again(tmp_path: Path) -> None:
    async with lab(tmp_path, batches={"visibleAfterSeconds": 1.0}) as here:
        await here.run()
        await here.check()


async def test_the_limit_of_enqueued_work_only_delays(tmp_path: Path) -> None:
    async with lab(tmp_path, batches={"maxEnqueuedImages": 4, "seconds": 0.5}) as here:
        await here.run()
        await here.check()


async def test_a_budget_at_the_batch_price_is_never_exceeded(tmp_path: Path) -> None:
    budget = 0.02
    request = {"maxCostUsd": budget, "acceptEstimate": True}
    async with lab(tmp_path, request=request) as here:
        await here.run()
        summary, stats = await here.read_summary(), here.simulator.stats()
    assert stats["costUsd"] <= budget
    assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)
    assert 0 < summary["imagesMade"] < ITEMS
    assert summary["error"]["reason"] == "budget"


async def test_refused_prompts_fail_as_in_other_calls(tmp_path: Path) -> None:
    faults = {"rates": {"content_policy": 0.3}}
    async with lab(tmp_path, faults=faults, request={"placeholder": True}) as here:
        await here.run()
        summary, stats = await here.read_summary(), here.simulator.stats()
    refused = summary["failures"]["content_policy"]
    assert refused == ITEMS - stats["billedImageCount"] > 0
    assert summary["placeholders"] == refused


async def test_a_cancelled_run_keeps_and_counts_what_its_batches_finished(tmp_path: Path) -> None:
    async with lab(tmp_path, batches={"seconds": 12}) as here, here.host(FaultInjection()) as host:
        await here.start(host)
        async with aiohttp.ClientSession() as session:
            await wait_until(lambda: here.simulator.stats()["billedImageCount"] > 0)
            async with session.post(f"{host.url}/api/runs/{here.run_id}/cancel") as response:
                assert response.status == 202
        await host.engine.wait_for_completion(here.run_id)
        summary, stats = await here.read_summary(), here.simulator.stats()
    assert summary["status"] == "Cancelled"
    assert summary["imagesMade"] == stats["billedImageCount"] < ITEMS
    assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)


async def test_a_cancel_ends_the_wait_for_batches_at_once(tmp_path: Path) -> None:
    model = {"image_batch_check_seconds": 600}
    async with lab(tmp_path, batches={"seconds": 3000}, model=model) as here, here.host(FaultInjection()) as host:
        await here.start(host)
        async with aiohttp.ClientSession() as session:
            await wait_for_status(session, f"{host.url}/api/runs/{here.run_id}", lambda run: "imageBatches" in run)
            async with session.post(f"{host.url}/api/runs/{here.run_id}/cancel") as response:
                assert response.status == 202
        async with asyncio.timeout(60):  # the first check is due after 75 s
            await host.engine.wait_for_completion(here.run_id)
        assert (await here.read_summary())["status"] == "Cancelled"
    assert here.simulator.stats()["billedImageCount"] == 0


async def test_a_resumed_run_collects_the_batches_that_it_could_not_read(tmp_path: Path) -> None:
    request = {"pauseOnBlock": True}
    async with (
        lab(tmp_path, batches={"seconds": 3}, request=request) as here,
        here.host(FaultInjection()) as host,
        aiohttp.ClientSession() as session,
    ):
        await here.start(host)
        await wait_until(lambda: here.simulator.stats()["billedImageCount"] > 0)
        here.simulator.set_faults({**QUICK, "batches": {"seconds": 3}, "apiKey": "another"})
        url = f"{host.url}/api/runs/{here.run_id}"
        await wait_for_status(session, url, lambda run: run["status"] == "Paused")
        here.simulator.set_faults({**QUICK, "batches": {"seconds": 3}})
        async with session.post(f"{url}/resume") as response:
            assert response.status == 202
        await host.engine.wait_for_completion(here.run_id)
        await here.check()


@pytest.mark.parametrize(
    "model",
    [
        {"image_provider": Provider.AZURE, "endpoint": "http://127.0.0.1:9", "api_key": "k"},
        {"image_deployment": "gpt-image-2.6-flare"},
    ],
)
async def test_other_providers_and_models_refuse_batches_before_anything_is_paid(
    tmp_path: Path, model: dict[str, Any]
) -> None:
    async with lab(tmp_path, model=model) as here, here.host(FaultInjection()) as host:
        for query in ("", "?estimate=true"):
            async with (
                aiohttp.ClientSession() as session,
                session.post(f"{host.url}/api/runs{query}", json=REQUEST) as response,
            ):
                problem = await response.json(content_type=None)
            assert response.status == 422
            assert problem["errors"][0]["field"] == "imageMode"
        assert not any(here.simulator.stats()["requests"].values())


async def wait_until(is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_reached():  # noqa: ASYNC110 - the simulator runs in a thread of its own
            await asyncio.sleep(0.02)


async def wait_for_status(
    session: aiohttp.ClientSession, url: str, is_reached: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            async with session.get(url) as response:
                run: dict[str, Any] = await response.json()
            if is_reached(run):
                return run
            await asyncio.sleep(0.1)
