"""The studded base plate that a figure stands on, and the soft shadows around it."""

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import SHADOW, fade, shade, tint
from model_simulator.drawing.figures.anatomy import GROUND
from model_simulator.drawing.shapes import stud

BACK, FRONT, FOOT = 806, 906, 944
BACK_HALF, FRONT_HALF = 262, 312


def draw_base_plate(canvas: Canvas, colour: Rgb) -> None:
    """Draw the plate and the shadow that it throws to the right."""
    canvas.ellipse(26, FOOT - 4, FRONT_HALF + 62, 44, fade(SHADOW, 0.16))
    canvas.ellipse(18, FOOT - 6, FRONT_HALF + 26, 32, fade(SHADOW, 0.22))
    top = [(-BACK_HALF, BACK), (BACK_HALF, BACK), (FRONT_HALF, FRONT), (-FRONT_HALF, FRONT)]
    canvas.polygon(top, tint(colour, 0.1))
    canvas.polygon(
        [(-FRONT_HALF, FRONT), (FRONT_HALF, FRONT), (FRONT_HALF - 4, FOOT), (-FRONT_HALF + 4, FOOT)],
        shade(colour, 0.26),
    )
    canvas.line([(-FRONT_HALF + 4, FRONT + 2), (FRONT_HALF - 4, FRONT + 2)], 5, tint(colour, 0.34))
    for y, across, spread in ((826, 21, 0.86), (856, 23, 0.88), (888, 25, 0.9)):
        half = BACK_HALF + (FRONT_HALF - BACK_HALF) * (y - BACK) / (FRONT - BACK)
        for column in range(8):
            stud(canvas, (column / 3.5 - 1) * half * spread, y, across, colour)


def draw_foot_shadow(canvas: Canvas, half: float = 126) -> None:
    """Draw the shadow where the figure touches the plate."""
    canvas.ellipse(20, GROUND + 1, half + 34, 19, fade(SHADOW, 0.3))
