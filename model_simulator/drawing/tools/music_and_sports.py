"""Music, sport and games."""

import math
from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import GOLD, INK, PAPER, SILVER, STEEL, WHITE, WOOD, fade, shade, tint
from model_simulator.drawing.shapes import ball, block, drum, pole
from model_simulator.drawing.tools.tool_type import Tool


def _horn(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth(
        [(-60, 30), (-10, -10), (40, -80), (70, -180), (140, -150), (100, -40), (30, 40), (-40, 56)], shade(colour)
    )
    canvas.smooth([(-60, 30), (-10, -10), (40, -80), (70, -180), (108, -164), (66, -50), (6, 26), (-44, 44)], colour)
    canvas.at(105, -166, turn=24).ellipse(0, 0, 40, 15, shade(colour, 0.5))
    for x, y in ((18, -10), (66, -80)):
        canvas.at(x, y, turn=-52).box(-9, -44, 9, 44, GOLD, 5)


def _trumpet(canvas: Canvas, colour: Rgb) -> None:
    view = canvas.at(0, -30, turn=-16)
    view.arc(20, 0, 64, 30, 0, 360, 13, shade(colour, 0.2))
    view.line([(-120, -26), (120, -26)], 17, colour)
    view.polygon([(110, -38), (180, -84), (180, 32), (110, -14)], colour)
    view.polygon([(110, -26), (180, -26), (180, 32), (110, -14)], shade(colour))
    view.ellipse(180, -26, 14, 59, tint(colour, 0.4))
    for x in (-8, 24, 56):
        view.box(x - 9, -72, x + 9, 26, tint(colour, 0.3), 5)
        view.circle(x, -76, 11, WHITE)


def _guitar(canvas: Canvas, colour: Rgb) -> None:
    view = canvas.at(10, 24, turn=62)
    view.box(-14, -300, 14, -60, WOOD, 4)
    view.box(-24, -346, 24, -290, shade(WOOD, 0.3), 8)
    view.smooth(
        [(0, 130), (-84, 110), (-96, 40), (-56, -14), (-68, -70), (0, -106), (68, -70), (56, -14), (96, 40), (84, 110)],
        shade(colour),
    )
    view.smooth(
        [(0, 120), (-74, 100), (-86, 38), (-46, -14), (-58, -66), (0, -96), (44, -66), (34, -14), (66, 40), (56, 96)],
        colour,
    )
    view.circle(0, -8, 31, INK)
    view.box(-36, 64, 36, 80, INK, 5)
    for x in (-7, 0, 7):
        view.line([(x, -300), (x, 70)], 2.5, WHITE)


def _violin(canvas: Canvas, colour: Rgb) -> None:
    canvas.box(-11, -290, 11, -110, INK, 4)
    canvas.circle(0, -296, 17, shade(colour, 0.3))
    canvas.smooth(
        [(0, 100), (-66, 76), (-70, 24), (-36, -16), (-56, -76), (0, -124), (56, -76), (36, -16), (70, 24), (66, 76)],
        shade(colour),
    )
    canvas.smooth(
        [(0, 92), (-58, 70), (-60, 24), (-28, -16), (-46, -72), (0, -116), (32, -76), (16, -16), (44, 24), (40, 66)],
        colour,
    )
    for x in (-26, 26):
        canvas.curve([(x, -20), (x * 0.8, 4), (x * 1.2, 30)], 6, INK)
    canvas.box(-22, 40, 22, 52, INK, 3)
    canvas.line([(-5, -280), (-5, 46)], 2.5, WHITE)
    canvas.line([(5, -280), (5, 46)], 2.5, WHITE)
    canvas.line([(70, -260), (104, 130)], 9, WOOD)


def _drum(canvas: Canvas, colour: Rgb) -> None:
    drum(canvas, 0, -56, 70, 104, colour, PAPER)
    for y in (-48, 66):
        canvas.arc(0, y, 104, 25, 10, 170, 13, GOLD)
    points = [(-100 + step * 33, -14 if step % 2 else 76) for step in range(7)]
    canvas.line(points, 6, WHITE)
    for x, end in ((-40, 30), (60, -20)):
        canvas.line([(x, -150), (end, -64)], 11, WOOD)
        canvas.circle(end, -62, 12, PAPER)


def _flute(canvas: Canvas, colour: Rgb) -> None:
    view = canvas.at(0, -20, turn=66)
    pole(view, (0, 150), (0, -170), 25, colour)
    for y in (-110, -70, -30, 60, 100):
        view.circle(-2, y, 8, INK)
    for y in (-150, 124):
        view.box(-15, y - 6, 15, y + 6, shade(colour, 0.4), 4)


def _accordion(canvas: Canvas, colour: Rgb) -> None:
    for step in range(8):
        x = -70 + step * 18
        canvas.box(x, -76, x + 18, 76, shade(colour, 0.05 + 0.28 * (step % 2)), 4)
    block(canvas, -130, -84, -62, 84, colour, 12)
    block(canvas, 66, -84, 134, 84, colour, 12)
    for y in range(-62, 70, 22):
        canvas.box(-122, y, -84, y + 15, WHITE, 3)
        canvas.circle(92, y + 8, 7, WHITE)
        canvas.circle(112, y + 8, 7, GOLD)


def _keyboard(canvas: Canvas, colour: Rgb) -> None:
    block(canvas, -160, -56, 160, 60, colour, 14)
    canvas.box(-144, -8, 144, 52, WHITE, 4)
    for x in range(-124, 144, 20):
        canvas.line([(x, -6), (x, 50)], 3, STEEL)
    for x in (-124, -104, -64, -44, -24, 16, 36, 76, 96, 116):
        canvas.box(x - 7, -8, x + 7, 24, INK, 3)
    for x, tone in ((-120, (244, 96, 84)), (-90, (252, 200, 60)), (-60, (96, 206, 130))):
        canvas.circle(x, -32, 10, tone)


def _microphone(canvas: Canvas, colour: Rgb) -> None:
    canvas.polygon([(-25, -100), (25, -100), (15, 120), (-15, 120)], shade(colour))
    canvas.polygon([(-25, -100), (8, -100), (4, 120), (-15, 120)], colour)
    ball(canvas, 0, -148, 54, STEEL)
    for shift in (-24, 0, 24):
        canvas.line([(shift - 24, -170), (shift + 20, -120)], 4, shade(STEEL, 0.4))
        canvas.line([(shift + 24, -170), (shift - 20, -120)], 4, shade(STEEL, 0.4))
    canvas.box(-44, -114, 44, -96, GOLD, 8)


def _ball(canvas: Canvas, colour: Rgb) -> None:
    ball(canvas, 0, -82, 88, colour)
    canvas.arc(-70, -82, 60, 70, -58, 58, 8, shade(colour, 0.45))
    canvas.arc(70, -82, 60, 70, 122, 238, 8, shade(colour, 0.45))
    canvas.line([(-84, -82), (84, -82)], 8, shade(colour, 0.45))


def _racket(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 120), (0, -60), 23, INK)
    canvas.ellipse(0, -164, 74, 96, fade(WHITE, 0.5))
    for step in range(-2, 3):
        canvas.line([(step * 26, -240 + abs(step) * 18), (step * 26, -90 - abs(step) * 14)], 4, WHITE)
        canvas.line([(-68 + abs(step) * 9, -164 + step * 32), (68 - abs(step) * 9, -164 + step * 32)], 4, WHITE)
    canvas.arc(0, -164, 76, 98, 0, 360, 17, colour)
    ball(canvas, 104, -236, 25, (206, 232, 70))


