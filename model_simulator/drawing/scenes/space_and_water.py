"""Backdrops of space and of the water's edge."""

# ruff: noqa: PLR0917 - places and sizes are positional, in the order of every drawing program

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import WHITE, mix, shade, tint
from model_simulator.drawing.rng import SeededRng
from model_simulator.drawing.scenes import scene_parts as s
from model_simulator.drawing.scenes.scene_type import (
    DAY,
    EVENING,
    HORIZON,
    LILAC,
    MINT,
    MORNING,
    OPEN_AIR,
    Light,
    Scene,
)

SEA: Rgb = (98, 178, 218)
DEEP = Light((26, 26, 74), (72, 62, 138))
DEEP_VIOLET = Light((44, 22, 84), (118, 66, 142))
DEEP_TEAL = Light((14, 38, 74), (42, 98, 132))


def _planet(canvas: Canvas, x: float, y: float, radius: float, colour: Rgb, ring: Rgb | None = None) -> None:
    view = canvas.at(x, y, turn=-18)
    if ring:
        view.arc(0, 0, radius * 1.7, radius * 0.42, 180, 360, radius * 0.16, shade(ring, 0.3))
    view.circle(0, 0, radius, shade(colour, 0.3))
    view.circle(-radius * 0.1, -radius * 0.08, radius * 0.88, colour)
    for share, width in ((-0.4, 0.62), (0.05, 0.8), (0.42, 0.56)):
        view.line(
            [(-radius * width, radius * share), (radius * (width - 0.25), radius * share)],
            radius * 0.11,
            tint(colour, 0.22),
        )
    if ring:
        view.arc(0, 0, radius * 1.7, radius * 0.42, 0, 180, radius * 0.16, ring)


def _craters(canvas: Canvas, rng: SeededRng, colour: Rgb) -> None:
    s.draw_ground(canvas, colour)
    for index in range(7):
        x = canvas.left + (canvas.right - canvas.left) * (index + rng.uniform(f"crater{index}", 0.1, 0.9)) / 7
        y = HORIZON + 34 + (index % 3) * 66
        size = rng.uniform(f"crater size{index}", 34, 72)
        canvas.ellipse(x, y, size, size * 0.26, shade(colour, 0.2))
        canvas.ellipse(x + 5, y + 5, size * 0.86, size * 0.18, shade(colour, 0.34))


def _space(canvas: Canvas, rng: SeededRng, _light: Light) -> None:
    s.draw_stars(canvas, rng, 90)
    tones: tuple[Rgb, ...] = ((240, 150, 100), (120, 200, 210), (226, 130, 180), (246, 206, 110))
    side = rng.choice("planet side", (0, 1))
    big, small = ((150, 230), (860, 170)) if side else ((850, 240), (140, 160))
    tone = rng.choice("planet", tones)
    _planet(canvas, *big, rng.uniform("planet size", 84, 112), tone, tint(tone, 0.5))
    _planet(canvas, *small, rng.uniform("moon size", 34, 56), rng.choice("moon", tones))
    _craters(canvas, rng, (112, 106, 168))


def _moon(canvas: Canvas, rng: SeededRng, _light: Light) -> None:
    s.draw_stars(canvas, rng, 80)
    x, y = rng.choice("earth side", (170, 830)), rng.uniform("earth y", 170, 240)
    canvas.circle(x, y, 96, (50, 120, 196))
    canvas.circle(x - 8, y - 8, 86, (92, 170, 230))
    canvas.smooth([(x - 60, y - 30), (x - 10, y - 60), (x + 20, y - 20), (x - 20, y + 16)], (126, 200, 130))
    canvas.smooth([(x + 4, y + 20), (x + 50, y + 6), (x + 40, y + 54), (x + 10, y + 60)], (126, 200, 130))
    s.draw_ridge(canvas, rng, "far", (142, 146, 170), top=668, swing=34)
    for dome, size in ((1000 - x - 20, 104),):
        canvas.ellipse(dome, HORIZON + 10, size, size, (206, 214, 232))
        canvas.ellipse(dome - 14, HORIZON + 10, size * 0.8, size * 0.9, (228, 236, 248))
        for dx in (-44, 0, 44):
            canvas.box(dome + dx - 15, HORIZON - 50, dome + dx + 15, HORIZON - 22, (110, 190, 226), 8)
    _craters(canvas, rng, (182, 184, 202))


