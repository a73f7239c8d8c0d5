"""Image prompts that the text model writes in the provider's batches: killed, expired, cancelled, over budget."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared.batches.batch_claims import BatchClaims
from shared.config import StoreSettings
from shared.errors import ModelError
from shared.messages.base import NANO_PER_USD
from shared.messages.batches import PromptJob
from shared.models.batches import BatchKind, ProviderBatch
from shared.models.provider_names import Provider
from shared.models.providers.openai_batches import OpenAIBatches
from shared.reasons import Reason
from tests.support.azurite import Azurite
from tests.support.batch_lab import REQUEST, Lab, Moment, lab, wait_for_status, wait_until
from tests.support.fault_injection import DeliverTwice, FaultInjection, KillAtChange, KillAtReturn, Side
from tests.support.input_rows import make_products

ITEMS, LINES_PER_BATCH = 45, 2
"""Three text calls in two batches."""

TEXT: Mapping[str, Any] = {
    "source": "products",
    "promptWriter": "model",
    "textMode": "batch",
    "imageMode": "normal",
    "parallelImageRequests": 16,
}
IN_BATCHES: Mapping[str, Any] = {"imageMode": "batch"}
"""So that a kill interrupts no normal call, which would be billed again."""

ACTIVITIES = ("open_prompt_batches", "submit_prompt_batch", "check_prompt_batches", "collect_prompt_batch")
NOTE = "image prompts from the template"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("submit_batch", "collect_batch"):
        monkeypatch.setattr(f"shared.batches.{module}.CREATION_SETTLES_AFTER", timedelta(seconds=25))
    monkeypatch.setattr("shared.catalog.prompt_batches.MAX_BATCH_LINES", LINES_PER_BATCH)
    monkeypatch.setattr("shared.images.image_batch_size.MAX_BATCH_IMAGES", 20)


@asynccontextmanager
async def rows_lab(tmp_path: Path, further: Mapping[str, Any] | None = None, **settings: Any) -> AsyncIterator[Lab]:
    request = {**TEXT, **(further or {})}
    async with lab(tmp_path, request=request, items=ITEMS, rows=make_products(ITEMS), **settings) as here:
        yield here


async def read_prompts(here: Lab) -> list[str]:
    async with here.open_store() as store:
        content = await store.read("catalogs/toys/importer-catalog.json")
    assert content is not None
    return [row["imagePrompt"] for row in json.loads(content.data)]


async def check(here: Lab, *, text_calls: int | None = 3) -> dict[str, Any]:
    """Check that each image and each text call was billed once, and that every prompt is the model's."""
    summary = await here.check(is_all_batched=False)
    prompts = await read_prompts(here)
    assert set(here.simulator.stats()["billedImagesByPrompt"]) == set(prompts)
    assert not any(NOTE in note for note in summary["notes"])
    if text_calls is not None:
        assert summary["cost"]["textCalls"] == text_calls
        assert here.simulator.stats()["requests"]["responses"] == {"200": text_calls}
    return summary


async def test_prompts_in_batches_are_those_of_normal_calls_at_half_the_price(tmp_path: Path) -> None:
    found = {}
    for mode in ("normal", "batch"):
        folder = tmp_path / mode
        folder.mkdir()
        async with rows_lab(folder, {"textMode": mode}) as here:
            await here.run()
            summary = await check(here)
            calls = [call for call in await here.list_calls() if call.kind == "text"]
            found[mode] = await read_prompts(here), sum(call.cost.nano_usd for call in calls), summary["cost"]
    (written, full, _), (in_batches, half, cost) = found["normal"], found["batch"]
    assert in_batches == written
    assert half == pytest.approx(full / 2)
    assert cost["normalUsd"] - cost["usd"] == pytest.approx(half / NANO_PER_USD, abs=0.0001)


