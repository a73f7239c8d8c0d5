"""Backdrops of open country."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import WHITE, fade, mix, shade, tint
from model_simulator.drawing.rng import SeededRng
from model_simulator.drawing.scenes import scene_parts as s
from model_simulator.drawing.scenes.scene_type import (
    EVENING,
    HORIZON,
    LILAC,
    MINT,
    MORNING,
    NIGHT,
    OPEN_AIR,
    Light,
    Scene,
)

GRASS: Rgb = (150, 204, 128)
FIR: Rgb = (104, 168, 140)
SAND: Rgb = (238, 212, 156)


def _along(canvas: Canvas, rng: SeededRng, name: str, gap: float) -> list[float]:
    """Return places from edge to edge, about ``gap`` apart, shaken a little."""
    count = int((canvas.right - canvas.left) / gap) + 1
    return [canvas.left + gap * (index + rng.uniform(f"{name}{index}", 0.1, 0.9)) for index in range(count)]


def _forest(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    far = mix(FIR, light.low, 0.5)
    for index, x in enumerate(_along(canvas, rng, "far", 84)):
        s.draw_pine(canvas, x, HORIZON + 8, rng.uniform(f"far size{index}", 250, 380), far)
    for index, x in enumerate(_along(canvas, rng, "near", 170)):
        s.draw_pine(canvas, x, HORIZON + 24, rng.uniform(f"near size{index}", 330, 500), FIR)
    s.draw_ground(canvas, GRASS)
    for x in _along(canvas, rng, "bush", 190):
        s.draw_bush(canvas, x, HORIZON + 22, 52, (120, 186, 122))


def _jungle(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_ridge(canvas, rng, "canopy", mix((90, 170, 120), light.low, 0.4), top=330, swing=60)
    for index, x in enumerate(_along(canvas, rng, "palm", 190)):
        s.draw_palm(canvas, x - 60, HORIZON + 20, rng.uniform(f"palm size{index}", 330, 500), (82, 172, 110))
    s.draw_ground(canvas, (128, 194, 116))
    for index, x in enumerate(_along(canvas, rng, "leaf", 96)):
        leaf = canvas.at(x, HORIZON + 30, turn=rng.uniform(f"leaf{index}", -34, 34))
        leaf.smooth([(0, 0), (-30, -70), (0, -150), (30, -70)], (96, 178, 104) if index % 2 else (74, 158, 100))
    for x in (120, 300, 690, 880):
        canvas.curve([(x, canvas.top), (x + 24, canvas.top + 120), (x - 6, canvas.top + 230)], 9, (104, 170, 96))


def _desert(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_sun(canvas, rng)
    s.draw_ridge(canvas, rng, "far", mix(SAND, light.low, 0.45), top=600, swing=50)
    s.draw_ridge(canvas, rng, "dune", mix(SAND, (226, 170, 110), 0.35), top=660, swing=46)
    s.draw_ground(canvas, SAND)
    for x, size in ((110, 1.0), (880, 1.25)):
        c = canvas.at(x + rng.uniform(f"cactus{x}", -40, 40), HORIZON + 26, scale=size)
        for points in ([(0, 0), (0, -190)], [(-54, -132), (-54, -82), (0, -70)], [(50, -160), (50, -106), (0, -92)]):
            c.line(points, 38, (112, 178, 118))
        c.line([(-9, -10), (-9, -186)], 7, (150, 204, 146))


def _pyramid(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_sun(canvas, rng)
    shift = rng.uniform("pyramid", -40, 40)
    s.draw_peak(canvas, 800 + shift, 330, 330, mix((232, 190, 120), light.low, 0.25))
    s.draw_peak(canvas, 190 + shift, 400, 280, (232, 190, 120))
    for row in range(1, 5):
        y = 400 + row * 62
        canvas.box(190 + shift - row * 55, y, 190 + shift - row * 8, y + 5, (212, 168, 100))
    s.draw_ridge(canvas, rng, "dune", mix(SAND, (226, 170, 110), 0.2), top=690, swing=26)
    s.draw_ground(canvas, SAND, HORIZON + 24)


def _mountain(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 3)
    for index, (x, top, half) in enumerate(((500, 300, 380), (130, 250, 330), (880, 220, 360))):
        tone = mix((138, 152, 188), light.low, 0.5 if index == 0 else 0.26)
        s.draw_peak(canvas, x + rng.uniform(f"peak{index}", -50, 50), top, half, tone, WHITE)
    s.draw_ridge(canvas, rng, "foot", (146, 190, 150), top=676, swing=24)
    s.draw_ground(canvas, GRASS)


def _snow(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_ridge(canvas, rng, "far", mix((206, 224, 246), light.low, 0.3), top=560, swing=60)
    for index, x in enumerate(_along(canvas, rng, "fir", 150)):
        s.draw_pine(canvas, x, HORIZON + 16, rng.uniform(f"fir{index}", 180, 330), (122, 172, 172), WHITE)
    s.draw_ground(canvas, (228, 238, 250))
    for index in range(70):
        x = rng.uniform(f"flake x{index}", canvas.left, canvas.right)
        canvas.circle(
            x, rng.uniform(f"flake y{index}", canvas.top, HORIZON), rng.choice(f"flake{index}", (4, 6, 9)), WHITE
        )


def _glacier(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    for index, (x, top, half) in enumerate(
        ((160, 380, 200), (860, 330, 230), (520, 500, 220), (330, 560, 130), (700, 580, 120))
    ):
        tone = mix((168, 216, 240), light.low, 0.1 + 0.08 * index)
        s.draw_peak(canvas, x + rng.uniform(f"ice{index}", -40, 40), top, half, tone, WHITE)
    s.draw_waves(canvas, (140, 200, 230))
    for x, half in ((120, 90), (880, 110)):
        canvas.polygon(
            [
                (x - half, HORIZON + 76),
                (x - half * 0.7, HORIZON + 46),
                (x + half * 0.8, HORIZON + 46),
                (x + half, HORIZON + 76),
            ],
            WHITE,
        )


def _volcano(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    x = 500 + rng.choice("volcano side", (-240, 250)) + rng.uniform("volcano", -40, 40)
    for dx, y, size in ((0, 250, 60), (-46, 170, 74), (40, 96, 92)):
        s.draw_cloud(canvas, x + dx, y, size, mix((176, 160, 176), light.low, 0.3))
    rock = mix((136, 104, 116), light.low, 0.12)
    canvas.polygon([(x - 400, HORIZON), (x - 90, 310), (x + 90, 310), (x + 400, HORIZON)], rock)
    canvas.polygon([(x - 10, HORIZON), (x + 30, 310), (x + 90, 310), (x + 400, HORIZON)], shade(rock, 0.16))
    canvas.smooth(
        [
            (x - 84, 312),
            (x - 40, 296),
            (x + 40, 296),
            (x + 84, 312),
            (x + 60, 380),
            (x + 26, 350),
            (x + 4, 470),
            (x - 24, 360),
            (x - 54, 410),
        ],
        (250, 132, 60),
    )
    canvas.smooth([(x - 40, 312), (x + 40, 312), (x + 4, 400)], (255, 206, 90))
    s.draw_ground(canvas, (176, 148, 140))
    for rx in _along(canvas, rng, "rock", 210):
        s.draw_rock(canvas, rx, HORIZON + 40, 44, (150, 120, 120))


def _cave(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_ground(canvas, (150, 134, 150))
    for index, x in enumerate(_along(canvas, rng, "drop", 84)):
        length = rng.uniform(f"drop{index}", 70, 240) + abs(x - 500) * 0.24
        canvas.polygon([(x - 52, canvas.top), (x + 52, canvas.top), (x, canvas.top + length)], shade(light.high, 0.26))
        canvas.polygon([(x - 52, canvas.top), (x - 6, canvas.top), (x, canvas.top + length)], shade(light.high, 0.08))
    for index, x in enumerate((90, 200, 812, 930)):
        tone = ((126, 214, 226), (206, 150, 232), (250, 190, 120), (126, 214, 226))[index]
        for lean, size in ((-22, 90), (0, 140), (24, 104)):
            view = canvas.at(x + lean, HORIZON + 26, turn=lean)
            view.polygon([(-22, 0), (-22, -size * 0.7), (0, -size), (0, 0)], tint(tone, 0.24))
            view.polygon([(22, 0), (22, -size * 0.7), (0, -size), (0, 0)], shade(tone, 0.1))


def _mine(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    canvas.ellipse(500, 470, 400, 420, shade(light.high, 0.34))
    s.draw_ground(canvas, (164, 138, 118))
    beam = (190, 140, 96)
    for x in (96, 876):
        canvas.box(x - 32, 160, x + 32, HORIZON + 30, beam)
        canvas.box(x + 12, 160, x + 32, HORIZON + 30, shade(beam, 0.2))
    canvas.box(20, 130, 960, 196, tint(beam, 0.1), 8)
    canvas.line([(240, 196), (128, 310)], 28, shade(beam, 0.1))
    canvas.line([(740, 196), (850, 310)], 28, shade(beam, 0.2))
    for index in range(9):
        ore_x, ore_y = rng.uniform(f"ore x{index}", 190, 810), rng.uniform(f"ore y{index}", 230, 640)
        canvas.polygon(
            [(ore_x - 14, ore_y), (ore_x, ore_y - 18), (ore_x + 14, ore_y), (ore_x, ore_y + 18)],
            ((252, 214, 96), (126, 206, 226))[index % 2],
        )
    for x in (330, 670):
        canvas.line([(500 + (x - 500) * 0.5, HORIZON), (500 + (x - 500) * 2.6, canvas.bottom)], 12, (126, 130, 146))


def _swamp(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    for index, x in enumerate(_along(canvas, rng, "trunk", 150)):
        tone = mix((120, 130, 110), light.low, 0.45 if index % 2 else 0.2)
        canvas.curve([(x, HORIZON + 10), (x + 12, 500), (x - 10, 300), (x + 10, canvas.top)], 44, tone)
        canvas.curve([(x, 400), (x + 70, 320), (x + 120, 310)], 17, tone)
        for dx in (60, 100):
            canvas.curve([(x + dx, 320), (x + dx + 6, 380), (x + dx - 4, 430)], 12, (140, 176, 120))
    s.draw_ground(canvas, (134, 172, 140))
    for index, x in enumerate(_along(canvas, rng, "lily", 170)):
        canvas.ellipse(x, HORIZON + 50 + 40 * (index % 3), 56, 15, (108, 178, 110))
        canvas.circle(x + 10, HORIZON + 40 + 40 * (index % 3), 12, (246, 166, 200))


def _river(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 3)
    s.draw_ridge(canvas, rng, "far", mix((140, 196, 150), light.low, 0.45), top=600, swing=50)
    for index, x in enumerate((70, 190, 820, 940)):
        s.draw_round_tree(canvas, x, HORIZON + 10, rng.uniform(f"tree{index}", 230, 320), (122, 190, 122))
    s.draw_ground(canvas, GRASS)
    canvas.polygon([(420, HORIZON), (560, HORIZON), (900, canvas.bottom), (60, canvas.bottom)], (130, 200, 236))
    for y, x in ((760, 450), (800, 620), (960, 250), (960, 760)):
        canvas.arc(x, y, 40, 11, 200, 340, 6, (206, 234, 248))


def _meadow(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng)
    s.draw_ridge(canvas, rng, "far", mix((150, 206, 140), light.low, 0.45), top=610, swing=46)
    s.draw_ridge(canvas, rng, "near", (148, 204, 128), top=674, swing=26)
    s.draw_ground(canvas, (166, 214, 130))
    tones: tuple[Rgb, ...] = ((250, 140, 170), (252, 214, 92), WHITE, (186, 150, 232))
    for index in range(34):
        x = rng.uniform(f"flower x{index}", canvas.left, canvas.right)
        y = rng.uniform(f"flower y{index}", HORIZON + 20, canvas.bottom)
        canvas.line([(x, y), (x, y + 26)], 5, (110, 178, 104))
        canvas.circle(x, y, 11, tones[index % 4])
        canvas.circle(x, y, 4.4, (255, 232, 130))


def _night(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_stars(canvas, rng, 70)
    x, y = rng.choice("moon side", (160, 840)), rng.uniform("moon y", 140, 220)
    canvas.circle(x, y, 84, (252, 240, 196))
    canvas.circle(x + 30, y - 14, 70, mix(light.high, light.low, 0.2))
    s.draw_ridge(canvas, rng, "far", mix(light.low, (70, 96, 140), 0.5), top=610, swing=60)
    for index, tree in enumerate(_along(canvas, rng, "fir", 190)):
        s.draw_pine(canvas, tree, HORIZON + 14, rng.uniform(f"fir{index}", 150, 280), (66, 92, 128))
    s.draw_ground(canvas, (86, 116, 140))


def _campsite(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    _night(canvas, rng, light)
    side = rng.choice("tent side", (180, 820))
    canvas.polygon([(side - 190, HORIZON + 50), (side, 440), (side + 190, HORIZON + 50)], (238, 140, 84))
    canvas.polygon([(side + 20, HORIZON + 50), (side, 440), (side + 190, HORIZON + 50)], (206, 108, 76))
    canvas.polygon([(side - 62, HORIZON + 50), (side, 500), (side + 62, HORIZON + 50)], (255, 222, 130))
    fire = 1000 - side
    canvas.circle(fire, HORIZON + 4, 96, fade((255, 206, 110), 0.3))
    for lean in (-1, 1):
        canvas.line([(fire - lean * 52, HORIZON + 60), (fire + lean * 40, HORIZON + 26)], 20, (122, 82, 60))
    canvas.smooth(
        [
            (fire - 40, HORIZON + 36),
            (fire - 34, HORIZON - 20),
            (fire, HORIZON - 82),
            (fire + 36, HORIZON - 16),
            (fire + 40, HORIZON + 36),
        ],
        (250, 140, 54),
    )
    canvas.smooth([(fire - 20, HORIZON + 36), (fire, HORIZON - 36), (fire + 20, HORIZON + 36)], (255, 226, 120))


def _clouds(canvas: Canvas, rng: SeededRng, _light: Light) -> None:
    for index in range(11):
        x = rng.uniform(f"c{index}", canvas.left, canvas.right)
        s.draw_cloud(canvas, x, rng.uniform(f"cy{index}", canvas.top + 60, 640), 40 + index * 6)
    x = canvas.left
    while x < canvas.right + 150:
        s.draw_cloud(canvas, x, HORIZON + 10, 96)
        x += 150
    s.draw_ground(canvas, (240, 246, 252), HORIZON + 20)


NATURE: Mapping[str, Scene] = {
    "forest": Scene(_forest, (MINT, MORNING, OPEN_AIR[0]), GRASS, (88, 164, 92)),
    "jungle": Scene(_jungle, (Light((176, 226, 190), (232, 246, 206)),), (128, 194, 116), (88, 164, 92)),
    "desert": Scene(_desert, (Light((150, 212, 236), (254, 236, 200)), EVENING), SAND, (228, 188, 116)),
    "pyramid": Scene(_pyramid, (Light((150, 212, 236), (254, 236, 200)), EVENING), SAND, (228, 188, 116)),
    "mountain": Scene(_mountain, OPEN_AIR, GRASS, (112, 128, 156)),
    "snow": Scene(_snow, (Light((158, 200, 240), (226, 240, 252)), LILAC), (228, 238, 250), (196, 216, 240), 0.45),
    "glacier": Scene(
        _glacier, (Light((150, 208, 240), (226, 244, 252)), LILAC), (140, 200, 230), (210, 232, 248), 0.45
    ),
    "volcano": Scene(_volcano, (Light((196, 150, 190), (254, 206, 166)),), (176, 148, 140), (104, 86, 100)),
    "cave": Scene(_cave, (Light((126, 112, 146), (182, 164, 190)),), (150, 134, 150), (112, 108, 134), 0.24),
    "mine": Scene(_mine, (Light((166, 140, 126), (196, 170, 150)),), (164, 138, 118), (118, 104, 104), 0.22),
    "swamp": Scene(_swamp, (Light((170, 196, 176), (226, 234, 200)),), (134, 172, 140), (96, 140, 100)),
    "river": Scene(_river, OPEN_AIR, GRASS, (70, 150, 206)),
    "meadow": Scene(_meadow, OPEN_AIR, (166, 214, 130), (92, 176, 92)),
    "night sky": Scene(_night, (NIGHT, Light((46, 34, 96), (140, 96, 170))), (86, 116, 140), (74, 84, 150), 0.16),
    "campsite": Scene(_campsite, (NIGHT,), (86, 116, 140), (92, 150, 96), 0.16),
    "cloudy sky": Scene(_clouds, OPEN_AIR, (240, 246, 252), (120, 180, 236)),
}
