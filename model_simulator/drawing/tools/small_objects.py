"""Luggage, vessels, magic, the sea and small treasures."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import GLASS, GOLD, INK, LEATHER, SILVER, STEEL, WHITE, WOOD, fade, mix, shade, tint
from model_simulator.drawing.shapes import ball, block, drum, pole
from model_simulator.drawing.tools.tool_type import Tool


def _star(canvas: Canvas, x: float, y: float, size: float, colour: Rgb) -> None:
    canvas.polygon([(x, y - size), (x + size * 0.26, y), (x, y + size), (x - size * 0.26, y)], colour)
    canvas.polygon([(x - size, y), (x, y - size * 0.26), (x + size, y), (x, y + size * 0.26)], colour)


def _lantern(canvas: Canvas, colour: Rgb) -> None:
    canvas.circle(0, 124, 104, fade((255, 226, 130), 0.32))
    canvas.arc(0, 34, 38, 40, 180, 360, 10, STEEL)
    canvas.polygon([(-40, 60), (0, 26), (40, 60)], shade(colour))
    canvas.box(-44, 58, 44, 190, (255, 226, 120), 8)
    canvas.smooth([(-17, 160), (0, 92), (17, 160), (0, 176)], (250, 134, 40))
    for x in (-40, 0, 40):
        canvas.line([(x, 62), (x, 186)], 8, colour)
    block(canvas, -54, 184, 54, 210, colour, 6)


def _candle(canvas: Canvas, colour: Rgb) -> None:
    canvas.circle(0, -176, 74, fade((255, 226, 130), 0.36))
    block(canvas, -27, -124, 27, 20, colour, 9)
    canvas.smooth([(-27, -120), (27, -120), (24, -84), (6, -100), (-8, -70), (-24, -92)], tint(colour, 0.5))
    canvas.smooth([(-15, -140), (0, -204), (15, -140), (0, -126)], (255, 160, 50))
    canvas.ellipse(0, 22, 62, 16, GOLD)


def _wand(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 80), (0, -150), 15, (76, 52, 44))
    canvas.line([(0, -140), (0, -160)], 16, WHITE)
    _star(canvas, 2, -214, 56, colour)
    for x, y, size in ((-62, -186, 20), (66, -240, 24), (-36, -278, 17), (60, -160, 14)):
        _star(canvas, x, y, size, tint(colour, 0.45))


def _crystal_ball(canvas: Canvas, colour: Rgb) -> None:
    canvas.polygon([(-56, 4), (56, 4), (40, -30), (-40, -30)], shade(GOLD))
    ball(canvas, 0, -100, 84, colour)
    canvas.smooth([(-50, -80), (0, -110), (50, -84), (20, -56), (-24, -54)], tint(colour, 0.35))
    _star(canvas, 16, -120, 22, WHITE)


def _potion_bottle(canvas: Canvas, colour: Rgb) -> None:
    canvas.box(-20, -214, 20, -176, LEATHER, 6)
    canvas.box(-24, -180, 24, -110, GLASS, 4)
    canvas.circle(0, -60, 80, tint(GLASS, 0.3))
    canvas.circle(0, -56, 68, shade(colour))
    canvas.circle(-6, -60, 60, colour)
    canvas.polygon([(-60, -128), (70, -128), (76, -84), (-66, -84)], tint(GLASS, 0.4))
    for x, y, size in ((-20, -40, 10), (16, -62, 8), (8, -24, 12)):
        canvas.circle(x, y, size, tint(colour, 0.55))
    canvas.line([(-52, -96), (-58, -60)], 9, WHITE)


def _toolbox(canvas: Canvas, colour: Rgb) -> None:
    canvas.arc(0, 40, 46, 40, 180, 360, 15, STEEL)
    canvas.polygon([(-104, 76), (-74, 36), (74, 36), (104, 76)], tint(colour, 0.14))
    block(canvas, -104, 72, 104, 178, colour, 8)
    canvas.box(-104, 84, 104, 98, shade(colour, 0.4))
    for x in (-52, 52):
        canvas.box(x - 13, 78, x + 13, 114, GOLD, 4)


def _bucket(canvas: Canvas, colour: Rgb) -> None:
    canvas.arc(0, 74, 68, 74, 180, 360, 9, STEEL)
    canvas.polygon([(-76, 76), (76, 76), (56, 204), (-56, 204)], shade(colour))
    canvas.polygon([(-76, 76), (34, 76), (22, 204), (-56, 204)], colour)
    canvas.ellipse(0, 76, 76, 17, tint(colour, 0.3))
    canvas.ellipse(0, 79, 64, 12, (106, 184, 226))
    canvas.line([(-64, 120), (64, 120)], 7, shade(colour, 0.3))


def _suitcase(canvas: Canvas, colour: Rgb) -> None:
    canvas.arc(0, 42, 36, 40, 180, 360, 15, shade(colour, 0.5))
    block(canvas, -104, 44, 104, 196, colour, 16)
    for x in (-60, 60):
        canvas.box(x - 12, 44, x + 12, 196, shade(colour, 0.36))
        canvas.box(x - 16, 60, x + 16, 82, GOLD, 5)


def _bag(canvas: Canvas, colour: Rgb) -> None:
    canvas.arc(0, 62, 40, 62, 180, 360, 12, shade(colour, 0.4))
    canvas.polygon([(-70, 60), (70, 60), (86, 204), (-86, 204)], shade(colour))
    canvas.polygon([(-70, 60), (30, 60), (38, 204), (-86, 204)], colour)
    canvas.box(-62, 108, 24, 124, tint(colour, 0.5), 5)
    canvas.circle(-20, 156, 19, tint(colour, 0.5))


def _parcel(canvas: Canvas, colour: Rgb) -> None:
    block(canvas, -104, -70, 104, 88, colour, 8)
    canvas.box(-17, -70, 17, 88, (226, 84, 76))
    canvas.box(-104, -4, 104, 26, (226, 84, 76))
    for side in (-1, 1):
        canvas.smooth(
            [(0, -70), (side * 40, -116), (side * 66, -100), (side * 50, -70)],
            shade((226, 84, 76), 0.1 if side < 0 else 0.3),
        )
    canvas.circle(0, -74, 15, shade((226, 84, 76)))


def _chest(canvas: Canvas, colour: Rgb) -> None:
    for x, y in ((-64, -24), (-24, -42), (20, -44), (62, -26), (0, -20)):
        ball(canvas, x, y, 27, GOLD)
    canvas.polygon([(-104, -70), (104, -70), (92, -124), (-92, -124)], shade(colour, 0.24))
    canvas.box(-110, -84, 110, -62, GOLD, 6)
    block(canvas, -108, -12, 108, 92, colour, 8)
    for x in (-86, 0, 86):
        canvas.box(x - 13, -12, x + 13, 92, GOLD)
    canvas.box(-108, -16, 108, 4, shade(GOLD), 4)
    canvas.box(-20, -8, 20, 36, (250, 216, 100), 6)
    canvas.circle(0, 12, 8, INK)


def _umbrella(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 70), (0, -250), 12, STEEL)
    canvas.arc(20, 72, 20, 22, 0, 180, 13, WOOD)
    top = [(-150, -170), (-130, -238), (-70, -292), (0, -310), (70, -292), (130, -238), (150, -170)]
    scallops = [(100, -190), (50, -166), (0, -190), (-50, -166), (-100, -190)]
    canvas.smooth([*top, *scallops], colour)
    canvas.smooth([(0, -310), (34, -260), (50, -170), (0, -186), (-50, -170), (-34, -260)], tint(colour, 0.5))
    canvas.smooth([(0, -310), (70, -292), (130, -238), (150, -170), (100, -190), (104, -230)], shade(colour))
    canvas.line([(0, -310), (0, -334)], 9, STEEL)


def _rope(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(40, 60), (80, 110), (50, 150), (84, 190)], 15, shade(colour))
    for shift in (16, 0, -16):
        canvas.arc(shift * 0.6, 44 + shift, 58, 74, 0, 360, 17, shade(colour, 0.3 if shift > 0 else 0.16))
        canvas.arc(shift * 0.6 - 2, 42 + shift, 58, 74, 0, 360, 9, tint(colour, 0.1))
    canvas.box(-34, -34, 34, 0, shade(colour, 0.2), 9)


def _anchor(canvas: Canvas, colour: Rgb) -> None:
    canvas.arc(0, -170, 26, 26, 0, 360, 15, colour)
    pole(canvas, (0, -142), (0, 112), 25, colour)
    canvas.line([(-60, -104), (60, -104)], 19, shade(colour, 0.1))
    canvas.arc(0, 30, 92, 88, 10, 170, 25, shade(colour, 0.1))
    for side in (-1, 1):
        canvas.polygon([(side * 124, 58), (side * 84, 6), (side * 62, 66)], shade(colour, 0.2 if side > 0 else 0))


def _steering_wheel(canvas: Canvas, colour: Rgb) -> None:
    for step in range(8):
        canvas.at(0, 0, turn=step * 45).line(
            [(0, 0), (0, -132)], 17, shade(colour, 0.3 if step in range(2, 6) else 0.1)
        )
        canvas.at(0, 0, turn=step * 45).circle(0, -132, 14, colour)
    canvas.arc(0, 0, 90, 90, 0, 360, 27, shade(colour, 0.2))
    canvas.arc(-3, -3, 90, 90, 0, 360, 14, colour)
    ball(canvas, 0, 0, 34, GOLD)


def _life_ring(canvas: Canvas, colour: Rgb) -> None:
    canvas.arc(0, 0, 92, 92, 0, 360, 46, shade(WHITE, 0.2))
    canvas.arc(-3, -3, 92, 92, 0, 360, 36, WHITE)
    for start in (20, 110, 200, 290):
        canvas.arc(-1, -1, 92, 92, start, start + 50, 43, colour)


def _coin(canvas: Canvas, colour: Rgb) -> None:
    canvas.circle(6, -76, 84, shade(colour, 0.4))
    canvas.circle(0, -80, 82, colour)
    canvas.arc(0, -80, 62, 62, 0, 360, 8, shade(colour))
    _star(canvas, 0, -80, 46, tint(colour, 0.6))


def _gem(canvas: Canvas, colour: Rgb) -> None:
    canvas.polygon([(-86, -120), (-46, -172), (46, -172), (86, -120), (0, 0)], colour)
    canvas.polygon([(-86, -120), (-46, -172), (-28, -120), (0, 0)], tint(colour, 0.36))
    canvas.polygon([(86, -120), (46, -172), (28, -120), (0, 0)], shade(colour, 0.3))
    canvas.polygon([(-28, -120), (28, -120), (46, -172), (-46, -172)], tint(colour, 0.6))
    _star(canvas, 70, -184, 26, WHITE)


def _hose(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(0, 40), (30, 150), (-40, 220), (-10, 300), (90, 330)], 25, shade(colour))
    canvas.curve([(-4, 40), (26, 150), (-44, 218), (-14, 297), (86, 326)], 13, tint(colour, 0.16))
    canvas.polygon([(-20, 40), (20, 40), (15, -120), (-15, -120)], GOLD)
    canvas.box(-23, -134, 23, -108, shade(GOLD), 6)
    for x, y in ((0, -170), (-28, -200), (28, -206), (0, -236), (-46, -252), (44, -262)):
        canvas.smooth([(x, y - 22), (x + 12, y + 4), (x, y + 15), (x - 12, y + 4)], (112, 194, 240))


def _traffic_cone(canvas: Canvas, colour: Rgb) -> None:
    canvas.polygon([(-18, -180), (18, -180), (74, 20), (-74, 20)], shade(colour))
    canvas.polygon([(-18, -180), (6, -180), (34, 20), (-74, 20)], colour)
    for y, half in ((-120, 34), (-60, 52)):
        canvas.polygon([(-half, y), (half, y), (half + 8, y + 30), (-half - 8, y + 30)], WHITE)
    canvas.box(-98, 14, 98, 40, shade(colour, 0.16), 8)


def _drone(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        canvas.line([(0, -190), (side * 96, -222)], 13, shade(colour, 0.4))
        canvas.ellipse(side * 96, -238, 66, 12, fade(WHITE, 0.75))
        canvas.box(side * 96 - 8, -246, side * 96 + 8, -212, INK, 4)
    block(canvas, -54, -218, 54, -150, colour, 24)
    canvas.circle(-4, -182, 21, INK)
    canvas.circle(-8, -186, 8, (110, 220, 250))
    canvas.arc(0, -138, 46, 28, 200, 340, 8, STEEL)
    block(canvas, -46, -36, 46, 20, INK, 12)


def _bone(canvas: Canvas, colour: Rgb) -> None:
    for y in (-146, 90):
        for x in (-25, 25):
            canvas.circle(x + 3, y + 3, 31, shade(colour))
            canvas.circle(x, y, 29, colour)
    pole(canvas, (0, 80), (0, -136), 36, colour)


def _feather(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth([(0, 20), (-44, -80), (-30, -200), (20, -280), (50, -180), (36, -70)], colour)
    canvas.smooth([(0, 20), (18, -110), (20, -280), (50, -180), (36, -70)], shade(colour))
    for y in (-60, -120, -180):
        canvas.line([(6, y), (-24, y - 34)], 5, shade(colour, 0.3))
    canvas.curve([(-8, 110), (0, 10), (12, -140), (18, -256)], 7, tint(colour, 0.6))


def _shell(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth([(0, 6), (-92, -60), (-84, -134), (-30, -176), (30, -176), (84, -134), (92, -60)], colour)
    canvas.smooth([(0, 6), (30, -60), (36, -174), (84, -134), (92, -60)], shade(colour, 0.2))
    for x in (-62, -32, 0, 32, 62):
        canvas.line([(x * 0.1, -6), (x, -146 + abs(x) * 0.4)], 6, shade(colour, 0.34))
    canvas.box(-30, -12, 30, 16, shade(colour, 0.2), 10)


def _yarn(canvas: Canvas, colour: Rgb) -> None:
    for x in (-30, 34):
        canvas.line([(x, -60), (x * 3.2, -228)], 9, SILVER)
        canvas.circle(x * 3.2, -230, 13, WHITE)
    ball(canvas, 0, -70, 82, colour)
    for shift in (-40, -8, 24):
        canvas.arc(shift, -20, 70, 96, 215, 320, 6, shade(colour, 0.36))
        canvas.arc(shift - 20, -110, 80, 80, 20, 110, 6, tint(colour, 0.4))
    canvas.curve([(60, -20), (110, 10), (80, 60), (140, 90)], 7, mix(colour, WHITE, 0.1))


def _barrel(canvas: Canvas, colour: Rgb) -> None:
    drum(canvas, 0, -70, 80, 84, colour)
    for y in (-40, 60):
        canvas.arc(0, y, 84, 20, 10, 170, 11, STEEL)


SMALL_OBJECTS: Mapping[str, Tool] = {
    "lantern": Tool(_lantern, (74, 70, 84), "hang", 0),
    "candle": Tool(_candle, (248, 236, 214), tilt=0),
    "wand": Tool(_wand, (255, 222, 90), tilt=18),
    "crystal ball": Tool(_crystal_ball, (150, 130, 230), tilt=0),
    "potion bottle": Tool(_potion_bottle, (196, 72, 206), tilt=4),
    "toolbox": Tool(_toolbox, (214, 58, 52), "hang", 0),
    "bucket": Tool(_bucket, STEEL, "hang", 0),
    "suitcase": Tool(_suitcase, (150, 96, 58), "hang", 0),
    "bag": Tool(_bag, (206, 150, 92), "hang", 0),
    "parcel": Tool(_parcel, (206, 156, 98), "chest", 0),
    "treasure chest": Tool(_chest, (138, 84, 50), "chest", 0),
    "umbrella": Tool(_umbrella, (226, 66, 76), tilt=4),
    "rope": Tool(_rope, (214, 172, 110), "hang", 0),
    "anchor": Tool(_anchor, (92, 104, 128), tilt=6),
    "ship wheel": Tool(_steering_wheel, WOOD, "chest", 0),
    "life ring": Tool(_life_ring, (226, 66, 52), "chest", 0),
    "coin": Tool(_coin, GOLD, tilt=0),
    "gem": Tool(_gem, (46, 190, 200), tilt=0),
    "hose": Tool(_hose, (214, 66, 60), tilt=16),
    "traffic cone": Tool(_traffic_cone, (250, 118, 36), tilt=0),
    "drone": Tool(_drone, (224, 230, 238), tilt=0),
    "bone": Tool(_bone, (246, 238, 218), tilt=14),
    "feather": Tool(_feather, (72, 166, 210)),
    "shell": Tool(_shell, (250, 176, 160), tilt=0),
    "yarn ball": Tool(_yarn, (226, 88, 140), tilt=0),
    "barrel": Tool(_barrel, (158, 104, 62), "chest", 0),
}