def _skateboard(canvas: Canvas, colour: Rgb) -> None:
    for y in (-170, 130):
        for x in (-50, 50):
            canvas.box(x - 17, y - 24, x + 17, y + 24, PAPER, 9)
    block(canvas, -46, -250, 46, 210, colour, 46)
    canvas.polygon([(-20, -90), (24, -60), (4, -40), (24, 30), (-24, -30), (-4, -50)], tint(colour, 0.7))


def _surfboard(canvas: Canvas, colour: Rgb) -> None:
    outline = [(0, -330), (58, -200), (70, 0), (52, 180), (0, 240), (-52, 180), (-70, 0), (-58, -200)]
    canvas.smooth(outline, shade(colour))
    canvas.smooth([(-4, -322), (30, -200), (38, 0), (22, 180), (-6, 230), (-52, 176), (-70, 0), (-58, -200)], colour)
    canvas.line([(0, -290), (0, 220)], 8, WHITE)
    canvas.polygon([(-68, -60), (66, -130), (70, -90), (-70, -16)], WHITE)


def _snowboard(canvas: Canvas, colour: Rgb) -> None:
    block(canvas, -54, -320, 54, 230, colour, 54)
    for y in (-150, 90):
        canvas.box(-44, y - 22, 44, y + 22, INK, 10)
    points = [(-34, -240), (14, -210), (-34, -60), (24, -30), (-30, 10), (24, 34)]
    canvas.line(points, 13, tint(colour, 0.65))


def _kite(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(0, 40), (20, -40), (-6, -90), (30, -150)], 4, INK)
    view = canvas.at(40, -256, turn=20)
    view.polygon([(0, -104), (78, -10), (0, 116), (-78, -10)], colour)
    view.polygon([(0, -104), (78, -10), (0, -10)], tint(colour, 0.5))
    view.polygon([(0, 116), (78, -10), (0, -10)], shade(colour))
    view.line([(0, -100), (0, 112)], 5, WOOD)
    for y in (140, 176):
        view.polygon([(-20, y - 12), (20, y + 12), (20, y - 12), (-20, y + 12)], (252, 206, 70))


