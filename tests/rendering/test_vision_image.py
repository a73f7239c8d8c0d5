"""Images for a vision model are JPEGs of a bounded size in the image's own proportions."""

from io import BytesIO

import pytest
from PIL import Image

from shared.rendering.convert_image import make_vision_image
from shared.rendering.inspect_image import BadImageError
from tests.support.sample_images import draw, draw_gradient


def show(data: bytes) -> Image.Image:
    shown = Image.open(BytesIO(make_vision_image(data)))
    shown.load()
    return shown


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize(
    ("size", "expected"),
    [((1024, 1024), (1024, 1024)), ((2048, 1024), (1024, 512)), ((1024, 1536), (683, 1024)), ((64, 48), (64, 48))],
)
def test_its_longest_side_is_1024_pixels_at_most(kind: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    shown = show(draw(size=size, kind=kind))
    assert (shown.format, shown.mode, shown.size) == ("JPEG", "RGB", expected)


def test_its_colours_are_those_of_the_image() -> None:
    pixel = show(draw((200, 30, 30))).getpixel((10, 10))
    assert isinstance(pixel, tuple)
    assert all(abs(level - expected) < 6 for level, expected in zip(pixel, (200, 30, 30), strict=True))


def test_what_is_transparent_becomes_white() -> None:
    assert show(draw((200, 30, 30, 0))).getpixel((10, 10)) == (255, 255, 255)


def test_the_same_image_is_shown_by_the_same_bytes() -> None:
    assert make_vision_image(draw_gradient()) == make_vision_image(draw_gradient())


@pytest.mark.parametrize("data", [b"", b"no image", draw_gradient()[:200]])
def test_incomplete_images_are_rejected(data: bytes) -> None:
    with pytest.raises(BadImageError):
        make_vision_image(data)
