"""A variant belongs to one version of one image, and is made once."""

import hashlib
import io

import pytest
from PIL import Image

from shared.catalog.items import Item
from shared.catalog.prune import prune_catalog
from shared.catalog.publish import publish, read_catalog_view
from shared.images.image_table import ImageTable
from shared.images.list_images import list_stored_images
from shared.images.variant_files import complete_variants, ensure_variants, match_variants
from shared.images.variant_spec import ImageVariant
from shared.runs.request import SeedRequest
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json
from tests.support.catalogs import CATALOG, list_paths, read_data, write_batches, write_images
from tests.support.memory_store import RecordingStore

WEBP = ImageVariant(width=32, format="webp")
JPEG = ImageVariant(width=16, format="jpeg", quality=60)
VARIANTS = (WEBP, JPEG)
FOLDER = paths.variant_folder(CATALOG)


def make_image(shade: int = 90, side: int = 64) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), (shade, 40, 200)).save(file, "PNG")
    return file.getvalue()


async def write_image(store: RecordingStore, item: Item, data: bytes | None = None) -> str:
    data = data or make_image()
    sha256 = hashlib.sha256(data).hexdigest()
    metadata = {"sha256": sha256, "width": "64", "height": "64"}
    await store.write(paths.image_file(CATALOG, item.filename), data, content_type="image/png", metadata=metadata)
    return sha256


def path_of(variant: ImageVariant, item: Item) -> str:
    return paths.variant_file(CATALOG, variant.name, item.filename, variant.extension)


async def read_table(store: RecordingStore, variants: tuple[ImageVariant, ...] = VARIANTS) -> ImageTable:
    table = await list_stored_images(store, CATALOG)
    await match_variants(store, CATALOG, table, variants)
    return table


async def test_missing_variants_are_made_once_and_listed(store: RecordingStore) -> None:
    ann, bob = await write_batches(store, ["Ann", "Bob"])
    for item in (ann, bob):
        await write_image(store, item)
    assert await complete_variants(store, CATALOG, await read_table(store), VARIANTS) == 0
    store.reads.clear()
    table = await read_table(store)
    assert await complete_variants(store, CATALOG, table, VARIANTS) == 0
    assert not store.reads
    found = table.find(ann.filename)
    assert found is not None
    assert [(one.place, one.width, one.height) for one in found.variants] == [(0, 32, 32), (1, 16, 16)]
    content = await store.read(path_of(WEBP, ann))
    assert content is not None
    assert (len(content.data), hashlib.sha256(content.data).hexdigest()) == (
        found.variants[0].size,
        found.variants[0].sha256,
    )
    with Image.open(io.BytesIO(content.data)) as image:
        assert (image.format, image.size) == ("WEBP", (32, 32))


async def test_variants_of_an_earlier_image_are_replaced(store: RecordingStore) -> None:
    (ann,) = await write_batches(store, ["Ann"])
    await write_image(store, ann)
    await complete_variants(store, CATALOG, await read_table(store), VARIANTS)
    before = await store.read(path_of(WEBP, ann))
    sha256 = await write_image(store, ann, make_image(shade=240))
    assert (await read_table(store)).list_variants(ann.filename) == []
    await ensure_variants(store, CATALOG, ann.filename, sha256, VARIANTS)
    after = await store.read(path_of(WEBP, ann))
    assert before is not None
    assert after is not None
    assert before.data != after.data
    assert len((await read_table(store)).list_variants(ann.filename)) == 2


async def test_another_quality_is_another_variant(store: RecordingStore) -> None:
    (ann,) = await write_batches(store, ["Ann"])
    await write_image(store, ann)
    await complete_variants(store, CATALOG, await read_table(store), VARIANTS)
    finer = (WEBP.model_copy(update={"quality": 95}), JPEG)
    table = await read_table(store, finer)
    assert [one.place for one in table.list_variants(ann.filename)] == [1]
    assert await complete_variants(store, CATALOG, table, finer) == 0