async def test_a_run_has_its_prompts_and_its_images_in_batches(tmp_path: Path) -> None:
    async with rows_lab(tmp_path, {"imageMode": "batch"}) as here:
        await here.run()
        summary = await check(here)
        async with here.open_store() as store:
            claims = [claim async for claim in BatchClaims[PromptJob](store, here.run_id, BatchKind.PROMPT).iterate()]
    assert [[job.batch for job in claim.jobs] for claim in claims] == [[1, 2], [3]]
    assert summary["cost"]["normalUsd"] == pytest.approx(2 * summary["cost"]["usd"], abs=0.0002)


async def test_a_second_run_writes_no_prompt_again(tmp_path: Path) -> None:
    async with rows_lab(tmp_path) as here:
        await here.run()
        async with here.host(FaultInjection()) as host:
            again = await here.start_other(host, "two")
            await host.engine.wait_for_completion(again)
        await check(here)


async def test_a_repair_finds_the_prompts_and_makes_the_missing_images(tmp_path: Path) -> None:
    async with rows_lab(tmp_path, IN_BATCHES) as here:
        await here.run()
        before = here.simulator.stats()["costUsd"]
        for image in sorted((tmp_path / "catalogs/toys/images").iterdir())[:3]:
            image.unlink()
        async with here.host(FaultInjection()) as host, aiohttp.ClientSession() as session:
            async with session.post(f"{host.url}/api/catalogs/toys/repair", json={}) as response:
                here.run_id = (await response.json())["runId"]
            await host.engine.wait_for_completion(here.run_id)
        summary, billed = await here.read_summary(), here.simulator.stats()["costUsd"] - before
    assert (summary["status"], summary["imagesMade"], summary["cost"]["textCalls"]) == ("Completed", 3, 0)
    assert summary["cost"]["usd"] == pytest.approx(billed, abs=0.0001)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("call", ["upload", "create", "read", "iterate_answers"])
async def test_a_kill_around_a_call_of_the_provider_bills_nothing_twice(tmp_path: Path, call: str, side: Side) -> None:
    async with rows_lab(tmp_path, IN_BATCHES) as here:
        assert await here.run(Moment(call, side)) == 1
        await check(here)


async def test_an_interrupted_creation_finds_its_batch(tmp_path: Path) -> None:
    async with rows_lab(tmp_path, IN_BATCHES) as here:
        assert await here.run(Moment("create", Side.AFTER), Moment("iterate_newest", Side.BEFORE)) == 2
        await check(here)


@pytest.mark.parametrize("activity", ACTIVITIES)
async def test_a_kill_before_a_result_is_recorded_bills_nothing_twice(tmp_path: Path, activity: str) -> None:
    async with rows_lab(tmp_path, IN_BATCHES) as here:
        assert await here.run(KillAtReturn(activity)) == 1
        await check(here)


