"""Hats, caps and other soft headgear. The canvas' origin is the middle of the chin."""

# ruff: noqa: PLR0917 - places and sizes are positional, in the order of every drawing program

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import COLOUR_WORDS, GOLD, WHITE, shade, tint
from model_simulator.drawing.figures.headgear import Headgear
from model_simulator.drawing.figures.helmets import draw_dome
from model_simulator.drawing.shapes import ball


def _brim(canvas: Canvas, colour: Rgb, across: float, *, curl: float = 0, y: float = -140, down: float = 26) -> None:
    """Draw a hat's brim; ``curl`` lifts its ends."""
    top = [(-across, y - curl), (-across * 0.5, y - down * 0.5), (0, y - down * 0.7), (across * 0.5, y - down * 0.5)]
    bottom = [(across * 0.55, y + down * 0.75), (0, y + down), (-across * 0.55, y + down * 0.75)]
    canvas.smooth([*top, (across, y - curl), *bottom], shade(colour, 0.3))
    light = [(x, edge - 8) for x, edge in bottom]
    canvas.smooth([*top, (across, y - curl), *light], colour)


def _crown_of_hat(canvas: Canvas, colour: Rgb, half: float, top: float, upper: float, band: Rgb) -> None:
    canvas.smooth(
        [(-half, -146), (-upper, top + 14), (-upper * 0.6, top), (upper * 0.6, top), (upper, top + 14), (half, -146)],
        shade(colour),
    )
    canvas.smooth(
        [
            (-half, -146),
            (-upper, top + 14),
            (-upper * 0.6, top),
            (upper * 0.3, top),
            (upper * 0.62, top + 14),
            (half * 0.62, -146),
        ],
        colour,
    )
    canvas.polygon([(-half, -178), (half, -178), (half + 3, -142), (-half - 3, -142)], band)
    canvas.polygon([(half * 0.62, -178), (half, -178), (half + 3, -142), (half * 0.62, -142)], shade(band))


