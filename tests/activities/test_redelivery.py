"""Queues deliver at least once. Whenever a process dies, the next delivery finds what the one before has done."""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.errors import ModelError
from shared.messages.base import Cost, Counters, Failure, Message
from shared.messages.images import ClaimWorkPageInput, FailedImage, ImageAction, ImageCall, ImageStep
from shared.messages.run import FinishRunInput, ResumeInput, RunRef
from shared.messages.text import TextCall, UseTemplatePromptsInput
from shared.models.usage import Usage
from shared.reasons import Reason
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, list_paths, make_item, write_batches, write_images, write_rows
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore
from tests.support.sample_images import draw
from tests.support.scripted_model import ScriptedModel

ITEM = make_item("Ann")
REFUSED = Failure(Reason.CONTENT_POLICY, "refused")


REFINE = {"refine": {"iterations": 2, "accept_score": 90}}


@dataclass(frozen=True, slots=True)
class Scenario:
    """An activity, its message, and the file that is the record of what it paid for.

    ``request`` is what the run is asked beyond the usual, ``before`` the steps of the item's image that were taken.
    """

    activity: str
    message: Message
    record: str | None = None
    request: Mapping[str, Any] = field(default_factory=dict)
    before: Sequence[ImageStep] = ()


def take_step(step: ImageStep, record: str, *before: ImageStep) -> Scenario:
    """Return the scenario of a step of a refined image."""
    call = ImageCall(RUN, CATALOG, product_id=ITEM.product_id, batch=1, step=step)
    return Scenario(step.action, call, paths.result_file(RUN, ITEM.product_id, record), REFINE, before)


ROUNDS = [
    ImageStep(),
    ImageStep(ImageAction.EVALUATE),
    ImageStep(ImageAction.REWRITE, 2),
    ImageStep(ImageAction.GENERATE, 2),
    ImageStep(ImageAction.EVALUATE, 2),
]
RECORDS = [
    "iteration_1.png",
    "iteration_1_evaluation.json",
    "iteration_2_prompt.json",
    "iteration_2.png",
    "iteration_2_evaluation.json",
]

BY_MODEL = {"source": "products", "prompt_writer": "model"}

SCENARIOS = [
    Scenario("prepare_run", RunRef(RUN, CATALOG)),
    Scenario("resume_run", ResumeInput(RUN, CATALOG, resume_count=0)),
    Scenario("write_categories", TextCall(RUN, CATALOG), paths.run_file(RUN, "categories.json")),
    Scenario("write_batch", TextCall(RUN, CATALOG, writer="0.1.0/2"), paths.batch_file(CATALOG, 2)),
    Scenario("write_prompt_batch", TextCall(RUN, CATALOG, batch=1), paths.prompts_file(CATALOG, 1), BY_MODEL),
    Scenario(
        "use_template_prompts",
        UseTemplatePromptsInput(RUN, CATALOG, 1, Failure(Reason.REFUSAL, "no")),
        request=BY_MODEL,
    ),
    Scenario("close_items", RunRef(RUN, CATALOG)),
    Scenario("claim_work_page", ClaimWorkPageInput(RUN, CATALOG, claimed_by="0/0", size=4, last_page=0)),
    Scenario(
        "generate_image",
        ImageCall(RUN, CATALOG, product_id=ITEM.product_id, batch=1),
        paths.image_file(CATALOG, ITEM.filename),
    ),
    *(
        take_step(step, record, *ROUNDS[:place])
        for place, (step, record) in enumerate(zip(ROUNDS, RECORDS, strict=True))
    ),
    Scenario(
        "finish_refinement",
        FailedImage(RUN, CATALOG, ITEM.product_id, 1, 2, REFUSED),
        request=REFINE,
        before=ROUNDS[:2],
    ),
    Scenario("record_failed_image", FailedImage(RUN, CATALOG, ITEM.product_id, 1, 2, REFUSED)),
    Scenario("stop_run", FinishRunInput(RUN, CATALOG, failure=Failure(Reason.INTERNAL_ERROR, "broke"))),
    Scenario("publish_catalog", FinishRunInput(RUN, CATALOG, Counters(made=2))),
    Scenario("render_contact_sheet", FinishRunInput(RUN, CATALOG, Counters(made=2))),
    Scenario("close_run", FinishRunInput(RUN, CATALOG, Counters(made=2))),
]
PAID = [scenario for scenario in SCENARIOS if scenario.record is not None]


def name_scenario(scenario: Scenario) -> str:
    """Return the name of a scenario's test."""
    return f"{scenario.activity}-{len(scenario.before)}" if scenario.request else scenario.activity


every_activity = pytest.mark.parametrize("scenario", SCENARIOS, ids=name_scenario)
every_paid_activity = pytest.mark.parametrize("scenario", PAID, ids=name_scenario)