def _red_planet(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_stars(canvas, rng, 30, bottom=420)
    for index, (x, y, size) in enumerate(((180, 190, 54), (810, 150, 78), (700, 290, 30))):
        _planet(canvas, x + rng.uniform(f"sky{index}", -40, 40), y, size, mix((250, 220, 190), light.high, 0.3 * index))
    for index, x in enumerate((60, 250, 800, 960)):
        top = rng.uniform(f"mesa{index}", 430, 560)
        tone = mix((206, 110, 90), light.low, 0.4 if index % 2 else 0.15)
        canvas.polygon([(x - 130, HORIZON + 10), (x - 80, top), (x + 80, top), (x + 130, HORIZON + 10)], tone)
        canvas.polygon(
            [(x + 20, HORIZON + 10), (x + 30, top), (x + 80, top), (x + 130, HORIZON + 10)], shade(tone, 0.14)
        )
        canvas.box(x - 92, top + 34, x + 60, top + 46, tint(tone, 0.2))
    _craters(canvas, rng, (222, 134, 100))


def _ocean(canvas: Canvas, rng: SeededRng, _light: Light) -> None:
    s.draw_clouds(canvas, rng)
    x = rng.choice("sail side", (170, 820)) + rng.uniform("sail", -30, 30)
    canvas.polygon([(x, 500), (x, 660), (x + 110, 660)], WHITE)
    canvas.polygon([(x - 12, 530), (x - 12, 660), (x - 80, 660)], (250, 196, 170))
    canvas.smooth([(x - 110, 668), (x + 130, 668), (x + 92, HORIZON + 16), (x - 72, HORIZON + 16)], (206, 110, 92))
    s.draw_waves(canvas, SEA)


def _underwater(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    for ray in (120, 380, 640, 900):
        foot = ray - rng.uniform(f"ray{ray}", 40, 130)
        edges = [(ray, canvas.top), (ray + 70, canvas.top), (foot + 60, HORIZON), (foot - 80, HORIZON)]
        canvas.polygon(edges, mix(light.high, light.low, 0.55))
    for index in range(5):
        x, y = rng.uniform(f"fish x{index}", canvas.left, canvas.right), rng.uniform(f"fish y{index}", 110, 560)
        tone = ((252, 160, 90), (252, 214, 96), (240, 130, 160))[index % 3]
        view = canvas.at(x, y, mirror=rng.draw_bool(f"fish{index}", 0.5))
        view.polygon([(26, 0), (60, -24), (60, 24)], shade(tone, 0.14))
        view.ellipse(0, 0, 38, 23, tone)
        view.circle(-20, -5, 5, (40, 40, 70))
    for index in range(16):
        x, y = rng.uniform(f"b x{index}", canvas.left, canvas.right), rng.uniform(f"b y{index}", 60, 680)
        canvas.circle(x, y, rng.uniform(f"b{index}", 6, 15), tint(light.low, 0.45))
    s.draw_ground(canvas, (226, 210, 160))
    for index, weed in enumerate((50, 140, 250, 760, 860, 960)):
        tone = ((244, 120, 130), (120, 190, 130), (186, 130, 214))[index % 3]
        height = rng.uniform(f"weed{index}", 110, 250)
        points = [(weed + (24 if step % 2 else -18), HORIZON + 30 - height * step / 4) for step in range(5)]
        canvas.curve(points, 28, tone)


def _beach(canvas: Canvas, rng: SeededRng, _light: Light) -> None:
    s.draw_clouds(canvas, rng, 3)
    s.draw_waves(canvas, SEA, HORIZON - 70)
    canvas.ellipse(500, canvas.bottom + 120, (canvas.right - canvas.left) * 0.8, canvas.bottom - HORIZON + 116, WHITE)
    canvas.ellipse(
        500, canvas.bottom + 120, (canvas.right - canvas.left) * 0.8, canvas.bottom - HORIZON + 96, (244, 222, 170)
    )
    x = rng.choice("shade side", (150, 850))
    canvas.line([(x, HORIZON + 60), (x + 16, 420)], 13, WHITE)
    for index in range(4):
        left, right = -150 + index * 75, -75 + index * 75
        tone: Rgb = (244, 120, 110) if index % 2 else WHITE
        canvas.polygon(
            [
                (x + 16, 400),
                (x + 16 + left, 500 - (20 if index in (1, 2) else 0)),
                (x + 16 + right, 500 - (20 if index in (0, 1, 2) else 0)),
            ],
            tone,
        )
    ball = 1000 - x
    canvas.circle(ball, HORIZON + 34, 46, WHITE)
    canvas.polygon([(ball, HORIZON + 34), (ball - 44, HORIZON + 20), (ball - 20, HORIZON - 6)], (250, 196, 80))
    canvas.polygon([(ball, HORIZON + 34), (ball + 44, HORIZON + 20), (ball + 26, HORIZON + 72)], (92, 178, 226))


def _island(canvas: Canvas, rng: SeededRng, _light: Light) -> None:
    s.draw_sun(canvas, rng)
    s.draw_clouds(canvas, rng, 2)
    s.draw_waves(canvas, (104, 192, 214), HORIZON - 50)
    for index, (x, size) in enumerate(((110, 380), (210, 300), (830, 420), (930, 310))):
        canvas.ellipse(x, HORIZON + 10, 150, 46, (244, 222, 170))
        s.draw_palm(canvas, x - 30 + rng.uniform(f"p{index}", -20, 20), HORIZON, size, (106, 186, 116))


def _deck(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 3)
    canvas.box(canvas.left, 600, canvas.right, HORIZON, SEA)
    wood = (206, 152, 100)
    mast = rng.choice("mast", (150, 850))
    canvas.box(mast - 22, canvas.top, mast + 22, HORIZON, shade(wood, 0.2))
    canvas.smooth(
        [
            (mast - 150, 110),
            (mast + 150, 110),
            (mast + 124, 280),
            (mast + 150, 430),
            (mast - 150, 430),
            (mast - 124, 280),
        ],
        mix((252, 244, 226), light.low, 0.2),
    )
    canvas.box(mast - 170, 92, mast + 170, 116, shade(wood, 0.3), 10)
    for rope in (-300, 300):
        canvas.line([(mast, 120), (mast + rope, HORIZON - 60)], 5, (150, 120, 90))
    s.draw_floor(canvas, wood)
    canvas.box(canvas.left, 620, canvas.right, 644, shade(wood, 0.1), 8)
    x = canvas.left
    while x < canvas.right:
        canvas.box(x, 640, x + 24, HORIZON, shade(wood, 0.22), 8)
        x += 96


def _harbor(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 3)
    for index, x in enumerate((60, 180, 300, 740, 860, 980)):
        wall = ((244, 190, 150), (176, 206, 220), (246, 216, 150))[index % 3]
        s.draw_house(
            canvas,
            x,
            118,
            rng.uniform(f"h{index}", 130, 220),
            mix(wall, light.low, 0.25),
            (206, 122, 104),
            HORIZON - 34,
        )
    s.draw_waves(canvas, SEA, HORIZON - 40)
    crane = canvas.at(rng.choice("crane", (130, 850)), 0, mirror=rng.choice("crane", (False, True)))
    crane.line([(0, HORIZON), (0, 250), (260, 190)], 22, (238, 176, 84))
    crane.line([(200, 204), (200, 380)], 5, (110, 110, 130))
    crane.box(160, 380, 240, 440, (206, 110, 92), 4)
    s.draw_floor(canvas.at(0, 40), (196, 166, 136))
    for bollard in (70, 930):
        canvas.box(bollard - 24, HORIZON + 14, bollard + 24, HORIZON + 90, (110, 116, 140), 12)


SPACE_AND_WATER: Mapping[str, Scene] = {
    "space": Scene(_space, (DEEP, DEEP_VIOLET, DEEP_TEAL), (112, 106, 168), (96, 104, 150), 0.14),
    "moon": Scene(_moon, (DEEP, DEEP_TEAL), (182, 184, 202), (150, 158, 182), 0.14),
    "planet": Scene(
        _red_planet,
        (Light((120, 70, 120), (250, 180, 140)), Light((70, 70, 130), (244, 170, 150))),
        (222, 134, 100),
        (196, 110, 84),
        0.22,
    ),
    "ocean": Scene(_ocean, OPEN_AIR, SEA, (58, 136, 200)),
    "underwater": Scene(
        _underwater,
        (Light((44, 130, 186), (120, 200, 216)), Light((40, 110, 170), (110, 190, 206))),
        (226, 210, 160),
        (228, 196, 130),
        0.2,
    ),
    "beach": Scene(_beach, (DAY, MORNING, MINT), (244, 222, 170), (240, 206, 136)),
    "island": Scene(_island, (DAY, EVENING, MINT), (104, 192, 214), (240, 206, 136)),
    "ship deck": Scene(_deck, (DAY, EVENING, LILAC), (206, 152, 100), (172, 116, 74)),
    "harbor": Scene(_harbor, OPEN_AIR, SEA, (150, 118, 92)),
}