@pytest.mark.parametrize("seed", range(3))
async def test_kills_around_random_store_changes_bill_nothing_twice(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    names = ("submit_prompt_batch", "collect_prompt_batch")
    kills = [KillAtChange(draw.choice(names), draw.randrange(8), draw.choice([*Side])) for _ in range(4)]
    async with rows_lab(tmp_path, IN_BATCHES) as here:
        await here.run(*kills)
        await check(here)


async def test_a_run_collects_the_prompts_of_a_host_that_is_gone(tmp_path: Path) -> None:
    store = StoreSettings(folder=str(tmp_path / "store"))
    async with rows_lab(tmp_path, IN_BATCHES, batches={"seconds": 4}, store=store) as here:
        assert await here.run_process(KillAtReturn("check_prompt_batches"))
        folder = tmp_path / "other"
        folder.mkdir()
        other = replace(here, folder=folder, processes=10, key="two")
        await other.run()
        summary, stats = await other.read_summary(), here.simulator.stats()
        calls = await here.list_calls() + await other.list_calls()
    assert (summary["status"], summary["imagesMade"], summary["cost"]["textCalls"]) == ("Completed", ITEMS, 0)
    assert stats["requests"]["responses"] == {"200": 3}
    assert sum(call.cost.nano_usd for call in calls) / NANO_PER_USD == pytest.approx(stats["costUsd"], abs=0.0001)


async def test_prompts_of_rows_that_were_changed_meanwhile_are_counted_and_written_again(tmp_path: Path) -> None:
    store = StoreSettings(folder=str(tmp_path / "store"))
    rows = make_products(20)
    changed = [{**rows[0], "name": "Velvet Sofa", "description": "A sofa."}, *rows[1:]]
    async with rows_lab(tmp_path, IN_BATCHES, store=store) as here:
        here.rows, here.items = rows, 20
        assert await here.run_process(KillAtReturn("submit_prompt_batch"))
        folder = tmp_path / "other"
        folder.mkdir()
        other = replace(here, folder=folder, processes=10, key="two", rows=changed)
        await other.run()
        summary, stats, prompts = await other.read_summary(), here.simulator.stats(), await read_prompts(here)
        calls = await here.list_calls() + await other.list_calls()
    assert (summary["status"], summary["imagesMade"]) == ("Completed", 20)
    assert stats["requests"]["responses"] == {"200": 2}
    assert ["sofa" in prompt.casefold() for prompt in prompts] == [True] + 19 * [False]
    assert sum(call.cost.nano_usd for call in calls) / NANO_PER_USD == pytest.approx(stats["costUsd"], abs=0.0001)


async def test_messages_that_are_delivered_twice_create_one_batch(tmp_path: Path) -> None:
    async with rows_lab(tmp_path) as here:
        await here.run(DeliverTwice())
        await check(here)


@pytest.mark.parametrize(
    "batches", [{"expiresAfterSeconds": 0.01}, {"expiresAfterSeconds": 1.2}, {"lineErrorRate": 0.5}]
)
async def test_lines_without_an_answer_take_the_normal_route(tmp_path: Path, batches: dict[str, Any]) -> None:
    async with rows_lab(tmp_path, batches=batches) as here:
        await here.run()
        await check(here)


async def test_unusable_answers_are_billed_and_written_by_normal_calls(tmp_path: Path) -> None:
    async with rows_lab(tmp_path, faults={"rates": {"truncated_json": 0.4, "refusal": 0.3}}) as here:
        await here.run()
        summary, stats = await here.read_summary(), here.simulator.stats()
        audited = sum(call.cost.nano_usd for call in await here.list_calls()) / NANO_PER_USD
    assert summary["status"] == "Completed"
    assert summary["cost"]["textCalls"] > 3
    assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)
    assert audited == pytest.approx(stats["costUsd"], abs=1e-6)


async def test_prompts_that_break_a_rule_are_the_templates(tmp_path: Path) -> None:
    async with rows_lab(tmp_path, faults={"rates": {"forbidden_words": 1}}) as here:
        await here.run()
        summary = await here.check(is_all_batched=False)
    assert any(NOTE in note for note in summary["notes"])
    assert summary["cost"]["textCalls"] == 3


async def test_the_limit_of_enqueued_work_only_delays(tmp_path: Path) -> None:
    async with rows_lab(tmp_path, batches={"maxEnqueuedImages": 1, "seconds": 0.5}) as here:
        await here.run()
        await check(here)


async def test_a_budget_is_never_exceeded(tmp_path: Path) -> None:
    async with rows_lab(tmp_path) as here:
        await here.run()
        spent = sum(call.cost.nano_usd for call in await here.list_calls() if call.kind == "text") / NANO_PER_USD
    (tmp_path / "limited").mkdir()
    budget = spent * 1.2
    request = {"maxCostUsd": budget, "acceptEstimate": True}
    async with rows_lab(tmp_path / "limited", request) as here:
        await here.run()
        summary, stats = await here.read_summary(), here.simulator.stats()
    assert stats["costUsd"] <= budget
    assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)
    assert summary["error"]["reason"] == "budget"


