"""The text model's prompts are paid once a batch, kept for later runs, and used for the images, never worse ones."""

from typing import Any

import pytest

from shared.catalog.catalog_files import Batch, read_batch, replace_batch
from shared.catalog.items import PromptDraft
from shared.catalog.prompt_files import BatchPrompts, count_fallbacks, iterate_prompted_batches, read_prompts
from shared.errors import ModelError
from shared.images.image_step import find_item
from shared.messages.base import Failure
from shared.messages.images import ClaimWorkPageInput, ClaimWorkPageResult, ImageCall
from shared.messages.run import FinishRunInput, PublishResult, RunRef
from shared.messages.text import TextCall, TextResult, UseTemplatePromptsInput
from shared.models.usage import Usage
from shared.reasons import Reason
from shared.runs import run_files
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, make_source_item, read_data, write_images, write_rows
from tests.support.memory_store import RecordingStore
from tests.support.scripted_model import ScriptedModel

NEXT_RUN = "8204736755520-af1e9c55"
TAIL = ", clean background, high detail, vibrant, evenly lit, 1024x1024"


async def start(store: Store, *batches: list[str], run_id: str = RUN, **request: Any) -> None:
    if batches:
        await write_rows(store, *batches)
    await start_run_in(store, run_id=run_id, **{"source": "products", "prompt_writer": "model"} | request)


async def write(process: Services, batch: int = 1, *, run_id: str = RUN, **call: Any) -> TextResult:
    return TextResult.from_json(
        await deliver(process, "write_prompt_batch", TextCall(run_id, CATALOG, batch=batch, **call))
    )


async def give_up(process: Services, batch: int = 1) -> None:
    given_up = UseTemplatePromptsInput(RUN, CATALOG, batch, Failure(Reason.REFUSAL, "no"))
    assert await deliver(process, "use_template_prompts", given_up) == {}


async def claim(process: Services, *, run_id: str = RUN) -> ClaimWorkPageResult:
    message = ClaimWorkPageInput(run_id, CATALOG, claimed_by="0/0", size=8, last_page=0)
    return ClaimWorkPageResult.from_json(await deliver(process, "claim_work_page", message))


async def list_prompts(store: Store) -> list[str]:
    """Return the prompts that files and audits tell."""
    return [item.image_prompt async for batch in iterate_prompted_batches(store, CATALOG, [1]) for item in batch.items]


async def change_row(store: Store, name: str, **changes: Any) -> None:
    """Let a row of the first batch say something else, as the next run finds it."""
    batch = await read_batch(store, CATALOG, 1)
    info = await store.describe(paths.batch_file(CATALOG, 1))
    assert batch is not None
    assert info is not None
    items = tuple(make_source_item(name, **changes) if item.name == name else item for item in batch.items)
    await replace_batch(store, CATALOG, Batch(1, RUN, items), etag=info.etag)


async def read_kept(store: Store) -> BatchPrompts:
    kept = await read_prompts(store, CATALOG, 1)
    assert kept is not None
    return kept


async def test_a_batch_gets_its_prompts_with_one_call(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, ["Ann", "Bob"])
    result = await write(start_process(store, model))
    assert (result.accepted, result.asked, result.cost.text_calls, model.calls) == (2, 2, 1, 1)
    assert await list_prompts(store) == [
        f"Product photo of {name} on a {index}-legged table{TAIL}" for index, name in enumerate(["Ann", "Bob"], 1)
    ]


async def test_an_image_is_requested_with_the_written_prompt(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, ["Ann"])
    process = start_process(store, model)
    await write(process)
    ann = make_source_item("Ann")
    assert (await deliver(process, "generate_image", ImageCall(RUN, CATALOG, ann.product_id, 1)))["made"]
    assert model.paid[f"Product photo of Ann on a 1-legged table{TAIL}"] == 1


