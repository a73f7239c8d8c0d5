"""Copies of an image in other sizes and formats."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shared.images.variant_spec import ImageVariant, parse_image_variant
from shared.rendering.encode_variant import can_encode, encode_variant

FORMATS = ["webp", "avif", "jpeg", "png"]


def open_image(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_every_mode_becomes_every_format(mode: str, image_format: str) -> None:
    source = Image.new(mode, (300, 200))
    made = encode_variant(source, width=150, image_format=image_format, quality=70)
    image = open_image(made.data)
    assert image.format == image_format.upper()
    assert image.size == (made.width, made.height) == (150, 100)
    assert source.size == (300, 200)


@settings(max_examples=40)
@given(width=st.integers(1, 300), height=st.integers(1, 300), limit=st.integers(16, 400))
def test_a_variant_is_never_enlarged_and_keeps_its_proportions(width: int, height: int, limit: int) -> None:
    made = encode_variant(Image.new("RGB", (width, height)), width=limit, image_format="jpeg", quality=80)
    assert made.width == min(width, limit)
    assert abs(made.height - height * made.width / width) <= 1


@pytest.mark.parametrize(("image_format", "keeps"), [("webp", True), ("avif", True), ("png", True), ("jpeg", False)])
def test_only_jpeg_loses_transparency(image_format: str, *, keeps: bool) -> None:
    made = encode_variant(Image.new("RGBA", (64, 64), (255, 0, 0, 0)), width=32, image_format=image_format, quality=80)
    image = open_image(made.data)
    assert image.has_transparency_data is keeps
    if not keeps:
        assert image.convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def test_the_same_image_gives_the_same_file() -> None:
    source = Image.linear_gradient("L").convert("RGB")
    first, second = (encode_variant(source, width=64, image_format="webp", quality=80) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("image_format", FORMATS)
def test_this_installation_has_every_codec(image_format: str) -> None:
    assert can_encode(image_format)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("640:webp", ImageVariant(width=640, format="webp")),
        ("320:AVIF:60", ImageVariant(width=320, format="avif", quality=60)),
    ],
)
def test_a_flag_names_width_format_and_quality(text: str, expected: ImageVariant) -> None:
    assert ImageVariant.model_validate(parse_image_variant(text)) == expected


@pytest.mark.parametrize("text", ["", "webp", "640", "640:", "640:webp:good", "-3:webp", "6 40:webp"])
def test_a_flag_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a value like 640:webp"):
        parse_image_variant(text)
