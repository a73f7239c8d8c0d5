"""What goes wrong with a provider's batches outside of a run: files deleted, keys changed, hosts that wake up late."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared.batches.batch_claims import BatchClaims
from shared.config import StoreSettings
from shared.errors import ModelError, StoreUnavailableError
from shared.images.image_batches import ImageBatchWork
from shared.images.list_images import list_generating_runs
from shared.messages.base import NANO_PER_USD
from shared.messages.images import ImageJob
from shared.models.batches import BatchKind, ProviderBatch
from shared.models.provider_names import Provider
from shared.models.providers.openai_batches import OpenAIBatches
from shared.reasons import Reason
from shared.storage import paths
from tests.support.batch_lab import IMAGES_PER_BATCH, ITEMS, Lab, Moment, lab, wait_for_status, wait_until
from tests.support.fault_injection import FaultInjection, KillAtReturn, Side


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.images.image_batch_size.MAX_BATCH_IMAGES", IMAGES_PER_BATCH)


async def read_images(here: Lab) -> dict[str, bytes]:
    async with here.open_store() as store:
        files = [info.path async for info in store.list_files("catalogs/toys/images/")]
        contents = [await store.read(path) for path in files]
    return {path: content.data for path, content in zip(files, contents, strict=True) if content is not None}


async def test_a_batch_whose_results_were_deleted_is_counted_and_its_images_are_generated_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    iterate, deleted = OpenAIBatches.iterate_answers, list[str]()

    async def delete_first(self: OpenAIBatches, batch: ProviderBatch, *given: Any) -> Any:
        if not deleted:
            deleted.append(str(batch.output_file_id))
        found = replace(batch, output_file_id="file-deleted") if batch.output_file_id in deleted else batch
        async for answer in iterate(self, found, *given):
            yield answer

    monkeypatch.setattr(OpenAIBatches, "iterate_answers", delete_first)
    async with lab(tmp_path, batches={"seconds": 0.5}) as here:
        await here.run()
        summary, stats = await here.read_summary(), here.simulator.stats()
    assert (summary["status"], summary["imagesMade"]) == ("Completed", ITEMS)
    assert sum(stats["billedImagesByPrompt"].values()) > ITEMS
    assert summary["cost"]["imageCalls"] == stats["billedImageCount"]
    assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], rel=0.05)


@pytest.mark.parametrize("is_old", [False, True])
async def test_a_batch_that_the_provider_does_not_have_stops_the_run_until_it_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_old: bool
) -> None:
    read = OpenAIBatches.read

    async def refuse(self: OpenAIBatches, batch_id: str) -> ProviderBatch:
        await read(self, batch_id)
        raise ModelError(Reason.MODEL_NOT_FOUND, "no such batch", status=404)

    monkeypatch.setattr(OpenAIBatches, "read", refuse)
    if is_old:
        monkeypatch.setattr("shared.batches.collect_batch.KEPT_FOR", timedelta())
    async with lab(tmp_path, batches={"seconds": 0.5}, items=IMAGES_PER_BATCH) as here:
        await here.run()
        summary = await here.read_summary()
        async with here.open_store() as store:
            claims = [claim async for claim in BatchClaims[ImageJob](store, here.run_id, BatchKind.IMAGE).iterate()]
    if is_old:
        assert (summary["status"], summary["imagesMade"]) == ("Completed", IMAGES_PER_BATCH)
        assert summary["cost"]["imageCalls"] == 2 * IMAGES_PER_BATCH  # the lost ones were billed, too
    else:
        assert (summary["status"], summary["error"]["reason"]) == ("Failed", "not_configured")
        assert [claim.open_batch is not None for claim in claims if claim.jobs] == [True]


async def test_answers_that_a_completed_batch_lacks_count_as_billed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    iterate, cut = OpenAIBatches.iterate_answers, list[str]()

    async def cut_off(self: OpenAIBatches, batch: ProviderBatch, *given: Any) -> Any:
        async for answer in iterate(self, batch, *given):
            if batch.id in cut or not cut:
                cut.append(batch.id)
                return
            yield answer

    monkeypatch.setattr(OpenAIBatches, "iterate_answers", cut_off)
    async with lab(tmp_path, batches={"seconds": 0.5}) as here:
        await here.run()
        summary, stats = await here.read_summary(), here.simulator.stats()
    assert (summary["status"], summary["imagesMade"]) == ("Completed", ITEMS)
    assert summary["cost"]["imageCalls"] == stats["billedImageCount"] > ITEMS


async def test_a_refused_creation_of_a_batch_leaves_its_images_to_the_fallback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> ProviderBatch:
        raise ModelError(Reason.BAD_REQUEST, "no batches for this organization", status=400)

    monkeypatch.setattr(OpenAIBatches, "create", refuse)
    async with lab(tmp_path) as here:
        await here.run()
        await here.check(is_all_batched=False)


@pytest.mark.parametrize("is_forced", [False, True])
async def test_a_late_answer_does_not_replace_the_image_of_a_newer_run(tmp_path: Path, *, is_forced: bool) -> None:
    store, request = StoreSettings(folder=str(tmp_path / "store")), {"forceImages": is_forced}
    async with lab(tmp_path, batches={"seconds": 3}, store=store, request=request) as here:
        assert await here.run_process(Moment("iterate_newest", Side.BEFORE))
        others = []
        for number, mode in enumerate(("normal", "batch")):
            folder = tmp_path / mode
            folder.mkdir()
            processes = 10 * (number + 1)
            others.append(
                replace(here, folder=folder, processes=processes, key=mode, request={"imageMode": mode}, run_id="")
            )
        normal, batch = others
        await normal.run()
        images = await read_images(here)
        missing = min(images)
        async with here.open_store() as opened:
            await opened.delete(missing)
        await batch.run()
        found = await read_images(here)
        assert found.keys() == images.keys()
        assert {path for path in images if found[path] != images[path]} <= {missing}
        stats = here.simulator.stats()
        calls = [call for one in (here, normal, batch) for call in await one.list_calls()]
    assert len(images) == ITEMS
    assert sum(call.cost.nano_usd for call in calls) / NANO_PER_USD == pytest.approx(stats["costUsd"], abs=0.0001)


async def test_a_run_that_is_cancelled_before_its_first_claim_has_no_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = asyncio.Event()

    async def refuse(*_: Any) -> Any:
        tried.set()
        raise StoreUnavailableError("away")

    monkeypatch.setattr(BatchClaims, "create", refuse)
    async with lab(tmp_path) as here, here.host(FaultInjection()) as host, aiohttp.ClientSession() as session:
        await here.start(host)
        await tried.wait()
        async with session.post(f"{host.url}/api/runs/{here.run_id}/cancel") as response:
            assert response.status == 202
        await host.engine.wait_for_completion(here.run_id)
        assert await here.list_calls() == []


async def test_of_two_batches_for_one_claim_the_later_one_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, created = OpenAIBatches.create, list[str]()

    async def create_twice(self: OpenAIBatches, file_id: str, metadata: Any, kind: Any) -> ProviderBatch:
        if not created:  # a delivery that was taken for dead goes on
            other = await create(self, file_id, metadata, kind)
            async with here.open_store() as store:
                claims = BatchClaims[ImageJob](store, here.run_id, BatchKind.IMAGE)
                stored = await claims.read(1)
                assert stored is not None
                await claims.change(stored, replace(stored.claim, batch_id=other.id))
        batch = await create(self, file_id, metadata, kind)
        created.append(batch.id)
        return batch

    monkeypatch.setattr(OpenAIBatches, "create", create_twice)
    async with (
        lab(tmp_path, batches={"seconds": 30}) as here,
        here.host(FaultInjection()) as host,
        aiohttp.ClientSession() as session,
    ):
        await here.start(host)
        await wait_until(lambda: len(created) >= 3)
        async with session.get(f"{here.simulator.url}/v1/batches/{created[0]}") as response:
            assert (await response.json())["status"] in {"cancelling", "cancelled"}
        await wait_for_status(session, f"{host.url}/api/runs/{here.run_id}", lambda run: "imageBatches" in run)


async def test_the_image_of_an_item_that_was_pruned_meanwhile_is_counted_and_kept_with_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, gone = ImageBatchWork.make_task, list[str]()
    iterate = OpenAIBatches.iterate_answers

    async def prune_first(self: OpenAIBatches, batch: ProviderBatch, *given: Any) -> Any:
        async for answer in iterate(self, batch, *given):
            if not gone:
                gone.append(answer.custom_id)
            yield answer

    async def make_task(self: ImageBatchWork, job: ImageJob, *given: Any) -> Any:
        if job.product_id in gone:
            raise LookupError(job.product_id)
        return await make(self, job, *given)

    monkeypatch.setattr(OpenAIBatches, "iterate_answers", prune_first)
    monkeypatch.setattr(ImageBatchWork, "make_task", make_task)
    request = {"maxCostUsd": 1.0}
    async with lab(tmp_path, batches={"seconds": 0.5}, request=request) as here:
        await here.run(KillAtReturn("collect_image_batch"))
        summary, stats, calls = await here.read_summary(), here.simulator.stats(), await here.list_calls()
        async with here.open_store() as store:
            claims = [claim async for claim in BatchClaims[ImageJob](store, here.run_id, BatchKind.IMAGE).iterate()]
            kept = await store.describe(paths.result_file(here.run_id, gone[0], "iteration_1.png"))
            ledger = await store.read(paths.run_file(here.run_id, "ledger.json"))
    assert summary["imagesMade"] == ITEMS - 1
    assert kept is not None
    assert kept.size > 0
    assert all(claim.open_batch is None for claim in claims)
    billed = sum(call.cost.nano_usd for call in calls)
    assert ledger is not None
    assert json.loads(ledger.data)["spentNanoUsd"] == billed
    assert billed / NANO_PER_USD == pytest.approx(stats["costUsd"], abs=1e-6)
    assert summary["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)


@pytest.mark.parametrize("provider", [Provider.OPENAI, Provider.FAL])
async def test_a_batch_costs_what_its_model_cost_when_it_was_submitted(tmp_path: Path, provider: Provider) -> None:
    request = {"maxCostUsd": 1.0}
    async with lab(tmp_path, batches={"seconds": 2}, items=IMAGES_PER_BATCH, request=request) as here:
        assert await here.run_process(Moment("create", Side.AFTER))
        here.model = {"image_deployment": "a-model-without-batches", "image_provider": provider}
        await here.run()
        await here.check()
        calls = await here.list_calls()
    assert {call.model for call in calls} == {"gpt-image-2"}
    assert len(calls) == IMAGES_PER_BATCH


async def test_a_file_that_is_uploaded_after_a_change_of_the_model_names_the_model_of_its_claim(tmp_path: Path) -> None:
    async with lab(tmp_path, batches={"seconds": 0.5}, items=IMAGES_PER_BATCH) as here:
        assert await here.run_process(Moment("upload", Side.BEFORE))
        here.model = {"image_deployment": "gpt-image-1.5"}
        await here.run()
        await here.check()
        calls = await here.list_calls()
    assert {call.model for call in calls} == {"gpt-image-2"}


async def test_a_repair_of_a_complete_catalog_takes_the_images_of_a_host_that_is_gone(tmp_path: Path) -> None:
    store = StoreSettings(folder=str(tmp_path / "store"))
    async with lab(tmp_path, batches={"seconds": 0.5}, items=IMAGES_PER_BATCH, store=store) as here:
        await here.run()
        forced = replace(here, request={"forceImages": True}, key="forced")
        assert await forced.run_process(KillAtReturn("submit_image_batch"))
        folder = tmp_path / "other"
        folder.mkdir()
        other = replace(here, folder=folder, processes=10)
        async with other.host(FaultInjection()) as host, aiohttp.ClientSession() as session:
            async with session.post(f"{host.url}/api/catalogs/toys/repair", json={}) as response:
                other.run_id = (await response.json())["runId"]
            await host.engine.wait_for_completion(other.run_id)
        summary, stats = await other.read_summary(), here.simulator.stats()
        async with here.open_store() as opened:
            generated_by = await list_generating_runs(opened, "toys")
        calls = [call for one in (here, forced) for call in await one.list_calls()]
        assert await other.list_calls() == []
    assert summary["progress"]["images"] == {"done": IMAGES_PER_BATCH, "failed": 0, "total": IMAGES_PER_BATCH}
    assert (summary["status"], summary["cost"]["usd"]) == ("Completed", 0)
    assert stats["billedImageCount"] == 2 * IMAGES_PER_BATCH
    assert list(generated_by.values()) == [forced.run_id] * IMAGES_PER_BATCH
    assert sum(call.cost.nano_usd for call in calls) / NANO_PER_USD == pytest.approx(stats["costUsd"], abs=1e-6)


def list_late(monkeypatch: pytest.MonkeyPatch, creations: Sequence[str]) -> None:
    """Let the provider's list be empty until a second creation was sent, and let nobody wait for the list."""
    iterate = OpenAIBatches.iterate_newest

    async def iterate_late(self: OpenAIBatches) -> Any:
        async for batch in iterate(self):
            if len(creations) > 1:
                yield batch

    monkeypatch.setattr(OpenAIBatches, "iterate_newest", iterate_late)
    monkeypatch.setattr("shared.batches.submit_batch.CREATION_SETTLES_AFTER", timedelta())


