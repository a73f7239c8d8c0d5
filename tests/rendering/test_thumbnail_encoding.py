"""Thumbnails are small WebP files in the image's own proportions."""

from io import BytesIO

import pytest
from PIL import Image

from shared.rendering.convert_image import make_thumbnail
from shared.rendering.inspect_image import decode_image
from tests.support.sample_images import draw


def open_thumbnail(image: Image.Image) -> Image.Image:
    thumbnail = Image.open(BytesIO(make_thumbnail(image)))
    thumbnail.load()
    return thumbnail


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1024, 1024), (256, 256)),
        ((1536, 1024), (256, 171)),
        ((1024, 1536), (171, 256)),
        ((256, 256), (256, 256)),
        ((64, 48), (64, 48)),
        ((4096, 4), (256, 1)),
    ],
)
def test_its_longest_side_is_256_pixels_at_most(size: tuple[int, int], expected: tuple[int, int]) -> None:
    thumbnail = open_thumbnail(Image.new("RGB", size))
    assert (thumbnail.format, thumbnail.size) == ("WEBP", expected)


def test_its_colours_are_those_of_the_image() -> None:
    pixel = open_thumbnail(decode_image(draw((200, 30, 30), size=(1024, 1024))).image).getpixel((128, 128))
    assert isinstance(pixel, tuple)
    assert all(abs(level - expected) < 6 for level, expected in zip(pixel, (200, 30, 30), strict=True))


def test_what_is_transparent_stays_so() -> None:
    thumbnail = open_thumbnail(decode_image(draw((200, 30, 30, 0), size=(512, 512))).image)
    assert thumbnail.mode == "RGBA"
    assert thumbnail.getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_an_image_of_any_mode_gets_one(mode: str) -> None:
    assert open_thumbnail(Image.new(mode, (512, 256))).size == (256, 128)


def test_the_image_itself_is_left_as_it_was() -> None:
    picture = decode_image(draw(size=(512, 512)))
    make_thumbnail(picture.image)
    assert picture.image.size == (512, 512)
