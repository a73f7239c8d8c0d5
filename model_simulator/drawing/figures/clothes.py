"""Prints of everyday and festive clothes. Each function takes the main colour, the accent and the skin colour."""

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import GOLD, INK, LEATHER, SILVER, WHITE, mix, shade, tint
from model_simulator.drawing.figures import clothing_details
from model_simulator.drawing.figures.anatomy import HIP, SHOULDER, lit_band, torso_band


def paint_robe(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    """Print robe."""
    clothing_details.draw_neckline(canvas, skin, 46)
    for side, tone in ((-1, accent), (1, shade(accent, 0.2))):
        canvas.polygon([(side * 40, SHOULDER), (side * 62, SHOULDER), (14, HIP - 26), (-14, HIP - 26)], tone)
    canvas.line([(-2, 520), (-2, HIP)], 6, shade(main, 0.4))
    clothing_details.draw_belt(canvas, accent, tint(accent, 0.5))
    canvas.line([(30, 640), (38, 690)], 10, accent)


def paint_cloak(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print cloak."""
    torso_band(canvas, 470, HIP + 6, shade(accent, 0.1), (-0.34, 0.34))
    for side in (-1, 1):
        edge = [(side * 24, SHOULDER), (side * 34, SHOULDER), (side * 46, HIP + 8), (side * 34, HIP + 8)]
        canvas.polygon(edge, tint(main, 0.4))
    canvas.circle(0, 462, 17, shade(GOLD))
    canvas.circle(-2, 460, 13, GOLD)
    clothing_details.draw_belt(canvas, LEATHER)


def paint_long_coat(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print long coat."""
    clothing_details.draw_lapels(canvas, main, accent, 100)
    clothing_details.draw_buttons(canvas, tint(main, 0.55), x=30, rows=3)
    clothing_details.draw_buttons(canvas, tint(main, 0.55), x=-30, rows=3)
    clothing_details.draw_belt(canvas, shade(main, 0.4), SILVER, 600)


def paint_coat(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print coat."""
    canvas.line([(0, 470), (0, HIP)], 5, shade(main, 0.4))
    clothing_details.draw_collar(canvas, accent, 60)
    clothing_details.draw_buttons(canvas, GOLD, x=14, rows=4)
    for side in (-1, 1):
        clothing_details.draw_pocket(canvas, side * 60, 590, main, 24)


def paint_jacket(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print jacket."""
    clothing_details.draw_zip(canvas, main)
    clothing_details.draw_collar(canvas, accent, 54)
    for side in (-1, 1):
        canvas.line([(side * 84, 560), (side * 52, 600)], 8, shade(main, 0.42))
    lit_band(canvas, HIP - 18, HIP + 8, accent)


def paint_parka(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print parka."""
    canvas.line([(0, 470), (0, HIP)], 14, shade(main, 0.3))
    for y in (506, 552, 598):
        canvas.line([(-24, y), (24, y)], 11, LEATHER)
    for side in (-1, 1):
        clothing_details.draw_pocket(canvas, side * 66, 582, main, 24)
    fur = mix(accent, (252, 244, 230), 0.72)
    for step in range(-4, 5):
        canvas.circle(step * 20, 458 - abs(step) * 5, 21, shade(fur, 0.12) if step > 1 else fur)


def paint_tuxedo(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print tuxedo."""
    clothing_details.draw_lapels(canvas, main, WHITE, 150)
    for y in (500, 530, 558):
        canvas.circle(0, y, 6, INK)
    clothing_details.draw_bow_tie(canvas, accent)
    canvas.polygon([(-72, 524), (-50, 520), (-48, 540), (-70, 542)], accent)


def paint_suit(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print suit."""
    clothing_details.draw_lapels(canvas, main, WHITE, 132)
    clothing_details.draw_tie(canvas, accent)
    clothing_details.draw_buttons(canvas, tint(main, 0.5), rows=1, x=0)
    canvas.line([(-76, 530), (-48, 526)], 8, tint(accent, 0.3))
    clothing_details.draw_buttons(canvas, shade(main, 0.5), x=2, rows=1)


def paint_dress(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    """Print dress."""
    canvas.ellipse(0, SHOULDER, 54, 32, skin)
    canvas.arc(0, SHOULDER, 56, 34, 8, 172, 10, accent)
    for x, y in ((-58, 520), (-16, 548), (34, 514), (64, 566), (-50, 588), (14, 596)):
        canvas.circle(x, y, 8, tint(main, 0.5))
    lit_band(canvas, 622, HIP + 4, accent)
    canvas.smooth([(20, 628), (62, 612), (58, 634), (64, 656)], tint(accent, 0.2))


def paint_tunic(canvas: Canvas, _main: Rgb, accent: Rgb, skin: Rgb) -> None:
    """Print tunic."""
    clothing_details.draw_neckline(canvas, skin, 64)
    for y in (462, 478):
        canvas.line([(-18, y), (18, y + 10)], 5, accent)
    for side in (-1, 1):
        canvas.line([(side * 46, SHOULDER), (0, SHOULDER + 66)], 10, accent)
    clothing_details.draw_belt(canvas, LEATHER)


def paint_sweater(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print sweater."""
    canvas.box(-52, 422, 52, 458, shade(main, 0.12), 16)
    lit_band(canvas, 520, 576, shade(accent, 0.06))
    points = [(-98 + step * 28, 536 + (24 if step % 2 else 0)) for step in range(8)]
    canvas.line(points, 9, tint(main, 0.55))
    for x in (-84, -56, -28, 0, 28, 56):
        canvas.line([(x, 632), (x, 650)], 6, shade(main, 0.24))


def paint_shirt(canvas: Canvas, main: Rgb, accent: Rgb, _skin: Rgb) -> None:
    """Print shirt."""
    canvas.line([(0, 460), (0, HIP)], 4, shade(main, 0.3))
    clothing_details.draw_buttons(canvas, tint(accent, 0.3), rows=4)
    clothing_details.draw_collar(canvas, tint(main, 0.3), 42)
    clothing_details.draw_pocket(canvas, -52, 506, main, 22)


def paint_poncho(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    """Print poncho."""
    clothing_details.draw_neckline(canvas, skin, 40)
    for y, tone in ((560, accent), (590, tint(accent, 0.45)), (616, shade(accent, 0.3))):
        points = [(-108 + step * 27, y + (14 if step % 2 else 0)) for step in range(9)]
        canvas.line(points, 12, tone)
    for step in range(-4, 5):
        canvas.line([(step * 26, HIP), (step * 26, HIP + 24)], 7, shade(main, 0.2))


def paint_kimono(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    """Print kimono."""
    clothing_details.draw_neckline(canvas, skin, 50)
    canvas.line([(42, SHOULDER), (-40, 596)], 20, accent)
    canvas.line([(-42, SHOULDER), (4, 506)], 20, tint(accent, 0.2))
    for x, y in ((60, 540), (-66, 500), (78, 486)):
        for dx, dy in ((0, -8), (8, 0), (0, 8), (-8, 0)):
            canvas.circle(x + dx, y + dy, 6, tint(main, 0.6))
    lit_band(canvas, 588, 640, accent)
    lit_band(canvas, 606, 620, tint(accent, 0.5))


def paint_toga(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    """Print toga."""
    canvas.polygon([(-84, SHOULDER), (-40, SHOULDER), (-104, 560)], skin)
    canvas.polygon([(20, SHOULDER), (66, SHOULDER), (-60, HIP), (-112, HIP - 30)], accent)
    for share in (0.2, 0.5, 0.8):
        canvas.line([(40 + share * 46, 462), (-80 + share * 170, HIP)], 6, shade(main, 0.16))
    canvas.circle(62, 458, 16, GOLD)


def paint_leotard(canvas: Canvas, main: Rgb, accent: Rgb, skin: Rgb) -> None:
    """Print leotard."""
    canvas.ellipse(0, SHOULDER, 62, 46, skin)
    canvas.polygon([(-100, 560), (0, 500), (100, 560), (108, 590), (0, 532), (-108, 590)], accent)
    for x, y in ((-56, 510), (52, 498), (-34, 594), (40, 602), (0, 566), (-84, 620), (82, 628)):
        canvas.polygon([(x, y - 11), (x + 4, y), (x, y + 11), (x - 4, y)], tint(main, 0.7))
        canvas.polygon([(x - 11, y), (x, y - 4), (x + 11, y), (x, y + 4)], tint(main, 0.7))


def paint_fur_costume(canvas: Canvas, main: Rgb, _accent: Rgb, _skin: Rgb) -> None:
    """Print fur costume."""
    belly = mix(main, (255, 244, 222), 0.7)
    canvas.smooth([(0, 462), (56, 492), (72, 570), (50, 640), (-50, 640), (-72, 570), (-56, 492)], belly)
    for step in range(-4, 5):
        canvas.circle(step * 19, 452 - abs(step) * 3, 17, main if step > 1 else tint(main, 0.2))
    for x, y in ((-20, 520), (14, 546), (-10, 580), (24, 600)):
        canvas.line([(x, y), (x + 8, y + 12), (x + 16, y)], 4, shade(belly, 0.2))