@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_batch_that_was_listed_too_late_and_created_twice_is_counted_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_lost: bool
) -> None:
    create, created = OpenAIBatches.create, list[str]()

    async def lose_first(self: OpenAIBatches, *given: Any) -> ProviderBatch:
        batch = await create(self, *given)
        created.append(batch.id)
        if len(created) == 1:
            raise ModelError(Reason.TIMEOUT_AMBIGUOUS, "no answer")
        return batch

    answers = OpenAIBatches.iterate_answers

    async def lose_first_results(self: OpenAIBatches, batch: ProviderBatch, *given: Any) -> Any:
        found = replace(batch, output_file_id="file-deleted") if batch.id == created[0] else batch
        async for answer in answers(self, found, *given):
            yield answer

    monkeypatch.setattr(OpenAIBatches, "create", lose_first)
    list_late(monkeypatch, created)
    if is_lost:
        monkeypatch.setattr(OpenAIBatches, "iterate_answers", lose_first_results)
    request = {"maxCostUsd": 1.0}
    async with lab(tmp_path, batches={"seconds": 0.5}, items=IMAGES_PER_BATCH, request=request) as here:
        await here.run(KillAtReturn("collect_image_batch"))
        summary, stats, calls = await here.read_summary(), here.simulator.stats(), await here.list_calls()
        async with here.open_store() as store:
            ledger = await store.read(paths.run_file(here.run_id, "ledger.json"))
    billed = sum(call.cost.nano_usd for call in calls)
    assert (summary["status"], summary["imagesMade"], len(created)) == ("Completed", IMAGES_PER_BATCH, 2)
    assert summary["cost"]["imageCalls"] == stats["billedImageCount"] == len(calls) == 2 * IMAGES_PER_BATCH
    assert billed / NANO_PER_USD == pytest.approx(stats["costUsd"], rel=0.05 if is_lost else 1e-6)
    assert ledger is not None
    assert json.loads(ledger.data)["spentNanoUsd"] == billed


