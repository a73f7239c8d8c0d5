"""Image files for answers, on every store."""

import pytest

from shared.browse import image_files
from shared.browse.image_files import CachedVersion, read_catalog_image, read_catalog_thumbnail
from shared.errors import ImageTooLargeError, UnknownImageError
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.browsed_catalogs import store_image, store_thumbnail_of
from tests.support.catalogs import CATALOG, make_item

ITEM = make_item("Fox")
ANY = CachedVersion()


async def test_an_image_is_served_with_its_sha256_as_etag(store: Store) -> None:
    sha256 = await store_image(store, ITEM)
    image = await read_catalog_image(store, CATALOG, ITEM.filename, ANY)
    assert image.data == b"image of Fox"
    assert (image.etag, image.content_type, image.is_immutable) == (f'"{sha256}"', "image/png", False)


async def test_an_address_with_the_version_of_the_image_is_immutable(store: Store) -> None:
    sha256 = await store_image(store, ITEM)
    await store_thumbnail_of(store, ITEM, sha256)
    for read in (read_catalog_image, read_catalog_thumbnail):
        assert (await read(store, CATALOG, ITEM.filename, CachedVersion(sha256=sha256))).is_immutable
        assert not (await read(store, CATALOG, ITEM.filename, CachedVersion(sha256="0" * 64))).is_immutable


@pytest.mark.parametrize("wrap", ["{}", "W/{}", '"other", {}', "*"])
async def test_a_caller_that_has_the_version_gets_no_bytes(store: Store, wrap: str) -> None:
    sha256 = await store_image(store, ITEM)
    await store_thumbnail_of(store, ITEM, sha256)
    for read in (read_catalog_image, read_catalog_thumbnail):
        etag = (await read(store, CATALOG, ITEM.filename, ANY)).etag
        assert (await read(store, CATALOG, ITEM.filename, CachedVersion(wrap.format(etag)))).data is None
    await store_image(store, ITEM, "another image")
    changed = await read_catalog_image(store, CATALOG, ITEM.filename, CachedVersion(f'"{sha256}"'))
    assert changed.data == b"another image"


async def test_a_thumbnail_is_found_by_the_name_of_its_image_and_by_its_own(store: Store) -> None:
    with pytest.raises(UnknownImageError):
        await read_catalog_thumbnail(store, CATALOG, ITEM.filename, ANY)
    await store_thumbnail_of(store, ITEM, await store_image(store, ITEM))
    own_name = f"{ITEM.product_id}.webp"
    for name in (ITEM.filename, own_name):
        thumbnail = await read_catalog_thumbnail(store, CATALOG, name, ANY)
        assert (thumbnail.data, thumbnail.content_type) == (b"thumbnail", "image/webp")
    with pytest.raises(UnknownImageError):  # another image may have the same stem
        await read_catalog_thumbnail(store, CATALOG, f"{ITEM.product_id}.jpg", ANY)


@pytest.mark.parametrize(
    "name",
    [
        "..",
        ".",
        "",
        "../catalog.json",
        "../images/x.png",
        "..%2Fcatalog.json",
        "%2e%2e/catalog.json",
        "a/b.png",
        "a\\b.png",
        "C:x.png",
        "catalog.json",
        "x.html",
        "x.svg",
        ".png",
        "nul\x00.png",
        "missing.png",
        "x.png.",
    ],
)
async def test_only_files_of_images_are_served(store: Store, name: str) -> None:
    await store_image(store, ITEM)
    path = paths.catalog_file(CATALOG, "catalog.json")
    await store.write(path, b"[]", content_type="application/json")
    for read in (read_catalog_image, read_catalog_thumbnail):
        with pytest.raises(UnknownImageError):
            await read(store, CATALOG, name, ANY)


async def test_a_file_that_is_too_large_is_refused_with_its_path(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await store_image(store, ITEM)
    monkeypatch.setattr(image_files, "MAX_IMAGE_BYTES", 3)
    with pytest.raises(ImageTooLargeError) as caught:
        await read_catalog_image(store, CATALOG, ITEM.filename, ANY)
    assert caught.value.properties["path"] == paths.image_file(CATALOG, ITEM.filename)


async def test_a_file_without_metadata_has_the_etag_of_the_store(store: Store) -> None:
    path = paths.image_file(CATALOG, ITEM.filename)
    etag = await store.write(path, b"placed by hand", content_type="image/png")
    image = await read_catalog_image(store, CATALOG, ITEM.filename, ANY)
    assert (image.data, image.etag) == (b"placed by hand", '"' + etag.strip('"') + '"')
