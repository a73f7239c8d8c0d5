"""Containers: bottles, cups, bowls, pots."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import INK, LEAF, STEEL, WHITE, fade, mix, shade, tint
from model_simulator.drawing.products.product_type import Product
from model_simulator.drawing.shapes import ball, block, drum


def draw_round(canvas: Canvas, profile: list[tuple[float, float]], colour: Rgb) -> None:
    """Draw something turned on a wheel, from half widths at heights (top first), with the house light."""
    right = [(half, y) for half, y in profile]
    left = [(-half, y) for half, y in reversed(profile)]
    canvas.smooth([*right, *left], shade(colour, 0.26))
    canvas.smooth([*((half * 0.56, y) for half, y in profile), *left], colour)
    gleam = [(-half * 0.66, y) for half, y in profile[1:-1]]
    if len(gleam) > 1:
        canvas.curve(gleam, 15, tint(colour, 0.4))


def _band(canvas: Canvas, half: float, top: float, bottom: float, colour: Rgb) -> None:
    canvas.box(-half, top, half, bottom, shade(colour, 0.2), 4)
    canvas.box(-half, top, half * 0.56, bottom, colour, 4)


def _bottle(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    draw_round(canvas, [(46, -440), (50, -390), (120, -330), (126, -180), (122, -20), (100, 0)], main)
    block(canvas, -62, -520, 62, -436, trim, 14)
    _band(canvas, 124, -240, -150, trim)
    canvas.smooth([(0, -226), (24, -190), (0, -166), (-24, -190)], tint(trim, 0.6))


def _jug(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.arc(136, -240, 84, 116, -90, 90, 32, shade(main, 0.3))
    draw_round(canvas, [(110, -440), (92, -360), (150, -190), (150, -70), (112, 0)], main)
    canvas.smooth([(-108, -440), (-160, -462), (-120, -396), (-80, -380)], main)
    canvas.ellipse(-6, -436, 112, 24, shade(main, 0.4))
    _band(canvas, 148, -150, -118, trim)


def _cup(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.arc(176, -200, 84, 94, -100, 100, 38, shade(main, 0.3))
    canvas.box(-190, -360, 190, 0, shade(main, 0.26), 54)
    canvas.box(-190, -360, 106, 0, main, 54)
    canvas.ellipse(0, -356, 190, 44, tint(main, 0.36))
    canvas.ellipse(0, -350, 164, 33, (112, 70, 46))
    canvas.box(-190, -150, 190, -100, shade(trim, 0.2))
    canvas.box(-190, -150, 106, -100, trim)
    canvas.line([(-150, -280), (-150, -190)], 17, tint(main, 0.5))
    for x in (-70, 20, 96):
        canvas.curve([(x, -400), (x + 30, -446), (x - 20, -490), (x + 14, -540)], 15, fade(WHITE, 1))


def _bowl(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.box(-90, -40, 90, 0, shade(main, 0.34), 14)
    canvas.smooth([(-260, -250), (260, -250), (226, -120), (110, -20), (-110, -20), (-226, -120)], shade(main, 0.26))
    canvas.smooth([(-260, -250), (150, -250), (120, -120), (40, -24), (-110, -20), (-226, -120)], main)
    canvas.ellipse(0, -246, 262, 58, tint(main, 0.3))
    canvas.ellipse(0, -240, 234, 44, shade(main, 0.34))
    canvas.curve([(-222, -170), (-100, -140), (60, -136), (222, -170)], 19, trim)


def _dish(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.ellipse(0, -30, 290, 64, shade(main, 0.34))
    canvas.ellipse(0, -62, 300, 84, main)
    canvas.ellipse(0, -62, 276, 72, trim)
    canvas.ellipse(0, -62, 258, 62, tint(main, 0.16))
    canvas.ellipse(8, -56, 180, 36, shade(main, 0.12))
    for x, y, size, tone in (
        (-70, -96, 54, (240, 130, 90)),
        (20, -108, 60, (130, 190, 100)),
        (90, -88, 50, (250, 200, 90)),
    ):
        ball(canvas, x, y, size, tone)


def _vase(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    for turn, tone in ((-26, (240, 130, 150)), (0, (252, 206, 100)), (24, (190, 150, 230))):
        view = canvas.at(0, -330, turn=turn)
        view.line([(0, 0), (0, -170)], 11, LEAF)
        for dx, dy in ((0, -30), (28, -9), (18, 24), (-18, 24), (-28, -9)):
            view.circle(dx, dy - 190, 26, tone)
        view.circle(0, -190, 19, (255, 230, 140))
    draw_round(canvas, [(84, -350), (60, -300), (146, -170), (140, -70), (84, 0)], main)
    canvas.ellipse(0, -348, 86, 20, shade(main, 0.4))
    canvas.curve([(-140, -170), (-40, -150), (60, -150), (140, -170)], 21, trim)


def _planter(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    for turn in (-58, -34, -10, 14, 38, 60):
        view = canvas.at(0, -220, turn=turn)
        tone = shade(LEAF, 0.2) if turn > 0 else LEAF
        view.smooth([(0, 0), (-54, -130), (0, -300), (54, -130)], tone)
        view.line([(0, -20), (0, -250)], 6, tint(tone, 0.3))
    canvas.polygon([(-170, -240), (170, -240), (126, 0), (-126, 0)], shade(main, 0.26))
    canvas.polygon([(-170, -240), (86, -240), (62, 0), (-126, 0)], main)
    _band(canvas, 192, -276, -216, tint(main, 0.1))
    canvas.polygon([(-148, -120), (148, -120), (142, -84), (-142, -84)], trim)


def _teapot(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.curve([(150, -120), (250, -180), (290, -310)], 54, shade(main, 0.26))
    canvas.arc(-180, -190, 104, 118, 80, 280, 34, trim)
    draw_round(canvas, [(90, -346), (196, -270), (212, -150), (150, -10), (90, 0)], main)
    canvas.ellipse(0, -340, 108, 28, shade(main, 0.3))
    canvas.ellipse(-4, -350, 92, 24, tint(main, 0.2))
    ball(canvas, 0, -396, 34, trim)
    canvas.curve([(-200, -170), (-60, -146), (60, -146), (204, -170)], 19, trim)


def _saucepan(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    block(canvas, 170, -232, 400, -186, trim, 22)
    canvas.circle(372, -209, 10, shade(trim, 0.5))
    drum(canvas, 0, -250, -50, 206, main, tint(main, 0.3))
    canvas.ellipse(0, -250, 184, 38, shade(main, 0.4))
    canvas.ellipse(0, -276, 200, 40, mix(main, WHITE, 0.3))
    ball(canvas, 0, -322, 32, trim)


def _jar(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.box(-150, -370, 150, 0, shade(main, 0.26), 60)
    canvas.box(-150, -370, 82, 0, main, 60)
    canvas.line([(-112, -310), (-112, -90)], 17, tint(main, 0.5))
    block(canvas, -140, -440, 140, -362, trim, 16)
    canvas.box(-90, -250, 90, -110, WHITE, 14)
    for y, half in ((-210, 50), (-180, 60), (-150, 36)):
        canvas.line([(-half, y), (half, y)], 9, trim)


def _candle(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.circle(0, -440, 150, fade((255, 226, 140), 0.34))
    canvas.ellipse(0, -20, 210, 44, shade(trim, 0.3))
    canvas.ellipse(0, -34, 210, 42, trim)
    drum(canvas, 0, -320, -50, 92, main, tint(main, 0.4))
    canvas.line([(0, -322), (0, -370)], 8, INK)
    canvas.smooth([(-34, -390), (0, -510), (34, -390), (0, -356)], (255, 160, 50))
    canvas.smooth([(-16, -386), (0, -446), (16, -386), (0, -364)], (255, 230, 130))


def _watering_can(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    canvas.curve([(110, -80), (220, -170), (290, -330)], 44, shade(main, 0.26))
    canvas.polygon([(240, -330), (350, -370), (330, -410), (250, -370)], trim)
    canvas.arc(-20, -250, 120, 150, 170, 350, 30, trim)
    drum(canvas, -20, -240, -40, 156, main)
    canvas.ellipse(-20, -240, 126, 26, shade(main, 0.45))


def _flask(canvas: Canvas, main: Rgb, trim: Rgb) -> None:
    block(canvas, -104, -420, 104, 0, main, 30)
    block(canvas, -84, -520, 84, -410, STEEL, 26)
    _band(canvas, 104, -300, -250, trim)
    canvas.box(-104, -40, 104, 0, shade(trim, 0.2), 18)


CONTAINERS: Mapping[str, Product] = {
    "bottle": Product(_bottle),
    "jug": Product(_jug),
    "cup": Product(_cup),
    "bowl": Product(_bowl),
    "dish": Product(_dish),
    "vase": Product(_vase),
    "planter": Product(_planter, (206, 112, 78)),
    "teapot": Product(_teapot),
    "saucepan": Product(_saucepan, STEEL),
    "jar": Product(_jar),
    "candle": Product(_candle, (248, 236, 214)),
    "watering can": Product(_watering_can),
    "flask": Product(_flask),
}
