"""Hand tools, small weapons and medical instruments."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import GOLD, INK, LEATHER, SILVER, STEEL, WHITE, WOOD, fade, shade, tint
from model_simulator.drawing.shapes import block, pole
from model_simulator.drawing.tools.tool_type import Tool


def _hammer(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 110), (0, -160), 25, WOOD)
    block(canvas, -44, -216, 70, -150, colour, 9)
    canvas.polygon([(-44, -212), (-98, -178), (-98, -166), (-44, -158)], shade(colour))


def _wrench(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 110), (0, -130), 29, colour)
    canvas.arc(0, -186, 45, 45, -58, 238, 30, shade(colour))
    canvas.arc(-4, -189, 45, 45, -50, 232, 19, tint(colour, 0.16))
    canvas.circle(0, 104, 26, shade(colour))
    canvas.circle(0, 104, 11, INK)


def _screwdriver(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, -30), (0, -210), 15, SILVER)
    canvas.polygon([(-13, -210), (13, -210), (8, -242), (-8, -242)], STEEL)
    block(canvas, -25, -50, 25, 100, colour, 20)


def _saw(canvas: Canvas, colour: Rgb) -> None:
    teeth = [(62 if step % 2 else 44, -70 - step * 16) for step in range(14)]
    canvas.polygon([(-26, -40), (40, -56), *teeth, (14, -296), (-26, -296)], colour)
    canvas.line([(-14, -70), (-14, -280)], 8, tint(colour, 0.5))
    canvas.arc(0, 10, 38, 44, 0, 360, 23, WOOD)


def _drill(canvas: Canvas, colour: Rgb) -> None:
    canvas.line([(100, -74), (176, -74)], 10, STEEL)
    canvas.polygon([(94, -98), (126, -86), (126, -62), (94, -50)], shade(STEEL, 0.4))
    block(canvas, -70, -112, 98, -38, colour, 22)
    block(canvas, -30, -50, 24, 70, INK, 12)
    block(canvas, -46, 60, 44, 98, colour, 8)


def _shears(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        canvas.polygon(
            [(side * 6, -50), (side * 40, -200), (side * 10, -230), (-side * 10, -60)],
            shade(SILVER, 0.1 if side < 0 else 0.3),
        )
        canvas.curve([(0, -50), (-side * 34, 10), (-side * 38, 80)], 20, shade(colour, 0.0 if side < 0 else 0.2))
    canvas.circle(0, -52, 13, INK)


def _scissors(canvas: Canvas, colour: Rgb) -> None:
    for side in (-1, 1):
        canvas.polygon(
            [(-side * 9, -40), (side * 42, -190), (side * 14, -204)], shade(SILVER, 0.05 if side < 0 else 0.3)
        )
        canvas.arc(-side * 32, 30, 30, 38, 0, 360, 17, shade(colour, 0.0 if side < 0 else 0.2))
        canvas.line([(0, -48), (-side * 20, -2)], 17, shade(colour, 0.0 if side < 0 else 0.2))
    canvas.circle(0, -50, 11, GOLD)


def _tape_measure(canvas: Canvas, colour: Rgb) -> None:
    canvas.box(30, -60, 150, -38, (252, 222, 90), 3)
    for x in range(50, 150, 20):
        canvas.line([(x, -58), (x, -48)], 4, INK)
    canvas.box(144, -64, 156, -26, STEEL, 3)
    block(canvas, -66, -120, 66, 0, colour, 40)
    canvas.circle(-4, -66, 33, tint(colour, 0.4))
    canvas.circle(-4, -66, 14, INK)


def _gear(canvas: Canvas, colour: Rgb) -> None:
    for step in range(8):
        canvas.at(0, -112, turn=step * 45).box(-19, -106, 19, -60, shade(colour, 0.2), 5)
    canvas.circle(0, -112, 80, shade(colour))
    canvas.circle(-5, -117, 71, colour)
    canvas.circle(0, -112, 30, INK)
    canvas.arc(-4, -116, 54, 54, 190, 280, 9, tint(colour, 0.5))


def _key(canvas: Canvas, colour: Rgb) -> None:
    canvas.arc(0, -176, 42, 42, 0, 360, 25, shade(colour))
    canvas.arc(-3, -179, 42, 42, 0, 360, 16, tint(colour, 0.14))
    pole(canvas, (0, -130), (0, 110), 21, colour)
    for y in (66, 100):
        canvas.box(0, y - 11, 46, y + 11, shade(colour), 4)


def _sword(canvas: Canvas, colour: Rgb) -> None:
    canvas.polygon([(-23, -52), (0, -52), (0, -318), (-23, -270)], tint(colour, 0.4))
    canvas.polygon([(23, -52), (0, -52), (0, -318), (23, -270)], shade(colour, 0.16))
    canvas.box(-68, -62, 68, -38, shade(GOLD), 10)
    canvas.box(-68, -62, 50, -42, GOLD, 10)
    pole(canvas, (0, -34), (0, 62), 23, LEATHER)
    canvas.circle(0, 72, 20, GOLD)


def _shield(canvas: Canvas, colour: Rgb) -> None:
    outline = [(-104, -120), (0, -142), (104, -120), (104, 10), (62, 96), (0, 140), (-62, 96), (-104, 10)]
    canvas.polygon(outline, SILVER)
    canvas.polygon([(x * 0.86, (y - 0) * 0.86) for x, y in outline], colour)
    canvas.polygon([(0, -122), (89, -103), (89, 9), (53, 83), (0, 120)], shade(colour))
    canvas.polygon([(-89, -40), (89, -40), (89, -4), (-89, -4)], WHITE)
    canvas.polygon([(-18, -118), (18, -118), (18, 108), (0, 120), (-18, 108)], WHITE)
    canvas.circle(0, -22, 30, GOLD)


def _bow(canvas: Canvas, colour: Rgb) -> None:
    canvas.line([(-44, -226), (-44, 226)], 4, tint(STEEL, 0.5))
    canvas.curve([(-46, -236), (-2, -150), (8, -60), (8, 60), (-2, 150), (-46, 236)], 20, shade(colour))
    canvas.curve([(-48, -236), (-6, -150), (4, -60), (4, 60), (-6, 150), (-48, 236)], 11, tint(colour, 0.14))
    canvas.line([(-120, 0), (110, 0)], 8, WOOD)
    canvas.polygon([(104, -17), (148, 0), (104, 17)], STEEL)
    canvas.polygon([(-124, -18), (-82, 0), (-124, 18), (-108, 0)], (214, 62, 56))


def _boomerang(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(-14, 40), (-14, -60), (10, -122), (70, -152), (150, -156)], 46, shade(colour))
    canvas.curve([(-17, 36), (-17, -60), (8, -126), (70, -157), (146, -161)], 32, colour)
    for x, y in ((-17, -30), (24, -138), (116, -160)):
        canvas.circle(x, y, 11, tint(colour, 0.65))


def _needle(canvas: Canvas, colour: Rgb) -> None:
    canvas.polygon([(-9, -40), (9, -40), (2, 150), (-2, 150)], SILVER)
    canvas.arc(0, -96, 13, 54, 0, 360, 10, SILVER)
    canvas.curve([(0, -118), (60, -168), (96, -90), (140, -120), (126, -20)], 8, colour)


def _fire_extinguisher(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(0, 20), (64, 30), (74, 120), (60, 160)], 13, INK)
    block(canvas, -48, 36, 48, 232, colour, 32)
    canvas.box(-48, 104, 32, 150, WHITE)
    canvas.box(-16, 8, 16, 42, STEEL, 4)
    canvas.line([(-36, 6), (36, -4)], 13, INK)


def _syringe(canvas: Canvas, colour: Rgb) -> None:
    canvas.line([(0, -150), (0, -250)], 5, STEEL)
    canvas.box(-25, -154, 25, 46, tint(colour, 0.75), 10)
    canvas.box(-25, -104, 25, 46, colour, 8)
    for y in (-124, -84, -44):
        canvas.line([(4, y), (22, y)], 5, INK)
    canvas.line([(0, 46), (0, 100)], 11, STEEL)
    canvas.line([(-32, 104), (32, 104)], 13, shade(STEEL))
    canvas.line([(-40, 46), (40, 46)], 11, SILVER)


def _stethoscope(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(-52, -190), (-46, -90), (0, -44), (46, -90), (52, -190)], 13, colour)
    canvas.curve([(0, -44), (4, 60), (60, 120), (104, 70)], 13, colour)
    for x in (-52, 52):
        canvas.circle(x, -196, 14, STEEL)
    canvas.circle(108, 56, 34, STEEL)
    canvas.circle(105, 53, 23, SILVER)


def _bandage_roll(canvas: Canvas, colour: Rgb) -> None:
    canvas.polygon([(40, -60), (130, -40), (136, 70), (104, 66), (100, -6), (30, -14)], shade(colour, 0.1))
    canvas.circle(0, -76, 72, shade(colour, 0.2))
    canvas.circle(-4, -80, 64, colour)
    canvas.arc(-4, -80, 40, 40, 0, 300, 7, shade(colour, 0.22))
    canvas.circle(-4, -80, 16, shade(colour, 0.4))
    canvas.box(104, 10, 132, 24, (222, 62, 62))
    canvas.box(111, 2, 125, 32, (222, 62, 62))


def _flashlight(canvas: Canvas, colour: Rgb) -> None:
    canvas.polygon([(-40, -134), (40, -134), (112, -330), (-112, -330)], fade((255, 242, 160), 0.42))
    block(canvas, -25, -70, 25, 110, colour, 9)
    canvas.polygon([(-28, -64), (28, -64), (48, -134), (-48, -134)], shade(colour, 0.2))
    canvas.ellipse(0, -134, 48, 14, (255, 244, 180))
    canvas.box(-8, -36, 8, -8, (240, 80, 70), 5)


HAND_TOOLS: Mapping[str, Tool] = {
    "hammer": Tool(_hammer, STEEL),
    "wrench": Tool(_wrench, SILVER),
    "screwdriver": Tool(_screwdriver, (236, 120, 40)),
    "saw": Tool(_saw, SILVER, tilt=14),
    "drill": Tool(_drill, (246, 190, 46), tilt=0),
    "shears": Tool(_shears, (214, 62, 56)),
    "scissors": Tool(_scissors, (214, 62, 56)),
    "tape measure": Tool(_tape_measure, (238, 150, 40), tilt=0),
    "gear": Tool(_gear, (204, 150, 70)),
    "key": Tool(_key, GOLD),
    "sword": Tool(_sword, SILVER, tilt=12),
    "shield": Tool(_shield, (54, 96, 190), tilt=0),
    "bow": Tool(_bow, WOOD, tilt=0),
    "boomerang": Tool(_boomerang, (190, 110, 60)),
    "needle": Tool(_needle, (226, 66, 110)),
    "fire extinguisher": Tool(_fire_extinguisher, (214, 48, 48), "hang", 0),
    "syringe": Tool(_syringe, (94, 196, 220)),
    "stethoscope": Tool(_stethoscope, (62, 68, 84), tilt=0),
    "bandage roll": Tool(_bandage_roll, WHITE, tilt=0),
    "flashlight": Tool(_flashlight, (64, 70, 88), tilt=14),
}
