"""Hair styles: the parts in front of and behind the head. Origin: the middle of the chin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import shade, tint
from model_simulator.drawing.shapes import ball

Painter = Callable[[Canvas, Rgb], None]


@dataclass(frozen=True, slots=True)
class Hair:
    """A style; ``behind`` is drawn before the body and shows under most headgear, ``front`` only on a bare head."""

    front: Painter
    behind: Painter | None = None


def _short(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth(
        [
            (-106, -108),
            (-110, -180),
            (-60, -226),
            (20, -230),
            (88, -206),
            (110, -150),
            (104, -104),
            (88, -140),
            (40, -152),
            (-40, -146),
            (-86, -132),
        ],
        shade(colour),
    )
    canvas.smooth(
        [
            (-106, -108),
            (-110, -180),
            (-60, -226),
            (20, -230),
            (70, -202),
            (62, -156),
            (20, -152),
            (-40, -146),
            (-86, -132),
        ],
        colour,
    )
    canvas.curve([(-78, -186), (-44, -206), (0, -212)], 10, tint(colour, 0.22))


def _swoop(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth(
        [
            (-108, -96),
            (-116, -170),
            (-70, -232),
            (10, -250),
            (94, -214),
            (114, -146),
            (106, -92),
            (92, -136),
            (56, -160),
            (0, -128),
            (-60, -122),
            (-92, -138),
        ],
        shade(colour),
    )
    canvas.smooth(
        [
            (-108, -96),
            (-116, -170),
            (-70, -232),
            (10, -250),
            (74, -212),
            (52, -164),
            (0, -128),
            (-60, -122),
            (-92, -138),
        ],
        colour,
    )
    canvas.curve([(-84, -176), (-40, -214), (30, -222)], 10, tint(colour, 0.22))


def _spiky(canvas: Canvas, colour: Rgb) -> None:
    spikes = [
        (-108, -104),
        (-128, -186),
        (-92, -184),
        (-86, -248),
        (-42, -208),
        (-8, -268),
        (24, -210),
        (74, -252),
        (80, -190),
        (128, -196),
        (106, -104),
        (84, -146),
        (40, -134),
        (4, -152),
        (-44, -134),
        (-84, -148),
    ]
    canvas.polygon(spikes, shade(colour))
    canvas.polygon([*spikes[:7], (60, -236), (62, -160), (40, -134), *spikes[13:]], colour)


def _curls(canvas: Canvas, colour: Rgb) -> None:
    for x, y in ((104, -128), (96, -178), (60, -216), (8, -232), (-46, -222), (-90, -186), (-104, -134)):
        ball(canvas, x, y, 42, colour)
    canvas.box(-82, -214, 82, -158, colour, 24)
    for x, y in ((-56, -158), (-14, -166), (30, -164), (66, -154)):
        ball(canvas, x, y, 27, colour)


def _bun(canvas: Canvas, colour: Rgb) -> None:
    ball(canvas, 0, -252, 46, colour)
    _short(canvas, colour)


def _mohawk(canvas: Canvas, colour: Rgb) -> None:
    crest = [
        (-34, -150),
        (-46, -232),
        (-26, -226),
        (-18, -272),
        (4, -240),
        (26, -274),
        (30, -228),
        (48, -232),
        (34, -150),
    ]
    canvas.polygon(crest, shade(colour))
    canvas.polygon([*crest[:5], (14, -240), (10, -150)], colour)


def _fringe(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth(
        [
            (-112, -70),
            (-118, -176),
            (-64, -234),
            (36, -236),
            (104, -196),
            (116, -120),
            (112, -66),
            (94, -110),
            (84, -142),
            (-70, -142),
            (-92, -108),
        ],
        shade(colour),
    )
    canvas.smooth(
        [(-112, -70), (-118, -176), (-64, -234), (36, -236), (78, -204), (70, -144), (-70, -142), (-92, -108)], colour
    )
    canvas.curve([(-84, -180), (-44, -212), (8, -216)], 10, tint(colour, 0.22))


def _parted(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth([(4, -236), (84, -216), (120, -150), (112, -60), (92, -92), (74, -138), (14, -172)], shade(colour))
    canvas.smooth([(10, -236), (-76, -222), (-120, -156), (-112, -60), (-92, -92), (-72, -138), (10, -180)], colour)
    canvas.curve([(-88, -172), (-60, -204), (-20, -216)], 10, tint(colour, 0.22))


def _long_behind(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth(
        [(-110, -150), (110, -150), (136, -40), (128, 74), (60, 96), (-60, 96), (-128, 74), (-136, -40)],
        shade(colour, 0.36),
    )


def _bob_behind(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth(
        [(-108, -150), (108, -150), (132, -60), (120, 8), (0, 22), (-120, 8), (-132, -60)], shade(colour, 0.36)
    )


def _tail_behind(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth([(80, -196), (146, -206), (196, -140), (186, -30), (150, 40), (140, -50), (116, -120)], shade(colour))
    canvas.circle(112, -164, 17, (222, 70, 96))


def _braids_behind(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        for step in range(4):
            ball(canvas, side * (112 + step * 5), -56 + step * 38, 27 - step * 2, colour)
        ball(canvas, side * 130, 88, 13, (222, 70, 96))


LOW_STYLES = ("short", "swoop", "bob", "long", "ponytail", "braids")
"""Styles that fit under glass."""

STYLES: Mapping[str, Hair] = {
    "short": Hair(_short),
    "swoop": Hair(_swoop),
    "spiky": Hair(_spiky),
    "curls": Hair(_curls),
    "bun": Hair(_bun),
    "mohawk": Hair(_mohawk),
    "bob": Hair(_fringe, _bob_behind),
    "long": Hair(_parted, _long_behind),
    "ponytail": Hair(_swoop, _tail_behind),
    "braids": Hair(_parted, _braids_behind),
}
