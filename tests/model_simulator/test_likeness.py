"""The simulator sees the look of an image: the likeness follows from the colors of both files."""

import pytest

from model_simulator.drawing import render_image
from model_simulator.drawing.palette import read_palette
from model_simulator.likeness import compare_look
from tests.support.sample_images import draw

GRAY, WHITE, RED = draw((120, 120, 120)), draw((250, 250, 250)), draw((220, 120, 120))
PROMPTS = ("a red toy boat", "Photorealistic LEGO-style minifigure, yellow raincoat", "a garden spade")


def test_the_same_colors_are_the_same_look() -> None:
    assert compare_look(GRAY, [GRAY, GRAY]) == {"likeness": 100, "unlike": []}


@pytest.mark.parametrize(
    ("image", "reference", "difference"),
    [(GRAY, WHITE, "brighter light"), (WHITE, GRAY, "darker light"), (GRAY, RED, "more red in the colors")],
)
def test_a_difference_is_said_in_the_words_of_the_reference(image: bytes, reference: bytes, difference: str) -> None:
    found = compare_look(image, [reference])
    assert found["likeness"] < 90
    assert difference in found["unlike"]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_an_image_with_the_palette_of_the_references_is_like_them_and_one_without_less(prompt: str) -> None:
    reference = render_image("a blue teapot at night", width=256, height=256, image_format="jpeg")
    with_palette, without = (
        render_image(prompt, width=128, height=128, image_format="png", palette=palette)
        for palette in (read_palette([reference]), None)
    )
    assert compare_look(with_palette, [reference])["likeness"] >= 95
    assert compare_look(without, [reference])["likeness"] < compare_look(with_palette, [reference])["likeness"]
