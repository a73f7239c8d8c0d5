"""Backdrops of towns and buildings."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import WHITE, mix, shade, tint
from model_simulator.drawing.rng import SeededRng
from model_simulator.drawing.scenes import scene_parts as s
from model_simulator.drawing.scenes.scene_type import EVENING, HORIZON, LILAC, MORNING, OPEN_AIR, Light, Scene

GRASS: Rgb = (150, 204, 128)
ROAD: Rgb = (156, 162, 178)
PASTELS: tuple[Rgb, ...] = ((244, 190, 150), (176, 206, 226), (246, 216, 150), (214, 190, 226), (176, 218, 196))
FLAGS: tuple[Rgb, ...] = ((242, 112, 104), (252, 206, 92), (96, 182, 222), (130, 200, 130))


def _city(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 2)
    far = [mix(tone, light.low, 0.62) for tone in PASTELS]
    s.draw_skyline(canvas, rng, "far", far, tint(light.low, 0.4), minimum=150, maximum=400)
    near = [mix(tone, (150, 160, 200), 0.25) for tone in PASTELS]
    s.draw_skyline(canvas, rng, "near", near, (255, 240, 196), minimum=340, maximum=560)
    s.draw_ground(canvas, ROAD)
    canvas.box(canvas.left, HORIZON, canvas.right, HORIZON + 34, (206, 208, 216))
    x = canvas.left + rng.uniform("dash", 0, 60)
    while x < canvas.right:
        canvas.box(x, HORIZON + 118, x + 84, HORIZON + 130, (244, 236, 206))
        x += 170


def _construction(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 2)
    steel = mix((214, 122, 86), light.low, 0.3)
    left = rng.choice("frame", (40, 560))
    for row in range(4):
        canvas.box(left, 300 + row * 110, left + 400, 320 + row * 110, steel)
    for column in range(4):
        canvas.box(left + column * 128, 300, left + column * 128 + 18, HORIZON, shade(steel, 0.12))
    x = 130 if left > 300 else 870  # noqa: PLR2004 - the crane stands on the other side
    way = 1 if left > 300 else -1  # noqa: PLR2004 - and reaches over the frame
    yellow = (246, 192, 72)
    canvas.box(x - 17, 130, x + 17, HORIZON, yellow)
    for y in range(150, 700, 56):
        canvas.line([(x - 15, y), (x + 15, y + 40)], 6, shade(yellow, 0.2))
    canvas.box(min(x - way * 110, x + way * 420), 130, max(x - way * 110, x + way * 420), 156, yellow)
    canvas.box(min(x - way * 110, x - way * 60), 150, max(x - way * 110, x - way * 60), 200, (150, 150, 166))
    canvas.line([(x + way * 360, 156), (x + way * 360, 250)], 5, (110, 110, 130))
    canvas.box(x + way * 360 - 44, 250, x + way * 360 + 44, 274, shade(steel, 0.1))
    s.draw_ground(canvas, (214, 190, 154))
    edge = canvas.left
    while edge < canvas.right:
        canvas.polygon(
            [(edge, HORIZON), (edge + 40, HORIZON), (edge + 20, HORIZON + 34), (edge - 20, HORIZON + 34)],
            (250, 196, 70),
        )
        canvas.polygon(
            [(edge + 40, HORIZON), (edge + 80, HORIZON), (edge + 60, HORIZON + 34), (edge + 20, HORIZON + 34)],
            (84, 84, 100),
        )
        edge += 80


def _castle(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 2)
    stone = mix((176, 178, 200), light.low, 0.2)
    x = canvas.left - rng.uniform("wall", 0, 60)
    while x < canvas.right:
        canvas.box(x, 420, x + 56, 480, stone)
        x += 96
    canvas.box(canvas.left, 468, canvas.right, HORIZON, stone)
    for row in range(5):
        x = canvas.left + (row % 2) * 60
        while x < canvas.right:
            canvas.box(x, 500 + row * 44, x + 46, 512 + row * 44, shade(stone, 0.08))
            x += 128
    flag = rng.choice("flag", FLAGS)
    for tower in (110, 890):
        canvas.box(tower - 96, 280, tower + 96, HORIZON, tint(stone, 0.1))
        canvas.box(tower + 44, 280, tower + 96, HORIZON, shade(stone, 0.08))
        canvas.polygon([(tower - 120, 284), (tower, 110), (tower + 120, 284)], mix(flag, light.low, 0.2))
        canvas.polygon([(tower + 24, 284), (tower, 110), (tower + 120, 284)], shade(mix(flag, light.low, 0.2), 0.16))
        canvas.line([(tower, 112), (tower, 50)], 6, (130, 120, 130))
        canvas.polygon([(tower + 3, 48), (tower + 70, 66), (tower + 3, 86)], flag)
        canvas.box(tower - 22, 360, tower + 22, 430, (88, 84, 116), 22)
    s.draw_ground(canvas, GRASS)


def _village(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 3)
    s.draw_ridge(canvas, rng, "far", mix((150, 206, 140), light.low, 0.45), top=580, swing=50)
    for index, x in enumerate((canvas.left + 40, 110, 270, 730, 880, canvas.right - 30)):
        wall = mix(rng.choice(f"wall{index}", PASTELS), WHITE, 0.25)
        s.draw_house(
            canvas,
            x,
            140,
            rng.uniform(f"h{index}", 120, 190),
            wall,
            rng.choice(f"roof{index}", ((206, 112, 96), (160, 120, 120), (120, 140, 186))),
        )
    s.draw_ground(canvas, GRASS)
    for index, x in enumerate((190, 350, 650, 810)):
        s.draw_bush(canvas, x, HORIZON + 18, 42 + 6 * index, (120, 186, 122))


def _airfield(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 4)
    x = rng.choice("tower", (140, 860))
    canvas.polygon(
        [(x - 40, HORIZON), (x - 28, 380), (x + 28, 380), (x + 40, HORIZON)], mix((206, 212, 226), light.low, 0.2)
    )
    canvas.polygon([(x - 90, 290), (x + 90, 290), (x + 64, 384), (x - 64, 384)], (110, 170, 206))
    canvas.box(x - 100, 270, x + 100, 296, (226, 108, 96), 6)
    view = canvas.at(1000 - x, 240, turn=-8, mirror=x < 500)  # noqa: PLR2004 - the nose towards the middle
    view.smooth([(-150, 0), (-120, -30), (60, -34), (130, -6), (60, 22), (-110, 16)], WHITE)
    view.polygon([(-136, -10), (-170, -90), (-130, -90), (-84, -20)], (226, 108, 96))
    view.polygon([(-30, 0), (40, 0), (-40, 80), (-80, 80)], (206, 214, 228))
    for dx in (-60, -24, 12, 48):
        view.circle(dx, -12, 8, (110, 170, 206))
    hangar = 1000 - x
    canvas.ellipse(hangar, HORIZON, 190, 150, mix((176, 190, 210), light.low, 0.2))
    canvas.box(hangar - 120, 620, hangar + 120, HORIZON, (130, 146, 176))
    s.draw_ground(canvas, (170, 206, 150))
    canvas.polygon([(360, HORIZON), (640, HORIZON), (1060, canvas.bottom), (-60, canvas.bottom)], (150, 156, 172))
    for y in (730, 780, 960):
        canvas.box(488, y, 512, y + 26, WHITE)


def _railway(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 2)
    canvas.box(canvas.left, 320, canvas.right, 360, mix((176, 98, 90), light.low, 0.15))
    x = canvas.left
    while x < canvas.right:
        canvas.polygon([(x, 360), (x + 60, 360), (x + 30, 394)], mix((246, 236, 220), light.low, 0.15))
        x += 60
    tone = rng.choice("train", ((84, 150, 190), (206, 110, 96), (110, 170, 130)))
    canvas.box(canvas.left, 450, canvas.right, 680, tone)
    canvas.box(canvas.left, 590, canvas.right, 612, (250, 236, 200))
    x = canvas.left + 10 - rng.uniform("train shift", 0, 100)
    while x < canvas.right:
        canvas.box(x, 476, x + 100, 566, (206, 232, 246), 12)
        canvas.polygon([(x + 20, 566), (x + 56, 476), (x + 80, 476), (x + 44, 566)], (228, 244, 252))
        x += 140
    canvas.box(canvas.left, 680, canvas.right, HORIZON, (104, 100, 116))
    for post in (60, 940):
        canvas.box(post - 15, 330, post + 15, HORIZON + 20, (122, 90, 96))
    canvas.circle(850, 250, 62, (122, 90, 96))
    canvas.circle(850, 250, 50, WHITE)
    canvas.line([(850, 250), (850, 214)], 7, (70, 66, 80))
    canvas.line([(850, 250), (876, 262)], 7, (70, 66, 80))
    s.draw_floor(canvas, (206, 196, 190), boards=False)
    canvas.box(canvas.left, HORIZON + 20, canvas.right, HORIZON + 40, (250, 206, 92))


def _fire_station(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 2)
    brick = mix((206, 110, 96), light.low, 0.16)
    canvas.box(canvas.left, 220, canvas.right, HORIZON, brick)
    for row in range(8):
        x = canvas.left + (row % 2) * 50
        while x < canvas.right:
            canvas.box(x, 250 + row * 56, x + 50, 262 + row * 56, shade(brick, 0.08))
            x += 150
    canvas.box(canvas.left, 196, canvas.right, 236, (246, 236, 226))
    for x in (190, 810):
        canvas.box(x - 160, 390, x + 160, HORIZON, (246, 236, 226), 16)
        canvas.box(x - 140, 410, x + 140, HORIZON, (176, 190, 210), 10)
        for row in range(4):
            canvas.box(x - 140, 470 + row * 62, x + 140, 478 + row * 62, (150, 164, 190))
        canvas.box(x - 90, 424, x + 90, 462, (214, 236, 246), 6)
    canvas.circle(500, 210, 40, (250, 196, 80))
    s.draw_ground(canvas, ROAD)


def _market(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_skyline(
        canvas,
        rng,
        "far",
        [mix(tone, light.low, 0.5) for tone in PASTELS],
        tint(light.low, 0.5),
        minimum=200,
        maximum=380,
    )
    for x, tone in ((120, FLAGS[0]), (880, FLAGS[2])):
        canvas.box(x - 190, 470, x + 190, HORIZON, mix((206, 160, 116), light.low, 0.3))
        for index in range(8):
            left = x - 220 + index * 55
            colour = tone if index % 2 else WHITE
            canvas.polygon([(left + 10, 330), (left + 58, 330), (left + 55, 452), (left, 452)], colour)
            canvas.circle(left + 27.5, 452, 27.5, shade(colour, 0.05))
        canvas.box(x - 200, 596, x + 200, HORIZON + 20, (190, 136, 92), 6)
        for index in range(7):
            fx = x - 168 + index * 56
            canvas.circle(
                fx, 590, 27, ((236, 96, 84), (250, 170, 70), (132, 196, 96), (250, 212, 90))[(index + int(x)) % 4]
            )
        for index in range(6):
            canvas.circle(x - 140 + index * 56, 566, 25, ((250, 170, 70), (132, 196, 96), (236, 96, 84))[index % 3])
    s.draw_ground(canvas, (222, 206, 186))
    s.draw_bunting(canvas, 130, FLAGS)


def _temple(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_clouds(canvas, rng, 3)
    marble = mix((244, 236, 222), light.low, 0.1)
    canvas.polygon([(60, 290), (500, 110), (940, 290)], marble)
    canvas.polygon([(180, 276), (500, 148), (820, 276)], shade(marble, 0.12))
    canvas.box(50, 286, 950, 336, tint(marble, 0.2))
    canvas.box(80, 336, 920, HORIZON, shade(marble, 0.22))
    for x in (120, 270, 730, 880):
        canvas.box(x - 44, 350, x + 44, HORIZON, marble)
        for dx in (-20, 6):
            canvas.box(x + dx, 376, x + dx + 9, 680, shade(marble, 0.12))
        canvas.box(x - 58, 336, x + 58, 366, tint(marble, 0.3), 6)
        canvas.box(x - 58, 676, x + 58, HORIZON, tint(marble, 0.2), 6)
    s.draw_ground(canvas, (232, 220, 198))
    canvas.box(canvas.left, HORIZON, canvas.right, HORIZON + 26, (244, 236, 220))


TOWN: Mapping[str, Scene] = {
    "city street": Scene(_city, (*OPEN_AIR, LILAC), ROAD, (110, 118, 140)),
    "construction site": Scene(_construction, OPEN_AIR, (214, 190, 154), (236, 178, 62)),
    "castle": Scene(_castle, OPEN_AIR, GRASS, (140, 144, 168)),
    "village": Scene(_village, OPEN_AIR, GRASS, (92, 170, 96)),
    "airfield": Scene(_airfield, OPEN_AIR, (170, 206, 150), (112, 122, 146)),
    "railway station": Scene(_railway, (MORNING, OPEN_AIR[0], EVENING), (206, 196, 190), (112, 106, 122)),
    "fire station": Scene(_fire_station, OPEN_AIR, ROAD, (196, 66, 62)),
    "market": Scene(_market, OPEN_AIR, (222, 206, 186), (196, 146, 98)),
    "temple": Scene(_temple, OPEN_AIR, (232, 220, 198), (206, 184, 146)),
}