async def test_prompts_of_trial_images_are_written_at_once_and_the_others_in_batches(tmp_path: Path) -> None:
    further = {**IN_BATCHES, "styleReference": {"firstApproved": 3}}
    async with rows_lab(tmp_path, further) as here, here.host(FaultInjection()) as host:
        await here.start(host)
        async with aiohttp.ClientSession() as session:
            url = f"{host.url}/api/runs/{here.run_id}"
            await wait_for_status(session, url, lambda run: run["status"] == "Paused")
            trial = here.simulator.stats()["requests"]
            async with session.get(f"{host.url}/api/catalogs/toys/items?sort=accepted") as response:
                rows = (await response.json())["items"][:3]
            approved = [
                {"productId": row["itemId"], "decision": "approved", "sha256": row["image"]["sha256"]} for row in rows
            ]
            async with session.put(f"{host.url}/api/catalogs/toys/decisions", json={"decisions": approved}) as response:
                assert (await response.json())["recorded"] == 3
            async with session.post(f"{url}/resume") as response:
                assert response.status == 202
        await host.engine.wait_for_completion(here.run_id)
        await check(here)
        texts = [call for call in await here.list_calls() if call.kind == "text"]
    assert (trial["images"], trial["responses"]) == ({"200": 3}, {"200": 1})
    assert sorted(call.cost.saved_nano_usd > 0 for call in texts) == [False, True, True]


async def test_a_cancelled_run_keeps_and_counts_the_prompts_that_were_finished(tmp_path: Path) -> None:
    async with rows_lab(tmp_path, batches={"seconds": 12}) as here, here.host(FaultInjection()) as host:
        here.stop_batches_at_first_line()
        await here.start(host)
        await wait_until(lambda: here.simulator.stats()["requests"]["responses"].get("200", 0) > 0)
        async with aiohttp.ClientSession() as session:
            url = f"{host.url}/api/runs/{here.run_id}"
            status = await wait_for_status(session, url, lambda run: run.get("textBatches", {}).get("batches") == 2)
            async with session.post(f"{url}/cancel") as response:
                assert response.status == 202
        await host.engine.wait_for_completion(here.run_id)
        summary, stats = await here.read_summary(), here.simulator.stats()
        async with here.open_store() as store:
            files = [info async for info in store.list_files("catalogs/toys/state/prompts/")]
    assert status["textBatches"]["calls"] == 3
    assert summary["status"] == "Cancelled"
    assert summary["cost"]["textCalls"] == stats["requests"]["responses"]["200"] == len(files) < 3
    assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)


async def test_a_cancel_ends_the_wait_for_prompts_at_once(tmp_path: Path) -> None:
    model = {"image_batch_check_seconds": 86_400}
    async with rows_lab(tmp_path, batches={"seconds": 1e6}, model=model) as here, here.host(FaultInjection()) as host:
        await here.start(host)
        async with aiohttp.ClientSession() as session:
            await wait_for_status(session, f"{host.url}/api/runs/{here.run_id}", lambda run: "textBatches" in run)
            async with session.post(f"{host.url}/api/runs/{here.run_id}/cancel") as response:
                assert response.status == 202
        async with asyncio.timeout(300):  # the first check is due after three hours
            await host.engine.wait_for_completion(here.run_id)
        assert (await here.read_summary())["status"] == "Cancelled"
    assert here.simulator.stats()["costUsd"] == 0


