import hashlib
from collections.abc import Callable, Iterable

import pytest

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import COLOUR_WORDS
from model_simulator.drawing.figure_description import FigureDescription, Named, read_figure
from model_simulator.drawing.figures.appearance import choose_appearance
from model_simulator.drawing.figures.figure import draw_figure
from model_simulator.drawing.lexicon import Lexicon, split_words
from model_simulator.drawing.products.product_image import choose_colours, draw_product, find_product
from model_simulator.drawing.rng import SeededRng
from model_simulator.drawing.scenes import SCENES, draw_backdrop
from model_simulator.text_generation.vocabulary import (
    COLOURS,
    EXTRAS,
    HEADGEAR,
    MATERIALS,
    OUTFITS,
    SETTINGS,
    TOOLS,
    TRIMS,
)

DICE = SeededRng.from_text("the same for all")
"""With the same dice, two images differ only by what the words say."""


def brief_of(details: str) -> FigureDescription:
    return read_figure(split_words(f"Photorealistic LEGO-style minifigure, {details}"))


def names_of(
    words: Iterable[str], details: str, find: Callable[[FigureDescription], Named | None]
) -> dict[str, str | None]:
    found = {word: find(brief_of(details.format(word))) for word in words}
    return {word: named.name if named else None for word, named in found.items()}


def figure_with(details: str) -> str:
    canvas = Canvas.blank(128, 128)
    draw_figure(canvas.at(500, 0), brief_of(details), DICE, (120, 130, 150))
    return hashlib.sha256(canvas.image.tobytes()).hexdigest()


def product_with(text: str) -> str:
    canvas = Canvas.blank(128, 128)
    draw_product(canvas.at(500, 0), split_words(text), DICE)
    return hashlib.sha256(canvas.image.tobytes()).hexdigest()


@pytest.mark.parametrize(
    ("words", "details"),
    [
        (COLOURS, "{} jacket, cap, holding a map"),
        (COLOURS, "red jacket, {} cap, holding a map"),
        (COLOURS, "white jacket with {} stripes, cap"),
        (HEADGEAR, "red jacket, {}, holding a map"),
        (OUTFITS, "{}, cap, holding a map"),
        (TRIMS, "white shirt with blue {}, cap, holding a coin"),
        (TOOLS, "red jacket, cap, holding a {}"),
        (EXTRAS, "red jacket, cap, holding a coin, {}"),
    ],
    ids=["outfit colours", "headgear colours", "trim colours", "headgear", "outfits", "trims", "tools", "extras"],
)
def test_every_word_of_the_vocabulary_renders_differently(words: tuple[str, ...], details: str) -> None:
    assert len({figure_with(details.format(word)) for word in words}) == len(words)


def test_every_setting_of_the_vocabulary_renders_differently() -> None:
    def scene_of(setting: str) -> bytes:
        found = brief_of(f"red coat, {setting} backdrop").setting
        canvas = Canvas.blank(64, 64)
        draw_backdrop(canvas, SCENES[found.name if found else ""], DICE)
        return canvas.image.tobytes()

    assert len({scene_of(setting) for setting in SETTINGS}) == len(SETTINGS)


def test_words_of_the_vocabulary_are_recognized_with_their_kind() -> None:
    wanted = {word: word for word in (*HEADGEAR, *OUTFITS, *TOOLS, *SETTINGS)}

    found = {
        **names_of(
            HEADGEAR, "red coat, blue {}, holding a map", lambda figure_description: figure_description.headgear
        ),
        **names_of(OUTFITS, "navy {} with orange trim", lambda figure_description: figure_description.outfit),
        **names_of(TOOLS, "red coat, cap, holding a {}, backpack", lambda figure_description: figure_description.tool),
        **names_of(
            SETTINGS, "red coat, cap, holding a map, {} backdrop", lambda figure_description: figure_description.setting
        ),
    }

    assert found == wanted


def test_a_backdrop_covers_the_whole_image() -> None:
    for width, height in ((96, 96), (192, 64), (64, 192)):
        for name, scene in SCENES.items():
            images = []
            for start in ((0, 0, 0), (255, 0, 255)):
                canvas = Canvas.blank(width, height)
                canvas.image.paste(start, (0, 0, *canvas.image.size))
                draw_backdrop(canvas, scene, DICE)
                images.append(canvas.image.tobytes())
            assert images[0] == images[1], name


def test_a_complete_prompt_is_read_correctly() -> None:
    figure_description = brief_of(
        "white and orange spacesuit with chest panel, bubble helmet, holding a star map tablet, moon base, "
        "clean background, high detail, vibrant, evenly lit, 1024x1024",
    )

    assert figure_description == FigureDescription(
        outfit=Named("spacesuit", (COLOUR_WORDS["white"], COLOUR_WORDS["orange"])),
        trim=Named("panel"),
        headgear=Named("bubble helmet"),
        tool=Named("tablet"),
        setting=Named("moon"),
    )


@pytest.mark.parametrize(
    ("details", "colour"),
    [
        ("a cap, green", "green"),
        ("red background, teal coat", "teal"),
        ("coat, blue scarf, purple", "purple"),
        ("sky blue coat", "sky blue"),
    ],
)
def test_a_colour_without_a_thing_colours_the_clothes(details: str, colour: str) -> None:
    assert choose_appearance(brief_of(details), DICE).main == COLOUR_WORDS[colour]


def test_a_role_alone_provides_clothes_and_tool() -> None:
    figure_description = brief_of("cheerful pirate with a red scarf, holding a map")

    assert (figure_description.outfit, figure_description.headgear, figure_description.tool) == (
        Named("long coat"),
        Named("tricorn hat"),
        Named("map"),
    )


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("Studio photo of a red kettle, soft light", "teapot"),
        ("Product photo of a walnut garden bench, white background", "bench"),
        ("Studio photo of mugs, two blue mugs", "cup"),
        ("A pair of hiking boots in brown leather", "boot"),
        ("Photo of a bedside table lamp", "table lamp"),
        ("Something nobody has heard of", "box"),
    ],
)
def test_a_product_is_recognized_by_its_words(text: str, thing: str) -> None:
    assert find_product(split_words(text)) is find_product(split_words(thing))


@pytest.mark.parametrize(
    ("text", "main"),
    [
        ("teal ceramic body with gold stripes", COLOUR_WORDS["teal"]),
        ("walnut garden bench, white background", (122, 80, 54)),
    ],
)
def test_a_product_has_the_colour_that_the_prompt_names(text: str, main: Rgb) -> None:
    product = find_product(split_words("chair"))

    assert choose_colours(split_words(text), product, DICE)[0] == main


@pytest.mark.parametrize("words", [COLOURS, MATERIALS], ids=["colours", "materials"])
def test_every_colour_and_material_shows_on_a_product(words: tuple[str, ...]) -> None:
    assert len({product_with(f"Studio photo of a {word} lamp") for word in words}) == len(words)


def test_the_longer_phrase_wins_and_plurals_count() -> None:
    lexicon = Lexicon({"helmet": 1, "bubble helmet": 2, "glasses": 3, "glass": 4})

    hits = [hit.value for hit in lexicon.find(split_words("Bubble helmets, a helmet; glasses and glass"))]

    assert hits == [2, 1, 3, 4]
