"""Small catalogs for tests, written as a run writes them."""

import json
import uuid
from collections.abc import Iterable
from typing import Any

from shared.catalog.catalog_files import Batch, create_batch, write_categories
from shared.catalog.items import Category, Item, SourceItem
from shared.storage import paths
from shared.storage.protocol import Store

CATALOG = "lego"
CATEGORIES = [Category("Space Crew", "space-crew"), Category("City Life", "city-life")]
IMAGE_METADATA = {"sha256": "00ff", "width": "1024", "height": "768"}


def make_item(name: str, *, category: str = "Space Crew", ending: str = "png") -> Item:
    """Return an item with an id that is derived from its name."""
    product_id = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    return Item(
        product_id=product_id,
        name=name,
        description="A figure. It has a hat.",
        category=category,
        filename=f"{product_id}.{ending}",
        image_prompt=f"Photo of {name}",
    )


async def write_batches(store: Store, *batches: Iterable[str], run_id: str = "run-1", first: int = 1) -> list[Item]:
    """Write batches of items with these names and return the items."""
    items: list[Item] = []
    for number, names in enumerate(batches, start=first):
        batch = Batch(number, run_id, tuple(map(make_item, names)))
        assert await create_batch(store, CATALOG, batch)
        items.extend(batch.items)
    await write_categories(store, CATALOG, CATEGORIES)
    return items


def make_source_item(name: str, **changes: Any) -> SourceItem:
    """Return the item of a row that needs a prompt from the text model."""
    item = SourceItem(
        **make_item(name).model_dump(), source_id=f"sku {name}", row="{}", prompt_hints={"brand": "Daybird"}
    )
    return item.model_copy(update=changes)


async def write_rows(store: Store, *batches: Iterable[str], run_id: str = "run-1") -> list[SourceItem]:
    """Write batches of rows with these names and return their items."""
    items: list[SourceItem] = []
    for number, names in enumerate(batches, start=1):
        rows = tuple(map(make_source_item, names))
        assert await create_batch(store, CATALOG, Batch(number, run_id, rows))
        items.extend(rows)
    await write_categories(store, CATALOG, CATEGORIES)
    return items


async def write_images(store: Store, items: Iterable[Item]) -> None:
    """Store a validated image of each item."""
    for item in items:
        path = paths.image_file(CATALOG, item.filename)
        await store.write(path, b"picture", content_type="image/png", metadata=IMAGE_METADATA)


async def read_data(store: Store, path: str) -> Any:
    """Return the JSON data of a file. The file must exist."""
    content = await store.read(path)
    assert content is not None, f"{path} is missing"
    return json.loads(content.data)


async def list_paths(store: Store, prefix: str) -> list[str]:
    """Return the paths with a prefix."""
    return [info.path async for info in store.list_files(prefix)]