@pytest.mark.parametrize("writer", ["template", "model"])
async def test_a_later_run_uses_the_prompts_that_were_written_before(
    store: RecordingStore, model: ScriptedModel, writer: str
) -> None:
    await start(store, ["Ann"])
    await write(start_process(store, model))
    await start(store, run_id=NEXT_RUN, prompt_writer=writer)
    process = start_process(store, model)
    item = await find_item(process, CATALOG, NEXT_RUN, 1, make_source_item("Ann").product_id)
    assert item.image_prompt == f"Product photo of Ann on a 1-legged table{TAIL}"
    assert await write(process, run_id=NEXT_RUN) == TextResult()
    assert model.calls == 1


async def test_only_rows_that_need_an_image_and_have_no_prompt_of_their_own_are_requested(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, ["Ann", "Bob", "Cid"])
    await write_images(store, [make_source_item("Bob")])
    await change_row(store, "Cid", prompt_hints=None)
    assert (await write(start_process(store, model))).asked == 1
    assert list((await read_kept(store)).prompts) == [make_source_item("Ann").product_id]


async def test_images_that_are_generated_again_get_prompts_too(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, ["Ann", "Bob"], force_images=True)
    await write_images(store, [make_source_item("Bob")])
    assert (await write(start_process(store, model))).asked == 2


async def test_the_next_run_requests_what_is_missing_or_was_written_for_another_row(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, ["Ann", "Bob", "Cid"])
    model.prompts = [PromptDraft(index=index, prompt=f"Product photo of {index}") for index in (1, 2)]
    assert (await write(start_process(store, model))).accepted == 2
    await change_row(store, "Bob", description="Another one.")
    model.prompts = [PromptDraft(index=index, prompt=f"Product photo of {index}0") for index in (1, 2)]
    await start(store, run_id=NEXT_RUN)
    process = start_process(store, model)
    result = await write(process, run_id=NEXT_RUN)
    assert (result.cost.text_calls, result.accepted) == (1, 3)
    assert await list_prompts(store) == [f"Product photo of {number}{TAIL}" for number in (1, 10, 20)]
    assert await write(process, run_id=NEXT_RUN, attempt=1) == result
    assert model.calls == 2


async def test_a_row_that_changed_is_not_shown_with_the_prompt_of_before(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, ["Ann"])
    await write(start_process(store, model))
    await change_row(store, "Ann", image_prompt="Photo of Ann in red")
    assert await list_prompts(store) == ["Photo of Ann in red"]


async def test_prompts_that_cannot_be_used_are_the_templates_and_counted(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, ["Ann", "Bob", "Cid"], target_count=3)
    model.prompts = [
        PromptDraft(index=1, prompt="Product photo of a Daybird boot"),
        PromptDraft(index=3, prompt="Product photo of a green boot"),
    ]
    process = start_process(store, model)
    await deliver(process, "prepare_run", RunRef(RUN, CATALOG))
    await write(process)
    kept = await read_kept(store)
    assert [written.reason for written in kept.prompts.values()] == [
        Reason.FORBIDDEN_WORD,
        Reason.MALFORMED_ANSWER,
        None,
    ]
    expected = ["Photo of Ann", "Photo of Bob", f"Product photo of a green boot{TAIL}"]
    assert await list_prompts(store) == expected
    assert await count_fallbacks(store, CATALOG, RUN) == 2
    await write_images(store, map(make_source_item, ["Ann", "Bob", "Cid"]))
    published = PublishResult.from_json(await deliver(process, "publish_catalog", FinishRunInput(RUN, CATALOG)))
    assert published.notes[-1] == "image prompts from the template, because the text model wrote no usable one: 2"
    rows = await read_data(store, paths.catalog_file(CATALOG, "importer-catalog.json"))
    assert [row["imagePrompt"] for row in rows] == expected


async def test_what_was_given_up_is_the_templates_and_costs_nothing_more_in_this_run(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, ["Ann", "Bob"])
    process = start_process(store, model)
    await give_up(process)
    assert await list_prompts(store) == ["Photo of Ann", "Photo of Bob"]
    assert (await claim(process)).jobs
    assert (await write(process)).cost.text_calls == model.calls == 0
    assert await count_fallbacks(store, CATALOG, RUN) == 2
    await start(store, run_id=NEXT_RUN)
    assert (await write(start_process(store, model), run_id=NEXT_RUN)).accepted == 2
    assert await count_fallbacks(store, CATALOG, NEXT_RUN) == 0


