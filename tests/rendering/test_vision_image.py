"""Images for a vision model are JPEGs of a bounded size in the image's own proportions."""

from io import BytesIO

import pytest
from PIL import Image, ImageOps
from PIL.ExifTags import Base

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


def read_level(gray: Image.Image, place: tuple[float, float]) -> int:
    """Return the brightness at a place that is given by shares of width and height."""
    left, top = round(gray.width * place[0]), round(gray.height * place[1])
    return gray.crop((left, top, left + 1, top + 1)).tobytes()[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotated_photo_is_turned_upright(kind: str, orientation: int) -> None:
    image = Image.new("RGB", (1600, 800), (250, 250, 250))
    image.paste((10, 10, 10), (0, 0, 400, 800))
    image.paste((120, 120, 120), (0, 0, 1600, 200))
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    buffer = BytesIO()
    image.save(buffer, kind, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(BytesIO(buffer.getvalue())))
    shown = show(buffer.getvalue())
    assert shown.size == (round(upright.width * 0.64), round(upright.height * 0.64))
    for place in ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)):
        was, now = (read_level(one.convert("L"), place) for one in (upright, shown))
        assert abs(was - now) < 10


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_an_image_whose_exif_data_is_damaged_is_shown_as_it_is() -> None:
    buffer = BytesIO()
    Image.new("RGB", (64, 48)).save(buffer, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff damaged")
    assert show(buffer.getvalue()).size == (64, 48)


def test_a_gray_image_of_16_bits_keeps_its_brightness() -> None:
    image = Image.new("I;16", (40, 40), 128 * 256)
    buffer = BytesIO()
    image.save(buffer, "PNG")
    pixel = show(buffer.getvalue()).getpixel((20, 20))
    assert isinstance(pixel, tuple)
    assert all(abs(level - 128) < 3 for level in pixel)
