"""Prints of work, sports and combat clothes. Each function takes the main colour, the accent and the skin colour."""

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import GOLD, INK, LEATHER, SILVER, WHITE, shade, tint
from model_simulator.drawing.figures import clothing_details
from model_simulator.drawing.figures.anatomy import HIP, SHOULDER, lit_band, torso_band, torso_half
from model_simulator.drawing.shapes import block


def paint_spacesuit(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print spacesuit."""
    canvas.box(-66, 420, 66, 458, shade(SILVER, 0.2), 18)
    canvas.box(-66, 420, 40, 452, SILVER, 18)
    for side in (-1, 1):
        canvas.curve([(side * 52, 540), (side * 86, 560), (side * 82, 610), (side * 60, 640)], 15, shade(accent, 0.2))
    block(canvas, -54, 494, 54, 590, tint(main, 0.35) if main != WHITE else (214, 220, 232), 12)
    for x, tone in ((-30, (232, 72, 60)), (0, (250, 196, 50)), (30, (64, 172, 226))):
        canvas.circle(x, 520, 11, tone)
        canvas.circle(x - 3, 517, 4, tint(tone, 0.6))
    canvas.box(-38, 546, 38, 572, INK, 5)
    canvas.line([(-28, 562), (-12, 556), (2, 564), (24, 554)], 4, (120, 232, 160))
    lit_band(canvas, 624, HIP + 2, accent)


def paint_armor(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print armor."""
    light, dark = tint(main, 0.36), shade(main, 0.4)
    canvas.smooth([(-66, 452), (0, 464), (66, 452), (78, 530), (0, 586), (-78, 530)], dark)
    canvas.smooth([(-64, 452), (-4, 464), (-4, 576), (-72, 528)], light)
    canvas.smooth([(4, 464), (62, 454), (70, 526), (4, 576)], main)
    for y in (592, 614, 636):
        torso_band(canvas, y - 4, y + 4, dark)
    clothing_details.draw_badge(canvas, 0, 506, accent)
    for side in (-1, 1):
        canvas.circle(side * 70, 474, 6, light)


def paint_chainmail(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print chainmail."""
    dark = shade(main, 0.34)
    for row in range(9):
        y = 462 + row * 22
        half = torso_half(y) - 12
        for step in range(7):
            x = -half + (2 * half) * (step + 0.5 * (row % 2)) / 7 + 8
            canvas.arc(x, y, 9, 8, 10, 170, 4.5, dark)
    tabard = [(-52, SHOULDER), (52, SHOULDER), (62, HIP + 6), (-62, HIP + 6)]
    canvas.polygon(tabard, accent)
    canvas.polygon([(24, SHOULDER), (52, SHOULDER), (62, HIP + 6), (30, HIP + 6)], shade(accent))
    canvas.polygon([(0, 484), (26, 522), (0, 560), (-26, 522)], tint(accent, 0.6))
    clothing_details.draw_belt(canvas, LEATHER)


def paint_overalls(canvas: Canvas, main: Rgb, _accent: Rgb, _skin: Rgb) -> None:
    """Print overalls."""
    lit_band(canvas, 512, HIP + 8, main)
    canvas.polygon([(-62, 496), (62, 496), (72, 580), (-72, 580)], main)
    canvas.polygon([(40, 496), (62, 496), (72, 580), (46, 580)], shade(main))
    for side in (-1, 1):
        strap = [(side * 40, SHOULDER - 2), (side * 66, SHOULDER - 2), (side * 56, 512), (side * 32, 512)]
        canvas.polygon(strap, shade(main, 0.14 if side < 0 else 0.34))
        canvas.circle(side * 45, 508, 10, GOLD)
    clothing_details.draw_pocket(canvas, 0, 540, main, 28)


def paint_lab_coat(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print lab coat."""
    clothing_details.draw_lapels(canvas, main, accent, 130)
    canvas.line([(0, 570), (0, HIP)], 5, shade(main, 0.4))
    for side in (-1, 1):
        clothing_details.draw_pocket(canvas, side * 58, 596, main, 26)
    clothing_details.draw_pocket(canvas, -56, 512, main, 18)
    canvas.line([(-62, 494), (-62, 516)], 7, (214, 60, 60))
    canvas.line([(-50, 498), (-50, 516)], 7, (48, 110, 206))


def paint_safety_vest(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print safety vest."""
    for side in (-1, 1):
        low, high = sorted((side * 0.26, side * 1.0))
        lit_band(canvas, SHOULDER, HIP + 8, main, (low, high))
        low, high = sorted((side * 0.42, side * 0.62))
        lit_band(canvas, SHOULDER, HIP + 8, (236, 236, 214), (low, high))
    lit_band(canvas, 570, 600, main)
    lit_band(canvas, 576, 594, (236, 236, 214))
    clothing_details.draw_collar(canvas, tint(accent, 0.2), 30)


def paint_vest(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print vest."""
    for side in (-1, 1):
        low, high = sorted((side * 0.14, side * 1.0))
        lit_band(canvas, SHOULDER + 4, HIP + 8, main, (low, high))
    clothing_details.draw_collar(canvas, tint(accent, 0.3), 40)
    clothing_details.draw_pocket(canvas, -66, 516, main, 20)
    for side in (-1, 1):
        clothing_details.draw_pocket(canvas, side * 66, 584, main, 25)


def paint_apron(canvas: Canvas, main: Rgb, _accent: Rgb, _skin: Rgb) -> None:
    """Print apron."""
    for side in (-1, 1):
        canvas.line([(side * 48, SHOULDER), (side * 44, 500)], 13, shade(main, 0.2))
    canvas.polygon(
        [(-56, 490), (56, 490), (64, 560), (100, 574), (104, HIP + 8), (-104, HIP + 8), (-100, 574), (-64, 560)], main
    )
    canvas.polygon([(36, 490), (56, 490), (64, 560), (100, 574), (104, HIP + 8), (64, HIP + 8)], shade(main, 0.18))
    canvas.line([(-98, 578), (98, 578)], 9, shade(main, 0.3))
    clothing_details.draw_pocket(canvas, 0, 594, main, 34)


def paint_uniform(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print uniform."""
    clothing_details.draw_collar(canvas, tint(main, 0.2), 42)
    clothing_details.draw_tie(canvas, accent)
    for side in (-1, 1):
        canvas.box(side * 70 - 20, SHOULDER + 2, side * 70 + 20, SHOULDER + 14, GOLD, 4)
    clothing_details.draw_badge(canvas, 50, 510, GOLD)
    clothing_details.draw_pocket(canvas, -54, 500, main, 22)
    clothing_details.draw_belt(canvas, INK)


def paint_wetsuit(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print wetsuit."""
    canvas.box(-48, 426, 48, 452, shade(main, 0.3), 10)
    for side in (-1, 1):
        curve = [(side * 88, 446), (side * 46, 520), (side * 56, 580), (side * 112, HIP + 6), (side * 118, HIP)]
        canvas.polygon([*curve, (side * 92, 500)], accent if side < 0 else shade(accent))
    clothing_details.draw_zip(canvas, main)


def paint_jumpsuit(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print jumpsuit."""
    clothing_details.draw_zip(canvas, main)
    clothing_details.draw_collar(canvas, accent, 44)
    clothing_details.draw_pocket(canvas, -54, 506, main, 22)
    clothing_details.draw_badge(canvas, 52, 514, accent)
    clothing_details.draw_belt(canvas, accent, SILVER)


def paint_tracksuit(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print tracksuit."""
    clothing_details.draw_zip(canvas, main)
    canvas.box(-50, 424, 50, 458, accent, 12)
    for y in (500, 518):
        for side in (-1, 1):
            canvas.line([(side * 92, y - 18), (side * 10, y + 22)], 8, accent)


def paint_scrubs(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    """Print scrubs."""
    clothing_details.draw_neckline(canvas, skin, 62)
    for side in (-1, 1):
        canvas.line([(side * 46, SHOULDER), (0, SHOULDER + 64)], 11, shade(main, 0.26))
    clothing_details.draw_pocket(canvas, 52, 524, main, 24)
    canvas.line([(44, 506), (44, 530)], 7, accent)


def paint_raincoat(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print raincoat."""
    canvas.line([(0, 470), (0, HIP)], 6, shade(main, 0.36))
    canvas.smooth([(-78, 430), (0, 462), (78, 430), (70, 476), (0, 500), (-70, 476)], shade(main, 0.14))
    for y in (520, 562, 604):
        canvas.line([(-20, y), (20, y)], 12, accent)
    for side in (-1, 1):
        clothing_details.draw_pocket(canvas, side * 66, 588, main, 23)


def paint_body_panels(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print body panels."""
    block(canvas, -70, 468, 70, 600, tint(main, 0.3), 14)
    canvas.circle(-26, 516, 29, INK)
    canvas.arc(-26, 516, 20, 20, 180, 360, 6, tint(accent, 0.4))
    canvas.line([(-26, 518), (-14, 502)], 5, (244, 84, 70))
    for row, tone in enumerate(((244, 96, 84), (252, 200, 60), (96, 206, 130))):
        canvas.box(18, 490 + row * 22, 54, 504 + row * 22, tone, 5)
    for x in (-46, -22, 2, 26):
        canvas.box(x, 562, x + 16, 586, shade(main, 0.4), 4)
    for x, y in ((-84, 460), (82, 460), (-100, 634), (98, 634)):
        canvas.circle(x, y, 7, tint(accent, 0.3))
