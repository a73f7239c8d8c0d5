"""Images are listed by their metadata, and 50,000 of them take little memory."""

import tracemalloc
import uuid

from shared.images.image_table import ImageTable, StoredImage
from shared.images.list_images import iterate_image_files, list_generating_runs, list_stored_images
from shared.storage import paths
from tests.support.catalogs import CATALOG, IMAGE_METADATA, make_item, write_images
from tests.support.memory_store import RecordingStore

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def test_a_table_gives_back_what_was_put_in() -> None:
    table = ImageTable()
    images = {
        "a.png": StoredImage(1_500_000, 1024, 768, SHA256),
        "b.jpg": StoredImage(2**40, 1, 2, "00ff", 2**64 - 1, True),
    }
    images |= {
        "c.png": StoredImage(1, 1, 1, "00ff", dhash=0),
        "d.png": StoredImage(1, 1, 1, "00ff", has_thumbnail=True),
    }
    images |= {"f.png": StoredImage(1, 1, 1, "00ff", round=3)}
    for filename, image in images.items():
        table.add(filename, image)
    assert {filename: table.find(filename) for filename in images} == images
    assert "a.png" in table
    assert list(table) == list(images)
    assert "e.png" not in table
    assert table.find("e.png") is None


def test_fifty_thousand_images_take_less_than_15_mb() -> None:
    tracemalloc.start()
    try:
        table = ImageTable()
        for _ in range(5_000):
            table.add(f"{uuid.uuid4()}.png", StoredImage(1_500_000, 1024, 1024, SHA256, 2**63, True, round=3))
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size * 10 < 15_000_000


async def test_validated_images_are_listed_by_file_name_with_their_metadata(store: RecordingStore) -> None:
    item = make_item("Nova")
    await write_images(store, [item])
    table = await list_stored_images(store, CATALOG)
    assert table.find(item.filename) == StoredImage(7, 1024, 768, "00ff")
    assert item.filename not in await list_stored_images(store, f"{CATALOG}-2")


async def test_generating_runs_are_listed_for_validated_images_only(store: RecordingStore) -> None:
    for name, metadata in {
        "ours": IMAGE_METADATA | {"run_id": "run-1"},
        "by-hand": IMAGE_METADATA,
        "unseen": {},
    }.items():
        path = paths.image_file(CATALOG, f"{name}.png")
        await store.write(path, b"picture", content_type="image/png", metadata=metadata)
    assert await list_generating_runs(store, CATALOG) == {"by-hand.png": "", "ours.png": "run-1"}
    assert [name async for name, _ in iterate_image_files(store, CATALOG)] == [
        "by-hand.png",
        "ours.png",
        "unseen.png",
    ]
