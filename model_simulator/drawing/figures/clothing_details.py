"""Details that outfits share: collars, zips, buttons, belts, pockets, and the trims that prompts name."""

from collections.abc import Callable, Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import GOLD, shade, tint
from model_simulator.drawing.figures.anatomy import HIP, SHOULDER, lit_band, torso_band, torso_half
from model_simulator.drawing.lexicon import expand_synonyms
from model_simulator.drawing.shapes import block

BELT_TOP = 622


def draw_zip(canvas: Canvas, colour: Rgb, top: float = SHOULDER + 8) -> None:
    """Draw a zip down the middle, its tag near the top."""
    canvas.line([(0, top), (0, HIP)], 8, shade(colour, 0.4))
    canvas.line([(-1, top), (-1, HIP)], 3, tint(colour, 0.5))
    canvas.box(-6, top + 26, 6, top + 50, tint(colour, 0.6), 4)


def draw_buttons(canvas: Canvas, colour: Rgb, *, x: float = 0, rows: int = 4) -> None:
    """Draw a column of buttons."""
    for row in range(rows):
        y = 488 + row * 128 / max(rows - 1, 1)
        canvas.circle(x + 1, y + 2, 9, shade(colour, 0.4))
        canvas.circle(x, y, 8, colour)


def draw_collar(canvas: Canvas, colour: Rgb, depth: float = 44) -> None:
    """Draw a turned-down collar."""
    for side, tone in ((-1, colour), (1, shade(colour, 0.16))):
        canvas.polygon([(side * 4, SHOULDER + 6), (side * 56, SHOULDER - 8), (side * 50, SHOULDER + depth)], tone)


def draw_neckline(canvas: Canvas, skin: Rgb, depth: float = 58) -> None:
    """Draw a V-shaped neckline."""
    canvas.polygon([(-44, SHOULDER - 2), (44, SHOULDER - 2), (0, SHOULDER + depth)], skin)
    canvas.polygon([(8, SHOULDER - 2), (44, SHOULDER - 2), (0, SHOULDER + depth)], shade(skin, 0.18))


def draw_lapels(canvas: Canvas, colour: Rgb, shirt: Rgb, depth: float = 120) -> None:
    """Draw an open jacket over a shirt."""
    canvas.polygon([(-46, SHOULDER), (46, SHOULDER), (0, SHOULDER + depth)], shirt)
    canvas.polygon([(14, SHOULDER), (46, SHOULDER), (0, SHOULDER + depth)], shade(shirt, 0.14))
    for side in (-1, 1):
        tone = tint(colour, 0.14) if side < 0 else shade(colour, 0.34)
        outer = [(side * 40, SHOULDER - 4), (side * 72, SHOULDER + 40), (side * 50, SHOULDER + 50)]
        canvas.polygon([*outer, (side * 56, SHOULDER + 62), (0, SHOULDER + depth + 4)], tone)


def draw_tie(canvas: Canvas, colour: Rgb) -> None:
    """Draw a necktie."""
    canvas.polygon([(-13, SHOULDER + 6), (13, SHOULDER + 6), (9, SHOULDER + 26), (-9, SHOULDER + 26)], shade(colour))
    canvas.polygon(
        [(-9, SHOULDER + 26), (9, SHOULDER + 26), (19, SHOULDER + 120), (0, SHOULDER + 146), (-19, SHOULDER + 120)],
        colour,
    )


def draw_bow_tie(canvas: Canvas, colour: Rgb) -> None:
    """Draw a bow tie."""
    for side in (-1, 1):
        canvas.smooth(
            [(0, SHOULDER + 16), (side * 34, SHOULDER), (side * 38, SHOULDER + 18), (side * 32, SHOULDER + 36)], colour
        )
    canvas.circle(0, SHOULDER + 17, 9, shade(colour))


