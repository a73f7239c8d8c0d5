"""Outfits: what is printed on the torso, what the legs look like, and what colour it has when none is said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local.simulator.drawing.canvas import Canvas, Rgb
from local.simulator.drawing.colors import COLOUR_WORDS, GOLD, INK, LEATHER, SILVER, WHITE, mix, shade, tint
from local.simulator.drawing.figures import prints
from local.simulator.drawing.figures.anatomy import HIP, SHOULDER, lit_band, torso_band, torso_half
from local.simulator.drawing.shapes import block
from local.simulator.drawing.words import spread_synonyms

Print = Callable[[Canvas, Rgb, Rgb, Rgb], None]
"""Paints a torso; takes the main colour, the accent and the skin."""


@dataclass(frozen=True, slots=True)
class Outfit:
    """A kind of clothes.

    Attributes:
        paint: prints the torso, which already has the main colour.
        colour: the main colour where the prompt names none; None = any.
        lower: ``same`` = legs in the main colour, ``other`` = legs in another one, ``skirt`` = down to the feet,
            ``short skirt`` = to the knees, over legs of another colour.
        sleeves: ``main``, ``accent`` (the shirt below) or ``bare``.
        trunk: ``accent`` when a shirt shows where the print leaves it open.
    """

    paint: Print
    colour: Rgb | None = None
    lower: str = "other"
    sleeves: str = "main"
    trunk: str = "main"


def _spacesuit(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    canvas.box(-66, 420, 66, 458, shade(SILVER, 0.2), 18)
    canvas.box(-66, 420, 40, 452, SILVER, 18)
    for side in (-1, 1):
        canvas.curve([(side * 52, 540), (side * 86, 560), (side * 82, 610), (side * 60, 640)], 15, shade(accent, 0.2))
    block(canvas, -54, 494, 54, 590, tint(main, 0.35) if main != WHITE else (214, 220, 232), 12)
    for x, tone in ((-30, (232, 72, 60)), (0, (250, 196, 50)), (30, (64, 172, 226))):
        canvas.circle(x, 520, 11, tone)
        canvas.circle(x - 3, 517, 4, tint(tone, 0.6))
    canvas.box(-38, 546, 38, 572, INK, 5)
    canvas.line([(-28, 562), (-12, 556), (2, 564), (24, 554)], 4, (120, 232, 160))
    lit_band(canvas, 624, HIP + 2, accent)


def _armor(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    light, dark = tint(main, 0.36), shade(main, 0.4)
    canvas.smooth([(-66, 452), (0, 464), (66, 452), (78, 530), (0, 586), (-78, 530)], dark)
    canvas.smooth([(-64, 452), (-4, 464), (-4, 576), (-72, 528)], light)
    canvas.smooth([(4, 464), (62, 454), (70, 526), (4, 576)], main)
    for y in (592, 614, 636):
        torso_band(canvas, y - 4, y + 4, dark)
    prints.draw_badge(canvas, 0, 506, accent)
    for side in (-1, 1):
        canvas.circle(side * 70, 474, 6, light)


def _chainmail(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    dark = shade(main, 0.34)
    for row in range(9):
        y = 462 + row * 22
        half = torso_half(y) - 12
        for step in range(7):
            x = -half + (2 * half) * (step + 0.5 * (row % 2)) / 7 + 8
            canvas.arc(x, y, 9, 8, 10, 170, 4.5, dark)
    tabard = [(-52, SHOULDER), (52, SHOULDER), (62, HIP + 6), (-62, HIP + 6)]
    canvas.polygon(tabard, accent)
    canvas.polygon([(24, SHOULDER), (52, SHOULDER), (62, HIP + 6), (30, HIP + 6)], shade(accent))
    canvas.polygon([(0, 484), (26, 522), (0, 560), (-26, 522)], tint(accent, 0.6))
    prints.draw_belt(canvas, LEATHER)


def _robe(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    prints.draw_neckline(canvas, skin, 46)
    for side, tone in ((-1, accent), (1, shade(accent, 0.2))):
        canvas.polygon([(side * 40, SHOULDER), (side * 62, SHOULDER), (14, HIP - 26), (-14, HIP - 26)], tone)
    canvas.line([(-2, 520), (-2, HIP)], 6, shade(main, 0.4))
    prints.draw_belt(canvas, accent, tint(accent, 0.5))
    canvas.line([(30, 640), (38, 690)], 10, accent)


def _cloak(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    torso_band(canvas, 470, HIP + 6, shade(accent, 0.1), (-0.34, 0.34))
    for side in (-1, 1):
        edge = [(side * 24, SHOULDER), (side * 34, SHOULDER), (side * 46, HIP + 8), (side * 34, HIP + 8)]
        canvas.polygon(edge, tint(main, 0.4))
    canvas.circle(0, 462, 17, shade(GOLD))
    canvas.circle(-2, 460, 13, GOLD)
    prints.draw_belt(canvas, LEATHER)


def _overalls(canvas: Canvas, main: Rgb, _accent: Rgb, _skin: Rgb) -> None:
    lit_band(canvas, 512, HIP + 8, main)
    canvas.polygon([(-62, 496), (62, 496), (72, 580), (-72, 580)], main)
    canvas.polygon([(40, 496), (62, 496), (72, 580), (46, 580)], shade(main))
    for side in (-1, 1):
        strap = [(side * 40, SHOULDER - 2), (side * 66, SHOULDER - 2), (side * 56, 512), (side * 32, 512)]
        canvas.polygon(strap, shade(main, 0.14 if side < 0 else 0.34))
        canvas.circle(side * 45, 508, 10, GOLD)
    prints.draw_pocket(canvas, 0, 540, main, 28)


def _lab_coat(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    prints.draw_lapels(canvas, main, accent, 130)
    canvas.line([(0, 570), (0, HIP)], 5, shade(main, 0.4))
    for side in (-1, 1):
        prints.draw_pocket(canvas, side * 58, 596, main, 26)
    prints.draw_pocket(canvas, -56, 512, main, 18)
    canvas.line([(-62, 494), (-62, 516)], 7, (214, 60, 60))
    canvas.line([(-50, 498), (-50, 516)], 7, (48, 110, 206))


def _long_coat(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    prints.draw_lapels(canvas, main, accent, 100)
    prints.draw_buttons(canvas, tint(main, 0.55), x=30, rows=3)
    prints.draw_buttons(canvas, tint(main, 0.55), x=-30, rows=3)
    prints.draw_belt(canvas, shade(main, 0.4), SILVER, 600)


def _coat(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    canvas.line([(0, 470), (0, HIP)], 5, shade(main, 0.4))
    prints.draw_collar(canvas, accent, 60)
    prints.draw_buttons(canvas, GOLD, x=14, rows=4)
    for side in (-1, 1):
        prints.draw_pocket(canvas, side * 60, 590, main, 24)


def _safety_vest(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    for side in (-1, 1):
        low, high = sorted((side * 0.26, side * 1.0))
        lit_band(canvas, SHOULDER, HIP + 8, main, (low, high))
        low, high = sorted((side * 0.42, side * 0.62))
        lit_band(canvas, SHOULDER, HIP + 8, (236, 236, 214), (low, high))
    lit_band(canvas, 570, 600, main)
    lit_band(canvas, 576, 594, (236, 236, 214))
    prints.draw_collar(canvas, tint(accent, 0.2), 30)


def _vest(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    for side in (-1, 1):
        low, high = sorted((side * 0.14, side * 1.0))
        lit_band(canvas, SHOULDER + 4, HIP + 8, main, (low, high))
    prints.draw_collar(canvas, tint(accent, 0.3), 40)
    prints.draw_pocket(canvas, -66, 516, main, 20)
    for side in (-1, 1):
        prints.draw_pocket(canvas, side * 66, 584, main, 25)


def _apron(canvas: Canvas, main: Rgb, _accent: Rgb, _skin: Rgb) -> None:
    for side in (-1, 1):
        canvas.line([(side * 48, SHOULDER), (side * 44, 500)], 13, shade(main, 0.2))
    canvas.polygon(
        [(-56, 490), (56, 490), (64, 560), (100, 574), (104, HIP + 8), (-104, HIP + 8), (-100, 574), (-64, 560)], main
    )
    canvas.polygon([(36, 490), (56, 490), (64, 560), (100, 574), (104, HIP + 8), (64, HIP + 8)], shade(main, 0.18))
    canvas.line([(-98, 578), (98, 578)], 9, shade(main, 0.3))
    prints.draw_pocket(canvas, 0, 594, main, 34)


def _uniform(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    prints.draw_collar(canvas, tint(main, 0.2), 42)
    prints.draw_tie(canvas, accent)
    for side in (-1, 1):
        canvas.box(side * 70 - 20, SHOULDER + 2, side * 70 + 20, SHOULDER + 14, GOLD, 4)
    prints.draw_badge(canvas, 50, 510, GOLD)
    prints.draw_pocket(canvas, -54, 500, main, 22)
    prints.draw_belt(canvas, INK)


def _jacket(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    prints.draw_zip(canvas, main)
    prints.draw_collar(canvas, accent, 54)
    for side in (-1, 1):
        canvas.line([(side * 84, 560), (side * 52, 600)], 8, shade(main, 0.42))
    lit_band(canvas, HIP - 18, HIP + 8, accent)


def _parka(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    canvas.line([(0, 470), (0, HIP)], 14, shade(main, 0.3))
    for y in (506, 552, 598):
        canvas.line([(-24, y), (24, y)], 11, LEATHER)
    for side in (-1, 1):
        prints.draw_pocket(canvas, side * 66, 582, main, 24)
    fur = mix(accent, (252, 244, 230), 0.72)
    for step in range(-4, 5):
        canvas.circle(step * 20, 458 - abs(step) * 5, 21, shade(fur, 0.12) if step > 1 else fur)


def _tuxedo(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    prints.draw_lapels(canvas, main, WHITE, 150)
    for y in (500, 530, 558):
        canvas.circle(0, y, 6, INK)
    prints.draw_bow_tie(canvas, accent)
    canvas.polygon([(-72, 524), (-50, 520), (-48, 540), (-70, 542)], accent)


def _suit(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    prints.draw_lapels(canvas, main, WHITE, 132)
    prints.draw_tie(canvas, accent)
    prints.draw_buttons(canvas, tint(main, 0.5), rows=1, x=0)
    canvas.line([(-76, 530), (-48, 526)], 8, tint(accent, 0.3))
    prints.draw_buttons(canvas, shade(main, 0.5), x=2, rows=1)


def _dress(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    canvas.ellipse(0, SHOULDER, 54, 32, skin)
    canvas.arc(0, SHOULDER, 56, 34, 8, 172, 10, accent)
    for x, y in ((-58, 520), (-16, 548), (34, 514), (64, 566), (-50, 588), (14, 596)):
        canvas.circle(x, y, 8, tint(main, 0.5))
    lit_band(canvas, 622, HIP + 4, accent)
    canvas.smooth([(20, 628), (62, 612), (58, 634), (64, 656)], tint(accent, 0.2))


def _tunic(canvas: Canvas, _main: Rgb, accent: Rgb, skin: Rgb) -> None:
    prints.draw_neckline(canvas, skin, 64)
    for y in (462, 478):
        canvas.line([(-18, y), (18, y + 10)], 5, accent)
    for side in (-1, 1):
        canvas.line([(side * 46, SHOULDER), (0, SHOULDER + 66)], 10, accent)
    prints.draw_belt(canvas, LEATHER)


def _wetsuit(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    canvas.box(-48, 426, 48, 452, shade(main, 0.3), 10)
    for side in (-1, 1):
        curve = [(side * 88, 446), (side * 46, 520), (side * 56, 580), (side * 112, HIP + 6), (side * 118, HIP)]
        canvas.polygon([*curve, (side * 92, 500)], accent if side < 0 else shade(accent))
    prints.draw_zip(canvas, main)


def _jumpsuit(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    prints.draw_zip(canvas, main)
    prints.draw_collar(canvas, accent, 44)
    prints.draw_pocket(canvas, -54, 506, main, 22)
    prints.draw_badge(canvas, 52, 514, accent)
    prints.draw_belt(canvas, accent, SILVER)


def _tracksuit(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    prints.draw_zip(canvas, main)
    canvas.box(-50, 424, 50, 458, accent, 12)
    for y in (500, 518):
        for side in (-1, 1):
            canvas.line([(side * 92, y - 18), (side * 10, y + 22)], 8, accent)


def _sweater(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    canvas.box(-52, 422, 52, 458, shade(main, 0.12), 16)
    lit_band(canvas, 520, 576, shade(accent, 0.06))
    points = [(-98 + step * 28, 536 + (24 if step % 2 else 0)) for step in range(8)]
    canvas.line(points, 9, tint(main, 0.55))
    for x in (-84, -56, -28, 0, 28, 56):
        canvas.line([(x, 632), (x, 650)], 6, shade(main, 0.24))


def _shirt(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    canvas.line([(0, 460), (0, HIP)], 4, shade(main, 0.3))
    prints.draw_buttons(canvas, tint(accent, 0.3), rows=4)
    prints.draw_collar(canvas, tint(main, 0.3), 42)
    prints.draw_pocket(canvas, -52, 506, main, 22)


def _poncho(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    prints.draw_neckline(canvas, skin, 40)
    for y, tone in ((560, accent), (590, tint(accent, 0.45)), (616, shade(accent, 0.3))):
        points = [(-108 + step * 27, y + (14 if step % 2 else 0)) for step in range(9)]
        canvas.line(points, 12, tone)
    for step in range(-4, 5):
        canvas.line([(step * 26, HIP), (step * 26, HIP + 24)], 7, shade(main, 0.2))


def _kimono(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    prints.draw_neckline(canvas, skin, 50)
    canvas.line([(42, SHOULDER), (-40, 596)], 20, accent)
    canvas.line([(-42, SHOULDER), (4, 506)], 20, tint(accent, 0.2))
    for x, y in ((60, 540), (-66, 500), (78, 486)):
        for dx, dy in ((0, -8), (8, 0), (0, 8), (-8, 0)):
            canvas.circle(x + dx, y + dy, 6, tint(main, 0.6))
    lit_band(canvas, 588, 640, accent)
    lit_band(canvas, 606, 620, tint(accent, 0.5))


def _toga(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    canvas.polygon([(-84, SHOULDER), (-40, SHOULDER), (-104, 560)], skin)
    canvas.polygon([(20, SHOULDER), (66, SHOULDER), (-60, HIP), (-112, HIP - 30)], accent)
    for share in (0.2, 0.5, 0.8):
        canvas.line([(40 + share * 46, 462), (-80 + share * 170, HIP)], 6, shade(main, 0.16))
    canvas.circle(62, 458, 16, GOLD)


def _scrubs(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    prints.draw_neckline(canvas, skin, 62)
    for side in (-1, 1):
        canvas.line([(side * 46, SHOULDER), (0, SHOULDER + 64)], 11, shade(main, 0.26))
    prints.draw_pocket(canvas, 52, 524, main, 24)
    canvas.line([(44, 506), (44, 530)], 7, accent)


def _leotard(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    canvas.ellipse(0, SHOULDER, 62, 46, skin)
    canvas.polygon([(-100, 560), (0, 500), (100, 560), (108, 590), (0, 532), (-108, 590)], accent)
    for x, y in ((-56, 510), (52, 498), (-34, 594), (40, 602), (0, 566), (-84, 620), (82, 628)):
        canvas.polygon([(x, y - 11), (x + 4, y), (x, y + 11), (x - 4, y)], tint(main, 0.7))
        canvas.polygon([(x - 11, y), (x, y - 4), (x + 11, y), (x, y + 4)], tint(main, 0.7))


def _raincoat(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    canvas.line([(0, 470), (0, HIP)], 6, shade(main, 0.36))
    canvas.smooth([(-78, 430), (0, 462), (78, 430), (70, 476), (0, 500), (-70, 476)], shade(main, 0.14))
    for y in (520, 562, 604):
        canvas.line([(-20, y), (20, y)], 12, accent)
    for side in (-1, 1):
        prints.draw_pocket(canvas, side * 66, 588, main, 23)


def _body_panels(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    block(canvas, -70, 468, 70, 600, tint(main, 0.3), 14)
    canvas.circle(-26, 516, 29, INK)
    canvas.arc(-26, 516, 20, 20, 180, 360, 6, tint(accent, 0.4))
    canvas.line([(-26, 518), (-14, 502)], 5, (244, 84, 70))
    for row, tone in enumerate(((244, 96, 84), (252, 200, 60), (96, 206, 130))):
        canvas.box(18, 490 + row * 22, 54, 504 + row * 22, tone, 5)
    for x in (-46, -22, 2, 26):
        canvas.box(x, 562, x + 16, 586, shade(main, 0.4), 4)
    for x, y in ((-84, 460), (82, 460), (-100, 634), (98, 634)):
        canvas.circle(x, y, 7, tint(accent, 0.3))


def _fur_costume(canvas: Canvas, main: Rgb, _accent: Rgb, _skin: Rgb) -> None:
    belly = mix(main, (255, 244, 222), 0.7)
    canvas.smooth([(0, 462), (56, 492), (72, 570), (50, 640), (-50, 640), (-72, 570), (-56, 492)], belly)
    for step in range(-4, 5):
        canvas.circle(step * 19, 452 - abs(step) * 3, 17, tint(main, 0.2) if step < 2 else main)
    for x, y in ((-20, 520), (14, 546), (-10, 580), (24, 600)):
        canvas.line([(x, y), (x + 8, y + 12), (x + 16, y)], 4, shade(belly, 0.2))


OUTFITS: Mapping[str, Outfit] = {
    "spacesuit": Outfit(_spacesuit, WHITE, "same"),
    "armor": Outfit(_armor, SILVER, "same"),
    "chainmail": Outfit(_chainmail, (150, 158, 172), "other"),
    "robe": Outfit(_robe, None, "skirt"),
    "cloak": Outfit(_cloak, None, "other"),
    "overalls": Outfit(_overalls, (52, 96, 168), "same", "accent", "accent"),
    "lab coat": Outfit(_lab_coat, WHITE, "short skirt"),
    "long coat": Outfit(_long_coat, None, "short skirt"),
    "coat": Outfit(_coat, None, "short skirt"),
    "safety vest": Outfit(_safety_vest, (250, 128, 36), "other", "accent", "accent"),
    "vest": Outfit(_vest, None, "other", "accent", "accent"),
    "apron": Outfit(_apron, WHITE, "short skirt", "accent", "accent"),
    "uniform": Outfit(_uniform, (40, 62, 124), "same"),
    "jacket": Outfit(_jacket),
    "parka": Outfit(_parka),
    "tuxedo": Outfit(_tuxedo, COLOUR_WORDS["black"], "same"),
    "suit": Outfit(_suit, COLOUR_WORDS["slate"], "same"),
    "dress": Outfit(_dress, None, "skirt", "bare"),
    "tunic": Outfit(_tunic, None, "short skirt"),
    "wetsuit": Outfit(_wetsuit, COLOUR_WORDS["charcoal"], "same"),
    "jumpsuit": Outfit(_jumpsuit, None, "same"),
    "tracksuit": Outfit(_tracksuit, None, "same"),
    "sweater": Outfit(_sweater),
    "shirt": Outfit(_shirt),
    "poncho": Outfit(_poncho),
    "kimono": Outfit(_kimono, None, "skirt"),
    "toga": Outfit(_toga, WHITE, "skirt", "bare"),
    "scrubs": Outfit(_scrubs, (88, 176, 170), "same"),
    "leotard": Outfit(_leotard, None, "same", "bare"),
    "raincoat": Outfit(_raincoat, COLOUR_WORDS["yellow"], "short skirt"),
    "body panels": Outfit(_body_panels, SILVER, "same"),
    "fur costume": Outfit(_fur_costume, (150, 100, 62), "same"),
}

ALIASES: Mapping[str, str] = spread_synonyms(
    {
        "spacesuit": "space suit, astronaut suit",
        "jumpsuit": "flight suit, coveralls",
        "armor": "armour, breastplate, plate mail",
        "chainmail": "chain mail",
        "dress": "gown",
        "robe": "robes, cassock",
        "overalls": "dungarees",
        "lab coat": "labcoat",
        "long coat": "trench coat, overcoat",
        "safety vest": "hi vis vest, reflective vest",
        "vest": "waistcoat",
        "jacket": "hoodie, windbreaker",
        "suit": "blazer",
        "wetsuit": "diving suit",
        "leotard": "swimsuit",
        "tracksuit": "jersey",
        "sweater": "pullover, cardigan",
        "shirt": "t shirt, tee, blouse",
        "fur costume": "animal costume, bear costume",
        "body panels": "robot body",
        "parka": "anorak, snowsuit",
        "tunic": "doublet",
        "kimono": "sari",
    },
)
