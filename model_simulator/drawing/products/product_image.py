"""A product from a prompt, on its podium."""

from collections.abc import Sequence

from model_simulator.drawing import tools
from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import (
    BRIGHT,
    COLOUR_WORDS,
    SHADOW,
    WHITE,
    WOOD,
    distance,
    ensure_contrast,
    fade,
    shade,
    tint,
)
from model_simulator.drawing.figure_description import find_colours
from model_simulator.drawing.figures import HEADGEAR, headgear
from model_simulator.drawing.lexicon import Lexicon
from model_simulator.drawing.products import ALIASES, PRODUCTS, Product
from model_simulator.drawing.products.materials import MATERIALS, SHAPES, SHINY
from model_simulator.drawing.rng import SeededRng
from model_simulator.drawing.shapes import drum

PODIUM_TOP = 812
PODIUM_HALF = 390
MIN_TRIM_COLOUR_DISTANCE = 110
"""Minimum distance of a trim's colour from the main colour."""


def _gear_product(gear: headgear.Headgear) -> Product:
    """Return headgear as a product: on a wooden stand instead of a head."""

    def paint(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
        canvas.ellipse(0, -12, 130, 28, shade(WOOD))
        canvas.box(-24, -240, 24, -14, shade(WOOD, 0.1), 8)
        canvas.box(-160, -330, 160, -190, (222, 186, 140), 70)
        head = canvas.at(0, 40, scale=1.8)
        if gear.behind:
            gear.behind(head, main, trim)
        gear.front(head, main, trim)

    return Product(paint, gear.colour)


def _tool_product(tool: tools.Tool) -> Product:
    """Return a figure's tool as a product: larger, leaning a little."""

    def paint(canvas: Canvas, main: Rgb, _trim: Rgb) -> None:
        down = -420 if tool.pose == "hang" else -230
        size = {"raise": 1.34 if tool.tilt else 1.75, "hang": 1.8, "chest": 1.4}[tool.pose]
        tool.paint(canvas.at(0, down, turn=12 if tool.tilt else 0, scale=size), main)

    return Product(paint, tool.colour)


_THINGS: Lexicon[Product] = Lexicon(
    {
        **{name: _tool_product(tool) for name, tool in tools.TOOLS.items()},
        **{phrase: _tool_product(tools.TOOLS[name]) for phrase, name in tools.ALIASES.items()},
        **{name: _gear_product(gear) for name, gear in HEADGEAR.items()},
        **{phrase: _gear_product(HEADGEAR[name]) for phrase, name in headgear.ALIASES.items()},
        **PRODUCTS,
        **{phrase: PRODUCTS[name] for phrase, name in ALIASES.items()},
    },
)
_MATERIALS = Lexicon(MATERIALS)


def find_product(words: Sequence[str]) -> Product:
    """Return the family of the first named thing; of adjacent words the last one ("tea kettle lamp").

    Without a known word, the product is a box.
    """
    hits = list(_THINGS.find(words))
    if not hits:
        return PRODUCTS["box"]
    best = hits[0]
    for hit in hits[1:]:
        if hit.start != best.end:
            break
        best = hit
    return best.value


def choose_colours(words: Sequence[str], product: Product, rng: SeededRng) -> tuple[Rgb, Rgb]:
    """Return main colour and trim: first and last colour named, else material, else the thing's own, else any."""
    said = find_colours(words)
    stuff = [hit.value for hit in _MATERIALS.find(words)]
    main = said[0] if said else stuff[0] if stuff else product.colour or rng.choice("main", BRIGHT)
    if len(said) > 1:
        return main, ensure_contrast(said[-1], main)
    fitting = [
        colour
        for colour in (*BRIGHT, COLOUR_WORDS["gold"], COLOUR_WORDS["cream"])
        if distance(colour, main) > MIN_TRIM_COLOUR_DISTANCE
    ]
    return main, rng.choice("trim", fitting)


def draw_podium(canvas: Canvas, colour: Rgb) -> None:
    """Draw a round podium around x = 0 and the shadow that it throws."""
    canvas.ellipse(30, PODIUM_TOP + 92, PODIUM_HALF + 40, 90, fade(SHADOW, 0.2))
    drum(canvas, 0, PODIUM_TOP + 10, PODIUM_TOP + 66, PODIUM_HALF, tint(colour, 0.3), tint(colour, 0.52))
    canvas.ellipse(0, PODIUM_TOP + 6, PODIUM_HALF * 0.9, PODIUM_HALF * 0.2, tint(colour, 0.62))


def draw_product(canvas: Canvas, words: Sequence[str], rng: SeededRng) -> None:
    """Draw the product that the words name, at x = 0."""
    product = find_product(words)
    main, trim = choose_colours(words, product, rng)
    stretch, size = next((SHAPES[word] for word in words if word in SHAPES), (1.0, 1.0))
    canvas.ellipse(26, PODIUM_TOP, 300 * stretch * size, 34, fade(SHADOW, 0.26))
    view = canvas.at(
        0,
        PODIUM_TOP,
        scale=size * rng.uniform("size", 1.06, 1.14),
        stretch=stretch,
        mirror=rng.draw_bool("mirror", 0.3),
    )
    product.paint(view, main, trim)
    if not SHINY.isdisjoint(words):
        for x, y, length in ((-210, 330, 34), (-262, 390, 19), (230, 300, 24)):
            canvas.polygon([(x, y - length), (x + 6, y), (x, y + length), (x - 6, y)], WHITE)
            canvas.polygon([(x - length, y), (x, y - 6), (x + length, y), (x, y + 6)], WHITE)