async def make_world(store: Store, scenario: Scenario) -> None:
    """Leave a run in the middle: two items, one of them with an image, one image put there by hand."""
    await start_run_in(store, **scenario.request)
    if scenario.request == BY_MODEL:
        await write_images(store, (await write_rows(store, ["Ann", "Bob", "Cid"]))[1:2])
        return
    if scenario.activity == "write_categories":
        return
    items = await write_batches(store, ["Ann", "Bob"])
    await write_images(store, items[1:])
    by_hand = paths.image_file(CATALOG, "by-hand.png")
    await store.write(by_hand, draw(), content_type="image/png")
    for step in scenario.before:
        call = ImageCall(RUN, CATALOG, product_id=ITEM.product_id, batch=1, step=step)
        await deliver(start_process(store, ScriptedModel()), step.action, call)


async def tell_result(scenario: Scenario) -> dict[str, Any]:
    """Return the result of an undisturbed delivery."""
    store, model = MemoryStore(), ScriptedModel()
    await make_world(store, scenario)
    return await deliver(start_process(store, model), scenario.activity, scenario.message)


async def survives(process: Services, scenario: Scenario) -> bool:
    """Deliver, and tell whether the process lived to see the end."""
    try:
        await deliver(process, scenario.activity, scenario.message)
    except KilledError:
        return False
    return True


@every_activity
async def test_killed_before_any_of_its_changes_it_is_finished_by_the_next_delivery(scenario: Scenario) -> None:
    expected = await tell_result(scenario)
    for changes_to_live in itertools.count():
        store, model = RecordingStore(MemoryStore()), ScriptedModel()
        await make_world(store, scenario)
        store.changes.clear()
        store.changes_to_live = changes_to_live
        process = start_process(store, model)
        survived = await survives(process, scenario)
        store.changes_to_live = None
        paid_in_vain = model.calls if scenario.record and await store.describe(scenario.record) is None else 0

        process = start_process(store, model)
        assert await deliver(process, scenario.activity, scenario.message) == expected
        assert await deliver(start_process(store, model), scenario.activity, scenario.message) == expected
        assert sum(model.paid.values()) == (1 if scenario.record else 0) + paid_in_vain
        assert not [path for path in await list_paths(store, "") if "damaged" in path]
        if survived:
            assert changes_to_live > 0, "an activity that changes nothing has no moment to be killed at"
            break


@every_activity
async def test_delivered_twice_at_once_to_one_process_it_returns_one_result_and_is_billed_once(
    scenario: Scenario,
) -> None:
    expected = await tell_result(scenario)
    store, model = RecordingStore(MemoryStore()), ScriptedModel()
    await make_world(store, scenario)
    process = start_process(store, model)
    both = await asyncio.gather(*(deliver(process, scenario.activity, scenario.message) for _ in range(2)))
    assert both == [expected, expected]
    assert sum(model.paid.values()) == (1 if scenario.record else 0)


@every_activity
async def test_delivered_to_two_processes_at_once_it_returns_one_result(scenario: Scenario) -> None:
    expected = await tell_result(scenario)
    store, model = RecordingStore(MemoryStore()), ScriptedModel()
    await make_world(store, scenario)
    processes = [start_process(store, model) for _ in range(2)]
    both = await asyncio.gather(*(deliver(process, scenario.activity, scenario.message) for process in processes))
    assert both == [expected, expected]


BILLED_FAILURES = [
    ModelError(Reason.MALFORMED_ANSWER, "no JSON", usage=Usage(10, 10)),
    ModelError(Reason.TIMEOUT_AMBIGUOUS, "no answer"),
]


@every_paid_activity
@pytest.mark.parametrize("failure", BILLED_FAILURES, ids=lambda failure: str(failure.reason))
async def test_a_failure_that_was_paid_is_reported_to_every_delivery_and_not_billed_again(
    store: RecordingStore,
    model: ScriptedModel,
    scenario: Scenario,
    failure: ModelError,
) -> None:
    await make_world(store, scenario)
    model.failures.append(failure)
    process = start_process(store, model)
    reported = await asyncio.gather(*(deliver(process, scenario.activity, scenario.message) for _ in range(2)))
    reported.append(await deliver(process, scenario.activity, scenario.message))
    assert [result["failure"]["reason"] for result in reported] == [str(failure.reason)] * 3
    assert reported[0] == reported[1] == reported[2]
    assert model.calls == 1


async def test_an_unusable_image_is_billed_once_however_often_its_message_is_delivered(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    scenario = next(scenario for scenario in PAID if scenario.activity == "generate_image")
    await make_world(store, scenario)
    model.images.append(b"no image")
    process = start_process(store, model)
    reported = [await deliver(process, scenario.activity, scenario.message) for _ in range(2)]
    assert reported[0] == reported[1]
    assert reported[0]["failure"]["reason"] == "bad_image"
    assert Cost.from_json(reported[0]["cost"]).image_calls == 1
    assert model.calls == 1


async def test_a_decided_retry_is_another_message_and_bills_again(store: RecordingStore, model: ScriptedModel) -> None:
    await make_world(store, Scenario("generate_image", ImageCall(RUN, CATALOG, ITEM.product_id, 1)))
    model.images.append(b"no image")
    process = start_process(store, model)
    calls = [ImageCall(RUN, CATALOG, product_id=ITEM.product_id, batch=1, attempt=attempt) for attempt in range(2)]
    reported = [await deliver(process, "generate_image", call) for call in calls]
    assert [bool(result.get("made")) for result in reported] == [False, True]
    assert model.calls == 2
