"""Parts of backdrops, in light, hazy colours."""

# ruff: noqa: PLR0917 - places and sizes are positional, in the order of every drawing program

from collections.abc import Sequence

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import WHITE, fade, mix, shade, tint
from model_simulator.drawing.rng import SeededRng
from model_simulator.drawing.scenes.scene_type import HORIZON, Light

BANDS = 48
"""Steps of a sky; a stepped sky compresses better than a smooth gradient, with hardly a visible difference."""


def draw_sky(canvas: Canvas, light: Light, bottom: float = HORIZON) -> None:
    """Fill everything above ``bottom`` from the high to the low colour."""
    height = (bottom - canvas.top) / BANDS
    for band in range(BANDS):
        top = canvas.top + band * height
        canvas.box(canvas.left, top, canvas.right, top + height + 1, mix(light.high, light.low, band / (BANDS - 1)))


def draw_ground(canvas: Canvas, colour: Rgb, horizon: float = HORIZON) -> None:
    """Fill everything below the horizon; nearer ground is a little lighter, in three steps."""
    for step, share in enumerate((0.0, 0.07, 0.15)):
        top = horizon + (canvas.bottom - horizon) * step * 0.3
        foot = canvas.bottom if step == 2 else top + (canvas.bottom - horizon) * 0.3 + 1  # noqa: PLR2004 - the last step
        canvas.box(canvas.left, top, canvas.right, foot, tint(colour, share))


def draw_stars(canvas: Canvas, rng: SeededRng, count: int = 60, bottom: float = HORIZON) -> None:
    """Scatter stars over the sky."""
    for index in range(count):
        x = rng.uniform(f"star x{index}", canvas.left, canvas.right)
        y = rng.uniform(f"star y{index}", canvas.top, bottom - 20)
        size = rng.choice(f"star size{index}", (2.6, 2.6, 3.6, 5, 7))
        tone = (236, 236, 255) if index % 4 else (255, 236, 170)
        if size > 6:  # noqa: PLR2004 - only the largest ones twinkle
            canvas.polygon([(x, y - size * 2), (x + 2.6, y), (x, y + size * 2), (x - 2.6, y)], tone)
            canvas.polygon([(x - size * 2, y), (x, y - 2.6), (x + size * 2, y), (x, y + 2.6)], tone)
        else:
            canvas.circle(x, y, size, tone)


def draw_cloud(canvas: Canvas, x: float, y: float, size: float, colour: Rgb = WHITE) -> None:
    """Draw a cloud with a flat foot."""
    low = mix(colour, (150, 170, 210), 0.18)
    for dx, dy, radius in ((-0.8, 0, 0.5), (-0.2, -0.3, 0.68), (0.5, -0.16, 0.56), (1.0, 0.04, 0.42)):
        canvas.circle(x + dx * size, y + dy * size, radius * size, colour)
    canvas.box(x - 1.3 * size, y + 0.08 * size, x + 1.42 * size, y + 0.48 * size, colour, 0.22 * size)
    canvas.box(x - 0.9 * size, y + 0.34 * size, x + 1.2 * size, y + 0.48 * size, low, 0.08 * size)


def draw_clouds(canvas: Canvas, rng: SeededRng, count: int = 4) -> None:
    """Spread clouds over the sky, mostly beside the figure."""
    for index in range(count):
        side = (canvas.left, 300) if index % 2 else (700, canvas.right)
        x = rng.uniform(f"cloud x{index}", *side)
        y = rng.uniform(f"cloud y{index}", canvas.top + 70, 400)
        draw_cloud(canvas, x, y, rng.uniform(f"cloud size{index}", 38, 74))


def draw_sun(canvas: Canvas, rng: SeededRng, colour: Rgb = (255, 226, 130)) -> None:
    """Draw a low sun left or right above the figure."""
    x = rng.choice("sun side", (170, 830)) + rng.uniform("sun x", -40, 40)
    y = rng.uniform("sun y", 120, 250)
    canvas.circle(x, y, 104, fade(colour, 0.28))
    canvas.circle(x, y, 70, colour)


