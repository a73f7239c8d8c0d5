"""Refinement with style references: the lower of score and likeness decides, and the rewrite gets what was unlike."""

import json
from typing import Any

import pytest

from shared.images.round_files import EvaluationRecord, RoundFiles
from shared.images.style_files import record_style, resolve_style
from shared.messages.base import Cost
from shared.messages.images import ImageAction, ImageCall, ImageResult, ImageStep
from shared.runs.request import SeedRequest
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, make_item, write_batches
from tests.support.memory_store import RecordingStore
from tests.support.sample_images import draw
from tests.support.scripted_model import ScriptedModel

ITEM = make_item("Ann")
IMAGE = paths.image_file(CATALOG, ITEM.filename)
INPUT = "inputs/look.png"
IMAGES = [draw(color, size=(64, 64)) for color in ((200, 0, 0), (0, 200, 0), (0, 0, 200))]


async def start(store: Store) -> None:
    request = SeedRequest.model_validate({"catalog": CATALOG, "styleReference": {"images": [INPUT]}})
    await store.write(INPUT, draw((20, 90, 230)), content_type="image/png")
    style = await resolve_style(store, request)
    assert style is not None
    await record_style(store, RUN, CATALOG, style)
    refine = {"iterations": 3, "accept_score": 90}
    await start_run_in(store, refine=refine, style_reference={"images": [INPUT]})
    await write_batches(store, ["Ann"])


async def follow(store: Store, model: ScriptedModel, step: ImageStep | None = None) -> list[ImageResult]:
    """Deliver each step to a process that knows nothing of the ones before."""
    results: list[ImageResult] = []
    step = step or ImageStep()
    while step is not None:
        call = ImageCall(RUN, CATALOG, ITEM.product_id, batch=1, attempt=0, step=step)
        results.append(ImageResult.from_json(await deliver(start_process(store, model), step.action, call)))
        step = results[-1].next_step
    return results


async def read_json(store: Store, name: str) -> Any:
    content = await store.read(paths.result_file(RUN, ITEM.product_id, name))
    assert content is not None
    return json.loads(content.data)


async def read_image(store: Store) -> bytes:
    content = await store.read(IMAGE)
    assert content is not None
    return content.data


@pytest.mark.parametrize(
    ("scores", "likenesses", "shipped", "end"),
    [
        ((95, 95), (60, 92), 2, "accepted"),
        ((95, 99), (80, 40), 1, "no_improvement"),
        ((50, 60, 70), (99, 99, 99), 3, "iterations_used"),
        ((90,), (90,), 1, "accepted"),
    ],
)
async def test_the_lower_of_score_and_likeness_decides_which_round_is_the_best_and_the_last(
    store: RecordingStore,
    scores: tuple[int, ...],
    likenesses: tuple[int, ...],
    shipped: int,
    end: str,
) -> None:
    await start(store)
    model = ScriptedModel(scores=scores, likenesses=likenesses)
    model.images.extend(IMAGES)
    await follow(store, model)
    summary = await read_json(store, "summary.json")
    assert (summary["shippedIteration"], summary["stoppedBecause"]) == (shipped, end)
    assert (summary["score"], summary["likeness"]) == (scores[shipped - 1], likenesses[shipped - 1])
    assert [(row["score"], row["likeness"], row["unlike"]) for row in summary["rounds"]] == [
        (score, likeness, ["darker light"]) for score, likeness in zip(scores, likenesses, strict=True)
    ]
    assert await read_image(store) == IMAGES[shipped - 1]


async def test_the_rewrite_is_told_what_was_unlike_the_references(store: RecordingStore) -> None:
    await start(store)
    model = ScriptedModel(scores=(95, 95), likenesses=(60, 95))
    await follow(store, model)
    tasks = {task["task"]: task for task in model.tasks}
    assert tasks["style_evaluation"]["references"] == 1
    assert tasks["rewrite"]["unlike"] == ["darker light"]
    record = await read_json(store, "iteration_1_evaluation.json")
    assert (record["score"], record["likeness"], record["unlike"]) == (95, 60, ["darker light"])


async def test_a_repeated_evaluation_finds_its_likeness_and_makes_no_call(store: RecordingStore) -> None:
    await start(store)
    model = ScriptedModel(scores=(50, 95), likenesses=(50, 95))
    await follow(store, model)
    calls = model.calls
    again = await follow(store, model, ImageStep(ImageAction.EVALUATE, 2))
    assert model.calls == calls
    assert [result.next_step for result in again] == [None]


async def test_an_evaluation_without_a_likeness_from_an_earlier_version_counts_by_its_score(
    store: RecordingStore,
) -> None:
    await start(store)
    model = ScriptedModel(scores=(0, 95), likenesses=(0, 60))
    model.images.extend(IMAGES)
    await deliver(start_process(store, model), "generate_image", ImageCall(RUN, CATALOG, ITEM.product_id, 1, 0))
    record = EvaluationRecord(1, ITEM.image_prompt, 70, (), ("a hat",), (), "gpt-5", None, Cost(text_calls=1))
    await RoundFiles(store, RUN, ITEM.product_id).record_evaluation(record)
    path = paths.result_file(RUN, ITEM.product_id, "iteration_1_evaluation.json")
    content = await store.read(path)
    assert content is not None
    earlier = {key: value for key, value in json.loads(content.data).items() if key not in {"likeness", "unlike"}}
    await store.write(path, json.dumps(earlier).encode(), content_type="application/json")

    await follow(store, model, ImageStep(ImageAction.EVALUATE, 1))

    summary = await read_json(store, "summary.json")
    assert "unlike" not in next(task for task in model.tasks if task["task"] == "rewrite")
    assert [(row["score"], row["likeness"]) for row in summary["rounds"]] == [(70, None), (95, 60)]
    assert (summary["shippedIteration"], summary["stoppedBecause"]) == (1, "no_improvement")
