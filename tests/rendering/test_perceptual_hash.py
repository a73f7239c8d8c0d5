"""The hash depends on what an image shows, not on how it is encoded."""

import random
from collections.abc import Callable
from functools import cache
from io import BytesIO
from itertools import combinations

import pytest
from PIL import Image

from model_simulator.drawing import render_image
from shared.catalog.near_duplicates import MAX_DISTANCE_BITS
from shared.rendering.inspect_image import inspect_image
from shared.rendering.perceptual_hash import compute_dhash, format_dhash
from tests.support.sample_images import draw

PROMPTS = [
    f"Photorealistic LEGO-style figure, {colour} jacket, holding a {tool}, {place} backdrop"
    for colour, tool, place in (
        ("teal", "hammer", "hospital"),
        ("red", "guitar", "stage"),
        ("yellow", "shovel", "garden"),
        ("blue", "telescope", "moon"),
        ("green", "map", "jungle"),
        ("white", "ladle", "kitchen"),
    )
]
MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"]


@cache
def draw_all() -> tuple[Image.Image, ...]:
    return tuple(
        Image.open(BytesIO(render_image(prompt, width=512, height=512, image_format="png"))) for prompt in PROMPTS
    )


def encode(image: Image.Image, kind: str, **options: int) -> Image.Image:
    buffer = BytesIO()
    image.convert("RGB").save(buffer, kind, **options)
    return Image.open(BytesIO(buffer.getvalue()))


def measure_distance(one: Image.Image, other: Image.Image) -> int:
    return (compute_dhash(one) ^ compute_dhash(other)).bit_count()


def shade(width: int = 90, height: int = 80, *, step: float, start: int = 0) -> Image.Image:
    """Return an image whose columns get brighter by ``step``."""
    image = Image.new("L", (width, height))
    image.putdata([int(start + step * (place % width)) for place in range(width * height)])
    return image


@pytest.mark.parametrize(
    "change",
    [
        lambda image: encode(image, "JPEG", quality=90),
        lambda image: encode(image, "JPEG", quality=60),
        lambda image: encode(image, "WEBP", quality=80),
        lambda image: image.resize((480, 480)),
        lambda image: image.resize((540, 540)),
        lambda image: image.resize((256, 256)),
        lambda image: image.point(lambda level: min(255, int(level * 1.04))),
    ],
    ids=["jpeg-90", "jpeg-60", "webp", "smaller", "larger", "half", "brighter"],
)
def test_the_same_image_encoded_or_sized_otherwise_is_near(change: Callable[[Image.Image], Image.Image]) -> None:
    distances = [measure_distance(image.convert("RGB"), change(image.convert("RGB"))) for image in draw_all()]
    assert max(distances) <= MAX_DISTANCE_BITS
    assert distances.count(0) >= len(distances) // 3


def test_the_same_pixels_have_the_same_hash_in_any_format() -> None:
    for image in draw_all():
        assert measure_distance(image, encode(image, "WEBP", lossless=1)) == 0
        assert measure_distance(image, encode(image, "BMP")) == 0


def test_different_images_are_far() -> None:
    distances = [measure_distance(*pair) for pair in combinations(draw_all(), 2)]
    assert min(distances) > 2 * MAX_DISTANCE_BITS


def test_each_bit_says_whether_a_pixel_is_brighter_than_its_left_neighbour() -> None:
    assert format_dhash(compute_dhash(shade(step=2.5))) == "f" * 16
    assert format_dhash(compute_dhash(shade(step=-2.5, start=250))) == "0" * 16
    halves = Image.new("L", (90, 80))
    halves.paste(shade(step=2.5).crop((0, 0, 90, 40)), (0, 0))
    assert format_dhash(compute_dhash(halves)) == "f" * 8 + "0" * 8


def test_noise_on_a_plain_background_sets_no_bit() -> None:
    rng = random.Random(1)
    for level in (0, 128, 255):
        image = Image.new("L", (9, 8))
        image.putdata([min(255, max(0, level + rng.randint(-1, 1))) for _ in range(72)])
        assert compute_dhash(image) == 0


def test_what_is_below_transparent_parts_does_not_count() -> None:
    one, other = Image.new("RGBA", (90, 80), (10, 10, 10, 0)), shade(step=2.5).convert("RGBA")
    other.putalpha(0)
    assert compute_dhash(one) == compute_dhash(other) == 0


@pytest.mark.parametrize("mode", MODES)
def test_an_image_of_any_mode_has_one(mode: str) -> None:
    assert 0 <= compute_dhash(Image.new(mode, (30, 20))) < 2**64


@pytest.mark.parametrize("size", [(1, 1), (1, 4096), (4096, 1), (3, 2)])
def test_an_image_of_any_size_has_one(size: tuple[int, int]) -> None:
    assert compute_dhash(Image.new("RGB", size)) == 0


def test_a_hash_is_written_as_16_hex_digits() -> None:
    assert inspect_image(draw()).dhash == 0
    assert format_dhash(0xABC) == "0000000000000abc"
