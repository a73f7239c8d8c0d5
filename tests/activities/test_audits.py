"""Each call that was really made is in the audit once, and no audit is worth a run."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.audit.write_audit import audit_path
from shared.errors import ModelError, StoreUnavailableError
from shared.messages.base import Cost, Counters, Failure
from shared.messages.images import ImageCall
from shared.messages.run import FinishRunInput, PublishResult
from shared.messages.text import TextCall
from shared.models.usage import Usage
from shared.reasons import Reason
from shared.runs import run_files
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.audit_queries import Rows, fetch, query_audit, sum_calls
from tests.support.catalogs import CATALOG, make_item, read_data, write_batches
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore
from tests.support.scripted_model import ScriptedModel

ANN = make_item("Ann")
CALLS = paths.call_folder(RUN)
EARLIER = "8204736755522-af1e9c55"
GENERATE = ImageCall(RUN, CATALOG, ANN.product_id, 1)
COLUMNS = "kind, product_id, batch, attempt, model, status, reason, billed, request_id"


async def make_world(store: Store, **request: Any) -> None:
    """Leave a run in the middle: two items without an image."""
    await start_run_in(store, **request)
    await write_batches(store, ["Ann", "Bob"])


async def close(process: Services, cost: Cost = Cost()) -> dict[str, Any]:
    """End the run, and return its summary."""
    published = PublishResult(status="Completed", items=2)
    await deliver(process, "close_run", FinishRunInput(RUN, CATALOG, Counters(cost=cost), published=published))
    summary: dict[str, Any] = await read_data(process.store, paths.run_file(RUN, "summary.json"))
    return summary


async def read_audit(store: Store, folder: Path) -> Rows:
    return query_audit(await fetch(store, RUN, folder), f"SELECT {COLUMNS} FROM api_calls ORDER BY started_at, attempt")


CATEGORIES = ("write_categories", TextCall(RUN, CATALOG, attempt=3), "categories")
BATCH = ("write_batch", TextCall(RUN, CATALOG, writer="0.1.0/3", attempt=1), "0.1.0/3")
IMAGE = ("generate_image", ImageCall(RUN, CATALOG, ANN.product_id, 1, attempt=2), ANN.product_id)


@pytest.mark.parametrize("paid", [CATEGORIES, BATCH, IMAGE], ids=lambda paid: paid[0])
async def test_a_call_is_reported_with_what_it_was_for_and_counted_as_in_its_result(
    paid: tuple[str, TextCall | ImageCall, str], store: RecordingStore, model: ScriptedModel, tmp_path: Path
) -> None:
    activity, message, subject = paid
    await make_world(store, force_categories=True, category_count=4)
    process = start_process(store, model)
    result = await deliver(process, activity, message)
    summary = await close(process)
    file = await fetch(store, RUN, tmp_path)
    (row,) = query_audit(file, "SELECT COALESCE(product_id, batch) AS subject, attempt, status, model FROM api_calls")
    assert (row["subject"], row["attempt"], row["status"]) == (subject, message.attempt, "ok")
    assert row["model"] == ("gpt-image-2" if activity == "generate_image" else "gpt-5")
    cost = Cost.from_json(result["cost"])
    assert sum_calls(file) == {
        "calls": 1,
        "billed": 1,
        "input": cost.input_tokens,
        "output": cost.output_tokens,
        "nano": cost.nano_usd,
    }
    assert summary["outputs"]["audit"] == audit_path(RUN)


async def test_every_try_is_reported_with_why_it_brought_nothing(
    store: RecordingStore, model: ScriptedModel, tmp_path: Path
) -> None:
    await make_world(store)
    model.failures.extend(
        [
            ModelError(Reason.SERVER_ERROR, "HTTP 500", request_id="a"),
            ModelError(Reason.TIMEOUT_AMBIGUOUS, "no answer"),
            ModelError(Reason.CONTENT_POLICY, "cut off", usage=Usage(5, 5), request_id="b"),
        ]
    )
    model.images.append(b"no image")
    process = start_process(store, model)
    for attempt in range(5):
        await deliver(process, "generate_image", ImageCall(RUN, CATALOG, ANN.product_id, 1, attempt=attempt))
    await close(process)
    rows = await read_audit(store, tmp_path)
    assert [(row["status"], row["reason"], row["billed"], row["request_id"]) for row in rows] == [
        ("refused", "server_error", 0, "a"),
        ("lost", "timeout_ambiguous", 1, None),
        ("refused", "content_policy", 1, "b"),
        ("unusable", "bad_image", 1, "request-2"),
        ("ok", None, 1, "request-2"),
    ]
    assert [row["attempt"] for row in rows] == [0, 1, 2, 3, 4]


async def test_delivered_often_it_is_counted_once(store: RecordingStore, model: ScriptedModel, tmp_path: Path) -> None:
    await make_world(store)
    process = start_process(store, model)
    await asyncio.gather(*(deliver(process, "generate_image", GENERATE) for _ in range(3)))
    await deliver(start_process(store, model), "generate_image", GENERATE)
    await close(process)
    assert (model.calls, len(await read_audit(store, tmp_path))) == (1, 1)


async def test_a_failure_that_is_delivered_again_is_counted_once(
    store: RecordingStore, model: ScriptedModel, tmp_path: Path
) -> None:
    await make_world(store)
    model.failures.append(ModelError(Reason.CONTENT_POLICY, "refused"))
    process = start_process(store, model)
    for _ in range(2):
        await deliver(process, "generate_image", GENERATE)
    await close(process)
    assert [row["reason"] for row in await read_audit(store, tmp_path)] == ["content_policy"]


async def test_a_call_that_was_billed_twice_because_a_process_died_is_reported_twice(
    store: RecordingStore, model: ScriptedModel, tmp_path: Path
) -> None:
    await make_world(store)
    store.changes.clear()
    store.changes_to_live = 2  # it records the call and its answer, and dies before the image is stored
    with pytest.raises(KilledError):
        await deliver(start_process(store, model), "generate_image", GENERATE)
    assert [path for path in store.changes if path.startswith(CALLS)] == store.changes
    store.changes_to_live = None
    process = start_process(store, model)
    await deliver(process, "generate_image", GENERATE)
    await close(process)
    rows = await read_audit(store, tmp_path)
    assert len(rows) == model.paid[ANN.image_prompt] == 2
    assert rows[0] == rows[1]


async def test_a_call_in_flight_when_its_process_died_is_lost_and_counted_in_the_summary_too(
    store: RecordingStore, model: ScriptedModel, tmp_path: Path
) -> None:
    await make_world(store)
    store.changes.clear()
    store.changes_to_live = 1  # the call is recorded, and its answer is lost
    with pytest.raises(KilledError):
        await deliver(start_process(store, model), "generate_image", GENERATE)
    store.changes_to_live = None
    process = start_process(store, model)
    result = await deliver(process, "generate_image", GENERATE)
    summary = await close(process)
    lost, made = sorted(await read_audit(store, tmp_path), key=lambda row: str(row["status"]))
    assert (lost["status"], lost["reason"], lost["billed"]) == ("lost", "interrupted", 1)
    assert made["status"] == "ok"
    assert sum_calls(await fetch(store, RUN, tmp_path))["nano"] > Cost.from_json(result["cost"]).nano_usd
    assert summary["cost"]["imageCalls"] == model.paid[ANN.image_prompt] == 2
    assert summary["cost"]["usd"] > Cost.from_json(result["cost"]).nano_usd / 10**9


async def test_a_call_costs_two_changes_of_the_store_one_before_it_and_one_after(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await make_world(store)
    store.changes.clear()
    await deliver(start_process(store, model), "generate_image", GENERATE)
    assert len([path for path in store.changes if path.startswith(CALLS)]) == 2


async def test_a_call_that_the_budget_forbids_was_not_made(
    store: RecordingStore, model: ScriptedModel, tmp_path: Path
) -> None:
    await make_world(store, max_cost_usd=0.0000001, accept_estimate=True)
    process = start_process(store, model)
    result = await deliver(process, "generate_image", GENERATE)
    assert result["failure"]["reason"] == "budget"
    await close(process)
    assert await read_audit(store, tmp_path) == []


class StubbornStore(RecordingStore):
    """A store that rejects writes until it is switched back."""

    refused: str | None = None

    def _record_change(self, path: str) -> None:
        if self.refused is not None and self.refused in path:
            raise StoreUnavailableError(f"{path} is not taken")
        super()._record_change(path)


async def test_an_image_that_waited_for_the_store_is_counted_once(model: ScriptedModel, tmp_path: Path) -> None:
    store = StubbornStore(MemoryStore())
    await make_world(store)
    process = start_process(store, model)
    store.refused = "catalogs/"
    assert (await deliver(process, "generate_image", GENERATE))["failure"]["reason"] == "store_unavailable"
    store.refused = None
    again = ImageCall(RUN, CATALOG, ANN.product_id, 1, attempt=1)
    assert (await deliver(process, "generate_image", again))["made"]
    await close(process)
    rows = await read_audit(store, tmp_path)
    assert [(row["attempt"], row["status"]) for row in rows] == [(0, "ok")]
    assert model.calls == 1


async def test_a_call_that_cannot_be_recorded_is_not_made(model: ScriptedModel) -> None:
    store = StubbornStore(MemoryStore())
    await make_world(store, max_cost_usd=1.0, accept_estimate=True)
    process = start_process(store, model)
    store.refused = CALLS
    assert (await deliver(process, "generate_image", GENERATE))["failure"]["reason"] == "store_unavailable"
    assert model.calls == 0
    store.refused = None
    assert (await deliver(process, "generate_image", ImageCall(RUN, CATALOG, ANN.product_id, 1, attempt=1)))["made"]
    ledger = await read_data(store, paths.run_file(RUN, "ledger.json"))
    assert (ledger["reservations"], ledger["lostNanoUsd"]) == ({}, 0)


@pytest.mark.parametrize("broken", [StoreUnavailableError("away"), OSError("no space left"), ValueError("a fault")])
async def test_an_audit_that_cannot_be_made_is_a_note_and_no_failure(
    broken: Exception, model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    class Store(MemoryStore):
        async def write_chunks(self, path: str, chunks: AsyncIterator[bytes], *, content_type: str) -> None:
            if path == audit_path(RUN):
                raise broken
            await super().write_chunks(path, chunks, content_type=content_type)

    store = Store()
    await make_world(store)
    process = start_process(store, model)
    await deliver(process, "generate_image", GENERATE)
    summary = await close(process)
    assert (summary["status"], "audit" in summary["outputs"]) == ("Completed", False)
    (note,) = [note for note in summary["notes"] if "audit.sqlite" in note]
    assert f"runs/{RUN}/calls/" in note
    assert f"run {RUN} has no audit" in caplog.text


async def test_a_run_that_failed_has_its_audit(store: RecordingStore, model: ScriptedModel, tmp_path: Path) -> None:
    await make_world(store)
    process = start_process(store, model)
    await deliver(process, "generate_image", GENERATE)
    ending = FinishRunInput(RUN, CATALOG, failure=Failure(Reason.INTERNAL_ERROR, "broke"))
    assert (await deliver(process, "close_run", ending))["status"] == "Failed"
    (row,) = query_audit(await fetch(store, RUN, tmp_path), "SELECT status, error_reason FROM run_info")
    assert row == {"status": "Failed", "error_reason": "internal_error"}


async def test_runs_that_died_are_audited_at_the_end_of_the_next_one(
    store: RecordingStore, model: ScriptedModel, tmp_path: Path
) -> None:
    await make_world(store)
    request = await run_files.read_request(store, RUN)
    await run_files.create_request(store, EARLIER, request)
    await store.write(
        paths.run_claim_file(CATALOG),
        (await store.inner.read(paths.run_claim_file(CATALOG))).data.replace(RUN.encode(), EARLIER.encode()),  # type: ignore[union-attr]  # it is there
        content_type="application/json",
    )
    await deliver(start_process(store, model), "generate_image", ImageCall(EARLIER, CATALOG, ANN.product_id, 1))
    await close(start_process(store, model))
    (row,) = query_audit(await fetch(store, EARLIER, tmp_path), "SELECT status FROM run_info")
    assert row["status"] == "Interrupted"
    assert sum_calls(await fetch(store, EARLIER, tmp_path))["calls"] == 1
    assert await read_audit(store, tmp_path) == []


async def test_a_run_that_died_and_cannot_be_audited_does_not_keep_the_next_one_from_ending(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await make_world(store)
    await store.write(paths.run_file(EARLIER, "request.json"), b"{", content_type="application/json")
    await store.write(paths.call_file(EARLIER, "a"), b"{", content_type="application/json")
    summary = await close(start_process(store, model))
    assert summary["outputs"]["audit"] == audit_path(RUN)
