"""Caps, hoods, wreaths and bands. The canvas' origin is the middle of the chin."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import COLOUR_WORDS, GOLD, INK, LEAF, WHITE, mix, shade, tint
from model_simulator.drawing.figures.headgear import Headgear
from model_simulator.drawing.figures.helmets import draw_dome
from model_simulator.drawing.shapes import ball


def _captain(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.smooth(
        [(-98, -176), (-138, -226), (-90, -264), (0, -276), (90, -264), (138, -226), (98, -176)], shade(colour, 0.18)
    )
    canvas.smooth([(-98, -176), (-138, -226), (-90, -264), (0, -276), (60, -266), (84, -226), (58, -176)], colour)
    canvas.box(-102, -190, 102, -146, accent, 8)
    canvas.box(60, -190, 102, -146, shade(accent), 8)
    canvas.smooth([(-96, -148), (96, -148), (74, -120), (0, -112), (-74, -120)], INK)
    canvas.line([(-92, -150), (92, -150)], 8, GOLD)
    canvas.circle(0, -186, 23, GOLD)
    canvas.line([(0, -198), (0, -174)], 6, shade(GOLD, 0.5))
    canvas.arc(0, -184, 11, 11, 20, 160, 5, shade(GOLD, 0.5))


def _conductor(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.box(-100, -254, 100, -150, shade(colour), 20)
    canvas.box(-100, -254, 58, -150, colour, 20)
    canvas.box(-102, -192, 102, -150, accent, 6)
    canvas.box(60, -192, 102, -150, shade(accent), 6)
    canvas.smooth([(-98, -154), (98, -154), (76, -118), (0, -108), (-76, -118)], INK)
    canvas.curve([(-60, -138), (-20, -132), (20, -132)], 6, (98, 96, 120))
    canvas.circle(0, -222, 15, GOLD)


def _flat(canvas: Canvas, colour: Rgb, _accent: Rgb) -> None:
    canvas.smooth(
        [(-112, -136), (-124, -190), (-60, -236), (40, -238), (122, -200), (124, -150), (60, -138)], shade(colour)
    )
    canvas.smooth([(-112, -140), (-124, -190), (-60, -236), (40, -236), (86, -200), (60, -146)], colour)
    for x in (-76, -28, 22, 70):
        canvas.line([(x, -222), (x * 1.15, -156)], 5, shade(colour, 0.18))
    for y in (-204, -178):
        canvas.line([(-104, y), (104, y)], 5, tint(colour, 0.16))
    canvas.smooth([(-104, -148), (96, -148), (80, -122), (0, -114), (-86, -120)], shade(colour, 0.36))
    canvas.circle(0, -238, 10, shade(colour, 0.3))


def _cap(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    draw_dome(canvas, colour)
    canvas.smooth(
        [(-92, -150), (92, -150), (112, -124), (60, -112), (0, -108), (-60, -112), (-112, -124)], shade(accent, 0.2)
    )
    canvas.smooth([(-92, -152), (92, -152), (96, -128), (0, -120), (-106, -128)], accent)
    canvas.circle(0, -252, 12, accent)


def _baseball(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    draw_dome(canvas, colour)
    canvas.smooth([(-44, -240), (0, -250), (44, -240), (62, -150), (-62, -150)], tint(accent, 0.2))
    canvas.smooth([(20, -246), (44, -240), (62, -150), (24, -150)], accent)
    canvas.circle(0, -252, 11, shade(colour, 0.2))
    canvas.smooth([(-100, -152), (20, -156), (170, -130), (192, -108), (60, -114), (-96, -122)], shade(colour, 0.34))
    canvas.smooth([(-100, -154), (20, -158), (160, -132), (60, -128), (-96, -128)], colour)


def _beret(canvas: Canvas, colour: Rgb, _accent: Rgb) -> None:
    canvas.smooth(
        [(-108, -140), (-138, -190), (-84, -238), (30, -246), (150, -214), (158, -162), (104, -142)], shade(colour)
    )
    canvas.smooth([(-108, -140), (-138, -190), (-84, -238), (30, -244), (104, -208), (80, -150)], colour)
    canvas.line([(0, -242), (6, -264)], 11, shade(colour))
    canvas.box(-104, -154, 104, -130, shade(colour, 0.36), 10)
    canvas.curve([(-106, -190), (-70, -218), (-20, -226)], 11, tint(colour, 0.3))


def _beanie(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    ball(canvas, 0, -270, 38, tint(accent, 0.3))
    draw_dome(canvas, colour)
    canvas.line([(-100, -196), (-40, -208), (40, -208), (100, -196)], 15, accent)
    canvas.box(-120, -176, 120, -122, shade(colour, 0.36), 24)
    canvas.box(-120, -176, 82, -124, tint(colour, 0.12), 24)
    for x in range(-96, 97, 24):
        canvas.line([(x, -164), (x, -134)], 6, shade(colour, 0.22))


def _crown(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    points = [(-106, -140), (-116, -252), (-62, -206), (0, -276), (62, -206), (116, -252), (106, -140)]
    canvas.polygon(points, shade(colour))
    canvas.polygon([*points[:4], (40, -232), (62, -206), (66, -140)], colour)
    for (x, y), tone in zip(points[1:6:2], (accent, (214, 48, 70), accent), strict=True):
        ball(canvas, x, y, 17, tone)
    canvas.box(-110, -166, 110, -134, shade(colour, 0.2), 6)
    canvas.box(-110, -166, 70, -138, tint(colour, 0.3), 6)
    for x, tone in ((-66, (54, 132, 222)), (0, (214, 48, 70)), (66, (54, 132, 222))):
        canvas.circle(x, -151, 10, tone)


def _laurel(canvas: Canvas, colour: Rgb, _accent: Rgb) -> None:
    for side in (-1, 1):
        canvas.curve([(side * 108, -120), (side * 96, -158), (side * 30, -172)], 8, shade(colour, 0.4))
        for step in range(5):
            view = canvas.at(side * (110 - step * 20), -122 - step * 13, turn=side * (24 - step * 20))
            tone = colour if side < 0 else shade(colour, 0.14)
            view.smooth([(0, 10), (-16, -14), (0, -44), (16, -14)], shade(tone) if step % 2 else tone)


def _flowers(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.curve([(-108, -134), (-60, -158), (0, -166), (60, -158), (108, -134)], 16, LEAF)
    for index, x in enumerate((-96, -58, -18, 22, 62, 98)):
        y = -166 + x * x * 0.0032
        tone = (colour, accent, tint(colour, 0.5))[index % 3]
        for dx, dy in ((0, -15), (14, -5), (9, 12), (-9, 12), (-14, -5)):
            canvas.circle(x + dx, y + dy, 12, tone)
        canvas.circle(x, y, 9, (255, 222, 90))


def _hood(canvas: Canvas, colour: Rgb, _accent: Rgb) -> None:
    ring = [(-100, 2), (-136, -96), (-104, -206), (0, -262), (104, -206), (136, -96), (100, 2)]
    inner = [(74, 0), (98, -84), (74, -150), (0, -178), (-74, -150), (-98, -84), (-74, 0)]
    canvas.smooth([*ring, *inner], shade(colour))
    canvas.smooth([*ring[:4], (40, -240), (30, -178), (0, -178), *inner[4:]], colour)
    canvas.curve([(-112, -130), (-90, -192), (-40, -230)], 12, tint(colour, 0.28))


def _hood_behind(canvas: Canvas, colour: Rgb, _accent: Rgb) -> None:
    canvas.smooth(
        [(-96, 30), (-128, -96), (-100, -200), (0, -246), (100, -200), (128, -96), (96, 30)], shade(colour, 0.55)
    )


def _headband(canvas: Canvas, colour: Rgb, _accent: Rgb) -> None:
    canvas.smooth([(88, -146), (150, -166), (168, -142), (98, -128)], shade(colour, 0.3))
    canvas.smooth([(88, -140), (142, -112), (134, -84), (92, -122)], shade(colour, 0.16))
    canvas.box(-104, -164, 104, -128, shade(colour), 8)
    canvas.box(-104, -164, 70, -130, colour, 8)
    canvas.line([(-80, -154), (-40, -154)], 7, tint(colour, 0.5))


def _headphones(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.arc(0, -112, 118, 128, 186, 354, 24, shade(colour, 0.3))
    canvas.arc(-3, -116, 118, 128, 190, 340, 13, colour)
    for side in (-1, 1):
        canvas.box(side * 112 - 27, -134, side * 112 + 27, -50, shade(accent, 0.3), 22)
        canvas.box(side * 112 - 27, -134, side * 112 + 12, -50, accent, 22)


def _bandana(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.smooth([(94, -150), (156, -150), (178, -104), (140, -112), (124, -66), (96, -118)], shade(colour, 0.36))
    draw_dome(canvas, colour)
    canvas.smooth(
        [(-116, -126), (-60, -146), (0, -152), (60, -146), (116, -126), (112, -158), (0, -184), (-112, -158)],
        shade(colour, 0.14),
    )
    for x, y in ((-66, -190), (-20, -214), (28, -200), (-36, -172), (72, -182), (8, -168)):
        canvas.circle(x, y, 8, tint(accent, 0.6))


def _goggles(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.box(-104, -168, 104, -140, shade(colour, 0.45), 6)
    for x in (-46, 46):
        canvas.circle(x, -154, 46, shade(colour, 0.2))
        canvas.circle(x - 2, -156, 41, colour)
        canvas.circle(x, -154, 31, mix((104, 196, 230), accent, 0.25))
        canvas.line([(x - 15, -148), (x + 3, -170)], 9, WHITE)
    canvas.box(-14, -162, 14, -146, shade(colour, 0.3), 5)


def _feathers(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    for index, turn in enumerate((-64, -42, -21, 0, 21, 42, 64)):
        view = canvas.at(turn * 1.3, -168 - (64 - abs(turn)) * 0.3, turn=turn)
        tone = (colour, WHITE, accent)[index % 3]
        view.smooth([(0, 10), (-22, -40), (-17, -108), (0, -140), (17, -108), (22, -40)], tone)
        view.line([(0, 0), (0, -118)], 4, shade(tone))
        view.smooth([(-14, -112), (0, -140), (14, -112), (0, -104)], shade(accent, 0.3))


def _feather_band(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.box(-104, -168, 104, -130, accent, 8)
    points = [(-96 + step * 24, -156 + (14 if step % 2 else 0)) for step in range(9)]
    canvas.line(points, 7, tint(colour, 0.4))


def _turban(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.smooth(
        [(-118, -130), (-142, -186), (-96, -252), (0, -276), (96, -252), (142, -186), (118, -130), (0, -160)],
        shade(colour),
    )
    canvas.smooth([(-118, -134), (-142, -186), (-96, -252), (0, -274), (60, -250), (84, -180), (0, -162)], colour)
    for lean in (0, 1, 2):
        canvas.curve(
            [(-128 + lean * 24, -150 - lean * 34), (-20, -190 - lean * 18), (112 - lean * 20, -226 - lean * 6)],
            6,
            shade(colour, 0.24),
        )
        canvas.curve([(128 - lean * 24, -150 - lean * 30), (30, -180 - lean * 8), (-60, -168)], 6, shade(colour, 0.34))
    ball(canvas, 0, -204, 19, accent)


def _pharaoh_behind(canvas: Canvas, colour: Rgb, _accent: Rgb) -> None:
    canvas.polygon([(-112, -160), (112, -160), (150, 60), (96, 80), (-96, 80), (-150, 60)], shade(colour, 0.3))


def _pharaoh(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    stripe = accent if accent != colour else COLOUR_WORDS["cobalt"]
    draw_dome(canvas, colour)
    for side in (-1, 1):
        canvas.polygon(
            [(side * 110, -168), (side * 84, -130), (side * 88, 30), (side * 132, 62), (side * 144, 0)],
            colour if side < 0 else shade(colour),
        )
        for y in (-96, -60, -24, 12):
            canvas.line([(side * 92, y), (side * (122 + y * 0.06), y + 14)], 12, stripe)
    for x in (-72, -38, 38, 72):
        canvas.line([(x, -232 + abs(x) * 0.4), (x * 1.08, -168)], 12, stripe)
    canvas.box(-114, -166, 114, -136, GOLD, 6)
    canvas.smooth([(-10, -150), (-20, -200), (0, -234), (20, -200), (10, -150)], shade(GOLD, 0.2))


CAPS: Mapping[str, Headgear] = {
    "captain hat": Headgear(_captain, colour=WHITE),
    "conductor cap": Headgear(_conductor, colour=(38, 56, 108)),
    "flat cap": Headgear(_flat, colour=(128, 122, 114)),
    "baseball cap": Headgear(_baseball),
    "cap": Headgear(_cap),
    "beret": Headgear(_beret, colour=(196, 48, 62)),
    "beanie": Headgear(_beanie),
    "crown": Headgear(_crown, colour=GOLD),
    "laurel wreath": Headgear(_laurel, colour=LEAF, hair="full"),
    "flower wreath": Headgear(_flowers, colour=COLOUR_WORDS["pink"], hair="full"),
    "hood": Headgear(_hood, _hood_behind, hair="hidden"),
    "headband": Headgear(_headband, hair="full"),
    "headphones": Headgear(_headphones, colour=COLOUR_WORDS["charcoal"], hair="full"),
    "bandana": Headgear(_bandana),
    "goggles": Headgear(_goggles, colour=(124, 86, 58), hair="full"),
    "feather headdress": Headgear(_feather_band, _feathers),
    "turban": Headgear(_turban, hair="hidden"),
    "pharaoh headdress": Headgear(_pharaoh, _pharaoh_behind, colour=GOLD, hair="hidden"),
}