async def test_a_creation_that_was_refused_after_a_lost_one_is_not_repeated_once_the_lost_one_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, calls = OpenAIBatches.create, list[str]()

    async def lose_first(self: OpenAIBatches, *given: Any) -> ProviderBatch:
        calls.append("create")
        if len(calls) == 2:
            raise ModelError(Reason.RATE_LIMITED, "slow down", status=429, retry_after_seconds=0.1)
        batch = await create(self, *given)
        if len(calls) == 1:
            raise ModelError(Reason.TIMEOUT_AMBIGUOUS, "no answer")
        return batch

    monkeypatch.setattr(OpenAIBatches, "create", lose_first)
    list_late(monkeypatch, calls)
    async with lab(tmp_path, batches={"seconds": 0.5}, items=IMAGES_PER_BATCH) as here:
        await here.run()
        await here.check()
    assert len(calls) == 2


@pytest.mark.parametrize("is_changed", [False, True])
async def test_an_item_that_was_pruned_and_imported_again_gets_its_image_if_its_prompt_is_the_same(
    tmp_path: Path, *, is_changed: bool
) -> None:
    store = StoreSettings(folder=str(tmp_path / "store"))
    rows = [{"filename": f"boat-{number}.png", "prompt": f"a red toy boat number {number}"} for number in range(3)]
    async with lab(tmp_path, batches={"seconds": 0.5}, items=3, rows=rows, store=store) as here:
        await here.run(KillAtReturn("submit_image_batch"))
        (tmp_path / "other").mkdir()
        async with here.open_store() as opened:
            for info in [info async for info in opened.list_files("catalogs/toys/images/")][1:]:
                await opened.delete(info.path)
        lost = replace(here, key="lost")
        assert await lost.run_process(KillAtReturn("submit_image_batch"))
        again = rows if not is_changed else [row | {"prompt": f"{row['prompt']} at night"} for row in rows]
        other = replace(here, folder=tmp_path / "other", processes=10, key="other", rows=again)
        async with other.host(FaultInjection()) as host, aiohttp.ClientSession() as session:
            async with session.post(f"{host.url}/api/catalogs/toys/prune") as response:
                assert len((await response.json())["pruned"]) == 2
            await other.start(host)
            await host.engine.wait_for_completion(other.run_id)
        summary, stats = await other.read_summary(), here.simulator.stats()
        calls = [call for one in (here, lost, other) for call in await one.list_calls()]
    assert summary["status"] == "Completed"
    assert stats["billedImageCount"] == (8 if is_changed else 5)
    assert sum(call.cost.nano_usd for call in calls) / NANO_PER_USD == pytest.approx(stats["costUsd"], abs=1e-6)