def draw_ridge(
    canvas: Canvas, rng: SeededRng, name: str, colour: Rgb, *, top: float, swing: float, foot: float = HORIZON
) -> None:
    """Draw a soft chain of hills from edge to edge."""
    step = 150
    count = int((canvas.right - canvas.left) / step) + 3
    start = canvas.left - step - rng.uniform(f"{name} shift", 0, step)
    points = [(start + index * step, top - swing * rng.uniform(f"{name}{index}", -1, 1)) for index in range(count + 1)]
    end = points[-1][0]
    canvas.smooth(
        [*points, (end + 200, foot + 60), (end, foot + 120), (start, foot + 120), (start - 200, foot + 60)], colour
    )


def draw_peak(
    canvas: Canvas, x: float, top: float, half: float, colour: Rgb, cap: Rgb | None = None, foot: float = HORIZON
) -> None:
    """Draw a mountain, lit from the left; ``cap`` is its snow."""
    canvas.polygon([(x - half, foot), (x, top), (x + half, foot)], colour)
    canvas.polygon([(x - half * 0.12, foot), (x, top), (x + half, foot)], shade(colour, 0.14))
    if cap:
        low = top + (foot - top) * 0.3
        width = half * 0.3
        edge = [
            (x + width, low),
            (x + width * 0.4, low - 22),
            (x, low + 20),
            (x - width * 0.4, low - 16),
            (x - width, low),
        ]
        canvas.polygon([(x, top), *edge], cap)
        canvas.polygon([(x, top), *edge[:3]], shade(cap, 0.14))


def draw_round_tree(canvas: Canvas, x: float, foot: float, size: float, colour: Rgb) -> None:
    """Draw a leafy tree, ``size`` units high."""
    trunk = mix((140, 96, 70), colour, 0.15)
    canvas.box(x - size * 0.045, foot - size * 0.5, x + size * 0.045, foot, trunk)
    canvas.circle(x + size * 0.06, foot - size * 0.62, size * 0.32, shade(colour, 0.16))
    canvas.circle(x - size * 0.12, foot - size * 0.58, size * 0.26, colour)
    canvas.circle(x + size * 0.02, foot - size * 0.74, size * 0.25, tint(colour, 0.14))


def draw_pine(canvas: Canvas, x: float, foot: float, size: float, colour: Rgb, snow: Rgb | None = None) -> None:
    """Draw a fir, ``size`` units high."""
    canvas.box(x - size * 0.04, foot - size * 0.2, x + size * 0.04, foot, mix((130, 92, 70), colour, 0.2))
    for low, high, half in ((0.12, 0.55, 0.26), (0.36, 0.78, 0.21), (0.6, 1.0, 0.15)):
        top, bottom = foot - size * high, foot - size * low
        canvas.polygon([(x - size * half, bottom), (x, top), (x + size * half, bottom)], colour)
        canvas.polygon([(x + size * 0.03, bottom), (x, top), (x + size * half, bottom)], shade(colour, 0.14))
        if snow:
            canvas.polygon(
                [
                    (x - size * half * 0.45, top + (bottom - top) * 0.45),
                    (x, top),
                    (x + size * half * 0.45, top + (bottom - top) * 0.45),
                ],
                snow,
            )


def draw_palm(canvas: Canvas, x: float, foot: float, size: float, colour: Rgb) -> None:
    """Draw a palm, ``size`` units high."""
    crown_x, crown_y = x + size * 0.14, foot - size
    canvas.curve([(x, foot), (x + size * 0.02, foot - size * 0.5), (crown_x, crown_y)], size * 0.08, (190, 150, 110))
    for turn in (-115, -70, -25, 30, 75, 120):
        leaf = canvas.at(crown_x, crown_y, turn=turn)
        tone = colour if turn < 0 else shade(colour, 0.14)
        leaf.smooth([(0, 0), (-size * 0.1, -size * 0.2), (0, -size * 0.46), (size * 0.08, -size * 0.2)], tone)
    canvas.circle(crown_x, crown_y, size * 0.06, (166, 122, 82))


