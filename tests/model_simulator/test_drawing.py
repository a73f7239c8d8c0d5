import itertools
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from model_simulator.drawing import render_image
from model_simulator.text_generation.vocabulary import COLOURS, HEADGEAR, OUTFITS, SETTINGS, TOOLS

TAIL = "clean background, high detail, vibrant, evenly lit, 1024x1024"


def figure_prompt(
    outfit: str = "red jacket",
    headgear: str = "cap",
    tool: str = "map",
    setting: str = "forest",
) -> str:
    return f"Photorealistic LEGO-style minifigure, {outfit}, {headgear}, holding a {tool}, {setting} backdrop, {TAIL}"


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def pixels(prompt: str, side: int = 64) -> bytes:
    return opened(render_image(prompt, width=side, height=side, image_format="png")).tobytes()


def signature(prompt: str) -> bytes:
    """Return 16 x 16 pixels in 8 levels a channel: what is left when one looks from far away."""
    image = opened(render_image(prompt, width=128, height=128, image_format="png"))
    return image.reduce(8).point(lambda level: level // 32 * 32).tobytes()


@pytest.mark.parametrize("image_format", ["png", "jpeg"])
@pytest.mark.parametrize(("width", "height"), [(64, 64), (1024, 1024), (1536, 1024), (192, 64), (100, 300), (515, 333)])
def test_an_image_has_the_requested_size_and_format(width: int, height: int, image_format: str) -> None:
    image = opened(render_image(figure_prompt(), width=width, height=height, image_format=image_format))

    assert (image.size, image.mode, (image.format or "").lower()) == ((width, height), "RGB", image_format)


@pytest.mark.parametrize(("width", "height", "image_format"), [(63, 64, "png"), (64, 2049, "png"), (64, 64, "webp")])
def test_an_unsupported_size_or_format_is_named(width: int, height: int, image_format: str) -> None:
    with pytest.raises(ValueError, match=r"is (63|2049|'webp'); expected"):
        render_image("a lamp", width=width, height=height, image_format=image_format)


@pytest.mark.parametrize("prompt", [figure_prompt(), "Studio photo of a red kettle, white background"])
def test_equal_prompts_give_equal_files(prompt: str) -> None:
    first, second = (render_image(prompt, width=96, height=96, image_format="png") for _ in range(2))

    assert first == second


def test_images_rendered_in_parallel_do_not_interfere() -> None:
    prompts = [figure_prompt(setting=setting) for setting in SETTINGS[:16]]
    alone = [pixels(prompt) for prompt in prompts]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(pixels, prompts)) == alone


def test_hundreds_of_prompts_give_distinct_images() -> None:
    kinds = zip(
        itertools.cycle(OUTFITS),
        itertools.cycle(HEADGEAR),
        itertools.cycle(TOOLS),
        itertools.cycle(SETTINGS),
        range(200),
        strict=False,
    )
    prompts = [figure_prompt(outfit, headgear, tool, setting) for outfit, headgear, tool, setting, _ in kinds]

    assert len({pixels(prompt) for prompt in prompts}) == 200


def test_prompts_of_the_same_words_differ_visibly() -> None:
    prompts = [figure_prompt() + ", " + name for name in ("Ada", "Ben", "Cleo", "Dora")]
    reordered = figure_prompt().replace("red jacket, cap", "cap, red jacket")

    assert len({signature(prompt) for prompt in [*prompts, figure_prompt(), reordered]}) == 6


@pytest.mark.parametrize(
    "prompts",
    [
        [figure_prompt(outfit=f"{colour} jacket") for colour in COLOURS],
        [figure_prompt(headgear=headgear) for headgear in HEADGEAR],
        [figure_prompt(setting=setting) for setting in SETTINGS],
    ],
    ids=["colours", "headgear", "settings"],
)
def test_another_word_changes_even_the_thumbnail(prompts: list[str]) -> None:
    assert len({signature(prompt) for prompt in prompts}) == len(prompts)


def test_files_differ_even_for_tiny_images() -> None:
    files = {render_image(f"box {number}", width=64, height=64, image_format="jpeg") for number in range(200)}

    assert len(files) == 200


@given(st.text(max_size=300), st.sampled_from(["", "minifigure, ", "figure holding a ", "Photo of a red "]))
@example("🎈🚀 café 图片", "minifigure, ")
@example("", "")
@example(",.;,,", "figure")
@example("\ud800", "minifigure ")
@example("red hat holding " * 2000, "minifigure, ")
@example("x" * 32_000, "")
@settings(max_examples=60, deadline=None)
def test_any_text_gives_an_image(text: str, opening: str) -> None:
    image = opened(render_image(opening + text, width=64, height=64, image_format="png"))

    assert image.size == (64, 64)
