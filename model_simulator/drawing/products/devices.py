"""Appliances, electronics, toys, vehicles and packages."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import INK, STEEL, WHITE, WOOD, fade, mix, shade, tint
from model_simulator.drawing.products.product_type import Product
from model_simulator.drawing.shapes import ball, block, drum, pole


def _box(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.polygon([(-220, -380), (-130, -460), (290, -460), (210, -380)], tint(main, 0.3))
    canvas.polygon([(210, -380), (290, -460), (290, -70), (210, 0)], shade(main, 0.34))
    canvas.box(-220, -380, 210, 0, main)
    canvas.box(-50, -380, 40, 0, trim)
    canvas.polygon([(-50, -380), (36, -460), (126, -460), (40, -380)], tint(trim, 0.2))
    canvas.circle(-5, -190, 96, WHITE)
    canvas.circle(-5, -190, 78, tint(trim, 0.5))
    canvas.polygon([(-5, -250), (44, -190), (-5, -130), (-54, -190)], main)
    for y in (-60, -36):
        canvas.line([(-196, y), (-110, y)], 9, shade(main, 0.3))


def _book(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.box(-176, -490, 196, 0, shade(main, 0.4), 18)
    canvas.box(-170, -480, 190, -16, (250, 242, 222), 6)
    canvas.box(-190, -496, 172, -10, main, 18)
    canvas.box(-190, -496, -136, -10, shade(main, 0.24), 14)
    canvas.box(-90, -420, 130, -300, trim, 10)
    canvas.circle(20, -170, 70, tint(trim, 0.3))
    canvas.circle(20, -170, 48, main)
    canvas.polygon([(90, -12), (124, -12), (124, 50), (107, 30), (90, 50)], trim)


def _pen(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    drum(canvas, 0, -230, -40, 124, trim)
    canvas.ellipse(0, -230, 104, 22, shade(trim, 0.5))
    for x, turn, tone in ((-46, -14, main), (10, 3, tint(main, 0.4)), (60, 16, shade(main, 0.2))):
        view = canvas.at(x, -230, turn=turn)
        block(view, -22, -240, 22, 10, tone, 6)
        view.polygon([(-22, -238), (22, -238), (0, -300)], (246, 220, 176))
        view.polygon([(-8, -278), (8, -278), (0, -300)], INK)
    canvas.smooth([(-124, -230), (-40, -206), (60, -206), (124, -230), (124, -180), (-124, -180)], trim)


def _phone(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    block(canvas, -150, -540, 150, 0, main, 44)
    canvas.box(-128, -512, 118, -28, mix(trim, (40, 60, 110), 0.4), 30)
    canvas.polygon([(-128, -300), (-30, -420), (60, -320), (118, -380), (118, -60), (-128, -60)], tint(trim, 0.2))
    canvas.circle(60, -440, 34, (255, 232, 140))
    for index in range(4):
        canvas.box(
            -104 + index * 56,
            -110,
            -62 + index * 56,
            -68,
            (WHITE, (250, 140, 110), (130, 210, 150), (250, 210, 100))[index],
            12,
        )
    canvas.box(-36, -500, 26, -486, INK, 7)


def _laptop(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    block(canvas, -270, -420, 270, -50, main, 24)
    canvas.box(-244, -396, 236, -74, mix(trim, (40, 60, 110), 0.45), 10)
    canvas.polygon(
        [(-244, -190), (-90, -310), (30, -200), (120, -270), (236, -170), (236, -74), (-244, -74)], tint(trim, 0.15)
    )
    canvas.circle(140, -330, 34, (255, 232, 140))
    canvas.polygon([(-290, -50), (290, -50), (350, 0), (-350, 0)], tint(main, 0.2))
    canvas.polygon([(-350, 0), (350, 0), (340, 16), (-340, 16)], shade(main, 0.3))


def _speaker(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    block(canvas, -170, -500, 170, 0, main, 40)
    for y, size in ((-380, 76), (-170, 124)):
        canvas.circle(-6, y, size, shade(main, 0.5))
        canvas.circle(-6, y, size * 0.84, trim)
        canvas.circle(-6, y, size * 0.6, shade(trim, 0.3))
        canvas.circle(-6, y, size * 0.26, tint(trim, 0.3))


def _radio(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.line([(180, -320), (260, -520)], 11, STEEL)
    canvas.arc(0, -320, 180, 70, 180, 360, 26, trim)
    block(canvas, -270, -320, 270, 0, main, 50)
    canvas.circle(-120, -160, 106, shade(main, 0.4))
    for ring in (88, 60, 32):
        canvas.arc(-120, -160, ring, ring, 0, 360, 9, tint(main, 0.2))
    canvas.box(20, -270, 200, -190, (250, 236, 190), 12)
    canvas.line([(120, -262), (120, -198)], 9, (226, 76, 66))
    for x in (60, 150):
        canvas.circle(x, -110, 40, shade(trim, 0.2))
        canvas.circle(x - 4, -114, 32, trim)


def _toaster(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    for x in (-90, 60):
        canvas.box(x - 70, -420, x + 70, -280, (206, 140, 76), 40)
        canvas.box(x - 56, -404, x + 56, -280, (240, 190, 120), 32)
    block(canvas, -250, -320, 230, -20, main, 70)
    canvas.box(-170, -320, 140, -296, shade(main, 0.5), 10)
    canvas.box(-240, -40, 220, -4, INK, 14)
    canvas.box(222, -220, 272, -180, trim, 12)
    canvas.circle(150, -90, 34, trim)
    canvas.line([(150, -90), (150, -116)], 9, INK)
    canvas.box(-210, -150, 100, -120, tint(main, 0.3), 14)


def _machine(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    block(canvas, -190, -520, 190, -340, main, 40)
    canvas.box(-190, -380, -60, -20, shade(main, 0.14), 16)
    canvas.box(-190, -380, -100, -20, main, 16)
    block(canvas, -210, -60, 210, 0, shade(main, 0.16), 20)
    canvas.box(20, -350, 90, -300, INK, 8)
    canvas.line([(54, -300), (54, -200)], 9, (112, 70, 46))
    drum(canvas, 54, -180, -76, 66, trim, (112, 70, 46))
    for x, tone in ((-130, (240, 96, 84)), (-70, WHITE), (-10, (120, 210, 150))):
        canvas.circle(x, -440, 24, tone)
    canvas.box(50, -470, 150, -410, (120, 190, 220), 10)


def _blender(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.arc(120, -330, 60, 90, -90, 90, 27, shade(main, 0.2))
    canvas.polygon([(-140, -480), (140, -480), (100, -180), (-100, -180)], (206, 232, 242))
    canvas.polygon([(-124, -360), (124, -360), (100, -180), (-100, -180)], trim)
    canvas.ellipse(0, -360, 124, 22, tint(trim, 0.4))
    for x, y in ((-50, -300), (30, -260), (60, -320)):
        canvas.circle(x, y, 22, tint(trim, 0.3))
    canvas.box(-150, -520, 150, -470, INK, 20)
    block(canvas, -130, -190, 130, 0, main, 34)
    canvas.circle(0, -90, 44, INK)
    canvas.line([(0, -90), (20, -120)], 11, WHITE)


def _fan(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.ellipse(0, -20, 150, 34, main)
    pole(canvas, (0, -110), (0, -30), 30, main)
    canvas.circle(0, -310, 210, fade(WHITE, 0.4))
    for turn in (10, 130, 250):
        view = canvas.at(0, -310, turn=turn)
        view.smooth([(0, 0), (-80, -80), (-50, -180), (40, -170), (30, -60)], trim)
    for radius in (206, 150, 96):
        canvas.arc(0, -310, radius, radius, 0, 360, 11, shade(main, 0.1))
    ball(canvas, 0, -310, 44, main)


def _headphones(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.arc(0, -260, 210, 240, 180, 360, 50, shade(main))
    canvas.arc(-6, -266, 210, 240, 184, 350, 26, main)
    for side in (-1, 1):
        block(canvas, side * 200 - 70, -290, side * 200 + 70, -30, trim, 60)
        block(canvas, side * 230 - 44, -260, side * 230 + 44, -60, main, 40)


def _bike(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    for x in (-220, 220):
        canvas.arc(x, -150, 140, 140, 0, 360, 26, INK)
        canvas.arc(x, -150, 122, 122, 0, 360, 7, trim)
        for turn in range(0, 180, 30):
            canvas.at(x, -150, turn=turn).line([(0, -120), (0, 120)], 4, STEEL)
        canvas.circle(x, -150, 22, STEEL)
    canvas.line([(-220, -150), (-90, -370), (140, -370), (-10, -150), (-220, -150)], 27, main)
    canvas.line([(-90, -370), (-10, -150)], 27, shade(main))
    canvas.line([(220, -150), (140, -370), (116, -450), (190, -470)], 25, shade(main, 0.1))
    canvas.line([(-90, -370), (-104, -430)], 17, STEEL)
    canvas.box(-180, -460, -40, -424, trim, 18)
    canvas.circle(-10, -150, 44, STEEL)
    canvas.line([(-10, -150), (40, -80)], 15, INK)


def _tent(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.polygon([(-350, 0), (-60, -440), (330, -360), (380, -40), (100, 0)], shade(main, 0.28))
    canvas.polygon([(-350, 0), (-60, -440), (130, 0)], main)
    canvas.polygon([(-170, 0), (-62, -330), (10, 0)], shade(main, 0.66))
    canvas.polygon([(-170, 0), (-62, -330), (-110, 0)], trim)
    canvas.line([(-60, -440), (330, -360)], 13, trim)
    for x in (-350, 380):
        canvas.line([(x, -6), (x + (-50 if x < 0 else 50), 16)], 8, STEEL)


def _ball(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    ball(canvas, 0, -230, 230, main)
    canvas.arc(-180, -230, 170, 190, -56, 56, 22, trim)
    canvas.arc(180, -230, 170, 190, 124, 236, 22, trim)
    canvas.line([(-212, -230), (208, -230)], 22, trim)


def _bear(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    for side in (-1, 1):
        ball(canvas, side * 130, -64, 76, main)
        canvas.circle(side * 136, -56, 36, tint(main, 0.5))
        ball(canvas, side * 110, -470, 54, main)
        canvas.circle(side * 110, -470, 27, tint(main, 0.5))
        canvas.line([(side * 120, -250), (side * 190, -170)], 80, shade(main, 0.1 if side < 0 else 0.26))
    canvas.ellipse(0, -160, 150, 156, shade(main, 0.2))
    canvas.ellipse(-10, -164, 132, 146, main)
    canvas.ellipse(0, -140, 84, 92, tint(main, 0.5))
    ball(canvas, 0, -370, 146, main)
    canvas.ellipse(0, -326, 66, 50, tint(main, 0.6))
    canvas.ellipse(0, -350, 22, 15, INK)
    canvas.arc(0, -326, 26, 19, 20, 160, 8, INK)
    for x in (-50, 50):
        canvas.circle(x, -404, 15, INK)
        canvas.circle(x - 5, -409, 5, WHITE)
    for side in (-1, 1):
        canvas.smooth([(0, -250), (side * 70, -284), (side * 78, -246), (side * 66, -214)], trim)
    canvas.circle(0, -250, 19, shade(trim))


def _train(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    block(canvas, -290, -380, -90, -100, main, 16)
    canvas.box(-320, -410, -60, -370, trim, 14)
    canvas.box(-250, -330, -140, -230, (206, 236, 246), 10)
    block(canvas, -100, -260, 220, -100, shade(main, 0.06), 50)
    block(canvas, 110, -370, 180, -250, trim, 8)
    canvas.circle(-4, -270, 44, trim)
    canvas.box(-310, -110, 260, -70, shade(trim, 0.2), 10)
    for x, size in ((-220, 76), (-40, 60), (90, 60), (200, 50)):
        canvas.circle(x, -size, size, INK)
        canvas.circle(x, -size, size * 0.66, tint(trim, 0.2))
        canvas.circle(x, -size, size * 0.24, INK)
    canvas.polygon([(230, -90), (310, -16), (230, -16)], (226, 92, 80))
    for x, y, size in ((170, -430, 40), (220, -490, 50), (150, -520, 30)):
        canvas.circle(x, y, size, WHITE)


def _blocks(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    for x, y, tone in (
        (-190, 0, main),
        (0, 0, trim),
        (190, 0, tint(main, 0.4)),
        (-96, -176, tint(trim, 0.3)),
        (96, -176, shade(main, 0.14)),
        (0, -352, main),
    ):
        for dx in (-44, 44):
            canvas.box(x + dx - 30, y - 196, x + dx + 30, y - 160, shade(tone, 0.16), 8)
        block(canvas, x - 90, y - 174, x + 90, y, tone, 10)


def _spinning_top(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    view = canvas.at(0, -8, turn=8)
    pole(view, (0, -480), (0, -330), 24, WOOD)
    view.circle(0, -490, 27, trim)
    view.smooth(
        [(-220, -300), (-150, -360), (150, -360), (220, -300), (120, -120), (0, -10), (-120, -120)], shade(main, 0.2)
    )
    view.smooth([(-220, -300), (-150, -360), (80, -360), (110, -300), (50, -120), (0, -10), (-120, -120)], main)
    view.curve([(-206, -270), (-80, -236), (80, -236), (206, -270)], 44, trim)


def _camera(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    block(canvas, -100, -390, 100, -290, shade(main, 0.2), 20)
    canvas.box(140, -350, 210, -300, (226, 70, 62), 12)
    block(canvas, -260, -320, 260, 0, main, 44)
    canvas.box(-260, -210, 260, -120, trim)
    for radius, tone in ((136, STEEL), (112, INK), (80, (66, 116, 190)), (44, (36, 60, 120))):
        canvas.circle(0, -160, radius, tone)
    canvas.circle(-34, -196, 24, WHITE)


DEVICES: Mapping[str, Product] = {
    "box": Product(_box),
    "book": Product(_book),
    "pen": Product(_pen),
    "phone": Product(_phone, (70, 76, 94)),
    "laptop": Product(_laptop, STEEL),
    "speaker": Product(_speaker),
    "radio": Product(_radio),
    "toaster": Product(_toaster),
    "machine": Product(_machine),
    "blender": Product(_blender),
    "fan": Product(_fan),
    "headphones": Product(_headphones),
    "bike": Product(_bike),
    "tent": Product(_tent),
    "ball": Product(_ball),
    "bear": Product(_bear, (206, 146, 86)),
    "train": Product(_train),
    "blocks": Product(_blocks),
    "spinning top": Product(_spinning_top),
    "camera": Product(_camera, (70, 76, 94)),
}
