"""Image metadata: what a store keeps with an image, and what is read from it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.images.image_metadata import (
    MAX_ROUND_NUMBER,
    ImageMetadata,
    ThumbnailMetadata,
    is_valid_image,
    read_image_metadata,
)
from shared.images.image_table import StoredImage
from shared.images.list_images import list_stored_images
from shared.messages.base import Cost
from shared.storage import paths
from tests.strategies import QUICK
from tests.support.catalogs import CATALOG, IMAGE_METADATA
from tests.support.memory_store import RecordingStore

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PATH = paths.image_file(CATALOG, "a.png")

GENERATED = ImageMetadata(
    SHA256,
    1024,
    768,
    dhash=0xFF,
    run_id="8203891199999-0a1b2c3d",
    product_id="4f1c",
    prompt_digest=0xABC,
    model="gpt-image-2",
    cost=Cost(image_calls=1, input_tokens=50, output_tokens=1000, nano_usd=40_000_000),
)
IN_STORE = {
    "sha256": SHA256,
    "width": "1024",
    "height": "768",
    "dhash": "00000000000000ff",
    "run_id": "8203891199999-0a1b2c3d",
    "product_id": "4f1c",
    "prompt": "0000000000000abc",
    "model": "gpt-image-2",
    "input_tokens": "50",
    "output_tokens": "1000",
    "nano_usd": "40000000",
}


def test_the_resume_count_of_a_round_of_version_0_3_is_read() -> None:
    metadata = ImageMetadata.from_json({**IN_STORE, "iteration": "1", "leg": "2"})
    assert metadata == replace(GENERATED, round=1, resume_count=2)


counts = st.integers(0, 2**63)
texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)
all_metadata = st.builds(
    ImageMetadata,
    sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
    width=st.integers(1, 4096),
    height=st.integers(1, 4096),
    dhash=st.none() | st.integers(0, 2**64 - 1),
    run_id=texts,
    product_id=texts,
    prompt_digest=st.none() | st.integers(1, 2**64 - 1),
    model=texts,
    cost=st.just(Cost()) | st.builds(Cost, st.just(0), st.just(1), counts, counts, counts),
    round=st.none() | st.integers(1, MAX_ROUND_NUMBER),
    resume_count=st.none() | counts,
    request_id=st.none() | texts,
    placeholder_reason=st.none() | st.just("content_policy"),
    style=st.none() | st.just("0123456789abcdef"),
    style_distance=st.none() | st.integers(0, 10_000).map(lambda steps: steps / 10_000),
)


@QUICK
@given(all_metadata)
def test_metadata_survives_a_store(metadata: ImageMetadata) -> None:
    assert ImageMetadata.from_json(metadata.to_json()) == metadata


def test_the_keys_in_a_store_stay_those_of_earlier_versions() -> None:
    assert GENERATED.to_json() == IN_STORE
    of_round = replace(GENERATED, round=2, resume_count=0, request_id="req-1")
    assert of_round.to_json() == IN_STORE | {"iteration": "2", "resume_count": "0", "request_id": "req-1"}
    placeholder = ImageMetadata(SHA256, 64, 64, run_id="r", product_id="p", placeholder_reason="content_policy")
    assert placeholder.to_json() == {
        "sha256": SHA256,
        "width": "64",
        "height": "64",
        "run_id": "r",
        "product_id": "p",
        "placeholder": "content_policy",
    }
    assert ThumbnailMetadata("a.png", SHA256, 0xFF).to_json() == {
        "picture": "a.png",
        "picture_sha256": SHA256,
        "dhash": "00000000000000ff",
    }


@pytest.mark.parametrize("request_id", ["zwölf", "two\nlines"])
def test_a_request_id_that_headers_cannot_carry_is_left_out(request_id: str) -> None:
    assert "request_id" not in replace(GENERATED, request_id=request_id).to_json()


@pytest.mark.parametrize(
    "stored", [{"nano_usd": "many"}, {"input_tokens": "-1"}, {"resume_count": "?"}, {"prompt": "x"}]
)
def test_other_malformed_values_count_as_absent(stored: dict[str, str]) -> None:
    metadata = ImageMetadata.from_json(IMAGE_METADATA | stored)
    assert metadata is not None
    assert (metadata.cost.nano_usd, metadata.resume_count, metadata.prompt_digest) == (0, None, None)


@pytest.mark.parametrize(
    "wrong",
    [{"sha256": "no hex"}, {"width": "wide"}, {"height": "0"}, {"width": "-1"}, {"height": "7.5"}, {"sha256": "abc"}],
)
async def test_an_image_with_malformed_metadata_is_not_validated(store: RecordingStore, wrong: dict[str, str]) -> None:
    await store.write(PATH, b"picture", content_type="image/png", metadata=IMAGE_METADATA | wrong)
    info = await store.describe(PATH)
    assert info is not None
    assert read_image_metadata(info) is None
    assert not is_valid_image(info)
    assert "a.png" not in await list_stored_images(store, CATALOG)


@pytest.mark.parametrize("key", IMAGE_METADATA)
async def test_an_image_with_incomplete_metadata_is_not_validated(store: RecordingStore, key: str) -> None:
    metadata = {name: value for name, value in IMAGE_METADATA.items() if name != key}
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
async def test_an_image_without_a_perceptual_hash_is_a_valid_image(
    store: RecordingStore, metadata: dict[str, str], dhash: int | None
) -> None:
    await store.write(PATH, b"picture", content_type="image/png", metadata=IMAGE_METADATA | metadata)
    assert (await list_stored_images(store, CATALOG)).find("a.png") == StoredImage(7, 1024, 768, "00ff", dhash)


@pytest.mark.parametrize(
    ("stored", "number"), [("2", 2), (None, None), ("0", None), ("-1", None), ("256", None), ("two", None)]
)
async def test_the_image_of_a_round_has_the_number_of_its_round(
    store: RecordingStore, stored: str | None, number: int | None
) -> None:
    metadata = IMAGE_METADATA if stored is None else IMAGE_METADATA | {"iteration": stored}
    await store.write(PATH, b"picture", content_type="image/png", metadata=metadata)
    assert (await list_stored_images(store, CATALOG)).find("a.png") == StoredImage(7, 1024, 768, "00ff", round=number)


async def test_an_empty_file_is_not_an_image(store: RecordingStore) -> None:
    await store.write(PATH, b"", content_type="image/png", metadata=IMAGE_METADATA)
    assert not is_valid_image(await store.describe(PATH))
    assert not is_valid_image(None)