def _balloon(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(0, 40), (14, -40), (-8, -90), (6, -140)], 4, INK)
    for x, y, size, tone in ((-46, -232, 60, tint(colour, 0.35)), (44, -256, 66, colour)):
        canvas.polygon([(x - 13, y + size + 14), (x + 13, y + size + 14), (x, y + size - 4)], shade(tone))
        ball(canvas, x, y, size, tone)


def _juggling_balls(canvas: Canvas, colour: Rgb) -> None:
    for x, y, tone in (
        (-20, -60, colour),
        (70, -130, (252, 206, 60)),
        (6, -212, (60, 146, 226)),
        (-90, -160, (84, 190, 110)),
    ):
        ball(canvas, x, y, 36, tone)


def _hoop(canvas: Canvas, colour: Rgb) -> None:
    canvas.arc(0, -126, 118, 124, 0, 360, 25, shade(colour))
    for start in range(0, 360, 60):
        canvas.arc(-2, -128, 118, 124, start, start + 30, 15, tint(colour, 0.55))


def _mask(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 110), (0, -70), 15, GOLD)
    canvas.smooth(
        [
            (-104, -170),
            (-40, -160),
            (0, -144),
            (40, -160),
            (104, -170),
            (92, -92),
            (40, -66),
            (0, -96),
            (-40, -66),
            (-92, -92),
        ],
        shade(colour),
    )
    canvas.smooth(
        [
            (-104, -174),
            (-40, -164),
            (0, -148),
            (40, -164),
            (98, -172),
            (72, -100),
            (40, -74),
            (0, -102),
            (-40, -74),
            (-90, -98),
        ],
        colour,
    )
    for x in (-44, 44):
        canvas.ellipse(x, -122, 23, 16, INK)
    for x in (-96, 96):
        canvas.curve([(x, -164), (x * 1.2, -220), (x * 0.9, -262)], 17, tint(colour, 0.4))


def _trophy(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        canvas.arc(side * 70, -140, 36, 42, 0, 360, 13, shade(colour, 0.2))
    canvas.smooth([(-76, -206), (76, -206), (66, -110), (18, -60), (-18, -60), (-66, -110)], shade(colour))
    canvas.smooth([(-76, -206), (34, -206), (26, -110), (0, -62), (-18, -60), (-66, -110)], colour)
    canvas.ellipse(0, -204, 76, 17, tint(colour, 0.4))
    canvas.box(-13, -66, 13, 0, shade(colour), 4)
    block(canvas, -54, 0, 54, 46, (86, 62, 60), 6)
    points = [(math.sin(step * math.pi / 5), -math.cos(step * math.pi / 5)) for step in range(10)]
    star = [
        (x * (26 if step % 2 == 0 else 11) - 6, y * (26 if step % 2 == 0 else 11) - 140)
        for step, (x, y) in enumerate(points)
    ]
    canvas.polygon(star, WHITE)


MUSIC_AND_SPORTS: Mapping[str, Tool] = {
    "horn": Tool(_horn, (226, 200, 156), tilt=0),
    "trumpet": Tool(_trumpet, GOLD, tilt=0),
    "guitar": Tool(_guitar, (206, 110, 52), "chest", 0),
    "violin": Tool(_violin, (176, 90, 46), tilt=14),
    "drum": Tool(_drum, (214, 54, 58), "chest", 0),
    "flute": Tool(_flute, SILVER, tilt=0),
    "accordion": Tool(_accordion, (206, 48, 62), "chest", 0),
    "keyboard": Tool(_keyboard, (66, 70, 90), "chest", 0),
    "microphone": Tool(_microphone, (62, 62, 76)),
    "ball": Tool(_ball, (244, 124, 44), tilt=0),
    "racket": Tool(_racket, (64, 130, 214)),
    "skateboard": Tool(_skateboard, (236, 92, 80)),
    "surfboard": Tool(_surfboard, (64, 180, 206), tilt=5),
    "snowboard": Tool(_snowboard, (120, 86, 206), tilt=5),
    "kite": Tool(_kite, (232, 76, 82), tilt=0),
    "balloon": Tool(_balloon, (232, 76, 82), tilt=0),
    "juggling balls": Tool(_juggling_balls, (232, 76, 82), tilt=0),
    "hoop": Tool(_hoop, (236, 96, 160), tilt=0),
    "mask": Tool(_mask, (150, 80, 190), tilt=4),
    "trophy": Tool(_trophy, GOLD, tilt=0),
}