def _wizard(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    _brim(canvas, colour, 172, down=32)
    canvas.smooth(
        [(-98, -150), (-62, -240), (-10, -330), (64, -368), (40, -316), (56, -250), (98, -150)], shade(colour)
    )
    canvas.smooth([(-98, -150), (-62, -240), (-10, -330), (56, -362), (14, -300), (20, -230), (48, -150)], colour)
    canvas.polygon([(-94, -176), (92, -176), (100, -144), (-102, -144)], accent)
    canvas.box(-18, -180, 18, -140, GOLD, 5)
    for x, y, size in ((-40, -212, 11), (20, -240, 8), (-8, -282, 7), (46, -200, 7)):
        canvas.polygon([(x, y - size), (x + size * 0.4, y), (x, y + size), (x - size * 0.4, y)], GOLD)
        canvas.polygon([(x - size, y), (x, y - size * 0.4), (x + size, y), (x, y + size * 0.4)], GOLD)


def _tricorn(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.smooth([(-90, -150), (-70, -226), (0, -244), (70, -226), (90, -150)], shade(colour, 0.4))
    outline = [
        (-166, -150),
        (-150, -196),
        (-90, -190),
        (0, -262),
        (90, -190),
        (150, -196),
        (166, -150),
        (90, -136),
        (0, -126),
        (-90, -136),
    ]
    canvas.smooth(outline, shade(colour))
    canvas.smooth([*outline[:3], (0, -258), (40, -220), (60, -150), (0, -132), (-90, -140)], colour)
    canvas.curve([(-158, -190), (-90, -186), (0, -256), (90, -186), (158, -190)], 9, accent)
    canvas.circle(0, -190, 23, shade(GOLD))
    canvas.circle(-3, -193, 17, GOLD)


def _chef(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    for x, y, radius in ((74, -252, 50), (-74, -252, 50), (34, -280, 54), (-34, -282, 56)):
        ball(canvas, x, y, radius, shade(colour, 0.05) if x > 0 else colour)
    canvas.polygon([(-92, -246), (92, -246), (96, -150), (-96, -150)], shade(colour, 0.08))
    for x in (-52, -12, 28, 66):
        canvas.line([(x, -236), (x * 1.05, -186)], 6, shade(colour, 0.2))
    canvas.box(-102, -176, 102, -134, shade(colour, 0.2), 10)
    canvas.box(-102, -176, 64, -136, colour, 10)
    canvas.line([(-94, -144), (94, -144)], 8, accent)


def _straw(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    _crown_of_hat(canvas, colour, 92, -244, 72, accent)
    _brim(canvas, colour, 186, down=34)
    for x in (-140, -100, -50, 0, 50, 100, 140):
        canvas.line([(x * 0.8, -142 + (170 - abs(x)) * 0.05), (x, -136 + (170 - abs(x)) * 0.1)], 4, shade(colour, 0.24))
    canvas.polygon([(-92, -180), (92, -180), (94, -156), (-94, -156)], accent)


def _sun(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    _crown_of_hat(canvas, colour, 92, -232, 74, accent)
    canvas.smooth(
        [(-178, -118), (-130, -160), (0, -172), (130, -160), (178, -118), (90, -134), (0, -126), (-90, -134)],
        shade(colour, 0.28),
    )
    canvas.smooth([(-178, -122), (-130, -162), (0, -174), (130, -162), (150, -140), (0, -140), (-90, -140)], colour)
    canvas.polygon([(-93, -190), (93, -190), (96, -164), (-96, -164)], accent)


def _bucket(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    _crown_of_hat(canvas, colour, 96, -238, 76, tint(colour, 0.2))
    canvas.polygon([(-98, -166), (98, -166), (136, -108), (-136, -108)], shade(colour, 0.28))
    canvas.polygon([(-98, -166), (64, -166), (92, -112), (-134, -112)], colour)
    for y in (-148, -130):
        canvas.line([(-106 - (y + 148), y), (106 + (y + 148), y)], 4, shade(colour, 0.3))
    canvas.circle(-56, -206, 8, accent)


def _top(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.box(-86, -326, 86, -146, shade(colour), 8)
    canvas.box(-86, -326, 46, -146, colour, 8)
    canvas.line([(-66, -306), (-66, -200)], 11, tint(colour, 0.3))
    canvas.ellipse(0, -326, 86, 14, tint(colour, 0.16))
    canvas.box(-88, -192, 88, -150, accent)
    canvas.box(46, -192, 88, -150, shade(accent))
    _brim(canvas, colour, 146, curl=10, down=20)


def _bowler(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    draw_dome(canvas, colour, lift=14)
    canvas.polygon([(-112, -184), (112, -184), (116, -148), (-116, -148)], accent)
    _brim(canvas, colour, 148, curl=14, down=18)


def _cowboy(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.smooth([(-88, -150), (-84, -232), (-48, -268), (0, -240), (48, -268), (84, -232), (88, -150)], shade(colour))
    canvas.smooth([(-88, -150), (-84, -232), (-48, -268), (-4, -240), (14, -246), (38, -150)], colour)
    canvas.polygon([(-90, -184), (90, -184), (92, -154), (-92, -154)], accent)
    _brim(canvas, colour, 190, curl=46, down=30)


def _party(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.polygon([(-74, -172), (0, -338), (74, -172)], shade(colour))
    canvas.polygon([(-74, -172), (0, -338), (24, -172)], colour)
    for x, y in ((-34, -196), (10, -214), (42, -190), (-12, -258), (14, -282)):
        canvas.circle(x, y, 10, accent)
    canvas.ellipse(0, -172, 76, 14, shade(colour, 0.4))
    for x, y in ((-18, -336), (18, -336), (0, -354), (0, -322)):
        canvas.circle(x, y, 16, tint(accent, 0.3))


def _fur(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.box(-92, -254, 92, -160, shade(accent, 0.2), 34)
    canvas.box(-92, -254, 52, -160, accent, 34)
    for side in (-1, 1):
        for y in (-120, -88, -56):
            canvas.circle(side * 104, y, 27, shade(colour, 0.16) if side > 0 else colour)
    for step in range(-4, 5):
        ball(canvas, step * 27, -166 - (16 - step * step) * 0.9, 33, colour)


def _fedora(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.smooth([(-90, -150), (-82, -236), (-30, -256), (0, -240), (30, -256), (82, -236), (90, -150)], shade(colour))
    canvas.smooth([(-90, -150), (-82, -236), (-30, -256), (0, -240), (24, -248), (48, -150)], colour)
    canvas.polygon([(-92, -190), (92, -190), (94, -154), (-94, -154)], shade(accent, 0.3))
    _brim(canvas, colour, 166, curl=4, down=28)


HATS: Mapping[str, Headgear] = {
    "wizard hat": Headgear(_wizard),
    "tricorn hat": Headgear(_tricorn, colour=COLOUR_WORDS["black"]),
    "chef hat": Headgear(_chef, colour=WHITE),
    "straw hat": Headgear(_straw, colour=(236, 204, 128)),
    "top hat": Headgear(_top, colour=COLOUR_WORDS["black"]),
    "bowler hat": Headgear(_bowler, colour=COLOUR_WORDS["black"]),
    "cowboy hat": Headgear(_cowboy, colour=(160, 106, 62)),
    "sun hat": Headgear(_sun, colour=COLOUR_WORDS["beige"]),
    "bucket hat": Headgear(_bucket),
    "party hat": Headgear(_party),
    "fur hat": Headgear(_fur, colour=(150, 106, 74)),
    "fedora": Headgear(_fedora, colour=(134, 92, 60)),
}