async def test_a_resumed_run_collects_the_batches_that_it_could_not_read(tmp_path: Path) -> None:
    quick = {"latencySeconds": {"text": 0, "image": 0}, "timeoutSeconds": 0, "batches": {"seconds": 3}}
    async with (
        rows_lab(tmp_path, {"pauseOnBlock": True}, batches={"seconds": 1e6}) as here,
        here.host(FaultInjection()) as host,
        aiohttp.ClientSession() as session,
    ):
        await here.start(host)
        url = f"{host.url}/api/runs/{here.run_id}"
        await wait_for_status(session, url, lambda run: run.get("textBatches", {}).get("batches") == 2)
        here.simulator.set_faults({**quick, "apiKey": "another"})
        await wait_for_status(session, url, lambda run: run["status"] == "Paused")
        here.simulator.set_faults(quick)
        async with session.post(f"{url}/resume") as response:
            assert response.status == 202
        await host.engine.wait_for_completion(here.run_id)
        await check(here)


@pytest.mark.parametrize(
    ("model", "further"),
    [
        ({"text_provider": Provider.AZURE, "endpoint": "http://127.0.0.1:9", "api_key": "k"}, {}),
        ({"text_deployment": "a-model-without-a-price"}, {}),
        ({"text_deployment": "gpt-5.4-pro"}, {}),
        ({}, {"promptWriter": "template"}),
        ({}, {"source": "generate", "input": None, "promptWriter": "template"}),
    ],
    ids=["provider", "unknown model", "model", "template", "items"],
)
async def test_what_has_no_text_for_batches_is_refused_before_anything_is_paid(
    tmp_path: Path, model: dict[str, Any], further: dict[str, Any]
) -> None:
    async with rows_lab(tmp_path, further, model=model) as here, here.host(FaultInjection()) as host:
        for query in ("", "?estimate=true"):
            async with (
                aiohttp.ClientSession() as session,
                session.post(f"{host.url}/api/runs{query}", json={**REQUEST, **here.request}) as response,
            ):
                problem = await response.json(content_type=None)
            assert response.status == 422
            assert "textMode" in json.dumps(problem["errors"])
        assert not any(here.simulator.stats()["requests"].values())


async def test_the_estimate_has_both_prices(tmp_path: Path) -> None:
    modes = [("normal", "normal"), ("normal", "batch"), ("batch", "normal"), ("batch", "batch")]
    async with rows_lab(tmp_path) as here, here.host(FaultInjection()) as host, aiohttp.ClientSession() as session:
        found = {}
        for image, text in modes:
            body = {**REQUEST, **TEXT, "imageMode": image, "textMode": text}
            async with session.post(f"{host.url}/api/runs?estimate=true", json=body) as response:
                found[image, text] = await response.json()
    costs = {mode: estimate["costUsd"] for mode, estimate in found.items()}
    assert {estimate["normalCostUsd"] for estimate in found.values()} == {costs["normal", "normal"]}
    assert {estimate["batchCostUsd"] for estimate in found.values()} == {costs["batch", "batch"]}
    assert costs["normal", "normal"] == pytest.approx(2 * costs["batch", "batch"], abs=0.0002)
    assert costs["batch", "batch"] < costs["batch", "normal"] < costs["normal", "normal"]
    assert costs["batch", "batch"] < costs["normal", "batch"] < costs["normal", "normal"]


@pytest.mark.azurite
async def test_an_interrupted_creation_finds_its_batch_in_blob_storage(tmp_path: Path, azurite: Azurite) -> None:
    async with rows_lab(tmp_path, IN_BATCHES, store=azurite.make_settings()) as here:
        assert await here.run(Moment("create", Side.AFTER), Moment("iterate_answers", Side.BEFORE)) == 2
        await check(here)


async def test_prompts_of_a_batch_that_cannot_be_created_are_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, refused = OpenAIBatches.create, list[str]()

    async def refuse_first(self: OpenAIBatches, file_id: str, metadata: Any, kind: Any) -> ProviderBatch:
        if not refused:
            refused.append(file_id)
            raise ModelError(Reason.BAD_REQUEST, "no", status=400)
        return await create(self, file_id, metadata, kind)

    monkeypatch.setattr(OpenAIBatches, "create", refuse_first)
    async with rows_lab(tmp_path) as here:
        await here.run()
        await check(here)