def draw_bush(canvas: Canvas, x: float, foot: float, size: float, colour: Rgb) -> None:
    """Draw a low round bush."""
    for dx, radius, tone in ((0.5, 0.4, shade(colour, 0.14)), (-0.5, 0.42, colour), (0, 0.56, tint(colour, 0.08))):
        canvas.circle(x + dx * size, foot - radius * size * 0.6, radius * size, tone)


def draw_rock(canvas: Canvas, x: float, foot: float, size: float, colour: Rgb) -> None:
    """Draw a boulder."""
    canvas.polygon(
        [
            (x - size, foot),
            (x - size * 0.7, foot - size * 0.6),
            (x - size * 0.1, foot - size * 0.9),
            (x + size * 0.6, foot - size * 0.55),
            (x + size, foot),
        ],
        shade(colour, 0.16),
    )
    canvas.polygon(
        [
            (x - size, foot),
            (x - size * 0.7, foot - size * 0.6),
            (x - size * 0.1, foot - size * 0.9),
            (x + size * 0.05, foot - size * 0.4),
            (x - size * 0.2, foot),
        ],
        tint(colour, 0.1),
    )


def draw_house(
    canvas: Canvas, x: float, width: float, height: float, wall: Rgb, roof: Rgb, foot: float = HORIZON
) -> None:
    """Draw a small house with a pitched roof, its middle at x."""
    half, top = width / 2, foot - height
    canvas.box(x - half, top, x + half, foot, wall)
    canvas.box(x + half * 0.5, top, x + half, foot, shade(wall, 0.1))
    canvas.polygon([(x - half - 16, top + 6), (x, top - width * 0.55), (x + half + 16, top + 6)], roof)
    canvas.polygon([(x, top - width * 0.55), (x + half + 16, top + 6), (x + half * 0.5, top + 6)], shade(roof, 0.14))
    canvas.box(x - half * 0.62, top + height * 0.22, x - half * 0.14, top + height * 0.55, (255, 238, 180), 4)
    canvas.box(x + half * 0.12, foot - height * 0.5, x + half * 0.58, foot, shade(roof, 0.3), 6)


def draw_tower(
    canvas: Canvas, x: float, width: float, top: float, wall: Rgb, windows: Rgb, foot: float = HORIZON
) -> None:
    """Draw a block of flats or offices with a grid of windows, its left edge at x."""
    canvas.box(x, top, x + width, foot, wall)
    canvas.box(x + width * 0.76, top, x + width, foot, shade(wall, 0.12))
    columns = max(2, int(width / 44))
    for row in range(int((foot - top - 30) / 62)):
        for column in range(columns):
            left = x + width * (column + 0.28) / columns
            canvas.box(left, top + 24 + row * 62, left + width / columns * 0.46, top + 58 + row * 62, windows)


def draw_skyline(
    canvas: Canvas, rng: SeededRng, name: str, walls: Sequence[Rgb], windows: Rgb, *, minimum: float, maximum: float
) -> None:
    """Draw a row of towers from edge to edge."""
    x, index = canvas.left - 20, 0
    while x < canvas.right:
        width = rng.uniform(f"{name} width{index}", 96, 168)
        top = rng.uniform(f"{name} top{index}", minimum, maximum)
        draw_tower(canvas, x, width, top, rng.choice(f"{name} wall{index}", walls), windows)
        x += width + 8
        index += 1


def draw_waves(canvas: Canvas, colour: Rgb, horizon: float = HORIZON) -> None:
    """Draw water from the horizon down, with a few bright crests."""
    draw_ground(canvas, colour, horizon)
    for row, y in enumerate((horizon + 34, horizon + 88, horizon + 160, horizon + 240)):
        x = canvas.left + (row % 2) * 90 - 40
        while x < canvas.right:
            canvas.arc(x, y, 34, 11, 200, 340, 6, tint(colour, 0.4))
            x += 180


