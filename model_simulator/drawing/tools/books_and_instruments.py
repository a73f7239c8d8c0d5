"""Books, papers, instruments and screens."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import (
    GLASS,
    GOLD,
    INK,
    LEATHER,
    PAPER,
    SILVER,
    STEEL,
    WHITE,
    WOOD,
    fade,
    shade,
    tint,
)
from model_simulator.drawing.shapes import ball, block, pole
from model_simulator.drawing.tools.tool_type import Tool


def _tablet(canvas: Canvas, colour: Rgb) -> None:
    block(canvas, -76, -176, 76, 36, colour, 14)
    canvas.box(-62, -162, 58, 16, (64, 150, 214), 6)
    canvas.polygon([(-62, -60), (-20, -112), (16, -70), (34, -92), (58, -62), (58, 16), (-62, 16)], (52, 176, 140))
    canvas.circle(30, -132, 14, (255, 230, 110))
    canvas.polygon([(-62, -162), (-10, -162), (-62, -90)], fade(WHITE, 0.25))


def _phone(canvas: Canvas, colour: Rgb) -> None:
    block(canvas, -48, -170, 48, 20, colour, 16)
    canvas.box(-37, -152, 33, -6, (120, 204, 230), 6)
    for x, y, tone in (
        (-16, -120, (244, 96, 90)),
        (16, -120, (252, 206, 70)),
        (-16, -84, (90, 200, 130)),
        (16, -84, WHITE),
    ):
        canvas.box(x - 11, y - 11, x + 11, y + 11, tone, 4)


def _book(canvas: Canvas, colour: Rgb) -> None:
    canvas.box(-80, -170, 84, 36, shade(colour, 0.4), 10)
    canvas.box(-72, -162, 82, 30, PAPER, 4)
    canvas.box(-80, -174, 72, 28, colour, 10)
    canvas.box(-80, -174, -52, 28, shade(colour, 0.3), 8)
    canvas.box(-30, -138, 50, -96, GOLD, 5)
    canvas.box(-18, -128, 38, -106, colour, 3)
    canvas.polygon([(46, 28), (62, 28), (62, 70), (54, 58), (46, 70)], (214, 54, 60))


def _scroll(canvas: Canvas, colour: Rgb) -> None:
    canvas.box(-58, -180, 58, 60, colour)
    canvas.box(24, -180, 58, 60, shade(colour, 0.1))
    for y in (-140, -112, -84, -56):
        canvas.line([(-38, y), (36 if y % 3 else 14, y)], 7, shade(colour, 0.36))
    for y in (-184, 60):
        block(canvas, -78, y - 17, 78, y + 17, shade(colour, 0.12), 16)
    canvas.circle(20, 20, 19, (200, 44, 52))


def _map(canvas: Canvas, colour: Rgb) -> None:
    for index, (left, right) in enumerate(((-118, -40), (-40, 40), (40, 118))):
        top = -86 + (12 if index == 1 else 0)
        canvas.polygon(
            [
                (left, -86 + 12 * (index > 0)),
                (right, top + 12 * (index == 0)),
                (right, 84),
                (left, 72 + 12 * (index > 0)),
            ],
            shade(colour, 0.03 + 0.09 * (index % 2)),
        )
    canvas.smooth([(-96, -50), (-52, -62), (-40, -20), (-84, -6)], (126, 190, 130))
    canvas.smooth([(10, 10), (86, -10), (92, 50), (30, 58)], (126, 190, 130))
    for x, y in ((-80, 40), (-52, 28), (-24, 18), (0, -4), (22, -26)):
        canvas.circle(x, y, 6, (206, 60, 56))
    for side in (-1, 1):
        canvas.line([(50 - side * 14, -58), (50 + side * 14, -30)], 9, (206, 44, 48))


def _clipboard(canvas: Canvas, colour: Rgb) -> None:
    block(canvas, -76, -182, 76, 40, colour, 10)
    canvas.box(-60, -160, 58, 26, WHITE, 3)
    for y in (-120, -86, -52, -18):
        canvas.line([(-26, y), (42, y)], 7, tint(STEEL, 0.2))
        canvas.line([(-48, y), (-43, y + 6), (-36, y - 7)], 5, (64, 170, 96))
    canvas.box(-32, -198, 32, -160, STEEL, 8)


def _letter(canvas: Canvas, colour: Rgb) -> None:
    block(canvas, -92, -126, 92, 10, colour, 6)
    canvas.polygon([(-92, -124), (92, -124), (0, -40)], shade(colour, 0.12))
    canvas.line([(-90, -122), (0, -40), (90, -122)], 5, shade(colour, 0.34))
    canvas.circle(0, -48, 20, (206, 44, 52))


def _quill(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth([(0, -10), (-34, -90), (-26, -190), (40, -276), (52, -180), (36, -80)], colour)
    canvas.smooth([(0, -10), (20, -110), (40, -276), (52, -180), (36, -80)], shade(colour))
    canvas.curve([(-4, 96), (0, 0), (12, -130), (38, -262)], 6, INK)


def _pen(canvas: Canvas, colour: Rgb) -> None:
    canvas.polygon([(-19, 76), (19, 76), (0, 132)], PAPER)
    canvas.polygon([(-7, 110), (7, 110), (0, 132)], INK)
    block(canvas, -20, -180, 20, 80, colour, 4)
    canvas.box(-20, -216, 20, -172, (244, 140, 150), 12)
    canvas.box(-21, -184, 21, -164, SILVER)


def _chalk(canvas: Canvas, colour: Rgb) -> None:
    block(canvas, -21, -150, 21, 50, colour, 10)
    canvas.box(-24, -50, 24, 50, (96, 190, 206), 6)


def _paintbrush(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 130), (0, -90), 20, WOOD)
    canvas.polygon([(-19, -90), (19, -90), (25, -146), (-25, -146)], SILVER)
    canvas.smooth([(-26, -140), (26, -140), (30, -190), (4, -262), (-30, -190)], colour)
    canvas.smooth([(6, -140), (26, -140), (30, -190), (4, -262), (12, -190)], shade(colour))


def _palette(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth(
        [(-124, -70), (-70, -142), (40, -150), (124, -94), (118, -16), (40, 8), (4, 40), (-70, 26)], shade(colour)
    )
    canvas.smooth([(-126, -76), (-70, -148), (40, -156), (120, -100), (112, -24), (36, 0), (0, 30), (-70, 18)], colour)
    for x, y, tone in (
        (-84, -74, (222, 58, 58)),
        (-46, -112, (250, 200, 52)),
        (8, -122, (70, 180, 96)),
        (62, -98, (58, 132, 220)),
        (82, -50, (150, 80, 190)),
    ):
        ball(canvas, x, y, 21, tone)


def _magnifying_glass(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 130), (0, -70), 27, WOOD)
    canvas.circle(0, -156, 76, fade(GLASS, 0.75))
    canvas.arc(0, -156, 78, 78, 0, 360, 20, shade(colour))
    canvas.arc(-3, -159, 78, 78, 110, 300, 12, tint(colour))
    canvas.arc(-4, -160, 50, 50, 190, 250, 12, WHITE)


def _telescope(canvas: Canvas, colour: Rgb) -> None:
    view = canvas.at(0, 0, turn=48)
    view.box(-23, 20, 23, 110, shade(colour, 0.4), 6)
    block(view, -32, -90, 32, 40, colour, 6)
    block(view, -43, -210, 43, -80, shade(colour, 0.12), 6)
    for y, half in ((-210, 50), (-86, 46), (34, 35)):
        view.box(-half, y - 12, half, y + 12, GOLD, 6)
    view.ellipse(0, -222, 46, 12, GLASS)


def _binoculars(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        block(canvas, side * 44 - 34, -140, side * 44 + 34, -10, colour, 14)
        canvas.box(side * 44 - 25, -176, side * 44 + 25, -130, shade(colour, 0.3), 8)
        canvas.ellipse(side * 44, -14, 34, 14, GLASS)
        canvas.ellipse(side * 44 - 8, -17, 11, 5, WHITE)
    canvas.box(-16, -116, 16, -60, STEEL, 6)


def _microscope(canvas: Canvas, colour: Rgb) -> None:
    canvas.box(-92, 66, 92, 98, shade(colour, 0.4), 12)
    canvas.arc(-4, -10, 78, 78, -70, 80, 27, shade(colour, 0.12))
    canvas.box(-76, 22, 40, 40, INK, 5)
    view = canvas.at(-12, -50, turn=-24)
    block(view, -30, -90, 30, 36, colour, 8)
    view.box(-18, 30, 18, 66, STEEL, 4)
    view.box(-22, -130, 22, -86, INK, 6)
    canvas.box(-36, 14, -6, 24, (96, 214, 180))


def _flask(canvas: Canvas, colour: Rgb) -> None:
    canvas.polygon([(-23, -190), (23, -190), (23, -110), (88, 20), (-88, 20), (-23, -110)], fade(GLASS, 0.85))
    canvas.smooth([(-56, -40), (56, -40), (84, 14), (74, 26), (-74, 26), (-84, 14)], colour)
    canvas.ellipse(0, -42, 54, 10, tint(colour, 0.45))
    for x, y, size in ((-24, -8, 11), (18, 2, 9), (6, -64, 10), (-8, -96, 7)):
        canvas.circle(x, y, size, tint(colour, 0.65))
    canvas.box(-34, -204, 34, -184, WHITE, 8)
    canvas.line([(-26, -96), (-58, -22)], 8, WHITE)


def _test_tube(canvas: Canvas, colour: Rgb) -> None:
    canvas.box(-29, -200, 29, 90, tint(GLASS, 0.3), 29)
    canvas.box(-29, -90, 29, 90, colour, 28)
    canvas.ellipse(0, -90, 29, 9, tint(colour, 0.5))
    canvas.box(-38, -210, 38, -188, WHITE, 8)
    canvas.line([(-16, -170), (-16, -110)], 7, WHITE)
    for y in (-66, -124):
        canvas.circle(9, y, 8, tint(colour, 0.7))


def _camera(canvas: Canvas, colour: Rgb) -> None:
    canvas.box(-40, -154, 40, -110, shade(colour, 0.3), 8)
    canvas.box(58, -136, 84, -110, (222, 60, 56), 6)
    block(canvas, -106, -122, 106, 22, colour, 18)
    canvas.circle(0, -50, 60, STEEL)
    canvas.circle(0, -50, 47, INK)
    canvas.circle(0, -50, 33, (66, 116, 190))
    canvas.circle(-12, -62, 12, WHITE)
    canvas.box(-94, -104, -62, -84, (255, 238, 160), 5)


def _radio(canvas: Canvas, colour: Rgb) -> None:
    canvas.line([(36, -130), (52, -262)], 9, STEEL)
    canvas.circle(52, -264, 9, (222, 60, 56))
    block(canvas, -58, -142, 58, 60, colour, 14)
    canvas.box(-40, -124, 34, -82, (150, 222, 170), 5)
    for y in (-58, -42, -26):
        canvas.line([(-36, y), (28, y)], 6, shade(colour, 0.5))


def _compass(canvas: Canvas, colour: Rgb) -> None:
    canvas.arc(0, -182, 17, 17, 0, 360, 9, shade(colour))
    canvas.circle(0, -84, 88, shade(colour))
    canvas.circle(-4, -88, 80, colour)
    canvas.circle(-2, -86, 62, WHITE)
    canvas.polygon([(-16, -86), (24, -132), (12, -80)], (214, 48, 52))
    canvas.polygon([(12, -86), (-28, -40), (-16, -92)], (54, 84, 160))
    for x, y in ((0, -54), (54, 0), (0, 54), (-54, 0)):
        canvas.circle(x - 2, y - 86, 5, INK)


def _ticket(canvas: Canvas, colour: Rgb) -> None:
    canvas.box(-50, -190, 50, 10, colour, 6)
    canvas.box(20, -190, 50, 10, shade(colour, 0.16), 6)
    for y in range(-170, 0, 26):
        canvas.circle(-50, y, 8, shade(colour, 0.3))
        canvas.circle(50, y, 8, shade(colour, 0.3))
    canvas.polygon([(0, -134), (12, -104), (0, -74), (-12, -104)], WHITE)
    canvas.line([(-28, -46), (28, -46)], 7, WHITE)
    canvas.line([(-28, -26), (10, -26)], 7, WHITE)


def _film_clapper(canvas: Canvas, colour: Rgb) -> None:
    block(canvas, -98, -96, 98, 40, colour, 8)
    view = canvas.at(-94, -104, turn=-16)
    view.box(0, -34, 192, 2, colour, 5)
    for x in range(8, 180, 46):
        view.polygon([(x, 0), (x + 18, -32), (x + 38, -32), (x + 20, 0)], WHITE)
        canvas.polygon([(x - 96, -66), (x - 78, -96), (x - 58, -96), (x - 76, -66)], WHITE)
    for y in (-40, -10):
        canvas.line([(-76, y), (66, y)], 6, WHITE)


def _stopwatch(canvas: Canvas, colour: Rgb) -> None:
    canvas.box(-15, -190, 15, -150, STEEL, 5)
    canvas.at(0, -80, turn=40).box(-11, -106, 11, -80, STEEL, 4)
    canvas.circle(0, -80, 84, shade(colour))
    canvas.circle(-4, -84, 76, colour)
    canvas.circle(-2, -82, 58, WHITE)
    canvas.line([(-2, -82), (-2, -126)], 8, INK)
    canvas.line([(-2, -82), (26, -66)], 8, (214, 48, 52))


def _clock(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        canvas.circle(side * 58, -166, 32, shade(GOLD, 0.2 if side > 0 else 0))
        canvas.line([(side * 50, -20), (side * 74, 16)], 15, shade(colour, 0.4))
    _stopwatch(canvas, colour)


def _remote_control(canvas: Canvas, colour: Rgb) -> None:
    canvas.line([(30, -100), (44, -236)], 8, STEEL)
    canvas.circle(44, -238, 12, (222, 60, 56))
    block(canvas, -88, -112, 88, 24, colour, 30)
    for x in (-46, 42):
        canvas.circle(x, -50, 27, shade(colour, 0.5))
        ball(canvas, x - 2, -56, 18, (240, 90, 70) if x < 0 else (90, 190, 230))
    canvas.circle(0, -84, 8, (130, 240, 150))


def _whistle(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(-70, -70), (-110, 10), (-60, 90), (0, 120)], 8, (206, 54, 60))
    canvas.box(-20, -118, 120, -70, shade(colour, 0.12), 8)
    canvas.circle(-20, -66, 54, shade(colour))
    canvas.circle(-24, -70, 46, colour)
    canvas.box(-4, -110, 36, -92, INK, 4)


BOOKS_AND_INSTRUMENTS: Mapping[str, Tool] = {
    "tablet": Tool(_tablet, (58, 62, 78)),
    "phone": Tool(_phone, (58, 62, 78)),
    "book": Tool(_book, (150, 54, 66)),
    "scroll": Tool(_scroll, PAPER, tilt=4),
    "map": Tool(_map, PAPER, "chest", 0),
    "clipboard": Tool(_clipboard, (170, 116, 70)),
    "letter": Tool(_letter, PAPER),
    "quill": Tool(_quill, WHITE),
    "pen": Tool(_pen, (250, 190, 50), tilt=14),
    "chalk": Tool(_chalk, WHITE, tilt=14),
    "paintbrush": Tool(_paintbrush, (224, 66, 70), tilt=12),
    "palette": Tool(_palette, (214, 164, 104), tilt=0),
    "magnifying glass": Tool(_magnifying_glass, GOLD, tilt=10),
    "telescope": Tool(_telescope, LEATHER, tilt=0),
    "binoculars": Tool(_binoculars, (62, 68, 84), tilt=0),
    "microscope": Tool(_microscope, WHITE, "chest", 0),
    "flask": Tool(_flask, (106, 204, 96), tilt=4),
    "test tube": Tool(_test_tube, (190, 96, 216)),
    "camera": Tool(_camera, (66, 68, 82), tilt=0),
    "radio": Tool(_radio, (80, 88, 98)),
    "compass": Tool(_compass, GOLD, tilt=0),
    "ticket": Tool(_ticket, (246, 168, 60), tilt=14),
    "film clapper": Tool(_film_clapper, (48, 48, 60), tilt=0),
    "stopwatch": Tool(_stopwatch, SILVER, tilt=0),
    "clock": Tool(_clock, (222, 76, 70), tilt=0),
    "remote control": Tool(_remote_control, (74, 78, 96), tilt=0),
    "whistle": Tool(_whistle, SILVER, tilt=0),
}
