"""Food, kitchenware and plants."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import INK, LEAF, PAPER, SILVER, STEEL, WHITE, WOOD, mix, shade, tint
from model_simulator.drawing.shapes import ball, block, drum, pole
from model_simulator.drawing.tools.tool_type import Tool

CRUST: Rgb = (222, 160, 84)


def draw_flower(canvas: Canvas, x: float, y: float, size: float, colour: Rgb) -> None:
    """Draw a blossom of five petals."""
    for dx, dy in ((0, -1), (0.95, -0.3), (0.6, 0.8), (-0.6, 0.8), (-0.95, -0.3)):
        canvas.circle(x + dx * size, y + dy * size, size * 0.72, colour if dx <= 0 else shade(colour, 0.12))
    canvas.circle(x, y, size * 0.55, (255, 220, 90))


def _apple(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth(
        [(0, -118), (54, -134), (82, -76), (50, 0), (0, -8), (-50, 0), (-82, -76), (-54, -134)], shade(colour)
    )
    canvas.smooth([(0, -118), (30, -128), (50, -76), (20, -10), (-50, -4), (-80, -76), (-54, -130)], colour)
    canvas.ellipse(-44, -92, 12, 20, tint(colour, 0.6))
    canvas.curve([(0, -114), (4, -140), (16, -160)], 10, WOOD)
    canvas.smooth([(10, -140), (46, -172), (74, -160), (44, -134)], LEAF)


def _carrot(canvas: Canvas, colour: Rgb) -> None:
    for x, y in ((-34, -206), (0, -228), (34, -206)):
        canvas.curve([(0, -110), (x * 0.6, -160), (x, y)], 19, LEAF if x <= 0 else shade(LEAF))
    canvas.smooth([(-42, -110), (0, -128), (42, -110), (28, 0), (0, 130), (-28, 0)], shade(colour))
    canvas.smooth([(-42, -110), (0, -128), (16, -112), (4, 0), (-2, 126), (-28, 0)], colour)
    for y in (-70, -46, 56):
        canvas.line([(-20, y), (0, y + 3)], 5, shade(colour, 0.3))


def _egg(canvas: Canvas, colour: Rgb) -> None:
    canvas.smooth([(0, -160), (50, -100), (62, -44), (36, 4), (-36, 4), (-62, -44), (-50, -100)], shade(colour, 0.2))
    canvas.smooth([(-4, -156), (34, -100), (42, -48), (16, -2), (-38, -2), (-60, -46), (-48, -100)], colour)
    canvas.ellipse(-24, -96, 10, 20, WHITE)
    for x, y in ((10, -84), (-20, -40), (22, -36)):
        canvas.circle(x, y, 6, shade(colour, 0.26))


def _bread(canvas: Canvas, colour: Rgb) -> None:
    view = canvas.at(0, -50, turn=20)
    view.box(-44, -200, 44, 130, shade(colour), 44)
    view.box(-44, -200, 22, 130, colour, 40)
    for y in (-150, -94, -38, 18, 74):
        view.line([(-26, y + 14), (22, y - 14)], 13, tint(colour, 0.5))


def _cake(canvas: Canvas, colour: Rgb) -> None:
    canvas.ellipse(0, 4, 110, 24, SILVER)
    drum(canvas, 0, -76, -8, 88, tint(colour, 0.2), tint(colour, 0.5))
    for x in (-70, -36, 0, 36, 70):
        canvas.circle(x, -62 + (8 if x else 14), 15, WHITE)
    for x, tone in ((-36, (94, 170, 230)), (0, (246, 200, 70)), (36, (104, 200, 130))):
        canvas.line([(x, -84), (x, -130)], 11, tone)
        canvas.smooth([(x - 8, -144), (x, -172), (x + 8, -144), (x, -134)], (255, 176, 50))


def _pizza(canvas: Canvas, colour: Rgb) -> None:
    canvas.ellipse(0, -34, 128, 44, SILVER)
    canvas.ellipse(0, -48, 118, 40, CRUST)
    canvas.ellipse(-2, -53, 98, 30, mix(colour, (252, 206, 84), 0.7))
    for x, y in ((-58, -54), (-14, -68), (40, -60), (8, -40), (66, -46), (-34, -36)):
        canvas.ellipse(x, y, 15, 7, (208, 58, 48))
    for x, y in ((-30, -56), (24, -54), (48, -42)):
        canvas.ellipse(x, y, 8, 4, LEAF)


def _whisk(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 110), (0, -40), 25, colour)
    for across in (58, 34, 10):
        canvas.arc(0, -150, across, 92, 0, 360, 8, SILVER)
    canvas.box(-16, -64, 16, -36, STEEL, 5)


def _ladle(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 130), (0, -170), 15, colour)
    canvas.smooth([(-62, -206), (62, -206), (54, -156), (0, -130), (-54, -156)], shade(colour))
    canvas.smooth([(-62, -206), (30, -206), (20, -156), (-8, -136), (-54, -156)], colour)
    canvas.ellipse(0, -206, 62, 15, (226, 120, 60))


def _frying_pan(canvas: Canvas, colour: Rgb) -> None:
    pole(canvas, (0, 120), (0, -60), 25, (60, 50, 52))
    canvas.circle(0, -150, 104, shade(colour))
    canvas.circle(-3, -153, 92, tint(colour, 0.12))
    canvas.smooth([(-50, -160), (-20, -204), (34, -196), (56, -150), (20, -112), (-36, -120)], WHITE)
    ball(canvas, 2, -156, 26, (252, 196, 50))


def _rolling_pin(canvas: Canvas, colour: Rgb) -> None:
    view = canvas.at(0, -40, turn=14)
    pole(view, (0, 130), (0, -210), 23, shade(colour, 0.3))
    block(view, -40, -160, 40, 78, colour, 20)


def _tray(canvas: Canvas, colour: Rgb) -> None:
    for x, tone in ((-50, (240, 130, 150)), (50, (252, 204, 90))):
        canvas.polygon([(x - 28, -64), (x + 28, -64), (x + 20, -26), (x - 20, -26)], tint(tone, 0.4))
        ball(canvas, x, -74, 30, tone)
        canvas.circle(x, -106, 9, (214, 44, 60))
    canvas.ellipse(0, -20, 132, 26, shade(colour))
    canvas.ellipse(0, -28, 132, 24, colour)
    for x, tone in ((0, (140, 200, 120)),):
        canvas.polygon([(x - 28, -56), (x + 28, -56), (x + 20, -18), (x - 20, -18)], tint(tone, 0.4))
        ball(canvas, x, -66, 30, tone)
        canvas.circle(x, -98, 9, (214, 44, 60))


def _cup(canvas: Canvas, colour: Rgb) -> None:
    canvas.arc(66, -60, 30, 34, -90, 90, 15, shade(colour))
    canvas.box(-62, -124, 62, 16, shade(colour), 20)
    canvas.box(-62, -124, 34, 16, colour, 20)
    canvas.ellipse(0, -122, 62, 15, tint(colour, 0.4))
    canvas.ellipse(0, -119, 50, 11, (112, 70, 46))
    for x in (-22, 18):
        canvas.curve([(x, -146), (x + 13, -168), (x - 7, -190), (x + 6, -214)], 8, (240, 244, 250))


def _teapot(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(70, -40), (112, -66), (132, -116)], 25, shade(colour))
    canvas.arc(-84, -60, 34, 42, 90, 270, 15, shade(colour, 0.1))
    ball(canvas, 0, -60, 86, colour)
    canvas.ellipse(0, -136, 46, 13, shade(colour, 0.2))
    ball(canvas, 0, -154, 17, tint(colour, 0.3))
    canvas.line([(-66, -40), (66, -40)], 9, tint(colour, 0.5))


def _basket(canvas: Canvas, colour: Rgb) -> None:
    canvas.arc(0, 94, 74, 92, 180, 360, 15, shade(colour, 0.3))
    for x, tone in ((-50, (214, 58, 52)), (-10, (246, 170, 50)), (32, (120, 184, 70)), (62, (214, 58, 52))):
        ball(canvas, x, 92, 29, tone)
    canvas.polygon([(-96, 100), (96, 100), (74, 206), (-74, 206)], colour)
    canvas.polygon([(44, 100), (96, 100), (74, 206), (34, 206)], shade(colour))
    for y in (136, 170):
        canvas.line([(-88 + (y - 100) * 0.2, y), (88 - (y - 100) * 0.2, y)], 6, shade(colour, 0.3))
    for x in (-54, -18, 18, 54):
        canvas.line([(x * 1.1, 108), (x * 0.9, 202)], 6, shade(colour, 0.3))
    canvas.box(-102, 90, 102, 110, tint(colour, 0.2), 9)


def _watering_can(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(50, 180), (104, 140), (128, 74)], 21, shade(colour))
    canvas.polygon([(100, 76), (156, 60), (150, 42), (112, 50)], tint(colour, 0.2))
    canvas.arc(0, 62, 46, 62, 180, 360, 15, shade(colour, 0.3))
    drum(canvas, 0, 90, 196, 70, colour)
    canvas.ellipse(0, 90, 56, 12, shade(colour, 0.5))
    for x, y in ((158, 90), (174, 112), (146, 116)):
        canvas.circle(x, y, 6, (110, 190, 236))


def _flower_pot(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(0, -60), (-6, -120), (0, -170)], 11, LEAF)
    for side in (-1, 1):
        canvas.smooth(
            [(0, -80), (side * 40, -132), (side * 72, -128), (side * 44, -92)], LEAF if side < 0 else shade(LEAF)
        )
    draw_flower(canvas, 0, -190, 29, (244, 104, 150))
    canvas.polygon([(-64, -60), (64, -60), (44, 40), (-44, 40)], shade(colour))
    canvas.polygon([(-64, -60), (30, -60), (18, 40), (-44, 40)], colour)
    canvas.box(-74, -82, 74, -48, tint(colour, 0.12), 8)


def _bouquet(canvas: Canvas, colour: Rgb) -> None:
    for x, y in ((-60, -130), (60, -130), (0, -190)):
        canvas.smooth([(0, -40), (x - 22, y), (x, y - 50), (x + 22, y)], LEAF)
    for x, y, tone in (
        (-58, -134, colour),
        (58, -138, tint(colour, 0.4)),
        (0, -186, (252, 210, 90)),
        (-20, -108, tint(colour, 0.6)),
        (28, -104, colour),
    ):
        draw_flower(canvas, x, y, 25, tone)
    canvas.polygon([(-66, -90), (66, -90), (16, 96), (-16, 96)], PAPER)
    canvas.polygon([(10, -80), (66, -90), (16, 96), (0, 96)], shade(PAPER, 0.14))
    canvas.box(-30, 20, 30, 38, (226, 76, 110), 6)


def _seedling(canvas: Canvas, colour: Rgb) -> None:
    canvas.curve([(0, 0), (-4, -70), (0, -120)], 13, shade(colour))
    canvas.smooth([(0, -110), (-30, -176), (-104, -182), (-74, -118)], colour)
    canvas.smooth([(0, -110), (30, -190), (110, -202), (80, -130)], shade(colour, 0.16))
    canvas.ellipse(0, -12, 70, 34, (112, 76, 52))
    canvas.ellipse(-8, -20, 50, 20, (136, 94, 64))


def _ice_cream(canvas: Canvas, colour: Rgb) -> None:
    canvas.polygon([(-48, -80), (48, -80), (0, 100)], shade(CRUST))
    canvas.polygon([(-48, -80), (16, -80), (0, 100)], CRUST)
    ball(canvas, 0, -118, 54, colour)
    ball(canvas, 6, -186, 42, PAPER)
    canvas.circle(10, -234, 14, (214, 44, 60))


def _fish(canvas: Canvas, colour: Rgb) -> None:
    canvas.polygon([(0, 10), (52, 62), (-52, 62)], shade(colour))
    canvas.smooth([(0, 20), (-58, -70), (-36, -160), (0, -196), (36, -160), (58, -70)], colour)
    canvas.smooth([(0, 20), (22, -70), (14, -160), (0, -196), (36, -160), (58, -70)], shade(colour))
    canvas.circle(-16, -150, 10, WHITE)
    canvas.circle(-16, -150, 5, INK)


KITCHEN: Mapping[str, Tool] = {
    "apple": Tool(_apple, (214, 48, 52), tilt=0),
    "carrot": Tool(_carrot, (246, 134, 40)),
    "egg": Tool(_egg, (246, 226, 196), tilt=0),
    "bread": Tool(_bread, CRUST, tilt=0),
    "cake": Tool(_cake, (246, 140, 170), tilt=0),
    "pizza": Tool(_pizza, (246, 190, 80), "chest", 0),
    "whisk": Tool(_whisk, (222, 76, 70)),
    "ladle": Tool(_ladle, STEEL),
    "frying pan": Tool(_frying_pan, (70, 72, 84), tilt=6),
    "rolling pin": Tool(_rolling_pin, (222, 172, 112), tilt=0),
    "tray": Tool(_tray, SILVER, "chest", 0),
    "cup": Tool(_cup, WHITE, tilt=0),
    "teapot": Tool(_teapot, (92, 170, 200), tilt=0),
    "basket": Tool(_basket, (198, 146, 86), "hang", 0),
    "watering can": Tool(_watering_can, (74, 168, 110), "hang", 0),
    "flower pot": Tool(_flower_pot, (206, 106, 70), tilt=0),
    "bouquet": Tool(_bouquet, (236, 86, 120)),
    "seedling": Tool(_seedling, (96, 184, 84), tilt=0),
    "ice cream": Tool(_ice_cream, (246, 150, 176)),
    "fish": Tool(_fish, (92, 168, 206)),
}
