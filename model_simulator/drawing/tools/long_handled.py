"""Tools on long shafts."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import GOLD, INK, LEATHER, SILVER, STEEL, WHITE, WOOD, fade, shade, tint
from model_simulator.drawing.shapes import ball, block, pole
from model_simulator.drawing.tools.tool_type import Tool


def _staff(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 330), (0, -170), 19, WOOD)
    canvas.circle(0, -226, 66, fade(tint(colour, 0.5), 0.35))
    for side in (-1, 1):
        canvas.curve(
            [(0, -160), (side * 42, -196), (side * 44, -246), (side * 22, -272)],
            13,
            shade(WOOD, 0.2 if side < 0 else 0.4),
        )
    ball(canvas, 0, -226, 37, colour)


def _spear(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 340), (0, -200), 17, WOOD)
    canvas.polygon([(-30, -196), (0, -296), (0, -180)], tint(colour))
    canvas.polygon([(30, -196), (0, -296), (0, -180)], shade(colour))
    canvas.box(-15, -198, 15, -168, GOLD, 5)


def _trident(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 340), (0, -190), 17, colour)
    canvas.curve([(-46, -270), (-46, -210), (0, -180), (46, -210), (46, -270)], 15, colour)
    for x in (-46, 0, 46):
        canvas.polygon([(x - 17, -258), (x, -308), (x + 17, -258)], shade(colour, 0.2 if x > 0 else 0))
    canvas.line([(0, -184), (0, -262)], 15, colour)


def _pitchfork(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 330), (0, -150), 17, WOOD)
    canvas.curve([(-45, -270), (-45, -190), (0, -150), (45, -190), (45, -270)], 11, colour)
    for x in (-15, 15):
        canvas.line([(x, -164), (x, -272)], 11, colour)


def _rake(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 330), (0, -190), 17, WOOD)
    for x in range(-64, 65, 32):
        canvas.line([(x * 0.25, -176), (x, -240), (x, -280)], 9, colour)
    canvas.line([(-58, -232), (58, -232)], 11, shade(colour))


def _shovel(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 250), (0, -160), 17, WOOD)
    canvas.box(-32, 236, 32, 256, shade(WOOD), 9)
    canvas.smooth([(-46, -170), (46, -170), (50, -230), (0, -296), (-50, -230)], shade(colour))
    canvas.smooth([(-46, -170), (14, -170), (14, -230), (-4, -290), (-50, -230)], colour)
    canvas.line([(0, -180), (0, -240)], 7, tint(colour, 0.5))


def _broom(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 330), (0, -140), 17, WOOD)
    canvas.polygon([(-22, -150), (22, -150), (62, -282), (-62, -282)], colour)
    for x in (-36, -12, 12, 36):
        canvas.line([(x * 0.4, -166), (x, -272)], 5, shade(colour))
    canvas.box(-26, -176, 26, -146, (206, 62, 62), 7)


def _paddle(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 280), (0, -150), 17, WOOD)
    canvas.smooth([(-22, -140), (22, -140), (46, -230), (28, -310), (-28, -310), (-46, -230)], shade(colour))
    canvas.smooth([(-22, -140), (10, -140), (18, -230), (4, -308), (-28, -308), (-46, -230)], colour)
    canvas.line([(-40, -250), (40, -250)], 12, WHITE)


def _fishing_rod(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(0, 90), (4, -120), (30, -260), (86, -340)], 11, colour)
    canvas.line([(86, -340), (120, -230), (120, -60)], 3.5, tint(STEEL, 0.4))
    canvas.circle(24, 46, 21, shade(STEEL))
    canvas.circle(22, 44, 13, SILVER)
    canvas.smooth([(120, -66), (150, -34), (120, 6), (90, -34)], (90, 170, 214))
    canvas.polygon([(120, 0), (146, 32), (94, 32)], (66, 140, 190))
    canvas.circle(126, -44, 5, INK)


def _axe(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 200), (0, -210), 22, WOOD)
    canvas.smooth([(-8, -226), (84, -268), (108, -196), (84, -120), (-8, -160)], colour)
    canvas.smooth([(76, -262), (112, -196), (76, -126), (92, -196)], tint(colour, 0.6))
    canvas.box(-30, -214, 16, -168, shade(colour), 8)


def _pickaxe(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 190), (0, -220), 22, WOOD)
    canvas.smooth(
        [(-140, -150), (-80, -222), (0, -246), (80, -222), (140, -150), (76, -192), (0, -206), (-76, -192)],
        shade(colour),
    )
    canvas.smooth([(-140, -150), (-80, -222), (0, -246), (70, -226), (0, -218), (-76, -198)], tint(colour, 0.2))
    canvas.box(-21, -250, 21, -196, shade(colour, 0.5), 7)


def _net(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 200), (0, -140), 15, WOOD)
    canvas.smooth([(-58, -210), (0, -262), (58, -210), (70, -150), (30, -104), (0, -146)], fade(WHITE, 0.55))
    for shift in (-30, 0, 30):
        canvas.line([(shift - 20, -244), (shift + 34, -150)], 3.5, tint(STEEL, 0.3))
        canvas.line([(shift + 20, -244), (shift - 24, -160)], 3.5, tint(STEEL, 0.3))
    canvas.arc(0, -204, 60, 58, 0, 360, 12, colour)


def _flag(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 220), (0, -310), 15, SILVER)
    canvas.circle(0, -318, 14, GOLD)
    canvas.smooth(
        [(4, -300), (60, -288), (120, -304), (190, -284), (188, -180), (120, -196), (60, -176), (4, -190)], colour
    )
    canvas.smooth([(60, -288), (120, -304), (124, -196), (64, -178)], shade(colour, 0.14))
    canvas.polygon([(92, -270), (116, -240), (92, -210), (68, -240)], tint(colour, 0.6))


def _banner(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 330), (0, -316), 17, WOOD)
    canvas.line([(-66, -290), (66, -290)], 13, GOLD)
    canvas.polygon([(-60, -286), (60, -286), (60, -110), (0, -76), (-60, -110)], colour)
    canvas.polygon([(24, -286), (60, -286), (60, -110), (24, -90)], shade(colour))
    canvas.polygon([(-60, -240), (60, -240), (60, -214), (-60, -214)], tint(colour, 0.55))
    canvas.circle(0, -170, 24, GOLD)


def _torch(canvas: Canvas, colour: Rgb) -> None:
    canvas.circle(0, -196, 92, fade((255, 220, 120), 0.3))
    canvas.polygon([(-30, -120), (30, -120), (12, 130), (-12, 130)], shade(WOOD))
    canvas.polygon([(-30, -120), (8, -120), (2, 130), (-12, 130)], WOOD)
    canvas.box(-36, -132, 36, -102, shade(STEEL, 0.3), 6)
    canvas.smooth([(-38, -130), (-50, -184), (-14, -226), (0, -290), (30, -236), (52, -186), (38, -130)], colour)
    canvas.smooth([(-20, -130), (-26, -172), (2, -230), (26, -172), (20, -130)], (255, 226, 110))


def _ski_poles(canvas: Canvas, colour: Rgb) -> None:
    for lean in (-26, 26):
        canvas.line([(lean * 0.2, -60), (lean, 310)], 11, shade(STEEL))
        canvas.line([(lean * 0.2 - 2, -60), (lean - 2, 310)], 6, SILVER)
        canvas.ellipse(lean, 276, 24, 10, colour)
        canvas.line([(lean * 0.2, -70), (lean * 0.3, -16)], 20, colour)


def _paint_roller(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 90), (0, -60), 22, (214, 62, 56))
    canvas.line([(0, -60), (0, -120), (84, -120), (84, -186), (66, -186)], 9, STEEL)
    block(canvas, -84, -226, 76, -150, colour, 20)
    canvas.box(-62, -152, -34, -118, colour, 12)


def _stop_sign(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 200), (0, -120), 17, SILVER)
    octagon = ((-38, -92), (38, -92), (92, -38), (92, 38), (38, 92), (-38, 92), (-92, 38), (-92, -38))
    for size, tone in ((1.0, WHITE), (0.86, colour)):
        canvas.polygon([(x * size, y * size - 210) for x, y in octagon], tone)
    canvas.box(-52, -226, 52, -194, WHITE, 8)


def _hook(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 70), (0, -110), 20, WOOD)
    canvas.line([(0, -110), (0, -170)], 17, colour)
    canvas.arc(36, -186, 38, 50, 160, 400, 17, colour)
    canvas.polygon([(52, -150), (92, -158), (62, -118)], colour)


def _ladder(canvas: Canvas, colour: Rgb) -> None:
    for x in (-44, 44):
        pole(canvas, (x, 330), (x, -290), 17, colour)
    for y in range(-250, 330, 72):
        pole(canvas, (-44, y), (44, y), 14, shade(colour, 0.14))


def _hoe(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 330), (0, -260), 17, WOOD)
    canvas.polygon([(-8, -272), (86, -250), (90, -204), (70, -210), (-8, -240)], colour)


def _mop(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 330), (0, -190), 17, LEATHER)
    for x in (-50, -26, 0, 26, 50):
        canvas.curve([(0, -196), (x, -240), (x * 1.3, -170), (x * 1.4, -140)], 19, shade(colour, 0.1 if x > 0 else 0))
    canvas.box(-30, -214, 30, -188, (64, 140, 206), 8)


LONG_HANDLED: Mapping[str, Tool] = {
    "staff": Tool(_staff, (96, 206, 236)),
    "spear": Tool(_spear, SILVER),
    "trident": Tool(_trident, GOLD),
    "pitchfork": Tool(_pitchfork, STEEL),
    "rake": Tool(_rake, STEEL),
    "shovel": Tool(_shovel, STEEL),
    "broom": Tool(_broom, (232, 190, 96)),
    "paddle": Tool(_paddle, (230, 120, 48)),
    "fishing rod": Tool(_fishing_rod, (96, 66, 48), tilt=4),
    "axe": Tool(_axe, STEEL),
    "pickaxe": Tool(_pickaxe, STEEL, tilt=14),
    "net": Tool(_net, (70, 150, 200), tilt=12),
    "flag": Tool(_flag, (226, 66, 66), tilt=4),
    "banner": Tool(_banner, (60, 96, 186), tilt=3),
    "torch": Tool(_torch, (250, 134, 40)),
    "ski poles": Tool(_ski_poles, (226, 66, 66), tilt=0),
    "paint roller": Tool(_paint_roller, (74, 166, 220), tilt=5),
    "stop sign": Tool(_stop_sign, (212, 44, 44), tilt=5),
    "hook": Tool(_hook, STEEL),
    "ladder": Tool(_ladder, (226, 150, 62), tilt=4),
    "hoe": Tool(_hoe, STEEL),
    "mop": Tool(_mop, WHITE),
}
