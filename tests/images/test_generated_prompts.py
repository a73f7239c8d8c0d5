"""A catalog shows the prompt that each image was generated from, also after its item has another one."""

from typing import Any

import pytest

from shared.catalog.catalog_files import Batch, create_batch
from shared.catalog.items import Item
from shared.catalog.prompt_files import BatchPrompts, read_prompts, write_prompts_file
from shared.images.generated_prompts import iterate_generated_batches
from shared.images.keep_earlier_image import archive_batch_image
from shared.images.list_images import list_stored_images
from shared.images.round_files import PromptRecord, RoundFiles
from shared.messages.base import Cost
from shared.messages.images import ImageAction, ImageStep
from shared.models.prompts.image_prompt_requests import WrittenPrompt, digest_item
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.catalogs import CATALOG, make_item, make_source_item
from tests.support.earlier_images import EARLIER_RUN, place_image
from tests.support.memory_store import MemoryStore, RecordingStore

ANN, MUG = make_item("Ann"), make_source_item("Mug")


@pytest.fixture
def store() -> RecordingStore:
    """An empty store that notes what is asked of it."""
    return RecordingStore(MemoryStore())


async def write(store: Store, item: Item, *edits: str, written: str | None = None) -> None:
    """Write a batch with an item, the prompt that a model wrote for it, and the edits of its prompt."""
    await create_batch(store, CATALOG, Batch(1, "run-1", (item,)))
    texts = {} if written is None else {item.product_id: WrittenPrompt(digest_item(item), written)}
    prompts = BatchPrompts("run-1", prompts=texts)
    for edit in edits:
        prompts = prompts.edit(item, edit)
    await write_prompts_file(store, CATALOG, 1, prompts, etag=None)


async def read_prompt(store: Store) -> str:
    table = await list_stored_images(store, CATALOG)
    (item,) = [item async for batch in iterate_generated_batches(store, CATALOG, [1], table) for item in batch.items]
    return item.image_prompt


@pytest.mark.parametrize("item", [ANN, MUG])
@pytest.mark.parametrize("generated_from", ["Photo of {name}", "first edit", "second edit", "last edit"])
async def test_an_image_shows_its_own_prompt_without_a_further_read(
    store: RecordingStore, item: Item, generated_from: str
) -> None:
    prompt = generated_from.format(name=item.name)
    await write(store, item, "first edit", "second edit", "last edit")
    await place_image(store, item, prompt=prompt)
    store.reads.clear()
    assert await read_prompt(store) == prompt
    assert set(store.reads) == {paths.batch_file(CATALOG, 1), paths.prompts_file(CATALOG, 1)}


@pytest.mark.parametrize("item", [ANN, MUG])
async def test_an_item_without_an_image_shows_the_prompt_for_its_next_one(store: RecordingStore, item: Item) -> None:
    await write(store, item, "an edit", written="a written prompt")
    assert await read_prompt(store) == "an edit"


async def test_an_image_from_before_prompts_were_recorded_is_not_from_an_edit(store: RecordingStore) -> None:
    await write(store, ANN, "an edit")
    await place_image(store, ANN, run_id="")
    assert await read_prompt(store) == ANN.image_prompt


async def test_a_prompt_that_the_model_wrote_before_an_edit_is_found(store: RecordingStore) -> None:
    await write(store, MUG, "an edit", written="a written prompt")
    await place_image(store, MUG, prompt="a written prompt")
    assert await read_prompt(store) == "a written prompt"


async def write_rewrite(store: Store, item: Item, prompt: str) -> None:
    record = PromptRecord(prompt, "before", because_refused=True, model="m", request_id=None, cost=Cost())
    step = ImageStep(ImageAction.REWRITE, 1, 1)
    await RoundFiles(store, EARLIER_RUN, item.product_id).record_prompt(step, record)


@pytest.mark.parametrize(("edits", "shown"), [((), ANN.image_prompt), (("an edit",), "a neutral rewrite")])
async def test_a_rewritten_prompt_of_a_generated_item_is_looked_up_only_after_an_edit(
    store: RecordingStore, edits: tuple[str, ...], shown: str
) -> None:
    await write(store, ANN, *edits)
    await write_rewrite(store, ANN, "a neutral rewrite")
    await place_image(store, ANN, prompt="a neutral rewrite")
    assert await read_prompt(store) == shown


async def test_a_promoted_image_shows_the_prompt_that_was_archived_with_it(store: RecordingStore) -> None:
    await write(store, ANN, "a lost edit")
    await place_image(store, ANN, prompt="a lost edit")
    info = await store.describe(paths.image_file(CATALOG, ANN.filename))
    assert info is not None
    await archive_batch_image(store, CATALOG, 1, ANN.product_id, info)
    many: dict[str, Any] = {"etag": None}
    prompts = await read_prompts(store, CATALOG, 1)
    assert prompts is not None
    for number in range(30):
        prompts = prompts.edit(ANN, f"edit {number}")
    await store.delete(paths.prompts_file(CATALOG, 1))
    await write_prompts_file(store, CATALOG, 1, prompts, **many)
    assert "a lost edit" not in prompts.list_prompts(ANN)
    assert await read_prompt(store) == "a lost edit"


async def test_an_edit_of_a_row_applies_until_its_text_changes(store: RecordingStore) -> None:
    await write(store, MUG, "an edit")
    prompts = await read_prompts(store, CATALOG, 1)
    assert prompts is not None
    changed = MUG.model_copy(update={"description": "A new text."})
    assert prompts.apply_to(changed).image_prompt == MUG.image_prompt
    assert not prompts.needs_prompt(MUG, "run-2")
    assert prompts.needs_prompt(changed, "run-2")
