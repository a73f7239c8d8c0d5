"""Backdrops of farms and gardens."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import WHITE, mix, shade
from model_simulator.drawing.rng import SeededRng
from model_simulator.drawing.scenes import scene_parts as s
from model_simulator.drawing.scenes.scene_type import EVENING, HORIZON, MORNING, OPEN_AIR, Light, Scene

GRASS: Rgb = (150, 204, 128)


def _farm(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 3)
    s.draw_ridge(canvas, rng, "far", mix((170, 210, 130), light.low, 0.4), top=620, swing=40)
    x = rng.choice("barn side", (170, 830))
    red = (208, 92, 80)
    canvas.polygon(
        [
            (x - 150, HORIZON),
            (x - 150, 500),
            (x - 96, 400),
            (x, 340),
            (x + 96, 400),
            (x + 150, 500),
            (x + 150, HORIZON),
        ],
        red,
    )
    canvas.polygon([(x + 100, HORIZON), (x + 100, 404), (x + 150, 500), (x + 150, HORIZON)], shade(red, 0.14))
    canvas.line([(x - 166, 508), (x - 104, 394), (x, 330), (x + 104, 394), (x + 166, 508)], 17, (246, 238, 226))
    canvas.box(x - 60, 560, x + 60, HORIZON, (246, 238, 226))
    canvas.box(x - 50, 570, x + 50, HORIZON, shade(red, 0.2))
    canvas.line([(x - 50, 572), (x + 50, HORIZON)], 9, (246, 238, 226))
    canvas.line([(x + 50, 572), (x - 50, HORIZON)], 9, (246, 238, 226))
    silo = x + (220 if x < 500 else -220)  # noqa: PLR2004 - towards the middle
    canvas.box(silo - 50, 430, silo + 50, HORIZON, (206, 212, 224))
    canvas.ellipse(silo, 430, 50, 50, (176, 186, 206))
    s.draw_ground(canvas, (160, 206, 120))
    s.draw_fence(canvas, HORIZON + 38, (240, 226, 200))


def _orchard(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 3)
    s.draw_ridge(canvas, rng, "far", mix((160, 206, 130), light.low, 0.45), top=630, swing=34)
    for index, x in enumerate((canvas.left + 60, 90, 270, 730, 910, canvas.right - 60)):
        size = rng.uniform(f"tree{index}", 330, 430)
        s.draw_round_tree(canvas, x, HORIZON + 20, size, (116, 184, 112))
        for fruit in range(8):
            fx = x + size * rng.uniform(f"fx{index}{fruit}", -0.26, 0.26)
            fy = HORIZON + 20 - size * rng.uniform(f"fy{index}{fruit}", 0.48, 0.86)
            canvas.circle(fx, fy, 13, (234, 86, 78))
    s.draw_ground(canvas, GRASS)


def _garden(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 3)
    s.draw_ridge(canvas, rng, "hedge", mix((128, 192, 124), light.low, 0.2), top=560, swing=24)
    s.draw_fence(canvas, HORIZON + 6, (250, 246, 236))
    s.draw_ground(canvas, GRASS)
    for index in range(int((canvas.right - canvas.left) / 74)):
        x = canvas.left + 20 + index * 74
        tone = rng.choice(f"bloom{index}", ((250, 130, 160), (252, 206, 92), (186, 150, 232), WHITE, (246, 120, 96)))
        foot = HORIZON + 50
        height = rng.uniform(f"height{index}", 70, 150)
        canvas.line([(x, foot), (x, foot - height)], 8, (104, 176, 100))
        canvas.smooth(
            [(x, foot - height * 0.3), (x + 34, foot - height * 0.6), (x + 20, foot - height * 0.3)], (104, 176, 100)
        )
        for dx, dy in ((0, -19), (18, -6), (11, 15), (-11, 15), (-18, -6)):
            canvas.circle(x + dx, foot - height + dy, 15, tone)
        canvas.circle(x, foot - height, 11, (255, 224, 110))


def _greenhouse(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    canvas.box(canvas.left, canvas.top, canvas.right, HORIZON, mix(light.low, (190, 232, 214), 0.5))
    for index in range(9):
        x = canvas.left + (canvas.right - canvas.left) * (index + 0.5) / 9
        s.draw_bush(canvas, x, HORIZON - 10, rng.uniform(f"plant{index}", 80, 140), (126, 196, 134))
    for step in range(-9, 16):
        x = 50 + step * 150
        canvas.line([(x, canvas.top), (x, HORIZON)], 11, WHITE)
    for y in (140, 330, 520):
        canvas.box(canvas.left, y, canvas.right, y + 10, WHITE)
    s.draw_floor(canvas, (206, 180, 150), boards=False)
    for x in (60, 180, 820, 940):
        s.draw_bush(canvas, x, HORIZON - 20, 60, (110, 184, 112))
        canvas.polygon(
            [(x - 46, HORIZON - 44), (x + 46, HORIZON - 44), (x + 32, HORIZON + 40), (x - 32, HORIZON + 40)],
            (214, 124, 88),
        )
        canvas.box(x - 54, HORIZON - 60, x + 54, HORIZON - 36, (226, 142, 104), 6)


def _harvest(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_sun(canvas, rng)
    s.draw_ridge(canvas, rng, "far", mix((226, 186, 100), light.low, 0.5), top=600, swing=40)
    s.draw_ground(canvas, (240, 204, 116))
    for row, foot in enumerate((HORIZON + 24, HORIZON + 60)):
        x = canvas.left - row * 20
        while x < canvas.right:
            lean = rng.uniform(f"ear{row}{int(x)}", -12, 12)
            canvas.line([(x, foot), (x + lean, foot - 116)], 6, (214, 170, 80))
            canvas.ellipse(x + lean, foot - 128, 10, 28, (250, 206, 100) if row else (232, 186, 88))
            x += 44
    for x in (130, 870):
        canvas.circle(x, HORIZON + 30, 74, (226, 180, 90))
        canvas.arc(x, HORIZON + 30, 46, 46, 0, 360, 8, (206, 156, 74))


FARMS: Mapping[str, Scene] = {
    "farm": Scene(_farm, OPEN_AIR, (160, 206, 120), (104, 172, 84)),
    "orchard": Scene(_orchard, OPEN_AIR, GRASS, (92, 170, 96)),
    "garden": Scene(_garden, OPEN_AIR, GRASS, (92, 176, 92)),
    "greenhouse": Scene(_greenhouse, (MORNING, OPEN_AIR[0]), (206, 180, 150), (92, 170, 96)),
    "harvest field": Scene(_harvest, (EVENING, MORNING, OPEN_AIR[0]), (240, 204, 116), (206, 158, 74)),
}
