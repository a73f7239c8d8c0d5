"""An item's image from step to step, each activity called for what the one before has named."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from shared.errors import ModelError
from shared.images.image_metadata import is_valid_image
from shared.images.round_files import list_unfinished_items
from shared.messages.base import Cost, Failure
from shared.messages.images import FailedImage, ImageAction, ImageCall, ImageResult, ImageStep
from shared.messages.run import FinishRunInput
from shared.models.protocol import ImageAnswer, ImageRequest
from shared.models.usage import Usage
from shared.reasons import Reason
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, list_paths, make_item, write_batches, write_images
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore
from tests.support.sample_images import draw
from tests.support.scripted_model import ScriptedModel

ITEM = make_item("Ann")
IMAGE = paths.image_file(CATALOG, ITEM.filename)
REFINE = {"iterations": 3, "accept_score": 90}
IMAGES = [draw(color, size=(64, 64)) for color in ((200, 0, 0), (0, 200, 0), (0, 0, 200))]
REFUSAL = ModelError(Reason.CONTENT_POLICY, "refused")


@dataclass(slots=True)
class LateModel(ScriptedModel):
    """A model during whose first image something else happens."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return await ScriptedModel.generate_image(self, request)


@dataclass(slots=True)
class HeldUpStore(RecordingStore):
    """A store in which something else happens right before the item's image is replaced."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def write(self, path: str, data: bytes, **how: Any) -> str:
        if path == IMAGE and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return await self.inner.write(path, data, **how)


async def start(store: Store, **changes: Any) -> None:
    await start_run_in(store, **({"refine": REFINE} | changes))
    await write_batches(store, ["Ann"])


async def call_step(
    store: Store, model: ScriptedModel, step: ImageStep, attempt: int = 0, *, stricter: bool = False
) -> ImageResult:
    """Deliver one step to a process that knows nothing of the ones before."""
    call = ImageCall(RUN, CATALOG, ITEM.product_id, batch=1, attempt=attempt, step=step, stricter=stricter)
    return ImageResult.from_json(await deliver(start_process(store, model), step.action, call))


async def follow(store: Store, model: ScriptedModel) -> list[tuple[ImageStep, ImageResult]]:
    """Call what each result names, as an image worker does, until none names a further step."""
    step: ImageStep | None = ImageStep()
    taken: list[tuple[ImageStep, ImageResult]] = []
    while step is not None:
        taken.append((step, await call_step(store, model, step)))
        assert len(taken) < 30
        step = taken[-1][1].next_step
    return taken


async def read_results(store: Store, name: str) -> Any:
    content = await store.read(paths.result_file(RUN, ITEM.product_id, name))
    return None if content is None else json.loads(content.data)


async def read_image(store: Store, path: str = IMAGE) -> bytes:
    content = await store.read(path)
    assert content is not None
    return content.data


async def test_the_best_of_three_images_is_promoted_and_each_is_kept(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store)
    model.images.extend(IMAGES)
    taken = await follow(store, model)
    actions = [step.action for step, _ in taken]
    assert actions == [
        ImageAction.GENERATE,
        ImageAction.EVALUATE,
        *2 * [ImageAction.REWRITE, ImageAction.GENERATE, ImageAction.EVALUATE],
    ]
    assert await read_image(store) == IMAGES[1]
    folder = paths.results_folder(RUN)
    names = [path.rpartition("/")[2] for path in await list_paths(store, folder)]
    assert names == [
        "iteration_1.png", "iteration_1_evaluation.json", "iteration_1_results.json", "iteration_1_results.yaml",
        "iteration_2.png", "iteration_2_evaluation.json", "iteration_2_prompt.json", "iteration_2_results.json",
        "iteration_2_results.yaml", "iteration_3.png", "iteration_3_evaluation.json", "iteration_3_prompt.json",
        "iteration_3_results.json", "iteration_3_results.yaml", "summary.json",
    ]  # fmt: skip
    for number, image in enumerate(IMAGES, start=1):
        assert await read_image(store, paths.result_file(RUN, ITEM.product_id, f"iteration_{number}.png")) == image


async def test_the_summary_has_rounds_prompts_scores_costs_and_why_it_stopped(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store)
    taken = await follow(store, model)
    summary = await read_results(store, "summary.json")
    assert (summary["shippedIteration"], summary["score"]) == (2, 80)
    assert (summary["stoppedBecause"], summary["failure"]) == ("no_improvement", None)
    assert [row["score"] for row in summary["rounds"]] == [50, 80, 65]
    first = ITEM.image_prompt
    assert [row["prompt"] for row in summary["rounds"]] == [first, f"a better {first}", f"a better a better {first}"]
    calls = [result.cost for _, result in taken]
    assert summary["cost"]["calls"] == len(calls) == 8
    assert summary["cost"]["inputTokens"] == sum(cost.input_tokens for cost in calls)
    assert summary["cost"]["usd"] == round(sum(cost.nano_usd for cost in calls) / 10**9, 4)
    assert round(sum(row["usd"] for row in summary["rounds"]), 3) == round(summary["cost"]["usd"], 3)


async def test_yaml_says_what_json_says(store: RecordingStore, model: ScriptedModel) -> None:
    import yaml  # noqa: PLC0415 - as the app does

    await start(store)
    await follow(store, model)
    content = await store.read(paths.result_file(RUN, ITEM.product_id, "iteration_2_results.yaml"))
    assert content is not None
    assert yaml.safe_load(content.data) == await read_results(store, "iteration_2_results.json")


async def test_an_item_is_counted_as_made_once_and_as_refined_once(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store)
    results = [result for _, result in await follow(store, model)]
    assert [result.made for result in results] == [True, *7 * [False]]
    assert [result.refined for result in results] == [*7 * [False], True]


async def test_all_rounds_are_scored_against_the_first_prompt(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store)
    await follow(store, model)
    for number in (1, 2, 3):
        assert (await read_results(store, f"iteration_{number}_evaluation.json"))["prompt"] == ITEM.image_prompt


async def test_a_good_first_image_costs_one_look(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store)
    model.scores = (90,)
    assert [step.action for step, _ in await follow(store, model)] == [ImageAction.GENERATE, ImageAction.EVALUATE]
    assert (await read_results(store, "summary.json"))["stoppedBecause"] == "accepted"


async def test_an_unchanged_prompt_is_not_generated_from_again(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store)
    model.rewrite = lambda prompt: prompt
    taken = await follow(store, model)
    assert [step.action for step, _ in taken] == [ImageAction.GENERATE, ImageAction.EVALUATE, ImageAction.REWRITE]
    assert taken[-1][1].refined
    assert (await read_results(store, "summary.json"))["stoppedBecause"] == "same_prompt"


async def test_a_late_repetition_of_an_earlier_round_takes_nothing_back(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store)
    model.scores = (50, 60, 70)
    model.images.extend(IMAGES)
    taken = await follow(store, model)
    summary, calls = await read_results(store, "summary.json"), model.calls
    for step, result in taken:
        assert await call_step(store, model, step) == result
    assert await read_image(store) == IMAGES[2]
    assert await read_results(store, "summary.json") == summary
    assert model.calls == calls


async def test_a_late_image_is_dropped_if_the_item_has_a_better_one(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store)
    model.images.extend(IMAGES)

    async def be_overtaken() -> None:
        await follow(store, model)

    late = LateModel(meanwhile=be_overtaken)
    late.images.append(draw((9, 9, 9), size=(64, 64)))
    await call_step(store, late, ImageStep())
    assert await read_image(store) == IMAGES[1]
    assert await read_image(store, paths.result_file(RUN, ITEM.product_id, "iteration_1.png")) == IMAGES[0]


async def test_an_image_that_was_the_best_one_does_not_go_over_a_better_one(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store)
    model.scores = (50, 60, 70)
    model.images.extend(IMAGES)
    await generate_second_image(store, model)

    async def be_overtaken() -> None:
        await follow(store, model)

    held_up = HeldUpStore(store, meanwhile=be_overtaken)
    await call_step(held_up, model, ImageStep(ImageAction.EVALUATE, 2))
    assert held_up.meanwhile is None
    assert await read_image(store) == IMAGES[2]


async def test_a_later_failure_leaves_the_best_image_and_reports_why(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store)
    model.images.extend(IMAGES)
    for step in (ImageStep(), ImageStep(ImageAction.EVALUATE), ImageStep(ImageAction.REWRITE, 2)):
        await call_step(store, model, step)
    failure = Failure(Reason.CONTENT_POLICY, "refused")
    failed = FailedImage(RUN, CATALOG, ITEM.product_id, batch=1, attempts=1, failure=failure)
    await deliver(start_process(store, model), "finish_refinement", failed)
    summary = await read_results(store, "summary.json")
    assert await read_image(store) == IMAGES[0]
    assert (summary["stoppedBecause"], summary["failure"]["reason"]) == ("failed", "content_policy")
    assert (summary["shippedIteration"], summary["iterations"]) == (1, 1)


async def test_an_item_without_any_image_has_a_summary_too(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store)
    failure = Failure(Reason.CONTENT_POLICY, "refused")
    failed = FailedImage(RUN, CATALOG, ITEM.product_id, batch=1, attempts=1, failure=failure)
    await deliver(start_process(store, model), "record_failed_image", failed)
    summary = await read_results(store, "summary.json")
    assert (summary["shippedIteration"], summary["score"], summary["rounds"]) == (None, None, [])


async def test_an_image_from_an_earlier_run_is_kept_and_not_evaluated(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store)
    await write_images(store, [ITEM])
    assert await call_step(store, model, ImageStep()) == ImageResult(kept=True)
    assert model.calls == 0


async def test_where_all_are_generated_again_it_is_replaced_by_the_best_one(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, force_images=True)
    await write_images(store, [ITEM])
    model.images.extend(IMAGES)
    await follow(store, model)
    assert await read_image(store) == IMAGES[1]
    assert is_valid_image(await store.describe(IMAGE))


async def test_an_image_without_metadata_is_generated_again(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store)
    path = paths.result_file(RUN, ITEM.product_id, "iteration_1.png")
    await store.write(path, IMAGES[1], content_type="image/png")
    model.images.append(IMAGES[0])
    assert (await call_step(store, model, ImageStep())).made
    assert await read_image(store) == await read_image(store, path) == IMAGES[0]


async def test_a_stored_image_that_was_damaged_ends_its_item_and_not_the_run(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store)
    await call_step(store, model, ImageStep())
    path = paths.result_file(RUN, ITEM.product_id, "iteration_1.png")
    await store.write(path, b"no image", content_type="image/png")
    result = await call_step(store, model, ImageStep(ImageAction.EVALUATE))
    assert (result.next_step, result.failure and result.failure.reason) == (None, Reason.INTERNAL_ERROR)
    assert model.calls == 1


async def test_a_malformed_rewrite_is_requested_once_more_and_stricter(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store)
    for step in (ImageStep(), ImageStep(ImageAction.EVALUATE)):
        await call_step(store, model, step)
    model.rewrite = lambda prompt: f"{prompt} with a logo"
    result = await call_step(store, model, ImageStep(ImageAction.REWRITE, 2))
    assert result.failure is not None
    assert result.failure.reason is Reason.MALFORMED_ANSWER
    assert result.cost.text_calls == 1


async def test_a_cost_from_before_a_resume_is_not_reported_again(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, policy_rewrites=1)
    await _refuse(store, model, ImageStep())
    steps = [
        ImageStep(ImageAction.REWRITE, 1, 1),
        ImageStep(ImageAction.GENERATE, 1, 1),
        ImageStep(ImageAction.EVALUATE),
        ImageStep(ImageAction.REWRITE, 2),
    ]
    for step in steps:
        assert (await call_step(store, model, step)).cost != Cost()
    calls = model.calls
    for step in [ImageStep(), *steps]:
        call = ImageCall(RUN, CATALOG, ITEM.product_id, batch=1, resume_count=1, step=step)
        result = ImageResult.from_json(await deliver(start_process(store, model), step.action, call))
        assert (result.cost, result.made, result.kept) == (Cost(), False, False)
        assert result.next_step is not None
    assert model.calls == calls


async def generate_second_image(store: RecordingStore, model: ScriptedModel) -> None:
    for step in (
        ImageStep(),
        ImageStep(ImageAction.EVALUATE),
        ImageStep(ImageAction.REWRITE, 2),
        ImageStep(ImageAction.GENERATE, 2),
    ):
        await call_step(store, model, step)


async def assert_item_is_unfinished_until_its_refinement_ends(store: RecordingStore, model: ScriptedModel) -> None:
    await call_step(store, model, ImageStep())
    assert await list_unfinished_items(store, RUN) == {ITEM.product_id}
    await follow(store, model)
    assert await list_unfinished_items(store, RUN) == set()


async def test_an_item_whose_refinement_did_not_end_is_unfinished(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store)
    await assert_item_is_unfinished_until_its_refinement_ends(store, model)


async def test_an_item_that_was_given_up_and_is_begun_again_after_a_pause_is_unfinished_again(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store)
    failed = FailedImage(RUN, CATALOG, ITEM.product_id, 1, 1, Failure(Reason.SERVER_ERROR, "HTTP 500"))
    await deliver(start_process(store, model), "record_failed_image", failed)
    assert await list_unfinished_items(store, RUN) == set()
    assert isinstance(store.inner, MemoryStore)
    store.inner.pass_second()
    await assert_item_is_unfinished_until_its_refinement_ends(store, model)


async def test_what_a_run_leaves_in_the_middle_has_its_best_image_and_reports_why_it_ended(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store)
    model.images.extend(IMAGES)
    await generate_second_image(store, model)
    store.changes.clear()
    store.changes_to_live = 3  # the second image is judged, and the process dies before it ships
    with pytest.raises(KilledError):
        await call_step(store, model, ImageStep(ImageAction.EVALUATE, 2))
    store.changes_to_live = None
    assert await read_image(store) == IMAGES[0]
    why = Failure(Reason.CANCELLED, "cancelled by a caller")
    await deliver(start_process(store, model), "publish_catalog", FinishRunInput(RUN, CATALOG, failure=why))
    summary = await read_results(store, "summary.json")
    assert await read_image(store) == IMAGES[1]
    assert (summary["stoppedBecause"], summary["failure"]["reason"]) == ("run_ended", "cancelled")
    assert (summary["shippedIteration"], summary["score"]) == (2, 80)


async def test_two_orders_for_one_item_are_reported_apart(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store)
    await follow(store, model)
    assert len(set(model.jobs)) == len(model.jobs) == 3


# --- refused prompts --------------------------------------------------------------------------------------------------


async def test_a_refused_prompt_is_worded_again_as_often_as_was_asked(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, refine={"iterations": 0}, policy_rewrites=2)
    refused = await _refuse(store, model, ImageStep())
    assert refused.next_step == ImageStep(ImageAction.REWRITE, 1, 1)
    assert (await call_step(store, model, ImageStep(ImageAction.REWRITE, 1, 1))).next_step == ImageStep(
        ImageAction.GENERATE, 1, 1
    )
    refused = await _refuse(store, model, ImageStep(ImageAction.GENERATE, 1, 1))
    assert refused.next_step == ImageStep(ImageAction.REWRITE, 1, 2)
    assert (await call_step(store, model, ImageStep(ImageAction.REWRITE, 1, 2))).next_step == ImageStep(
        ImageAction.GENERATE, 1, 2
    )
    refused = await _refuse(store, model, ImageStep(ImageAction.GENERATE, 1, 2))
    assert (refused.next_step, refused.failure and refused.failure.reason) == (None, Reason.CONTENT_POLICY)
    generated = await call_step(store, model, ImageStep(ImageAction.GENERATE, 1, 2), attempt=1)
    assert (generated.made, generated.next_step) == (True, None)
    assert is_valid_image(await store.describe(IMAGE))


async def test_without_rewrites_a_refusal_ends_it(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, refine={"iterations": 0})
    assert (await _refuse(store, model, ImageStep())).next_step is None


async def test_an_image_of_a_rewritten_prompt_is_scored_against_that_prompt(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store, policy_rewrites=1)
    await _refuse(store, model, ImageStep())
    for step in (
        ImageStep(ImageAction.REWRITE, 1, 1),
        ImageStep(ImageAction.GENERATE, 1, 1),
        ImageStep(ImageAction.EVALUATE),
    ):
        await call_step(store, model, step)
    assert (await read_results(store, "iteration_1_evaluation.json"))["prompt"] == f"a better {ITEM.image_prompt}"


async def test_a_refused_prompt_that_is_returned_unchanged_is_not_generated_from(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store, refine={"iterations": 0}, policy_rewrites=1)
    model.rewrite = lambda prompt: prompt
    await _refuse(store, model, ImageStep())
    result = await call_step(store, model, ImageStep(ImageAction.REWRITE, 1, 1))
    assert (result.next_step, result.failure and result.failure.reason) == (None, Reason.CONTENT_POLICY)


@pytest.mark.parametrize("reason", [Reason.REFUSAL, Reason.MALFORMED_ANSWER])
async def test_a_refused_prompt_that_cannot_be_put_otherwise_was_refused(
    store: RecordingStore, model: ScriptedModel, reason: Reason
) -> None:
    await start(store, refine={"iterations": 0}, policy_rewrites=1)
    await _refuse(store, model, ImageStep())
    reasons = []
    for stricter in (False, True):
        model.failures.append(ModelError(reason, "no", usage=Usage(10, 10)))
        result = await call_step(
            store, model, ImageStep(ImageAction.REWRITE, 1, 1), attempt=1 + stricter, stricter=stricter
        )
        assert (result.next_step, result.cost.text_calls) == (None, 1)
        reasons.append(result.failure and result.failure.reason)
    assert reasons == [reason, Reason.CONTENT_POLICY]


async def test_a_rewrite_that_was_billed_and_cannot_be_used_is_in_the_bill(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start(store)
    for step in (ImageStep(), ImageStep(ImageAction.EVALUATE)):
        await call_step(store, model, step)
    model.failures.append(ModelError(Reason.MALFORMED_ANSWER, "no JSON", usage=Usage(10, 10)))
    result = await call_step(store, model, ImageStep(ImageAction.REWRITE, 2))
    assert (result.cost.input_tokens, result.cost.text_calls) == (10, 1)


async def _refuse(store: Store, model: ScriptedModel, step: ImageStep) -> ImageResult:
    model.failures.append(REFUSAL)
    return await call_step(store, model, step)
