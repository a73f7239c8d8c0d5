"""Images are known by their facts, and 50,000 of them take little memory."""

import tracemalloc
import uuid

import pytest

from shared.catalog.catalog_files import is_valid_image
from shared.images.image_metadata import (
    ImageMetadata,
    ImageTable,
    iterate_stored_images,
    list_generating_runs,
    list_image_metadata,
    read_image_metadata,
)
from shared.storage import paths
from tests.support.catalogs import CATALOG, FACTS, make_item, write_images
from tests.support.memory_store import RecordingStore

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PATH = paths.image_file(CATALOG, "a.png")


def test_a_table_gives_back_what_was_put_in() -> None:
    table = ImageTable()
    images = {
        "a.png": ImageMetadata(1_500_000, 1024, 768, SHA256),
        "b.jpg": ImageMetadata(2**40, 1, 2, "00ff", 2**64 - 1, True),
    }
    images |= {
        "c.png": ImageMetadata(1, 1, 1, "00ff", dhash=0),
        "d.png": ImageMetadata(1, 1, 1, "00ff", has_thumbnail=True),
    }
    images |= {"f.png": ImageMetadata(1, 1, 1, "00ff", iteration=3)}
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
            table.add(f"{uuid.uuid4()}.png", ImageMetadata(1_500_000, 1024, 1024, SHA256, 2**63, True, iteration=3))
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size * 10 < 15_000_000


async def test_validated_images_are_listed_by_file_name_with_their_facts(store: RecordingStore) -> None:
    item = make_item("Nova")
    await write_images(store, [item])
    table = await list_image_metadata(store, CATALOG)
    assert table.find(item.filename) == ImageMetadata(7, 1024, 768, "00ff")
    assert item.filename not in await list_image_metadata(store, f"{CATALOG}-2")


async def test_makers_are_reported_of_validated_images_only(store: RecordingStore) -> None:
    for name, metadata in {"ours": FACTS | {"run_id": "run-1"}, "by-hand": FACTS, "unseen": {}}.items():
        path = paths.image_file(CATALOG, f"{name}.png")
        await store.write(path, b"picture", content_type="image/png", metadata=metadata)
    assert await list_generating_runs(store, CATALOG) == {"by-hand.png": "", "ours.png": "run-1"}
    assert [name async for name, _ in iterate_stored_images(store, CATALOG)] == [
        "by-hand.png",
        "ours.png",
        "unseen.png",
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"sha256": "no hex"}, {"width": "wide"}, {"height": "0"}, {"width": "-1"}, {"height": "7.5"}, {"sha256": "abc"}],
)
async def test_an_image_whose_facts_make_no_sense_was_not_validated(
    store: RecordingStore, wrong: dict[str, str]
) -> None:
    await store.write(PATH, b"picture", content_type="image/png", metadata=FACTS | wrong)
    info = await store.describe(PATH)
    assert info is not None
    assert read_image_metadata(info) is None
    assert not is_valid_image(info)
    assert "a.png" not in await list_image_metadata(store, CATALOG)


@pytest.mark.parametrize("fact", FACTS)
async def test_an_image_that_lacks_a_fact_was_not_validated(store: RecordingStore, fact: str) -> None:
    metadata = {name: value for name, value in FACTS.items() if name != fact}
    await store.write(PATH, b"picture", content_type="image/png", metadata=metadata)
    assert not is_valid_image(await store.describe(PATH))


@pytest.mark.parametrize(
    ("metadata", "dhash"),
    [
        ({"dhash": "00000000000000ff"}, 0xFF),
        ({}, None),
        ({"dhash": "ff"}, None),
        ({"dhash": "no hex"}, None),
        ({"dhash": "0" * 18}, None),
    ],
)
async def test_an_image_without_a_usable_hash_is_an_image_all_the_same(
    store: RecordingStore, metadata: dict[str, str], dhash: int | None
) -> None:
    await store.write(PATH, b"picture", content_type="image/png", metadata=FACTS | metadata)
    assert (await list_image_metadata(store, CATALOG)).find("a.png") == ImageMetadata(7, 1024, 768, "00ff", dhash)


@pytest.mark.parametrize(
    ("told", "iteration"), [("2", 2), (None, None), ("0", None), ("-1", None), ("256", None), ("two", None)]
)
async def test_an_image_that_was_looked_at_tells_which_one_of_its_item_it_is(
    store: RecordingStore, told: str | None, iteration: int | None
) -> None:
    metadata = FACTS if told is None else FACTS | {"iteration": told}
    await store.write(PATH, b"picture", content_type="image/png", metadata=metadata)
    assert (await list_image_metadata(store, CATALOG)).find("a.png") == ImageMetadata(
        7, 1024, 768, "00ff", iteration=iteration
    )


async def test_an_empty_file_is_no_image_whatever_is_said_of_it(store: RecordingStore) -> None:
    await store.write(PATH, b"", content_type="image/png", metadata=FACTS)
    assert not is_valid_image(await store.describe(PATH))
    assert not is_valid_image(None)
