"""Indoor backdrops."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import WHITE, fade, mix, shade, tint
from model_simulator.drawing.rng import SeededRng
from model_simulator.drawing.scenes import scene_parts as s
from model_simulator.drawing.scenes.scene_type import HORIZON, Light, Scene

WOOD: Rgb = (196, 146, 102)
BOOKS: tuple[Rgb, ...] = (
    (206, 110, 100),
    (110, 150, 190),
    (226, 184, 110),
    (126, 174, 140),
    (176, 134, 180),
    (236, 220, 196),
)
STEEL: Rgb = (176, 186, 204)
PANE: Rgb = (196, 228, 246)


def _pegboard(canvas: Canvas, rng: SeededRng, _light: Light) -> None:
    for x in (40, 700):
        canvas.box(x, 180, x + 260, 460, (226, 190, 146), 8)
        for index in range(4):
            tx = x + 40 + index * 60
            tone = rng.choice(f"tool{x}{index}", ((206, 92, 84), (96, 146, 190), (130, 136, 156), (236, 170, 80)))
            canvas.line([(tx, 230), (tx, 400)], 13, (150, 110, 80))
            shape = rng.choice(f"shape{x}{index}", (0, 1, 2))
            if shape == 0:
                canvas.box(tx - 26, 220, tx + 26, 252, tone, 6)
            elif shape == 1:
                canvas.arc(tx, 230, 19, 19, -60, 240, 12, tone)
            else:
                canvas.polygon([(tx - 17, 320), (tx + 17, 320), (tx + 17, 226), (tx - 17, 226)], tone)
    for x in (0, 740):
        canvas.box(x - 20, 590, x + 280, 622, WOOD, 6)
        canvas.box(x, 620, x + 30, HORIZON + 10, shade(WOOD, 0.2))
        canvas.box(x + 230, 620, x + 260, HORIZON + 10, shade(WOOD, 0.2))
        canvas.box(x + 60, 540, x + 150, 592, (206, 92, 84), 8)
        canvas.box(x + 170, 556, x + 220, 592, (96, 146, 190), 6)
    s.draw_floor(canvas, (206, 178, 150))


def _factory(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    for x in (70, 250, 650, 830):
        s.draw_window(canvas, x, 130, x + 110, 290, shade(light.high, 0.2), PANE)
    for index, (x, y) in enumerate(((120, 470), (226, 540), (850, 450), (768, 550))):
        size = rng.uniform(f"gear{index}", 60, 92)
        tone = ((226, 150, 96), (130, 160, 190), (236, 190, 96), (150, 170, 186))[index]
        for step in range(10):
            canvas.at(x, y, turn=step * 36).box(-13, -size - 17, 13, -size + 10, tone, 4)
        canvas.circle(x, y, size, tone)
        canvas.circle(x, y, size * 0.4, tint(light.low, 0.2))
    canvas.box(canvas.left, 636, canvas.right, 676, (96, 104, 126))
    roll = canvas.left
    while roll < canvas.right:
        canvas.circle(roll, 656, 17, (150, 160, 180))
        roll += 70
    s.draw_floor(canvas, (190, 194, 206), boards=False)


def _garage(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    door = tint(light.low, 0.3)
    canvas.box(130, 150, 870, HORIZON, shade(light.high, 0.16), 12)
    for row in range(5):
        canvas.box(146, 166 + row * 108, 854, 264 + row * 108, door, 6)
    for x in (180, 350, 520, 690):
        canvas.box(x, 190, x + 130, 246, PANE, 6)
    side = rng.choice("tyres", (50, 950))
    for index in range(3):
        canvas.ellipse(side, HORIZON - 10 - index * 64, 84, 34, (70, 72, 88))
        canvas.ellipse(side, HORIZON - 22 - index * 64, 78, 26, (92, 94, 112))
        canvas.ellipse(side, HORIZON - 22 - index * 64, 36, 11, (60, 62, 76))
    drum = 1000 - side
    canvas.box(drum - 64, 560, drum + 64, HORIZON + 10, (84, 146, 190), 8)
    for y in (600, 650):
        canvas.box(drum - 68, y, drum + 68, y + 10, (66, 120, 166))
    s.draw_floor(canvas, (186, 190, 200), boards=False)


def _kitchen(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    tile = tint(light.low, 0.3)
    for row in range(3):
        for column in range(-13, 27):
            x = column * 76 + (row % 2) * 38
            canvas.box(x, 420 + row * 46, x + 70, 460 + row * 46, tile, 5)
    front = rng.choice("cupboard", ((126, 180, 176), (236, 176, 140), (150, 176, 214), (226, 196, 120)))
    for x in (-40, 140, 700, 880):
        canvas.box(x, 120, x + 168, 360, front, 10)
        canvas.box(x + 14, 134, x + 154, 346, tint(front, 0.2), 8)
        canvas.circle(x + 134, 240, 9, (250, 236, 206))
    canvas.box(380, 130, 620, 350, mix(front, WHITE, 0.6), 10)
    canvas.box(canvas.left, 566, canvas.right, 596, (246, 236, 220))
    canvas.box(canvas.left, 596, canvas.right, HORIZON, shade(front, 0.1))
    for x in (110, 880):
        canvas.box(x - 54, 510, x + 54, 568, STEEL, 10)
        canvas.ellipse(x, 510, 56, 10, shade(STEEL, 0.1))
        canvas.line([(x - 72, 530), (x + 72, 530)], 9, shade(STEEL, 0.3))
    for x, tone in ((240, (206, 100, 90)), (284, (250, 200, 96)), (730, (126, 176, 130))):
        canvas.box(x - 17, 520, x + 17, 566, tone, 7)
    s.draw_floor(canvas, (226, 206, 180), boards=False)


def _bakery(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    for index in range(24):
        left = canvas.left + index * 90
        canvas.box(left, 96, left + 90, 190, (246, 150, 140) if index % 2 else WHITE)
        canvas.circle(left + 45, 190, 45, (246, 150, 140) if index % 2 else WHITE)
    for row in range(3):
        y = 376 + row * 112
        for left, right in ((-500, 310), (690, 1500)):
            canvas.box(max(left, canvas.left), y, min(right, canvas.right), y + 19, WOOD)
        for index, x in enumerate((40, 130, 220, 750, 840, 930)):
            tone = rng.choice(f"bread{row}{index}", ((222, 164, 96), (206, 140, 76), (236, 190, 124)))
            if rng.draw_bool(f"loaf{row}{index}", 0.5):
                canvas.ellipse(x, y - 26, 42, 28, tone)
                for dx in (-16, 4, 24):
                    canvas.line([(x + dx - 6, y - 40), (x + dx + 4, y - 16)], 6, tint(tone, 0.45))
            else:
                canvas.arc(x, y - 12, 27, 24, 180, 360, 20, tone)
    canvas.box(canvas.left, 640, canvas.right, HORIZON, mix(WOOD, light.low, 0.3))
    s.draw_floor(canvas, (232, 206, 176))


def _stage(canvas: Canvas, rng: SeededRng, _light: Light) -> None:
    tones: tuple[Rgb, ...] = ((255, 214, 120), (250, 130, 180), (120, 210, 250), (190, 150, 255))
    for index, x in enumerate((140, 380, 620, 860)):
        lean = (500 - x) * 0.6 + rng.uniform(f"beam{index}", -60, 60)
        beam = [(x - 14, 90), (x + 14, 90), (x + lean + 130, HORIZON + 10), (x + lean - 130, HORIZON + 10)]
        canvas.polygon(beam, fade(tones[(index + int(rng.uniform("lamp", 0, 4))) % 4], 0.3))
    canvas.box(canvas.left, 50, canvas.right, 74, (60, 54, 84))
    for index, x in enumerate((140, 380, 620, 860)):
        canvas.box(x - 28, 60, x + 28, 116, (44, 40, 66), 12)
        canvas.ellipse(x, 112, 24, 9, tint(tones[index], 0.5))
    curtain = rng.choice("curtain", ((176, 50, 84), (92, 60, 160), (40, 96, 150)))
    for side in (-1, 1):
        edge = canvas.left if side < 0 else canvas.right
        inner = 130 if side < 0 else 870
        canvas.box(min(edge, inner), canvas.top, max(edge, inner), HORIZON + 20, curtain)
        for fold in range(3):
            x = inner - side * (-26 - fold * 44)
            canvas.box(x - 9, canvas.top, x + 9, HORIZON + 20, shade(curtain, 0.24))
    s.draw_floor(canvas, (150, 104, 92))
    canvas.ellipse(500, 860, 470, 110, (186, 136, 116))


def _library(canvas: Canvas, rng: SeededRng, _light: Light) -> None:
    s.draw_shelves(canvas, rng, WOOD, BOOKS, left=canvas.left, right=300)
    s.draw_shelves(canvas, rng, WOOD, BOOKS, left=700, right=canvas.right)
    s.draw_window(canvas, 400, 130, 600, 400, WOOD, PANE)
    s.draw_floor(canvas, (190, 142, 108))


def _museum(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    for index, x in enumerate((60, 700)):
        canvas.box(x, 170, x + 240, 400, (206, 164, 84), 6)
        canvas.box(x + 20, 190, x + 220, 380, tint(light.low, 0.3))
        tone = rng.choice(f"art{index}", BOOKS)
        canvas.circle(x + 160, 240, 28, (252, 206, 110))
        canvas.polygon([(x + 20, 380), (x + 90, 260), (x + 150, 340), (x + 180, 300), (x + 220, 380)], tone)
    for x in (120, 880):
        canvas.box(x - 62, 590, x + 62, HORIZON + 20, tint(light.high, 0.5), 6)
        canvas.box(x - 76, 576, x + 76, 600, WHITE, 6)
    canvas.smooth(
        [(80, 576), (70, 500), (100, 470), (92, 440), (148, 440), (140, 470), (170, 500), (160, 576)], (214, 124, 88)
    )
    canvas.polygon([(820, 576), (850, 450), (880, 520), (900, 430), (944, 576)], (130, 190, 196))
    for x in (290, 700):
        canvas.line([(x, 600), (x, HORIZON + 14)], 11, (226, 184, 92))
        canvas.circle(x, 594, 15, (226, 184, 92))
    s.draw_floor(canvas, (206, 176, 150))


def _classroom(canvas: Canvas, rng: SeededRng, _light: Light) -> None:
    canvas.box(100, 150, 900, 500, WOOD, 10)
    board = rng.choice("board", ((76, 128, 112), (70, 90, 120)))
    canvas.box(122, 172, 878, 478, board, 4)
    canvas.circle(230, 270, 54, tint(board, 0.5))
    canvas.circle(230, 270, 47, board)
    canvas.line([(760, 350), (810, 240), (850, 350), (760, 350)], 7, tint(board, 0.5))
    for y in (410, 440):
        canvas.line([(170, y), (300, y)], 7, tint(board, 0.4))
        canvas.line([(700, y), (840, y)], 7, tint(board, 0.4))
    canvas.box(130, 498, 870, 516, tint(WOOD, 0.2), 5)
    for x in (30, 970):
        canvas.box(x - 130, 610, x + 130, 636, (232, 186, 130), 8)
        canvas.box(x - 110, 634, x - 90, HORIZON + 20, STEEL)
        canvas.box(x + 90, 634, x + 110, HORIZON + 20, STEEL)
        canvas.box(x - 40, 584, x + 40, 610, BOOKS[0], 4)
        canvas.box(x - 34, 560, x + 46, 586, BOOKS[1], 4)
    s.draw_floor(canvas, (216, 186, 150))


def _laboratory(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    for y in (240, 400):
        canvas.box(canvas.left, y, 320, y + 17, STEEL, 4)
        canvas.box(680, y, canvas.right, y + 17, STEEL, 4)
    tones: tuple[Rgb, ...] = ((126, 206, 130), (240, 140, 170), (120, 190, 240), (250, 200, 100), (190, 140, 230))
    for index in range(14):
        x = (20, 92, 164, 236, 730, 802, 874)[index % 7]
        y = 240 if index < 7 else 400  # noqa: PLR2004 - seven to a shelf
        tone = rng.choice(f"flask{index}", tones)
        if rng.draw_bool(f"round{index}", 0.5):
            canvas.polygon(
                [(x - 10, y - 92), (x + 10, y - 92), (x + 10, y - 60), (x + 36, y), (x - 36, y), (x - 10, y - 60)],
                tint(light.low, 0.5),
            )
            canvas.polygon([(x - 21, y - 34), (x + 21, y - 34), (x + 36, y), (x - 36, y)], tone)
        else:
            canvas.box(x - 17, y - 84, x + 17, y, tint(light.low, 0.5), 15)
            canvas.box(x - 17, y - 50, x + 17, y, tone, 13)
    canvas.box(canvas.left, 586, canvas.right, 612, WHITE)
    canvas.box(canvas.left, 612, canvas.right, HORIZON, tint(light.high, 0.1))
    canvas.box(70, 500, 220, 586, (92, 104, 130), 8)
    canvas.line([(86, 556), (116, 556), (130, 524), (150, 574), (166, 546), (204, 546)], 5, (130, 240, 180))
    canvas.arc(870, 520, 44, 44, -80, 90, 17, (120, 134, 160))
    canvas.box(820, 566, 930, 588, (120, 134, 160), 6)
    s.draw_floor(canvas, (206, 216, 226), boards=False)


def _hospital(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    canvas.box(canvas.left, 470, canvas.right, 500, tint(light.high, 0.2))
    s.draw_window(canvas, 60, 160, 250, 380, WHITE, PANE)
    canvas.circle(830, 260, 92, WHITE)
    canvas.box(812, 204, 848, 316, (236, 104, 104), 5)
    canvas.box(774, 242, 886, 278, (236, 104, 104), 5)
    side = rng.choice("bed", (0, 1))
    x = 20 if side else 720
    canvas.box(x - 40, 580, x + 300, 640, WHITE, 16)
    canvas.box(x + 60, 566, x + 300, 640, mix(light.high, (96, 176, 206), 0.4), 14)
    canvas.box(x - 56, 500, x - 34, HORIZON + 20, STEEL, 6)
    canvas.box(x + 290, 560, x + 312, HORIZON + 20, STEEL, 6)
    pole = 900 if side else 120
    canvas.line([(pole, 430), (pole, HORIZON + 10)], 9, STEEL)
    canvas.box(pole - 34, 430, pole + 26, 520, (206, 236, 246), 12)
    s.draw_floor(canvas, (206, 226, 224), boards=False)


def _gym(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    for x in (40, 250, 650, 860):
        canvas.box(x, 140, x + 120, 300, PANE, 6)
    canvas.box(canvas.left, 470, canvas.right, HORIZON, mix(WOOD, light.low, 0.45))
    for y in (500, 560, 620):
        for left in (canvas.left, 720):
            canvas.box(left, y, left + 280 if left < 0 else canvas.right, y + 15, WOOD, 6)
    canvas.box(0, y := 500, 280, y + 15, WOOD, 6)
    rack = rng.choice("rack", (140, 860))
    for row, size in ((590, 30), (660, 40)):
        for index in range(3):
            x = rack - 96 + index * 96
            canvas.line([(x - 24, row), (x + 24, row)], 11, STEEL)
            for dx in (-27, 27):
                canvas.box(x + dx - 13, row - size, x + dx + 13, row + size, BOOKS[(index + row) % 5], 7)
    ball = 1000 - rack
    canvas.circle(ball, HORIZON - 50, 84, (236, 120, 110))
    canvas.circle(ball - 12, HORIZON - 60, 68, (246, 142, 128))
    s.draw_floor(canvas, (226, 184, 130))


def _office(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    s.draw_window(canvas, 50, 140, 310, 420, WHITE, PANE)
    s.draw_window(canvas, 690, 140, 950, 420, WHITE, PANE)
    for left in (50, 690):
        for index in range(3):
            height = rng.uniform(f"t{left}{index}", 60, 170)
            canvas.box(
                left + 16 + index * 84, 420 - height, left + 70 + index * 84, 420, mix(light.high, (140, 170, 206), 0.6)
            )
    for x in (60, 940):
        canvas.box(x - 190, 610, x + 190, 636, (226, 190, 140), 8)
        canvas.box(x - 150, 634, x - 128, HORIZON + 20, STEEL)
        canvas.box(x + 128, 634, x + 150, HORIZON + 20, STEEL)
        canvas.box(x - 70, 500, x + 70, 592, (82, 90, 112), 8)
        canvas.box(x - 58, 512, x + 58, 580, (126, 186, 226), 4)
        canvas.box(x - 12, 590, x + 12, 612, (82, 90, 112))
    s.draw_floor(canvas, (190, 200, 216))


def _living_room(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    x = -500
    while x < 1500:  # noqa: PLR2004 - wallpaper wider than any image
        canvas.box(x, canvas.top, x + 44, HORIZON, tint(light.low, 0.25))
        x += 110
    s.draw_window(canvas, 390, 130, 610, 380, WHITE, PANE)
    sofa = rng.choice("sofa", ((110, 160, 170), (226, 140, 110), (150, 140, 190), (130, 170, 130)))
    for side in (-60, 720):
        canvas.box(side, 520, side + 340, 660, sofa, 40)
        canvas.box(side + 20, 596, side + 320, 680, tint(sofa, 0.16), 26)
        canvas.box(side + 120, 536, side + 210, 620, (250, 214, 140), 16)
        canvas.box(side + 30, 680, side + 50, HORIZON + 10, WOOD)
        canvas.box(side + 290, 680, side + 310, HORIZON + 10, WOOD)
    for px in (90, 790):
        canvas.box(px, 220, px + 120, 360, WOOD, 6)
        canvas.box(px + 14, 234, px + 106, 346, rng.choice(f"art{px}", BOOKS))
    s.draw_floor(canvas, (206, 160, 120))
    canvas.ellipse(500, 866, 480, 100, mix(sofa, WHITE, 0.55))


def _renderer(canvas: Canvas, rng: SeededRng, light: Light) -> None:
    style = rng.choice("studio", ("dots", "rays", "rings", "confetti"))
    tone = tint(light.high, 0.16)
    if style == "rays":
        for turn in range(0, 360, 30):
            ray = canvas.at(500, 430, turn=turn + rng.uniform("ray", 0, 29))
            ray.polygon([(0, 0), (-150, -1500), (150, -1500)], tone)
    elif style == "rings":
        for radius in (640, 520, 410):
            canvas.circle(500, 430, radius, mix(tone, light.low, (radius - 400) / 300))
    elif style == "dots":
        for row in range(-3, 9):
            for column in range(-12, 24):
                canvas.circle(column * 86 + (row % 2) * 43, row * 86 + 20, 13, tone)
    else:
        for index in range(46):
            view = canvas.at(
                rng.uniform(f"x{index}", canvas.left, canvas.right),
                rng.uniform(f"y{index}", canvas.top, HORIZON),
                turn=rng.uniform(f"t{index}", 0, 180),
            )
            view.box(-17, -6, 17, 6, tint(rng.choice(f"c{index}", BOOKS), 0.3), 4)
    floor = mix(light.low, light.high, 0.55)
    s.draw_ground(canvas, floor)


PAPERS: tuple[Light, ...] = (
    Light((156, 204, 236), (206, 230, 246)),
    Light((250, 196, 150), (252, 226, 200)),
    Light((176, 216, 180), (218, 238, 214)),
    Light((206, 180, 232), (232, 218, 246)),
    Light((250, 178, 186), (252, 220, 220)),
    Light((250, 214, 130), (253, 236, 190)),
    Light((150, 210, 206), (206, 236, 232)),
)
"""Coloured paper backgrounds of a photo studio."""


def _walls(*tones: Rgb) -> tuple[Light, ...]:
    return tuple(Light(tone, tint(tone, 0.22)) for tone in tones)


ROOMS: Mapping[str, Scene] = {
    "workshop": Scene(_pegboard, _walls((236, 216, 186), (206, 218, 222)), (206, 178, 150), (176, 126, 84)),
    "factory": Scene(_factory, _walls((206, 212, 222), (220, 206, 196)), (190, 194, 206), (120, 130, 152)),
    "garage": Scene(_garage, _walls((206, 214, 222), (226, 206, 186)), (186, 190, 200), (92, 100, 122)),
    "kitchen": Scene(
        _kitchen, _walls((250, 232, 206), (214, 234, 236), (250, 222, 214)), (226, 206, 180), (206, 110, 92)
    ),
    "bakery": Scene(_bakery, _walls((253, 236, 206), (250, 224, 212)), (232, 206, 176), (206, 150, 96)),
    "stage": Scene(
        _stage,
        (Light((42, 32, 74), (98, 66, 128)), Light((32, 36, 82), (70, 84, 150))),
        (150, 104, 92),
        (120, 76, 150),
        0.16,
    ),
    "library": Scene(_library, _walls((246, 228, 196), (222, 232, 222)), (190, 142, 108), (140, 92, 64)),
    "museum": Scene(_museum, _walls((226, 216, 228), (206, 224, 222)), (206, 176, 150), (170, 150, 190)),
    "classroom": Scene(_classroom, _walls((250, 236, 200), (214, 232, 244)), (216, 186, 150), (92, 160, 130)),
    "laboratory": Scene(_laboratory, _walls((206, 230, 236), (222, 226, 244)), (206, 216, 226), (96, 176, 190)),
    "hospital": Scene(_hospital, _walls((206, 234, 230), (218, 230, 246)), (206, 226, 224), (110, 190, 200)),
    "gym": Scene(_gym, _walls((222, 230, 240), (246, 226, 206)), (226, 184, 130), (214, 96, 84)),
    "office": Scene(_office, _walls((232, 232, 240), (222, 236, 232)), (190, 200, 216), (110, 130, 170)),
    "living room": Scene(
        _living_room, _walls((246, 226, 206), (214, 226, 230), (236, 220, 236)), (206, 160, 120), (176, 120, 84)
    ),
    "studio": Scene(_renderer, PAPERS, (210, 220, 230), (96, 150, 206), 0.4),
}
