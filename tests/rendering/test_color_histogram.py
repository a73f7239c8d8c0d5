"""The distance of colors: 0 for the same ones, more for others, independent of what is shown and of the size."""

from io import BytesIO

import pytest
from PIL import Image

from shared.rendering.color_histogram import calculate_distance, find_nearest_distance, measure_colors
from tests.support.sample_images import Color, draw, draw_gradient


def measure(data: bytes) -> tuple[tuple[float, ...], ...]:
    with Image.open(BytesIO(data)) as image:
        return measure_colors(image)


def distance(one: Color, other: Color) -> float:
    return calculate_distance(measure(draw(one)), measure(draw(other)))


def test_an_image_has_no_distance_from_itself_turned_around_or_smaller() -> None:
    with Image.open(BytesIO(draw_gradient())) as image:
        own = measure_colors(image)
        assert calculate_distance(own, measure_colors(image.rotate(180))) < 0.01
        assert calculate_distance(own, measure_colors(image.resize((128, 128)))) < 0.01


def test_a_slightly_darker_image_is_nearer_than_one_of_another_color_and_a_black_one_is_far_from_white() -> None:
    assert 0 < distance((200, 30, 30), (190, 28, 28)) < distance((200, 30, 30), (30, 30, 200)) / 4
    assert distance((0, 0, 0), (255, 255, 255)) == pytest.approx(0.2, abs=0.001)
    assert distance((0, 0, 255), (255, 255, 0)) > 0.4


def test_a_distance_is_symmetric_and_between_0_and_1() -> None:
    colors: list[Color] = [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (12, 200, 90)]
    for one in colors:
        for other in colors:
            assert distance(one, other) == distance(other, one)
            assert 0 <= distance(one, other) <= 1


def test_transparent_parts_are_white() -> None:
    assert distance((10, 10, 10, 0), (255, 255, 255)) == 0


def test_the_nearest_reference_counts() -> None:
    red, blue, dark_red = (measure(draw(color)) for color in ((250, 0, 0), (0, 0, 250), (200, 0, 0)))
    assert find_nearest_distance(dark_red, [blue, red]) == calculate_distance(dark_red, red)
