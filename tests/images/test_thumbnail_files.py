"""A thumbnail belongs to one version of one image, which a listing shows without reading images."""

from dataclasses import replace

import pytest

from shared.catalog.items import Item
from shared.catalog.prune import prune_catalog
from shared.catalog.publish import publish, read_catalog_view
from shared.images.image_metadata import ThumbnailMetadata
from shared.images.list_images import list_stored_images
from shared.images.thumbnail_files import is_thumbnail_of, match_thumbnails, remove_derived_files, write_thumbnail
from shared.storage import paths
from tests.support.catalogs import CATALOG, IMAGE_METADATA, list_paths, read_data, write_batches, write_images
from tests.support.memory_store import RecordingStore

DHASH = "00000000000000ff"


async def write_thumbnail_of(store: RecordingStore, item: Item, *, sha256: str = IMAGE_METADATA["sha256"]) -> str:
    """Store a thumbnail of an item's image and return its path."""
    metadata = ThumbnailMetadata(item.filename, sha256, int(DHASH, 16))
    await write_thumbnail(store, CATALOG, b"small", metadata)
    return paths.thumbnail_file(CATALOG, item.filename)


@pytest.mark.parametrize(
    ("filename", "thumbnail"),
    [("a.png", "a.webp"), ("a.b.jpg", "a.b.webp"), ("PROD-000001.jpg", "PROD-000001.webp"), ("a", "a.webp")],
)
def test_it_has_the_name_of_its_image_but_for_the_ending(filename: str, thumbnail: str) -> None:
    assert paths.thumbnail_file("lego", filename) == f"catalogs/lego/thumbnails/{thumbnail}"


async def test_images_with_a_thumbnail_are_marked(store: RecordingStore) -> None:
    ann, bob = await write_batches(store, ["Ann", "Bob"])
    await write_images(store, [ann, bob])
    await write_thumbnail_of(store, ann)
    store.reads.clear()
    images = await list_stored_images(store, CATALOG)
    bare = images.find(ann.filename)
    assert bare is not None
    assert await match_thumbnails(store, CATALOG, images) == []
    assert images.find(ann.filename) == replace(bare, dhash=0xFF, has_thumbnail=True)
    assert images.find(bob.filename) == bare
    assert not store.reads


async def test_an_image_s_own_hash_wins_over_its_thumbnail_s(store: RecordingStore) -> None:
    (ann,) = await write_batches(store, ["Ann"])
    metadata = IMAGE_METADATA | {"dhash": "0000000000000001"}
    await store.write(paths.image_file(CATALOG, ann.filename), b"picture", content_type="image/png", metadata=metadata)
    await write_thumbnail_of(store, ann)
    view = await read_catalog_view(store, CATALOG, with_images=True)
    assert list(view.perceptual_hashes) == [1]


async def test_the_manifest_names_thumbnails_that_are_there_and_fit(store: RecordingStore) -> None:
    ann, bob, cid = await write_batches(store, ["Ann", "Bob", "Cid"])
    await write_images(store, [ann, bob, cid])
    path = await write_thumbnail_of(store, ann)
    await write_thumbnail_of(store, bob, sha256="beef")
    await publish(store, await read_catalog_view(store, CATALOG, with_images=True))
    rows = await read_data(store, "catalogs/lego/manifest.json")
    assert [(row["thumbnail"], row["dhash"]) for row in rows] == [(path, DHASH), (None, None), (None, None)]


async def test_a_thumbnail_of_another_version_or_of_a_lost_image_is_of_no_use_and_one_by_hand_is_left_alone(
    store: RecordingStore,
) -> None:
    ann, bob, cid = await write_batches(store, ["Ann", "Bob", "Cid"])
    await write_images(store, [ann, cid])
    kept = await write_thumbnail_of(store, ann)
    lost = await write_thumbnail_of(store, bob)
    other = await write_thumbnail_of(store, cid, sha256="beef")
    by_hand = f"{paths.thumbnail_folder(CATALOG)}logo.webp"
    await store.write(by_hand, b"logo", content_type="image/webp")
    obsolete = await match_thumbnails(store, CATALOG, await list_stored_images(store, CATALOG))
    assert {info.path for info in obsolete} == {lost, other}
    await remove_derived_files(store, obsolete)
    assert set(await list_paths(store, paths.thumbnail_folder(CATALOG))) == {kept, by_hand}


async def test_one_that_was_replaced_meanwhile_is_not_removed(store: RecordingStore) -> None:
    (ann,) = await write_batches(store, ["Ann"])
    path = await write_thumbnail_of(store, ann, sha256="beef")
    await write_images(store, [ann])
    obsolete = await match_thumbnails(store, CATALOG, await list_stored_images(store, CATALOG))
    await write_thumbnail_of(store, ann)
    await remove_derived_files(store, obsolete)
    assert is_thumbnail_of(await store.describe(path), ann.filename, IMAGE_METADATA["sha256"])


async def test_prune_takes_the_thumbnails_of_lost_images_along(store: RecordingStore) -> None:
    ann, bob = await write_batches(store, ["Ann", "Bob"])
    await write_images(store, [ann, bob])
    kept = await write_thumbnail_of(store, ann)
    await write_thumbnail_of(store, bob)
    await store.delete(paths.image_file(CATALOG, bob.filename))
    await prune_catalog(store, CATALOG, "8203891199999-0a1b2c3d")
    assert await list_paths(store, paths.thumbnail_folder(CATALOG)) == [kept]
    assert [row["thumbnail"] for row in await read_data(store, "catalogs/lego/manifest.json")] == [kept]


def test_a_missing_file_is_not_a_thumbnail() -> None:
    assert not is_thumbnail_of(None, "a.png", "00ff")
