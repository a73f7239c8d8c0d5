"""A catalog of 0.3 is taken on: its rows keep their ids and images, and the prompts that those are from."""

import json
from typing import Any

from shared.catalog.catalog_files import Batch, create_batch
from shared.catalog.items import Item, SourceItem
from shared.catalog.planning import needs_image
from shared.catalog.publish import publish, read_catalog_view
from shared.images.list_images import list_generating_runs
from shared.runs.request import SeedRequest
from shared.storage import paths
from tests.activities.test_import_input import INPUT, read_items, start, take
from tests.support.activity_calls import RUN, start_process
from tests.support.catalogs import CATALOG, IMAGE_METADATA, read_data
from tests.support.memory_store import RecordingStore
from tests.support.scripted_model import ScriptedModel

EARLIER_RUN = "8204736755599-0badcafe"
ROWS = [{"prompt": "a red car"}, {"prompt": "a green chair"}, {"prompt": "a red car"}]


async def write_catalog_of_0_3(store: RecordingStore, rows: list[dict[str, Any]], ids: list[str]) -> None:
    """Write a batch, and images, as version 0.3 did: a prompt with markup, and no fact of it beside the image."""
    items = tuple(
        SourceItem(
            product_id=row_id,
            name=str(row.get("name", row.get("prompt"))),
            description="",
            category="Uncategorized",
            filename=f"{row_id}.png",
            image_prompt=f"<b>of 0.3</b> {row_id}",
            source_id=row_id,
            row=json.dumps(row),
        )
        for row, row_id in zip(rows, ids, strict=True)
    )
    batch = Batch(1, EARLIER_RUN, items)
    assert await create_batch(store, CATALOG, batch)
    path = paths.batch_file(CATALOG, 1)
    data = await read_data(store, path)
    for item in data["items"]:
        for name in ("earlier", "variants", "facts", "importerId"):
            item.pop(name, None)
    await store.write(path, json.dumps(data).encode(), content_type="application/json")
    for item in items:
        metadata = IMAGE_METADATA | {"run_id": EARLIER_RUN}
        await store.write(paths.image_file(CATALOG, item.filename), b"x", content_type="image/png", metadata=metadata)


async def list_needed(store: RecordingStore, request: SeedRequest) -> list[str]:
    generating_runs = await list_generating_runs(store, CATALOG)
    items: list[Item] = [*await read_items(store)]
    return [item.public_id for item in items if needs_image(item, request, generating_runs, RUN)]


async def test_rows_without_ids_are_found_by_their_texts_and_keep_images_and_prompts(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await write_catalog_of_0_3(store, ROWS, ["prompt-0001", "prompt-0002", "prompt-0003"])
    request = SeedRequest(catalog=CATALOG, source="prompts", input=INPUT)
    await start(store, [{"prompt": "a new boat"}, *reversed(ROWS)], source="prompts")
    taken = await take(start_process(store, model))
    assert (taken.added, taken.items, taken.outdated) == (1, 4, 0)
    assert await list_needed(store, request) == ["prompt-0004"]
    await store.write(
        paths.state_file(CATALOG, "request.json"), json.dumps(request.to_json()).encode(), content_type="text/plain"
    )
    await publish(store, await read_catalog_view(store, CATALOG, with_images=True))
    published = await read_data(store, paths.catalog_file(CATALOG, "importer-catalog.json"))
    assert [row["imagePrompt"] for row in published] == [f"<b>of 0.3</b> prompt-{number:04d}" for number in (1, 2, 3)]


async def test_products_keep_their_images_unless_their_texts_change(
    store: RecordingStore, model: ScriptedModel
) -> None:
    rows = [{"id": str(number), "name": f"Mug {number}", "price": number} for number in range(3)]
    await write_catalog_of_0_3(store, rows, ["0", "1", "2"])
    changed = [rows[0], rows[1] | {"price": 9}, rows[2] | {"name": "Tray"}]
    await start(store, changed)
    process = start_process(store, model)
    taken = await take(process)
    assert (taken.added, taken.outdated) == (0, 1)
    assert (await take(process)).outdated == (await take(start_process(store, model))).outdated == 1
    request = SeedRequest(catalog=CATALOG, source="products", input=INPUT)
    assert await list_needed(store, request) == ["2"]
    assert await list_needed(store, request.model_copy(update={"keep_changed": True})) == []
    assert [json.loads(item.row) for item in await read_items(store)] == changed


async def test_taking_the_same_rows_again_writes_nothing(store: RecordingStore, model: ScriptedModel) -> None:
    await write_catalog_of_0_3(store, ROWS, ["prompt-0001", "prompt-0002", "prompt-0003"])
    await start(store, ROWS, source="prompts")
    await take(start_process(store, model))
    store.changes.clear()
    await take(start_process(store, model))
    assert [path for path in store.changes if "/batches/" in path] == []
