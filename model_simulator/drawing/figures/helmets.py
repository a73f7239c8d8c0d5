"""Helmets and hard headgear. The canvas' origin is the middle of the chin."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Point, Rgb
from model_simulator.drawing.colors import GLASS, GOLD, INK, LEATHER, SILVER, STEEL, WHITE, fade, mix, shade, tint
from model_simulator.drawing.figures.headgear import Headgear
from model_simulator.drawing.shapes import ball, block

DOME: list[Point] = [(-116, -118), (-112, -186), (-66, -238), (0, -252), (66, -238), (112, -186), (116, -118)]


def draw_dome(canvas: Canvas, colour: Rgb, *, lift: float = 0) -> None:
    """Draw a round shell over the upper head, ``lift`` units higher than it would sit on the brow."""
    outline = [(x, y - lift) for x, y in DOME]
    canvas.smooth(outline, shade(colour))
    canvas.smooth([(x * 0.8 - 20, y - lift + 4) for x, y in DOME], colour)
    canvas.curve([(-88, -170 - lift), (-62, -212 - lift), (-22, -230 - lift)], 12, tint(colour, 0.5))


def _bubble_behind(canvas: Canvas, colour: Rgb, _accent: Rgb) -> None:
    canvas.circle(0, -104, 158, shade(colour, 0.3))
    canvas.circle(-4, -108, 146, mix(GLASS, (96, 130, 190), 0.35))


def _bubble(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.circle(0, -106, 146, fade((190, 230, 255), 0.2))
    canvas.arc(0, -104, 150, 150, 0, 360, 19, shade(colour, 0.16))
    canvas.arc(-2, -106, 150, 150, 120, 290, 13, tint(colour, 0.25))
    canvas.arc(-2, -106, 122, 122, 196, 252, 13, WHITE)
    canvas.arc(-2, -106, 122, 122, 264, 272, 13, WHITE)
    for side in (-1, 1):
        canvas.box(side * 152 - 20, -136, side * 152 + 20, -76, shade(accent, 0.2), 12)
        canvas.box(side * 152 - 20, -136, side * 152 + 8, -76, accent, 12)
    canvas.box(-84, 22, 84, 52, shade(colour, 0.2), 14)
    canvas.box(-84, 22, 54, 48, colour, 14)


def _knight(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.smooth(
        [(0, -236), (40, -300), (120, -306), (164, -250), (150, -180), (116, -222), (60, -240)], shade(accent)
    )
    canvas.smooth([(0, -236), (36, -288), (104, -296), (146, -248), (104, -262), (50, -256)], accent)
    draw_dome(canvas, colour)
    for side, tone in ((-1, colour), (1, shade(colour))):
        canvas.polygon(
            [(side * 116, -126), (side * 70, -126), (side * 62, -34), (side * 78, 6), (side * 108, -6)], tone
        )
    canvas.box(-120, -150, 120, -120, shade(colour, 0.34), 8)
    canvas.box(-120, -150, 84, -124, tint(colour, 0.25), 8)
    canvas.box(-9, -240, 9, -76, shade(colour, 0.3), 7)
    canvas.box(-9, -240, 3, -78, tint(colour, 0.4), 6)
    for x in (-96, -52, 52, 96):
        canvas.circle(x, -137, 6, shade(colour, 0.5))


def _racing(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.smooth([*DOME, (124, -40), (96, 14), (-96, 14), (-124, -40)], shade(colour))
    canvas.smooth(
        [
            (-116, -118),
            (-112, -186),
            (-66, -238),
            (0, -250),
            (40, -236),
            (88, -180),
            (92, -60),
            (70, 8),
            (-96, 14),
            (-124, -40),
        ],
        colour,
    )
    canvas.polygon([(-26, -254), (20, -254), (32, -150), (-38, -150)], accent)
    canvas.box(-94, -144, 96, -34, INK, 34)
    canvas.box(-84, -134, 86, -44, (110, 190, 230), 28)
    canvas.polygon([(-60, -50), (-20, -130), (14, -130), (-26, -48)], (170, 222, 246))
    canvas.line([(-46, -12), (46, -12)], 9, shade(colour, 0.4))


def _racing_open(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.smooth(
        [
            (-122, -20),
            (-120, -150),
            (-80, -230),
            (0, -254),
            (80, -230),
            (120, -150),
            (122, -20),
            (96, -4),
            (88, -120),
            (0, -142),
            (-88, -120),
            (-96, -4),
        ],
        shade(colour),
    )
    canvas.smooth(
        [(-122, -20), (-120, -150), (-80, -230), (0, -254), (50, -240), (76, -150), (0, -142), (-88, -120), (-96, -4)],
        colour,
    )
    canvas.polygon([(-22, -254), (22, -254), (30, -146), (-30, -146)], accent)
    canvas.polygon([(-100, -140), (100, -140), (112, -190), (-112, -190)], fade((60, 120, 180), 0.75))
    canvas.line([(-84, -180), (-40, -182)], 7, fade(WHITE, 1))


def _fire(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    draw_dome(canvas, colour, lift=10)
    canvas.smooth([(0, -276), (24, -240), (20, -150), (-20, -150), (-24, -240)], shade(colour, 0.14))
    canvas.smooth(
        [(-146, -104), (-112, -144), (0, -158), (112, -144), (146, -104), (100, -122), (0, -130), (-100, -122)],
        shade(colour, 0.34),
    )
    canvas.polygon([(-30, -208), (0, -226), (30, -208), (24, -162), (0, -146), (-24, -162)], GOLD)
    canvas.polygon([(0, -212), (18, -202), (14, -168), (0, -158)], shade(GOLD))
    canvas.line([(-110, -128), (110, -128)], 6, tint(accent, 0.4))


def _diving(canvas: Canvas, colour: Rgb, _accent: Rgb) -> None:
    dark = shade(colour, 0.36)
    canvas.arc(0, -92, 128, 128, 0, 360, 44, shade(colour))
    canvas.arc(-4, -96, 128, 128, 110, 300, 30, colour)
    canvas.arc(0, -92, 102, 102, 0, 360, 14, dark)
    canvas.arc(-4, -94, 84, 84, 200, 250, 10, WHITE)
    block(canvas, -28, -258, 28, -204, colour, 10)
    for angle_x, angle_y in ((-128, -92), (128, -92), (-90, -2), (90, -2), (-90, -182), (90, -182)):
        canvas.circle(angle_x, angle_y, 11, dark)
    canvas.box(-108, 26, 108, 54, dark, 12)
    canvas.box(-108, 26, 70, 48, colour, 12)


def _bicycle(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.line([(-94, -120), (-70, -12), (0, 10)], 9, INK)
    canvas.line([(94, -120), (70, -12), (0, 10)], 9, INK)
    draw_dome(canvas, colour)
    for x, lean in ((-64, -14), (-22, -5), (22, 5), (64, 14)):
        canvas.smooth(
            [(x, -214), (x + 14, -190), (x + 12 + lean, -154), (x - 8 + lean, -154), (x - 12, -190)], shade(colour, 0.6)
        )
    canvas.box(-118, -146, 118, -120, shade(accent, 0.3), 12)
    canvas.box(-118, -146, 70, -122, accent, 12)


def _flight(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.smooth(
        [*DOME, (112, -30), (84, -16), (88, -126), (0, -144), (-88, -126), (-84, -16), (-112, -30)], shade(colour)
    )
    canvas.smooth([*DOME[:4], (50, -240), (70, -146), (0, -144), (-88, -126), (-84, -16), (-112, -30)], colour)
    canvas.line([(-118, -176), (118, -176)], 15, LEATHER)
    for x in (-46, 46):
        ball(canvas, x, -178, 40, shade(accent, 0.2))
        canvas.circle(x, -178, 28, (126, 196, 226))
        canvas.line([(x - 14, -174), (x + 2, -194)], 8, WHITE)
    for side in (-1, 1):
        canvas.circle(side * 104, -62, 24, shade(colour, 0.4))


def _plain(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    draw_dome(canvas, colour)
    canvas.box(-122, -148, 122, -116, shade(colour, 0.34), 14)
    canvas.box(-122, -148, 80, -120, colour, 14)
    canvas.polygon([(-16, -252), (16, -252), (20, -148), (-20, -148)], accent)
    for side in (-1, 1):
        canvas.line([(side * 104, -116), (side * 92, -40), (side * 58, 0)], 10, shade(colour, 0.5))


def _viking(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    for side in (-1, 1):
        horn = [
            (side * 96, -190),
            (side * 150, -196),
            (side * 178, -236),
            (side * 180, -290),
            (side * 146, -244),
            (side * 98, -232),
        ]
        canvas.smooth(horn, (246, 232, 200) if side < 0 else (214, 192, 160))
    _plain(canvas, colour, accent)


def _hard_hat(canvas: Canvas, colour: Rgb, _accent: Rgb) -> None:
    draw_dome(canvas, colour)
    for x, width, tone in ((-44, 15, tint(colour)), (0, 24, tint(colour)), (44, 15, shade(colour, 0.1))):
        canvas.smooth(
            [
                (x * 1.2, -136),
                (x * 1.25, -190),
                (x * 0.8, -254),
                (x * 0.8 + width, -250),
                (x * 1.2 + width, -190),
                (x * 1.2 + width, -136),
            ],
            tone,
        )
    canvas.smooth([(-138, -116), (-120, -146), (0, -156), (120, -146), (138, -116), (0, -126)], shade(colour, 0.36))
    canvas.smooth([(-138, -120), (-120, -148), (0, -158), (80, -150), (94, -130), (0, -134)], colour)


def _headlamp(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    draw_dome(canvas, colour)
    canvas.box(-120, -152, 120, -122, shade(accent, 0.3), 10)
    canvas.circle(0, -176, 64, fade((255, 244, 170), 0.45))
    block(canvas, -38, -212, 38, -138, (70, 72, 86), 16)
    canvas.circle(-3, -176, 27, (255, 238, 140))
    canvas.circle(-8, -182, 12, WHITE)


def _antenna(canvas: Canvas, colour: Rgb, accent: Rgb) -> None:
    canvas.line([(0, -220), (0, -290)], 10, shade(SILVER, 0.3))
    ball(canvas, 0, -304, 24, accent)
    draw_dome(canvas, colour)
    canvas.box(-118, -148, 118, -122, shade(colour, 0.34), 8)
    for side in (-1, 1):
        canvas.circle(side * 112, -96, 27, shade(accent, 0.3))
        canvas.circle(side * 112 - 3, -99, 20, accent)
    for x in (-70, -24, 24, 70):
        canvas.circle(x, -135, 6, tint(colour, 0.5))


HELMETS: Mapping[str, Headgear] = {
    "bubble helmet": Headgear(_bubble, _bubble_behind, WHITE, hair="low"),
    "knight helmet": Headgear(_knight, colour=SILVER, hair="hidden"),
    "racing helmet": Headgear(_racing_open, hair="hidden"),
    "full face helmet": Headgear(_racing, hair="hidden"),
    "fire helmet": Headgear(_fire, colour=(206, 44, 44)),
    "diving helmet": Headgear(_diving, colour=(198, 142, 66), hair="hidden"),
    "bicycle helmet": Headgear(_bicycle),
    "flight helmet": Headgear(_flight, colour=(132, 84, 52), hair="hidden"),
    "helmet": Headgear(_plain),
    "viking helmet": Headgear(_viking, colour=STEEL),
    "horned helmet": Headgear(_viking, colour=STEEL),
    "hard hat": Headgear(_hard_hat, colour=(252, 204, 44)),
    "headlamp": Headgear(_headlamp, colour=(236, 178, 42)),
    "antenna": Headgear(_antenna, colour=SILVER, hair="hidden"),
}