def draw_belt(canvas: Canvas, colour: Rgb, buckle: Rgb = GOLD, top: float = BELT_TOP) -> None:
    """Draw a belt with its buckle."""
    lit_band(canvas, top, top + 28, colour, (-1.02, 1.02))
    canvas.box(-24, top - 4, 24, top + 32, buckle, 6)
    canvas.box(-13, top + 5, 13, top + 23, colour, 3)


def draw_pocket(canvas: Canvas, x: float, y: float, colour: Rgb, across: float = 25) -> None:
    """Draw a patch pocket with a flap."""
    canvas.box(x - across, y, x + across, y + across * 1.6, shade(colour, 0.16), 6)
    canvas.box(x - across - 2, y - 3, x + across + 2, y + 12, shade(colour, 0.3), 5)


def draw_badge(canvas: Canvas, x: float, y: float, colour: Rgb) -> None:
    """Draw a small shield without any sign on it."""
    canvas.polygon(
        [(x - 15, y - 16), (x + 15, y - 16), (x + 14, y + 4), (x, y + 20), (x - 14, y + 4)], shade(colour, 0.3)
    )
    canvas.polygon([(x - 10, y - 11), (x + 10, y - 11), (x + 9, y + 2), (x, y + 13), (x - 9, y + 2)], colour)


def _stripes(canvas: Canvas, colour: Rgb) -> None:
    for top in (492, 542, 592):
        lit_band(canvas, top, top + 22, colour)


def _straps(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        lit_band(canvas, SHOULDER, HIP + 6, colour, (side * 0.46 - 0.11, side * 0.46 + 0.11))
        canvas.box(side * 46 - 12, 506, side * 46 + 12, 526, tint(colour, 0.55), 4)


def _panels(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        lit_band(canvas, 462, HIP + 4, colour, (min(side * 0.56, side), max(side * 0.56, side)))


def _patches(canvas: Canvas, colour: Rgb) -> None:
    block(canvas, -74, 480, -30, 520, colour, 8)
    block(canvas, 34, 566, 82, 608, colour, 8)
    block(canvas, -92, 586, -54, 620, tint(colour, 0.3), 8)


def _sash(canvas: Canvas, colour: Rgb) -> None:
    upper, lower = torso_half(SHOULDER + 6), torso_half(HIP)
    band = [
        (-upper, SHOULDER + 6),
        (-upper + 52, SHOULDER + 2),
        (lower, HIP - 48),
        (lower, HIP + 6),
        (lower - 12, HIP + 8),
    ]
    canvas.polygon(band, colour)
    canvas.polygon(
        [(lower - 52, HIP - 86), (lower, HIP - 48), (lower, HIP + 6), (lower - 12, HIP + 8), (26, HIP - 66)],
        shade(colour),
    )


def _pockets(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        draw_pocket(canvas, side * 56, 566, colour)


def _wide_collar(canvas: Canvas, colour: Rgb) -> None:
    draw_collar(canvas, colour, 60)


def _edges(canvas: Canvas, colour: Rgb) -> None:
    lit_band(canvas, HIP - 16, HIP + 8, colour)
    torso_band(canvas, SHOULDER, SHOULDER + 14, colour)
    canvas.line([(0, SHOULDER + 10), (0, HIP)], 12, colour)


TRIMS: Mapping[str, Callable[[Canvas, Rgb], None]] = {
    "trim": _edges,
    "stripe": _stripes,
    "belt": draw_belt,
    "button": draw_buttons,
    "pocket": _pockets,
    "strap": _straps,
    "panel": _panels,
    "patch": _patches,
    "collar": _wide_collar,
    "sash": _sash,
}
"""Where a prompt's second colour goes; keys are singular."""

ALIASES: Mapping[str, str] = expand_synonyms(
    {
        "trim": "accent, piping, edging, cuff",
        "stripe": "striped, pinstripe",
        "pocket": "pouch",
        "strap": "suspender, harness",
        "panel": "chest panel",
        "patch": "badge",
    },
)
"""Other words for trims."""
