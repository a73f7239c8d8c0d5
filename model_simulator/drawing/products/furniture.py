"""Furniture, lamps, boards and wall decorations."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import INK, STEEL, WHITE, WOOD, fade, mix, shade, tint
from model_simulator.drawing.products.product_type import Product
from model_simulator.drawing.shapes import block, drum, pole


def _posts(canvas: Canvas, places: tuple[float, ...], top: float, colour: Rgb, width: float = 24) -> None:
    for x in places:
        pole(canvas, (x, top), (x * 1.08, -14), width, colour)


def _chair(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    _posts(canvas, (-130, 130), -470, shade(main, 0.2))
    for y in (-470, -392, -314):
        block(canvas, -136, y, 136, y + 46, main, 20)
    _posts(canvas, (-160, 160), -210, main, 28)
    canvas.smooth([(-190, -240), (190, -240), (210, -200), (0, -186), (-210, -200)], shade(trim, 0.24))
    canvas.smooth([(-186, -256), (186, -256), (206, -216), (0, -202), (-206, -216)], trim)


def _armchair(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    for x in (-180, 180):
        pole(canvas, (x, -60), (x, -12), 26, WOOD)
    block(canvas, -200, -470, 200, -90, main, 70)
    block(canvas, -170, -250, 170, -120, tint(main, 0.14), 40)
    block(canvas, -190, -140, 190, -50, shade(main, 0.1), 24)
    for side in (-1, 1):
        block(canvas, side * 216 - 54, -300, side * 216 + 54, -46, main, 50)
    canvas.at(30, -330, turn=12).box(-76, -76, 76, 76, trim, 22)


def _bench(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    for x in (-270, 270):
        pole(canvas, (x, -400), (x, -14), 30, shade(trim, 0.1))
        canvas.curve([(x, -280), (x + (40 if x > 0 else -40), -250), (x, -210)], 20, trim)
    for y in (-400, -344, -288):
        block(canvas, -330, y, 330, y + 40, main, 14)
    for index, y in enumerate((-208, -176)):
        block(canvas, -340 - index * 12, y, 340 + index * 12, y + 28, tint(main, 0.1 - index * 0.1), 12)
    for x in (-220, 220):
        pole(canvas, (x, -146), (x, -12), 26, trim)


def _stool(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    _posts(canvas, (-120, 0, 120), -300, trim, 28)
    canvas.line([(-126, -130), (126, -130)], 17, shade(trim, 0.2))
    canvas.ellipse(0, -296, 200, 54, shade(main, 0.3))
    canvas.ellipse(0, -324, 200, 54, main)
    canvas.ellipse(-20, -334, 140, 30, tint(main, 0.2))


def _table(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    _posts(canvas, (-250, 250), -260, trim, 30)
    block(canvas, -270, -250, 270, -196, shade(main, 0.12), 8)
    canvas.box(-60, -238, 60, -208, tint(main, 0.1), 6)
    canvas.circle(0, -223, 9, trim)
    canvas.polygon([(-300, -330), (300, -330), (340, -270), (-340, -270)], tint(main, 0.12))
    canvas.box(-340, -272, 340, -244, main, 8)
    drum(canvas, -150, -380, -316, 40, trim, tint(trim, 0.3))
    canvas.curve([(-150, -384), (-140, -440), (-110, -480)], 9, (96, 170, 100))
    canvas.circle(-106, -484, 27, (244, 130, 150))


def _cabinet(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    for x in (-210, 210):
        pole(canvas, (x, -50), (x, -12), 30, shade(trim, 0.2))
    block(canvas, -250, -450, 250, -40, main, 16)
    for row in range(3):
        top = -424 + row * 126
        canvas.box(-222, top, 196, top + 106, tint(main, 0.14), 10)
        canvas.box(-60, top + 40, 40, top + 58, trim, 9)


def _shelf(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.box(-230, -540, 230, 0, shade(main, 0.4), 8)
    books = (
        (trim, 110),
        (mix(trim, WHITE, 0.4), 90),
        ((226, 184, 110), 120),
        ((110, 150, 190), 100),
        (shade(trim), 84),
    )
    for row in range(3):
        floor = -370 + row * 176
        for index in range(9):
            tone, height = books[(index * 3 + row) % 5]
            left = -190 + index * 42
            if (index + row) % 7 != 6:  # noqa: PLR2004 - one gap a shelf
                canvas.box(left, floor - height, left + 34, floor, tone, 3)
        canvas.box(-226, floor, 226, floor + 22, main)
    canvas.box(-244, -556, 244, -530, tint(main, 0.1), 6)
    for x in (-232, 232):
        canvas.box(x - 15, -540, x + 15, 0, main if x < 0 else shade(main), 4)


def _bed(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.ellipse(0, -70, 320, 84, shade(main, 0.3))
    canvas.smooth(
        [(-320, -110), (-250, -210), (0, -240), (250, -210), (320, -110), (240, -20), (0, 0), (-240, -20)], main
    )
    canvas.ellipse(0, -140, 232, 74, shade(main, 0.4))
    canvas.ellipse(0, -126, 214, 60, trim)
    canvas.ellipse(-40, -136, 130, 30, tint(trim, 0.3))


def _table_lamp(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.circle(0, -360, 260, fade((255, 236, 170), 0.22))
    canvas.ellipse(0, -16, 124, 30, shade(trim, 0.24))
    canvas.ellipse(0, -28, 124, 28, trim)
    canvas.smooth([(-34, -260), (34, -260), (64, -150), (40, -36), (-40, -36), (-64, -150)], shade(trim, 0.16))
    canvas.smooth([(-34, -260), (8, -260), (16, -150), (6, -36), (-40, -36), (-64, -150)], trim)
    canvas.polygon([(-110, -500), (110, -500), (206, -260), (-206, -260)], shade(main, 0.16))
    canvas.polygon([(-110, -500), (56, -500), (106, -260), (-206, -260)], tint(main, 0.14))
    canvas.ellipse(0, -260, 206, 28, (255, 240, 190))


def _desk_lamp(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.polygon([(120, -330), (210, -400), (330, -20), (-30, -20)], fade((255, 236, 160), 0.36))
    canvas.ellipse(-90, -18, 140, 32, shade(main, 0.24))
    canvas.ellipse(-90, -32, 140, 30, main)
    canvas.line([(-90, -40), (-170, -270), (60, -470)], 24, trim)
    canvas.circle(-170, -270, 27, main)
    view = canvas.at(84, -456, turn=-40)
    view.polygon([(-54, -40), (54, -40), (120, 130), (-120, 130)], shade(main, 0.14))
    view.polygon([(-54, -40), (14, -40), (40, 130), (-120, 130)], main)
    view.ellipse(0, 130, 120, 27, (255, 244, 190))


def _lantern(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.circle(0, -230, 230, fade((255, 226, 140), 0.3))
    canvas.arc(0, -440, 100, 104, 180, 360, 19, STEEL)
    canvas.polygon([(-140, -370), (0, -480), (140, -370)], shade(main, 0.1))
    canvas.box(-130, -372, 130, -50, (255, 232, 150), 10)
    canvas.smooth([(-46, -120), (0, -290), (46, -120), (0, -86)], (250, 150, 60))
    for x in (-120, 0, 120):
        canvas.line([(x, -366), (x, -56)], 20, main)
    block(canvas, -160, -64, 160, 0, trim, 14)


def _frame(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    block(canvas, -220, -520, 220, 0, main, 12)
    canvas.box(-176, -476, 176, -44, WHITE)
    canvas.box(-140, -440, 140, -80, tint(trim, 0.6))
    canvas.circle(60, -350, 50, (255, 222, 130))
    canvas.polygon([(-140, -80), (-50, -260), (20, -150), (70, -210), (140, -80)], trim)


def _mirror(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.box(-120, -40, 120, 0, shade(trim, 0.2), 16)
    canvas.ellipse(0, -290, 220, 270, shade(main, 0.2))
    canvas.ellipse(-4, -294, 212, 262, main)
    canvas.ellipse(0, -290, 180, 228, (206, 232, 244))
    canvas.polygon([(-120, -190), (40, -460), (96, -430), (-70, -140)], (232, 246, 252))


def _wall_clock(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.circle(0, -270, 264, shade(main))
    canvas.circle(-6, -276, 252, main)
    canvas.circle(0, -270, 208, WHITE)
    for step in range(12):
        canvas.at(0, -270, turn=step * 30).box(-8, -196, 8, -160 if step % 3 else -140, trim, 4)
    canvas.line([(0, -270), (-70, -340)], 22, INK)
    canvas.line([(0, -270), (110, -370)], 15, INK)
    canvas.circle(0, -270, 22, trim)


def _house(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    pole(canvas, (0, -160), (0, -12), 40, WOOD)
    block(canvas, -150, -380, 150, -140, main, 10)
    canvas.polygon([(-200, -360), (0, -530), (200, -360), (170, -330), (0, -470), (-170, -330)], trim)
    canvas.polygon([(-140, -370), (0, -480), (126, -370)], main)
    canvas.circle(0, -300, 62, shade(main, 0.6))
    pole(canvas, (-20, -206), (20, -206), 22, trim)


def _board(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    view = canvas.at(0, 0, turn=-6)
    block(view, -190, -440, 190, 0, main, 44)
    block(view, -50, -540, 50, -420, main, 40)
    view.circle(-4, -490, 22, shade(main, 0.5))
    for x in (-120, -40, 50, 120):
        view.curve([(x, -380), (x + 14, -250), (x - 10, -130), (x + 6, -40)], 7, shade(main, 0.14))
    view.box(-190, -70, 190, -44, trim)


def _grater(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.arc(0, -440, 70, 74, 180, 360, 30, trim)
    canvas.polygon([(-110, -440), (110, -440), (190, 0), (-190, 0)], shade(main, 0.24))
    canvas.polygon([(-110, -440), (50, -440), (96, 0), (-190, 0)], main)
    for row in range(6):
        for column in range(4):
            x = -120 + column * 54 - row * 6 + (row % 2) * 20
            canvas.ellipse(x, -380 + row * 60, 13, 8, shade(main, 0.55))
    block(canvas, -120, -460, 120, -416, trim, 14)
    canvas.box(-194, -30, 194, 0, shade(trim, 0.1), 10)


def _level(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    view = canvas.at(0, -90, turn=-10)
    block(view, -340, -90, 340, 30, main, 16)
    for x in (-230, 230):
        view.circle(x, -30, 40, trim)
        view.circle(x, -30, 24, tint(trim, 0.6))
    view.box(-90, -70, 90, 10, (196, 232, 90), 30)
    view.ellipse(16, -40, 34, 17, (240, 250, 200))
    for x in (-40, 40):
        view.line([(x, -66), (x, 6)], 6, INK)


FURNITURE: Mapping[str, Product] = {
    "chair": Product(_chair, WOOD),
    "armchair": Product(_armchair),
    "bench": Product(_bench, WOOD),
    "stool": Product(_stool),
    "table": Product(_table, WOOD),
    "cabinet": Product(_cabinet),
    "shelf": Product(_shelf, WOOD),
    "bed": Product(_bed),
    "table lamp": Product(_table_lamp),
    "desk lamp": Product(_desk_lamp),
    "lantern": Product(_lantern),
    "frame": Product(_frame),
    "mirror": Product(_mirror),
    "clock": Product(_wall_clock),
    "board": Product(_board, WOOD),
    "grater": Product(_grater, STEEL),
    "level": Product(_level, (240, 190, 60)),
    "house": Product(_house, (226, 170, 110)),
}