async def test_obsolete_variants_are_removed_and_other_files_stay(store: RecordingStore) -> None:
    ann, bob = await write_batches(store, ["Ann", "Bob"])
    for item in (ann, bob):
        await write_image(store, item)
    await complete_variants(store, CATALOG, await read_table(store), VARIANTS)
    await store.delete(paths.image_file(CATALOG, bob.filename))
    await store.write(f"{FOLDER}32w-webp/readme.txt", b"mine", content_type="text/plain")
    await complete_variants(store, CATALOG, await list_stored_images(store, CATALOG), (WEBP,))
    assert await list_paths(store, FOLDER) == sorted([path_of(WEBP, ann), f"{FOLDER}32w-webp/readme.txt"])


async def test_an_image_that_cannot_be_decoded_lacks_its_variants(store: RecordingStore) -> None:
    ann, bob = await write_batches(store, ["Ann", "Bob"])
    await write_image(store, ann)
    await write_images(store, [bob])
    assert await complete_variants(store, CATALOG, await read_table(store), VARIANTS) == 1


async def test_a_run_makes_a_limited_number(store: RecordingStore) -> None:
    for item in await write_batches(store, ["Ann", "Bob", "Cid"]):
        await write_image(store, item)
    assert await complete_variants(store, CATALOG, await read_table(store), VARIANTS, max_work=4) == 1
    assert await complete_variants(store, CATALOG, await read_table(store), VARIANTS, max_work=4) == 0


async def test_an_avif_counts_as_three(store: RecordingStore) -> None:
    for item in await write_batches(store, ["Ann", "Bob"]):
        await write_image(store, item)
    avif = (ImageVariant(width=32, format="avif"),)
    assert await complete_variants(store, CATALOG, await read_table(store, avif), avif, max_work=3) == 1


async def write_request(store: RecordingStore, **fields: object) -> SeedRequest:
    request = SeedRequest.from_json({"catalog": CATALOG, **fields})
    await store.write(paths.state_file(CATALOG, "request.json"), dump_json(request.to_json()), content_type=JSON_TYPE)
    return request


async def test_the_manifest_lists_the_variants_that_are_there(store: RecordingStore) -> None:
    ann, bob = await write_batches(store, ["Ann", "Bob"])
    request = await write_request(store, imageVariants=[{"width": 32, "format": "webp"}])
    sha256 = await write_image(store, ann)
    await write_image(store, bob)
    await ensure_variants(store, CATALOG, ann.filename, sha256, request.image_variants)
    await publish(store, await read_catalog_view(store, CATALOG, with_images=True))
    rows = await read_data(store, paths.catalog_file(CATALOG, "manifest.json"))
    (variant,) = rows[0]["variants"]
    assert variant["path"] == path_of(request.image_variants[0], ann)
    assert (variant["width"], variant["height"], variant["contentType"]) == (32, 32, "image/webp")
    assert rows[1]["variants"] == []


async def test_pruning_removes_variants_without_an_image(store: RecordingStore) -> None:
    ann, bob = await write_batches(store, ["Ann", "Bob"])
    request = await write_request(store, imageVariants=[{"width": 32, "format": "webp"}])
    for item in (ann, bob):
        await write_image(store, item)
    await complete_variants(store, CATALOG, await list_stored_images(store, CATALOG), request.image_variants)
    await store.delete(paths.image_file(CATALOG, bob.filename))
    await prune_catalog(store, CATALOG, "prune")
    assert await list_paths(store, FOLDER) == [path_of(request.image_variants[0], ann)]


@pytest.mark.parametrize(
    "variants",
    [
        [{"width": 8, "format": "webp"}],
        [{"width": 5000, "format": "webp"}],
        [{"width": 64, "format": "gif"}],
        [{"width": 64, "format": "webp", "quality": 0}],
        [{"width": 64, "format": "webp"}, {"width": 64, "format": "webp", "quality": 50}],
        [{"width": 16 + number, "format": "webp"} for number in range(9)],
        [{"width": 64, "format": "webp", "crop": True}],
    ],
    ids=["too narrow", "too wide", "format", "quality", "twice", "too many", "unknown field"],
)
def test_a_request_with_a_wrong_variant_is_refused(variants: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match="imageVariants"):
        SeedRequest.from_json({"catalog": CATALOG, "imageVariants": variants})
