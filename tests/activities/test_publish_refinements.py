"""A run that looks at its images leaves the list of what came of it; any other run leaves none."""

from typing import Any

from shared.messages.images import ImageCall, ImageStep
from shared.messages.run import FinishRunInput, PublishResult
from shared.services.container import Services
from shared.storage.protocol import Store
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, make_item, read_data, write_batches, write_images
from tests.support.memory_store import RecordingStore
from tests.support.scripted_model import ScriptedModel

ANN, BOB = make_item("Ann"), make_item("Bob")
LIST = f"runs/{RUN}/refinements.json"


async def start(store: Store, **changes: Any) -> None:
    await start_run_in(store, **changes)
    await write_batches(store, ["Ann", "Bob"])


async def publish(process: Services) -> PublishResult:
    """End the run with what is there."""
    return PublishResult.from_json(await deliver(process, "publish_catalog", FinishRunInput(RUN, CATALOG)))


async def draw_all(process: Services, product_id: str) -> None:
    """Take every step of an item's image."""
    step: ImageStep | None = ImageStep()
    while step is not None:
        call = ImageCall(RUN, CATALOG, product_id, batch=1, step=step)
        reported = await deliver(process, step.action, call)
        step = None if reported.get("next_step") is None else ImageStep.from_json(reported["next_step"])


async def test_refined_items_are_listed_and_counted_in_a_note(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, refine={"iterations": 3, "accept_score": 90})
    await write_images(store, [BOB])
    process = start_process(store, model)
    await draw_all(process, ANN.product_id)
    published = await publish(process)
    assert published.outputs["refinements"] == LIST
    (row,) = await read_data(store, LIST)
    assert (row["name"], row["iterations"], row["shippedIteration"], row["firstScore"], row["score"]) == (
        "Ann",
        3,
        2,
        50,
        80,
    )
    assert published.notes[0] == "images evaluated: 1 (kept the second 1; mean score 50 -> 80)"
    ann, bob = await read_data(store, published.outputs["manifest"])
    assert (ann["iteration"], "iteration" in bob) == (2, False)


async def test_a_run_that_kept_all_images_leaves_an_empty_list_and_no_note(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, refine={"iterations": 1})
    await write_images(store, [ANN, BOB])
    published = await publish(start_process(store, model))
    assert published.outputs["refinements"] == LIST
    assert await read_data(store, LIST) == []
    assert not any("evaluated" in note for note in published.notes)


async def test_a_run_without_evaluations_leaves_no_list(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store)
    process = start_process(store, model)
    await draw_all(process, ANN.product_id)
    published = await publish(process)
    assert "refinements" not in published.outputs
    assert await store.describe(LIST) is None