def draw_fence(canvas: Canvas, y: float, colour: Rgb) -> None:
    """Draw a picket fence from edge to edge, its foot at y."""
    for rail in (y - 74, y - 34):
        canvas.box(canvas.left, rail, canvas.right, rail + 13, shade(colour, 0.12))
    x = canvas.left - 10
    while x < canvas.right:
        canvas.polygon([(x, y), (x, y - 88), (x + 15, y - 106), (x + 30, y - 88), (x + 30, y)], colour)
        x += 62


def draw_bunting(canvas: Canvas, y: float, colours: Sequence[Rgb]) -> None:
    """Hang a line of pennants from edge to edge."""
    span, flags = 250, 5
    x, index = canvas.left - 60, 0
    while x < canvas.right:
        canvas.arc(x + span / 2, y, span / 2, 44, 0, 180, 5, (236, 236, 240))
        for flag in range(flags):
            share = (flag + 0.5) / flags
            fx, fy = x + span * share, y + 44 * (1 - (2 * share - 1) ** 2) ** 0.5
            canvas.polygon([(fx - 20, fy - 3), (fx + 20, fy - 3), (fx, fy + 42)], colours[index % len(colours)])
            index += 1
        x += span


def draw_shelves(
    canvas: Canvas, rng: SeededRng, wood: Rgb, colours: Sequence[Rgb], *, left: float, right: float
) -> None:
    """Draw shelves full of books (or boxes) between two heights and two sides."""
    canvas.box(left, 120, right, HORIZON, shade(wood, 0.16))
    for row in range(4):
        floor = 246 + row * 146
        x, index = left + 14, 0
        while x < right - 34:
            key = f"book{left}{row}{index}"
            width = rng.uniform(key, 17, 40)
            height = rng.uniform(f"{key}h", 70, 112)
            tone = rng.choice(f"{key}c", colours)
            canvas.box(x, floor - height, x + width, floor, tone)
            canvas.box(x, floor - height + 14, x + width, floor - height + 22, tint(tone, 0.4))
            x += width + rng.choice(f"{key}g", (3, 3, 3, 26))
            index += 1
        canvas.box(left, floor, right, floor + 17, wood)
    canvas.box(left, 112, right, 128, tint(wood, 0.1))


def draw_window(canvas: Canvas, left: float, top: float, right: float, bottom: float, frame: Rgb, pane: Rgb) -> None:
    """Draw a window with a cross of bars and a slanting gleam."""
    canvas.box(left - 13, top - 13, right + 13, bottom + 13, frame, 8)
    canvas.box(left, top, right, bottom, pane, 4)
    slant = (right - left) * 0.3
    canvas.polygon(
        [(left + slant, bottom), (left + slant * 2, top), (left + slant * 2.6, top), (left + slant * 1.6, bottom)],
        tint(pane, 0.4),
    )
    middle, height = (left + right) / 2, (top + bottom) / 2
    canvas.box(middle - 5, top, middle + 5, bottom, frame)
    canvas.box(left, height - 5, right, height + 5, frame)
    canvas.box(left - 24, bottom + 8, right + 24, bottom + 26, shade(frame, 0.1), 6)


def draw_floor(canvas: Canvas, colour: Rgb, *, boards: bool = True) -> None:
    """Draw a room's floor with its skirting board; boards or tiles run towards the viewer."""
    draw_ground(canvas, colour)
    canvas.box(canvas.left, HORIZON - 22, canvas.right, HORIZON, tint(colour, 0.4))
    canvas.box(canvas.left, HORIZON - 4, canvas.right, HORIZON + 3, shade(colour, 0.2))
    reach = canvas.bottom - HORIZON
    for step in range(-14, 15):
        x = 500 + step * 90
        foot = 500 + step * 90 * (1 + reach / 210)
        canvas.line([(x, HORIZON + 4), (foot, canvas.bottom)], 3, shade(colour, 0.1))
    if not boards:
        for share in (0.1, 0.32, 0.62):
            y = HORIZON + reach * share
            canvas.box(canvas.left, y - 1.5, canvas.right, y + 1.5, shade(colour, 0.1))