async def test_an_image_of_a_row_that_was_changed_meanwhile_is_counted_and_not_used(tmp_path: Path) -> None:
    store = StoreSettings(folder=str(tmp_path / "store"))
    rows = [{"id": f"boat-{number}", "prompt": f"a red toy boat number {number}"} for number in range(3)]
    async with lab(tmp_path, batches={"seconds": 0.5}, items=3, rows=rows, store=store) as here:
        assert await here.run_process(KillAtReturn("submit_image_batch"))
        (tmp_path / "other").mkdir()
        changed = [rows[0] | {"prompt": "a blue toy boat"}, *rows[1:]]
        other = replace(here, folder=tmp_path / "other", processes=10, key="other", rows=changed)
        await other.run()
        summary, stats = await other.read_summary(), here.simulator.stats()
        calls = [call for one in (here, other) for call in await one.list_calls()]
        async with here.open_store() as opened:
            generated_by = await list_generating_runs(opened, "toys")
    assert summary["status"] == "Completed"
    assert sorted(text.partition(",")[0] for text in stats["billedImagesByPrompt"]) == sorted(
        row["prompt"] for row in (*rows, changed[0])
    )
    assert sorted(generated_by.values()) == sorted([here.run_id, here.run_id, other.run_id])
    assert sum(call.cost.nano_usd for call in calls) / NANO_PER_USD == pytest.approx(stats["costUsd"], abs=1e-6)