async def test_image_workers_get_a_batch_when_its_prompts_are_there(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, ["Ann", "Bob"])
    process = start_process(store, model)
    assert await claim(process) == ClaimWorkPageResult()
    await write(process)
    assert len((await claim(process)).jobs) == 2


async def test_image_workers_need_not_wait_for_what_the_writers_left(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, ["Ann", "Bob"])
    await run_files.close_items(store, RUN)
    assert len((await claim(start_process(store, model))).jobs) == 2


async def test_a_template_run_waits_for_no_prompts_and_looks_for_each_batchs_once(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, ["Ann", "Bob"], prompt_writer="template")
    process = start_process(store, model)
    assert len((await claim(process)).jobs) == 2
    for name in ("Ann", "Bob"):
        await deliver(process, "generate_image", ImageCall(RUN, CATALOG, make_source_item(name).product_id, 1))
    assert store.reads[paths.prompts_file(CATALOG, 1)] == 1
    assert model.paid["Photo of Ann"] == model.paid["Photo of Bob"] == 1


async def test_a_resumed_run_does_not_report_earlier_costs_again(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, ["Ann"])
    process = start_process(store, model)
    assert (await write(process)).cost.text_calls == 1
    assert await write(process, resume_count=1) == TextResult()


async def test_a_batch_that_is_gone_needs_no_prompts(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, ["Ann"])
    assert await write(start_process(store, model), batch=2) == TextResult()


async def test_a_stopped_run_bills_no_prompts(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, ["Ann"])
    await run_files.record_stop(store, RUN, Failure(Reason.CANCELLED, "by hand"))
    assert await write(start_process(store, model)) == TextResult(stopped=True)
    assert model.calls == 0


async def test_every_call_is_recorded_under_its_batch(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, ["Ann"])
    process = start_process(store, model)
    model.failures.append(ModelError(Reason.REFUSAL, "no", usage=Usage(5, 5)))
    assert (await write(process)).failure is not None
    await write(process, attempt=1, stricter=True)
    calls = [await read_data(store, info.path) async for info in store.list_files(paths.call_folder(RUN))]
    assert {(call["kind"], call["subject"]) for call in calls} == {("text", "prompts/1")}
    assert sorted((call["attempt"], call["reason"]) for call in calls) == [(0, "refusal"), (1, None)]


async def test_damaged_prompts_are_set_aside(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, ["Ann"])
    path = paths.prompts_file(CATALOG, 1)
    await store.write(path, b"{", content_type="application/json")
    result = await write(start_process(store, model))
    assert result.failure is not None
    assert result.failure.reason is Reason.DAMAGED_FILE
    assert await store.describe(path) is None
    assert model.calls == 0


async def test_the_summary_of_an_unfinished_item_has_the_written_prompt(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, ["Ann"], refine={"iterations": 2})
    process = start_process(store, model)
    await write(process)
    (item,) = [item async for batch in iterate_prompted_batches(store, CATALOG, [1]) for item in batch.items]
    await deliver(process, "generate_image", ImageCall(RUN, CATALOG, item.product_id, batch=1))
    await deliver(
        process, "publish_catalog", FinishRunInput(RUN, CATALOG, failure=Failure(Reason.CANCELLED, "cancelled"))
    )
    summary = await read_data(store, paths.result_file(RUN, item.product_id, "summary.json"))
    assert summary["prompt"] == summary["rounds"][0]["prompt"] == item.image_prompt
    assert summary["prompt"] != make_source_item("Ann").image_prompt


async def test_a_batch_whose_answer_was_cut_off_gets_its_prompts_in_parts(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, ["Ann", "Bob", "Cem", "Dan"])
    process = start_process(store, model)
    parts = [await write(process, attempt=attempt, halvings=1) for attempt in (1, 2)]
    assert [(part.remaining, part.cost.text_calls) for part in parts] == [(2, 1), (0, 1)]
    again = await write(start_process(store, model), attempt=2, halvings=1)
    assert again.cost == parts[-1].cost  # not that of the first part, which was reported with it
    assert all(prompt.startswith("Product photo of") for prompt in await list_prompts(store))
    assert model.calls == 2
