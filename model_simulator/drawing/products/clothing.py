"""Clothes, shoes, bags and textiles."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import GOLD, INK, STEEL, WHITE, WOOD, shade, tint
from model_simulator.drawing.products.product_type import Product
from model_simulator.drawing.shapes import block


def _hanger(canvas: Canvas) -> None:
    canvas.arc(0, -560, 26, 30, 150, 400, 11, STEEL)
    canvas.line([(0, -530), (-120, -470)], 17, WOOD)
    canvas.line([(0, -530), (120, -470)], 17, WOOD)


def _body(canvas: Canvas, main: Rgb, sleeve_end: float) -> None:
    """Draw front and sleeves of an upper garment."""
    for side in (-1, 1):
        tone = shade(main, 0.12 if side < 0 else 0.34)
        hand = (side * (190 + sleeve_end * 0.34), -420 + sleeve_end)
        canvas.line([(side * 130, -430), hand], 92, tone)
    canvas.polygon([(-150, -490), (-60, -510), (60, -510), (150, -490), (170, -20), (-170, -20)], shade(main, 0.24))
    canvas.polygon([(-150, -490), (-60, -510), (60, -510), (84, -504), (96, -20), (-170, -20)], main)


def _jacket(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    _hanger(canvas)
    _body(canvas, main, 300)
    canvas.line([(0, -480), (0, -30)], 15, shade(main, 0.5))
    canvas.line([(0, -480), (0, -30)], 6, tint(trim, 0.4))
    for side in (-1, 1):
        canvas.polygon([(side * 6, -490), (side * 80, -520), (side * 90, -430)], trim if side < 0 else shade(trim))
        canvas.line([(side * 130, -200), (side * 76, -130)], 15, shade(main, 0.45))
    canvas.box(-172, -60, 172, -16, shade(trim, 0.1), 8)


def _shirt(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    _hanger(canvas)
    _body(canvas, main, 110)
    canvas.smooth([(-64, -516), (0, -440), (64, -516), (40, -520), (0, -470), (-40, -520)], trim)
    for y in (-340, -300):
        canvas.box(-164 - (y + 340) * 0.02, y, 166, y + 22, trim)
    canvas.box(54, -410, 114, -350, shade(main, 0.14), 8)


def _sweater(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    _hanger(canvas)
    _body(canvas, main, 280)
    canvas.box(-72, -540, 72, -480, shade(main, 0.16), 24)
    points = [(-150 + step * 50, -340 + (46 if step % 2 else 0)) for step in range(7)]
    canvas.line(points, 26, trim)
    canvas.line([(x, y + 60) for x, y in points], 13, tint(trim, 0.5))
    for x in range(-150, 170, 30):
        canvas.line([(x, -56), (x, -26)], 10, shade(main, 0.3))


def _dress(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    _hanger(canvas)
    canvas.polygon([(-90, -500), (90, -500), (80, -300), (240, 0), (-240, 0), (-80, -300)], shade(main, 0.24))
    canvas.polygon([(-90, -500), (50, -500), (40, -300), (110, 0), (-240, 0), (-80, -300)], main)
    canvas.ellipse(0, -500, 54, 40, shade(main, 0.5))
    canvas.polygon([(-82, -322), (82, -322), (86, -280), (-86, -280)], trim)
    for x, y in ((-60, -200), (20, -160), (-130, -80), (-20, -60), (100, -90), (60, -240), (-30, -400)):
        canvas.circle(x, y, 15, tint(main, 0.55))


def _apron(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.arc(0, -480, 74, 84, 180, 360, 19, trim)
    canvas.polygon(
        [(-90, -480), (90, -480), (110, -320), (190, -280), (200, 0), (-200, 0), (-190, -280), (-110, -320)],
        shade(main, 0.2),
    )
    canvas.polygon(
        [(-90, -480), (40, -480), (60, -320), (106, -280), (112, 0), (-200, 0), (-190, -280), (-110, -320)], main
    )
    block(canvas, -110, -220, 110, -90, trim, 14)
    for side in (-1, 1):
        canvas.curve([(side * 186, -280), (side * 270, -240), (side * 240, -140)], 17, trim)


def _textile(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    for index, tone in enumerate((main, trim, tint(main, 0.3), shade(trim, 0.14))):
        bottom = -index * 96
        canvas.box(-260 + index * 10, bottom - 92, 260 - index * 10, bottom, shade(tone, 0.22), 44)
        canvas.box(-260 + index * 10, bottom - 92, 180 - index * 10, bottom, tone, 44)
        canvas.line([(-210 + index * 10, bottom - 46), (150 - index * 10, bottom - 46)], 8, shade(tone, 0.2))
    for x in range(-220, 230, 40):
        canvas.line([(x, -8), (x, 20)], 9, tint(main, 0.3))


def _shoe(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.box(-290, -70, 300, 0, tint(trim, 0.6), 34)
    canvas.box(-290, -34, 300, 0, shade(trim, 0.1), 17)
    canvas.smooth(
        [(-280, -60), (-290, -260), (-250, -330), (-130, -310), (-40, -220), (120, -170), (270, -130), (292, -66)],
        shade(main, 0.18),
    )
    canvas.smooth(
        [(-276, -70), (-284, -256), (-246, -322), (-130, -300), (-40, -212), (110, -166), (210, -130), (180, -76)], main
    )
    canvas.smooth([(150, -164), (270, -132), (290, -70), (140, -70)], trim)
    canvas.polygon([(-280, -200), (-200, -190), (-150, -70), (-282, -70)], shade(trim, 0.12))
    for x in (-90, -40, 12, 62):
        canvas.line([(x - 34, -190 + x * 0.34), (x + 24, -252 + x * 0.5)], 15, WHITE)


def _boot(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.box(-160, -50, 250, 0, shade(trim, 0.2), 22)
    canvas.smooth(
        [(-150, -40), (-150, -440), (-120, -470), (60, -470), (70, -240), (130, -190), (236, -150), (246, -46)],
        shade(main, 0.2),
    )
    canvas.smooth(
        [(-146, -50), (-146, -436), (-120, -462), (10, -462), (20, -230), (80, -180), (160, -140), (150, -50)], main
    )
    canvas.box(-158, -480, 72, -420, trim, 20)
    for y in (-360, -310, -260):
        canvas.line([(-10, y), (64, y - 16)], 14, tint(trim, 0.4))


def _bag(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.arc(0, -330, 120, 170, 180, 360, 27, shade(trim, 0.2))
    canvas.polygon([(-210, -350), (210, -350), (260, 0), (-260, 0)], shade(main, 0.22))
    canvas.polygon([(-210, -350), (100, -350), (130, 0), (-260, 0)], main)
    canvas.polygon([(-224, -250), (224, -250), (236, -170), (-236, -170)], trim)
    canvas.box(-28, -270, 28, -190, GOLD, 10)
    canvas.line([(-196, -330), (196, -330)], 9, tint(main, 0.3))


def _backpack(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.arc(0, -470, 60, 56, 180, 360, 24, shade(trim, 0.2))
    for side in (-1, 1):
        block(canvas, side * 200 - 56, -230, side * 200 + 56, -20, shade(main, 0.2), 30)
    block(canvas, -200, -480, 200, 0, main, 90)
    canvas.smooth(
        [(-190, -430), (-100, -486), (100, -486), (190, -430), (180, -300), (0, -270), (-180, -300)], tint(main, 0.14)
    )
    block(canvas, -140, -210, 140, -40, trim, 30)
    canvas.line([(-120, -170), (96, -170)], 13, shade(trim, 0.4))
    for side in (-1, 1):
        canvas.box(side * 90 - 17, -300, side * 90 + 17, -230, shade(trim, 0.3), 6)


def _suitcase(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.box(-60, -560, -44, -430, STEEL)
    canvas.box(44, -560, 60, -430, STEEL)
    canvas.box(-76, -580, 76, -546, INK, 14)
    block(canvas, -190, -440, 190, -24, main, 40)
    for x in (-110, -40, 30, 100):
        canvas.line([(x, -400), (x, -70)], 13, shade(main, 0.2))
    canvas.box(-194, -260, 194, -226, trim)
    for x in (-130, 130):
        canvas.circle(x, -16, 24, INK)


def _watch(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.polygon([(-90, -540), (90, -540), (110, -360), (-110, -360)], shade(trim, 0.1))
    canvas.polygon([(-110, -190), (110, -190), (90, 0), (-90, 0)], shade(trim, 0.26))
    for y in (-500, -460, -60, -30):
        canvas.circle(0, y, 9, shade(trim, 0.5))
    canvas.box(150, -300, 190, -256, STEEL, 8)
    canvas.circle(0, -276, 170, shade(main))
    canvas.circle(-5, -281, 160, main)
    canvas.circle(0, -276, 126, INK)
    for step in range(12):
        canvas.at(0, -276, turn=step * 30).box(-5, -116, 5, -96, WHITE, 3)
    canvas.line([(0, -276), (-44, -330)], 13, WHITE)
    canvas.line([(0, -276), (70, -320)], 9, tint(trim, 0.4))


CLOTHING: Mapping[str, Product] = {
    "jacket": Product(_jacket),
    "shirt": Product(_shirt),
    "sweater": Product(_sweater),
    "dress": Product(_dress),
    "apron": Product(_apron),
    "textile": Product(_textile),
    "shoe": Product(_shoe),
    "boot": Product(_boot),
    "bag": Product(_bag),
    "backpack": Product(_backpack),
    "suitcase": Product(_suitcase),
    "watch": Product(_watch),
}
