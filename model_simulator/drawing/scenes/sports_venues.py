"""Backdrops of play and sport."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import WHITE, mix, shade, tint
from model_simulator.drawing.rng import SeededRng
from model_simulator.drawing.scenes import scene_parts as s
from model_simulator.drawing.scenes.scene_type import HORIZON, LILAC, OPEN_AIR, Light, Scene
from model_simulator.drawing.scenes.town import FLAGS, PASTELS


def _theme_park(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    x, y = rng.choice("wheel", (190, 810)), 380
    rim = mix((226, 112, 140), light.low, 0.15)
    canvas.arc(x, y, 220, 220, 0, 360, 13, rim)
    for step in range(8):
        spoke = canvas.at(x, y, turn=step * 45 + rng.uniform("turn", 0, 44))
        spoke.line([(0, 0), (0, -220)], 7, rim)
        spoke.circle(0, -220, 32, FLAGS[step % 4])
    canvas.line([(x - 120, HORIZON), (x, y), (x + 120, HORIZON)], 19, shade(rim, 0.2))
    base = 1000 - x
    points = [
        (base - 260, HORIZON),
        (base - 190, 420),
        (base - 90, 600),
        (base + 20, 330),
        (base + 120, 560),
        (base + 240, 440),
        (base + 330, HORIZON),
    ]
    canvas.curve(points, 15, mix((90, 150, 206), light.low, 0.2))
    for px in range(int(base) - 190, int(base) + 300, 60):
        canvas.line([(px, 620), (px, HORIZON)], 6, mix((150, 170, 206), light.low, 0.3))
    s.draw_ground(canvas, (232, 214, 186))
    s.draw_bunting(canvas, 70, FLAGS)


def _circus(canvas: Canvas, _dice: SeededRng, light: Light) -> None:
    center, tip = 500, canvas.top - 40
    count = 18
    for index in range(count):
        left = canvas.left - 300 + (canvas.right - canvas.left + 600) * index / count
        right = canvas.left - 300 + (canvas.right - canvas.left + 600) * (index + 1) / count
        tone: Rgb = (236, 128, 118) if index % 2 else (252, 236, 212)
        canvas.polygon([(center, tip), (left, 470), (right, 470)], mix(tone, light.low, 0.12))
        canvas.box(left, 468, right, HORIZON, mix(tone, light.low, 0.3))
        canvas.circle((left + right) / 2, 470, (right - left) / 2, (252, 206, 92))
    s.draw_ground(canvas, (240, 206, 150))
    canvas.box(canvas.left, HORIZON - 8, canvas.right, HORIZON + 34, (206, 84, 92))
    x = canvas.left + 30
    while x < canvas.right:
        canvas.circle(x, HORIZON + 13, 14, (255, 226, 130))
        x += 90


def _skate_park(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 3)
    s.draw_skyline(
        canvas,
        rng,
        "far",
        [mix(tone, light.low, 0.6) for tone in PASTELS],
        tint(light.low, 0.4),
        minimum=380,
        maximum=560,
    )
    concrete = (196, 200, 214)
    for side in (-1, 1):
        edge = canvas.left if side < 0 else canvas.right
        deck = 500 + side * 420
        outline = [
            (edge, 470),
            (deck, 470),
            (500 + side * 390, 560),
            (500 + side * 330, 650),
            (500 + side * 220, HORIZON + 10),
            (edge, HORIZON + 10),
        ]
        canvas.polygon(outline, concrete if side < 0 else shade(concrete, 0.1))
        canvas.line([(edge, 470), (deck, 470)], 13, (236, 112, 104))
    s.draw_ground(canvas, (206, 208, 218))
    for index in range(5):
        x = rng.uniform(f"paint x{index}", canvas.left, canvas.right)
        canvas.circle(x, HORIZON + rng.uniform(f"paint y{index}", 40, 200), 34, (*FLAGS[index % 4], 90))


def _race_track(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 2)
    s.draw_ridge(canvas, rng, "far", mix((150, 206, 140), light.low, 0.4), top=600, swing=30)
    canvas.box(canvas.left, 540, canvas.right, 640, (206, 212, 226))
    for index in range(int((canvas.right - canvas.left) / 26)):
        canvas.circle(
            canvas.left + 16 + index * 26,
            566 + 26 * (index % 3),
            12,
            mix(rng.choice(f"fan{index}", FLAGS), light.low, 0.3),
        )
    x = canvas.left
    while x < canvas.right:
        canvas.box(x, 636, x + 50, HORIZON, WHITE)
        canvas.box(x + 50, 636, x + 100, HORIZON, (236, 92, 84))
        x += 100
    s.draw_ground(canvas, (132, 138, 156))
    for row in range(2):
        for column in range(-20, 40):
            if (row + column) % 2:
                canvas.box(column * 50, HORIZON + 40 + row * 36, column * 50 + 50, HORIZON + 76 + row * 36, WHITE)
    for flag in (120, 880):
        canvas.line([(flag, HORIZON), (flag, 240)], 11, (120, 124, 144))
        for row in range(4):
            for column in range(5):
                tone: Rgb = (70, 70, 86) if (row + column) % 2 else WHITE
                canvas.box(flag + column * 26, 244 + row * 26, flag + column * 26 + 26, 270 + row * 26, tone)


def _stadium(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    for row in range(6):
        y = 330 + row * 54
        canvas.box(canvas.left, y, canvas.right, HORIZON, mix((150, 160, 206), light.low, 0.5 - row * 0.06))
        for index in range(int((canvas.right - canvas.left) / 38)):
            tone = mix(rng.choice(f"fan{row}{index}", FLAGS), light.low, 0.35)
            canvas.circle(canvas.left + 20 + index * 38 + (row % 2) * 18, y + 26, 14, tone)
    for x in (80, 920):
        canvas.line([(x, 330), (x, 120)], 15, (150, 156, 180))
        canvas.box(x - 74, 70, x + 74, 150, (170, 178, 200), 10)
        for dx in (-46, 0, 46):
            for dy in (92, 128):
                canvas.circle(x + dx, dy, 15, (255, 246, 206))
    canvas.box(canvas.left, 650, canvas.right, HORIZON, (246, 246, 250))
    s.draw_ground(canvas, (126, 198, 120))
    reach = canvas.bottom - HORIZON
    for step in range(-8, 9, 2):
        canvas.polygon(
            [
                (500 + step * 90, HORIZON),
                (590 + step * 90, HORIZON),
                (500 + (step + 1) * 90 * (1 + reach / 200), canvas.bottom),
                (500 + step * 90 * (1 + reach / 200), canvas.bottom),
            ],
            (140, 208, 132),
        )
    canvas.box(canvas.left, HORIZON + 10, canvas.right, HORIZON + 20, WHITE)


SPORTS_VENUES: Mapping[str, Scene] = {
    "theme park": Scene(_theme_park, OPEN_AIR, (232, 214, 186), (226, 110, 150)),
    "circus tent": Scene(_circus, (Light((250, 214, 170), (252, 232, 200)),), (240, 206, 150), (206, 84, 92)),
    "skate park": Scene(_skate_park, OPEN_AIR, (206, 208, 218), (126, 134, 156)),
    "race track": Scene(_race_track, OPEN_AIR, (132, 138, 156), (70, 76, 92)),
    "stadium": Scene(_stadium, (OPEN_AIR[0], LILAC, OPEN_AIR[5]), (126, 198, 120), (78, 162, 86)),
}
