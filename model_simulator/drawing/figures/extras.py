"""Accessories on or beside a figure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import GOLD, INK, LEAF, LEATHER, SILVER, STEEL, WHITE, WOOD, fade, mix, shade, tint
from model_simulator.drawing.figures.anatomy import SHOULDER, lit_band
from model_simulator.drawing.figures.clothing_details import draw_bow_tie, draw_tie
from model_simulator.drawing.lexicon import expand_synonyms
from model_simulator.drawing.shapes import ball, block, drum

Painter = Callable[[Canvas, Rgb], None]


@dataclass(frozen=True, slots=True)
class Extra:
    """An accessory.

    Attributes:
        paint: draws it in the figure's coordinates; what stands ``beside`` has its own, the ground at its origin.
        place: ``behind`` the figure or ``far`` behind it, in ``front``, ``beside`` it, on its ``shoulder``, or
            ``part`` of what other modules draw (a beard).
        colour: its own colour where the prompt names none; None = the accent of the clothes.
        straps: draws the straps of a thing behind the figure.
    """

    paint: Painter
    place: str
    colour: Rgb | None = None
    straps: Painter | None = None


def _nothing(_canvas: Canvas, _colour: Rgb) -> None:
    """Paint nothing: head, legs and hands handle this word."""


def _cape(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth(
        [(-90, 430), (90, 430), (150, 560), (190, 800), (90, 838), (0, 818), (-90, 838), (-190, 800), (-150, 560)],
        shade(colour, 0.18),
    )
    for x in (-140, -70, 70, 140):
        canvas.line([(x * 0.7, 520), (x, 806)], 9, shade(colour, 0.4))


def _wings(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        for reach, drop, tone in ((286, 0, colour), (240, 84, tint(colour, 0.3)), (186, 150, tint(colour, 0.5))):
            canvas.smooth(
                [
                    (side * 50, 480 + drop * 0.5),
                    (side * reach * 0.6, 380 + drop),
                    (side * reach, 350 + drop),
                    (side * reach * 0.9, 450 + drop),
                    (side * 70, 560 + drop * 0.3),
                ],
                tone if side < 0 else shade(tone, 0.14),
            )


def _backpack(canvas: Canvas, colour: Rgb) -> None:
    block(canvas, -134, 440, 134, 640, shade(colour, 0.1), 40)
    canvas.box(-158, 540, -112, 640, shade(colour, 0.26), 16)
    canvas.box(112, 540, 158, 640, shade(colour, 0.36), 16)
    canvas.box(-116, 414, 116, 450, tint(mix(colour, WOOD, 0.5), 0.2), 18)


def _backpack_straps(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        lit_band(canvas, SHOULDER, 600, shade(colour, 0.2), (side * 0.62 - 0.11, side * 0.62 + 0.11))
        canvas.box(side * 62 - 15, 520, side * 62 + 15, 540, GOLD, 5)


def _jet_pack(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        x = side * 132
        canvas.smooth([(x - 28, 646), (x + 28, 646), (x + 8, 700), (x, 760), (x - 8, 700)], (250, 150, 60))
        canvas.smooth([(x - 14, 646), (x + 14, 646), (x, 712)], (255, 226, 120))
        block(canvas, x - 40, 440, x + 40, 632, colour, 38)
        canvas.polygon([(x - 24, 626), (x + 24, 626), (x + 38, 656), (x - 38, 656)], shade(STEEL, 0.2))


def _oxygen_tank(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        block(canvas, side * 126 - 38, 420, side * 126 + 38, 640, colour, 36)
        canvas.box(side * 126 - 40, 520, side * 126 + 40, 544, shade(STEEL, 0.3))
        canvas.box(side * 126 - 13, 394, side * 126 + 13, 424, STEEL, 5)


def _quiver(canvas: Canvas, colour: Rgb) -> None:
    view = canvas.at(-118, 470, turn=-24)
    for x, tone in ((-24, (226, 84, 76)), (0, WHITE), (24, (92, 160, 210))):
        view.line([(x, -40), (x, -120)], 7, WOOD)
        view.smooth([(x - 15, -100), (x, -160), (x + 15, -100), (x, -84)], tone)
    block(view, -44, -60, 44, 110, colour, 12)


def _scarf(canvas: Canvas, colour: Rgb) -> None:
    canvas.box(-80, 424, 80, 470, shade(colour), 22)
    canvas.box(-80, 424, 44, 466, colour, 22)
    canvas.polygon([(16, 456), (62, 456), (72, 574), (26, 580)], colour)
    canvas.polygon([(46, 456), (62, 456), (72, 574), (54, 577)], shade(colour))
    for y in (500, 540):
        canvas.line([(24, y), (62, y - 4)], 11, tint(colour, 0.5))


def _satchel(canvas: Canvas, colour: Rgb) -> None:
    canvas.line([(-70, SHOULDER + 6), (96, 630)], 17, shade(colour, 0.2))
    block(canvas, 66, 618, 150, 704, colour, 12)
    canvas.box(66, 618, 150, 656, shade(colour, 0.26), 10)
    canvas.box(98, 646, 118, 668, GOLD, 4)


def _tool_belt(canvas: Canvas, colour: Rgb) -> None:
    lit_band(canvas, 618, 650, colour, (-1.03, 1.03))
    canvas.line([(-88, 610), (-88, 660)], 11, STEEL)
    canvas.box(-104, 598, -72, 616, (226, 84, 76), 5)
    canvas.line([(74, 612), (74, 660)], 13, (250, 190, 60))
    for x in (-84, 76):
        canvas.box(x - 30, 640, x + 30, 698, shade(colour, 0.2), 9)
    canvas.box(-22, 614, 22, 654, GOLD, 6)


def _medal(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        canvas.line([(side * 40, SHOULDER + 2), (0, 530)], 13, (206, 64, 72) if side < 0 else (58, 104, 190))
    canvas.circle(2, 552, 32, shade(colour))
    canvas.circle(-1, 549, 27, colour)
    canvas.circle(-1, 549, 14, tint(colour, 0.5))


def _dog(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(54, -50), (82, -84), (78, -112)], 15, colour)
    canvas.box(-48, -90, 58, -20, colour, 30)
    canvas.box(10, -86, 58, -22, shade(colour, 0.16), 28)
    for x in (-36, -8, 22, 44):
        canvas.box(x - 11, -40, x + 11, 0, shade(colour, 0.16 if x > 0 else 0), 8)
    canvas.circle(-52, -114, 42, colour)
    canvas.ellipse(-70, -98, 26, 20, tint(colour, 0.5))
    canvas.circle(-82, -106, 9, INK)
    canvas.smooth([(-40, -148), (-12, -140), (-8, -96), (-30, -104)], shade(colour, 0.4))
    canvas.circle(-62, -124, 6, INK)
    canvas.box(-46, -78, -6, -66, (214, 64, 64), 5)


def _cat(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(40, -16), (92, -40), (74, -110), (96, -130)], 15, colour)
    canvas.smooth([(-44, 0), (-38, -80), (0, -104), (38, -80), (48, 0)], colour)
    for side in (-1, 1):
        canvas.polygon([(side * 42, -130), (side * 44, -190), (side * 8, -164)], colour)
        canvas.polygon([(side * 36, -140), (side * 38, -176), (side * 16, -160)], (246, 170, 170))
    canvas.ellipse(0, -124, 48, 40, colour)
    canvas.smooth([(-18, -20), (-14, -74), (14, -74), (18, -20), (0, -8)], tint(colour, 0.5))
    for side in (-1, 1):
        canvas.ellipse(side * 18, -130, 6, 9, INK)
        canvas.line([(side * 20, -112), (side * 56, -116)], 3, WHITE)
    canvas.polygon([(-6, -116), (6, -116), (0, -108)], (226, 110, 120))


def _robot(canvas: Canvas, colour: Rgb) -> None:
    for x in (-26, 26):
        canvas.box(x - 15, -24, x + 15, 0, INK, 9)
    block(canvas, -46, -94, 46, -18, colour, 14)
    canvas.line([(0, -176), (0, -200)], 6, STEEL)
    canvas.circle(0, -204, 10, (240, 90, 80))
    block(canvas, -54, -178, 54, -98, tint(colour, 0.2), 18)
    canvas.box(-42, -164, 38, -116, INK, 12)
    for x in (-20, 16):
        canvas.circle(x, -140, 11, (110, 226, 236))
    canvas.circle(-2, -58, 13, (250, 200, 70))


def _crate(canvas: Canvas, colour: Rgb) -> None:
    block(canvas, -70, -122, 70, 0, colour, 5)
    for y in (-122, -20):
        canvas.box(-70, y, 70, y + 20, shade(colour, 0.22), 3)
    canvas.line([(-58, -22), (56, -102)], 15, shade(colour, 0.22))


def _barrel(canvas: Canvas, colour: Rgb) -> None:
    drum(canvas, 0, -124, -14, 60, colour, tint(colour, 0.24))
    for y in (-94, -34):
        canvas.arc(0, y, 60, 15, 6, 174, 11, STEEL)


def _potted_plant(canvas: Canvas, colour: Rgb) -> None:
    for turn in (-52, -26, 0, 28, 54):
        view = canvas.at(0, -76, turn=turn)
        view.smooth([(0, 0), (-20, -60), (0, -124), (20, -60)], shade(LEAF) if turn > 0 else LEAF)
    canvas.polygon([(-50, -80), (50, -80), (36, 0), (-36, 0)], shade(colour))
    canvas.polygon([(-50, -80), (22, -80), (14, 0), (-36, 0)], colour)
    canvas.box(-58, -96, 58, -70, tint(colour, 0.1), 6)


def _chest(canvas: Canvas, colour: Rgb) -> None:
    for x, y in ((-40, -84), (-8, -98), (26, -92), (46, -80)):
        ball(canvas, x, y, 20, GOLD)
    canvas.polygon([(-74, -108), (74, -108), (64, -148), (-64, -148)], shade(colour, 0.2))
    block(canvas, -74, -78, 74, 0, colour, 5)
    for x in (-58, 58):
        canvas.box(x - 9, -78, x + 9, 0, GOLD)
    canvas.box(-16, -76, 16, -42, (250, 216, 100), 4)


def _campfire(canvas: Canvas, colour: Rgb) -> None:
    canvas.circle(0, -70, 92, fade((255, 214, 120), 0.3))
    for lean in (-1, 1):
        canvas.line([(-lean * 62, -10), (lean * 48, -34)], 22, WOOD if lean < 0 else shade(WOOD))
    canvas.smooth([(-46, -28), (-40, -90), (-10, -116), (0, -164), (24, -112), (44, -84), (46, -28)], colour)
    canvas.smooth([(-24, -28), (-16, -70), (2, -104), (20, -68), (24, -28)], (255, 226, 120))


def _bicycle(canvas: Canvas, colour: Rgb) -> None:
    for x in (-92, 92):
        canvas.arc(x, -66, 60, 60, 0, 360, 14, INK)
        canvas.circle(x, -66, 11, STEEL)
        for turn in (0, 60, 120):
            canvas.at(x, -66, turn=turn).line([(0, -56), (0, 56)], 3, SILVER)
    canvas.line([(-92, -66), (-40, -160), (56, -160), (92, -66)], 14, colour)
    canvas.line([(-40, -160), (0, -62), (56, -160)], 14, colour)
    canvas.line([(-92, -66), (0, -62)], 12, shade(colour))
    canvas.line([(-44, -160), (-52, -196)], 10, STEEL)
    canvas.box(-84, -212, -24, -192, INK, 9)
    canvas.line([(56, -160), (48, -216), (84, -226)], 12, STEEL)


def _parrot(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth([(8, -6), (40, 20), (62, 96), (34, 84), (4, 30)], (58, 120, 206))
    canvas.smooth([(-30, -50), (-16, -106), (22, -104), (40, -50), (28, 10), (-10, 14)], colour)
    canvas.smooth([(10, -60), (38, -50), (34, 6), (10, -6)], (250, 200, 60))
    canvas.circle(-6, -92, 30, colour)
    canvas.circle(-14, -96, 13, WHITE)
    canvas.circle(-16, -96, 6, INK)
    canvas.smooth([(-32, -100), (-54, -88), (-44, -68), (-28, -80)], (70, 66, 76))


def _owl(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth([(-40, -40), (-40, -112), (40, -112), (42, -40), (20, 12), (-20, 12)], colour)
    for side in (-1, 1):
        canvas.polygon([(side * 42, -96), (side * 44, -142), (side * 12, -112)], shade(colour, 0.2))
        canvas.circle(side * 18, -88, 20, WHITE)
        canvas.circle(side * 17, -88, 10, INK)
    canvas.polygon([(-8, -78), (8, -78), (0, -60)], (250, 180, 60))
    canvas.smooth([(-18, -48), (18, -48), (14, 0), (-14, 0)], tint(colour, 0.5))


EXTRAS: Mapping[str, Extra] = {
    "backpack": Extra(_backpack, "behind", (206, 120, 60), _backpack_straps),
    "cape": Extra(_cape, "behind", (196, 48, 62)),
    "wings": Extra(_wings, "behind", WHITE),
    "quiver": Extra(_quiver, "behind", LEATHER),
    "oxygen tank": Extra(_oxygen_tank, "behind", (250, 196, 60)),
    "jet pack": Extra(_jet_pack, "behind", SILVER),
    "scarf": Extra(_scarf, "front"),
    "satchel": Extra(_satchel, "front", LEATHER),
    "tool belt": Extra(_tool_belt, "front", LEATHER),
    "medal": Extra(_medal, "front", GOLD),
    "bow tie": Extra(draw_bow_tie, "front", (206, 48, 62)),
    "necktie": Extra(draw_tie, "front", (206, 48, 62)),
    "gloves": Extra(_nothing, "part"),
    "rubber boots": Extra(_nothing, "part", (250, 200, 60)),
    "glasses": Extra(_nothing, "part"),
    "sunglasses": Extra(_nothing, "part"),
    "eye patch": Extra(_nothing, "part"),
    "beard": Extra(_nothing, "part"),
    "mustache": Extra(_nothing, "part"),
    "parrot": Extra(_parrot, "shoulder", (222, 58, 54)),
    "owl": Extra(_owl, "shoulder", (166, 118, 82)),
    "small dog": Extra(_dog, "beside", (206, 146, 86)),
    "small cat": Extra(_cat, "beside", (240, 160, 80)),
    "small robot": Extra(_robot, "beside", (196, 206, 220)),
    "wooden crate": Extra(_crate, "beside", (206, 154, 98)),
    "barrel": Extra(_barrel, "beside", (166, 110, 66)),
    "potted plant": Extra(_potted_plant, "beside", (214, 116, 80)),
    "treasure chest": Extra(_chest, "beside", (142, 88, 54)),
    "campfire": Extra(_campfire, "beside", (250, 134, 48)),
    "bicycle": Extra(_bicycle, "far", (220, 66, 66)),
}

ALIASES: Mapping[str, str] = expand_synonyms(
    {
        "backpack": "rucksack, knapsack",
        "scarf": "neckerchief",
        "necktie": "tie",
        "bow tie": "bowtie",
        "beard": "goatee, bearded",
        "mustache": "moustache",
        "glasses": "spectacles, eyeglasses",
        "sunglasses": "shades",
        "eye patch": "eyepatch",
        "jet pack": "jetpack",
        "oxygen tank": "air tank, scuba tank",
        "tool belt": "toolbelt, utility belt",
        "satchel": "messenger bag",
        "rubber boots": "boots",
        "small dog": "dog, puppy",
        "small cat": "cat, kitten",
        "small robot": "robot companion",
        "barrel": "wooden barrel",
        "potted plant": "houseplant",
        "bicycle": "bike",
        "campfire": "bonfire",
        "gloves": "mittens",
    },
)
