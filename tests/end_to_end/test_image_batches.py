"""Batches of images: one whole run each, killed, expired, limited, cancelled, against the simulator in scaled time."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared.batches.batch_claims import BatchClaims
from shared.messages.base import NANO_PER_USD
from shared.messages.images import ImageJob
from shared.models.batches import BatchKind
from shared.models.provider_names import Provider
from tests.support.azurite import Azurite
from tests.support.batch_lab import IMAGES_PER_BATCH, ITEMS, REQUEST, Moment, lab, wait_for_status, wait_until
from tests.support.fault_injection import DeliverTwice, FaultInjection, KillAtChange, KillAtReturn, Side
from tests.support.simulator_calls import QUICK

ACTIVITIES = ("open_image_batches", "submit_image_batch", "check_image_batches", "collect_image_batch")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("submit_batch", "collect_batch"):
        monkeypatch.setattr(f"shared.batches.{module}.CREATION_SETTLES_AFTER", timedelta(seconds=25))
    monkeypatch.setattr("shared.images.image_batch_size.MAX_BATCH_IMAGES", IMAGES_PER_BATCH)


async def test_generated_items_go_into_batches_once_they_are_written(tmp_path: Path) -> None:
    request = {"source": "generate", "input": None, "targetCount": ITEMS, "categoryCount": 2, "batchSize": 6}
    async with lab(tmp_path, request=request) as here:
        assert await here.run() == 0
        await here.check(is_all_batched=False)


@pytest.mark.azurite
async def test_an_interrupted_creation_finds_its_batch_in_blob_storage(tmp_path: Path, azurite: Azurite) -> None:
    request = {"source": "generate", "input": None, "targetCount": ITEMS, "categoryCount": 2, "batchSize": 6}
    async with lab(tmp_path, request=request, store=azurite.make_settings()) as here:
        assert await here.run(Moment("create", Side.AFTER), Moment("iterate_answers", Side.BEFORE)) == 2
        await here.check(is_all_batched=False)


async def test_an_interrupted_creation_finds_its_batch(tmp_path: Path) -> None:
    async with lab(tmp_path) as here:
        assert await here.run(Moment("create", Side.AFTER), Moment("iterate_newest", Side.BEFORE)) == 2
        await here.check()


async def test_a_run_in_batches_costs_half_for_its_images(tmp_path: Path) -> None:
    async with lab(tmp_path) as here:
        assert await here.run() == 0
        summary = await here.check()
        async with here.open_store() as store:
            claims = [claim async for claim in BatchClaims[ImageJob](store, here.run_id, BatchKind.IMAGE).iterate()]
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
            await here.check(is_all_batched=False)
        stats, summary = here.simulator.stats(), await here.read_summary()
    assert set(stats["billedImagesByPrompt"].values()) == {1}
    assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)


async def test_half_done_batches_end_complete_by_the_next_batches(tmp_path: Path) -> None:
    batches = {"seconds": 2, "expiresAfterSeconds": 1.2}
    async with (
        lab(tmp_path, batches=batches, request={"batchFallback": "next-batch"}) as here,
        here.host(FaultInjection()) as host,
        aiohttp.ClientSession() as session,
    ):
        await here.start(host)
        async with asyncio.timeout(300):
            while (await list_statuses(session, here.simulator.url))[-3:] != ["expired"] * 3:  # noqa: ASYNC110 - a server of its own
                await asyncio.sleep(0.05)
        here.simulator.set_faults({**QUICK, "batches": {"seconds": 1}})
        await host.engine.wait_for_completion(here.run_id)
        await here.check()
        later = await list_statuses(session, here.simulator.url)
    assert later[0] == "completed"


async def list_statuses(session: aiohttp.ClientSession, simulator: str) -> list[str]:
    """Return the statuses of all batches, the newest first."""
    async with session.get(f"{simulator}/v1/batches") as response:
        return [batch["status"] for batch in (await response.json())["data"]]


async def test_half_done_batches_keep_what_they_finished_without_a_fallback(tmp_path: Path) -> None:
    batches, request = {"seconds": 2, "expiresAfterSeconds": 1.2}, {"batchFallback": "none"}
    async with lab(tmp_path, batches=batches, request=request) as here:
        await here.run()
        summary, stats = await here.read_summary(), here.simulator.stats()
    assert 0 < summary["imagesMade"] == stats["billedImageCount"] < ITEMS
    assert summary["failures"] == {"batch_expired": ITEMS - stats["billedImageCount"]}
    assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)


async def test_lines_that_fail_are_generated_by_the_fallback(tmp_path: Path) -> None:
    async with lab(tmp_path, batches={"lineErrorRate": 0.4}) as here:
        await here.run()
        await here.check(is_all_batched=False)


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


async def test_what_batches_cannot_do_is_refused_before_anything_is_paid(tmp_path: Path) -> None:
    async with lab(tmp_path) as here, here.host(FaultInjection()) as host, aiohttp.ClientSession() as session:
        async with session.post(f"{host.url}/api/runs", json=REQUEST | {"refine": {"iterations": 2}}) as response:
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
        here.stop_batches_at_first_line()
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
    model = {"image_batch_check_seconds": 86_400}
    async with lab(tmp_path, batches={"seconds": 1e6}, model=model) as here, here.host(FaultInjection()) as host:
        await here.start(host)
        async with aiohttp.ClientSession() as session:
            await wait_for_status(session, f"{host.url}/api/runs/{here.run_id}", lambda run: "imageBatches" in run)
            async with session.post(f"{host.url}/api/runs/{here.run_id}/cancel") as response:
                assert response.status == 202
        async with asyncio.timeout(300):  # the first check is due after three hours
            await host.engine.wait_for_completion(here.run_id)
        assert (await here.read_summary())["status"] == "Cancelled"
    assert here.simulator.stats()["billedImageCount"] == 0


async def test_a_resumed_run_collects_the_batches_that_it_could_not_read(tmp_path: Path) -> None:
    request = {"pauseOnBlock": True}
    async with (
        lab(tmp_path, batches={"seconds": 1e6}, request=request) as here,
        here.host(FaultInjection()) as host,
        aiohttp.ClientSession() as session,
    ):
        await here.start(host)
        url = f"{host.url}/api/runs/{here.run_id}"
        await wait_for_status(session, url, lambda run: run.get("imageBatches", {}).get("batches") == 3)
        here.simulator.set_faults({**QUICK, "batches": {"seconds": 3}, "apiKey": "another"})
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
