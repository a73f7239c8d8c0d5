"""Measures of the toy figure: x = 0 is its middle, y as in the image (0 top, 1000 bottom), light from the upper left.

A head is drawn on a canvas of its own, whose origin is the middle of the chin: y is negative upwards.
"""

from model_simulator.drawing.canvas import Canvas, Point, Rgb
from model_simulator.drawing.colors import shade

GROUND = 868
"""Where the soles stand."""
HIP = 648
SHOULDER = 438
CHIN = 434

SHOULDER_HALF = 84
HIP_HALF = 116

HEAD_HALF = 98
HEAD_TOP = -188
EYES = -98
MOUTH = -50
BROW = -132
"""Where the brim of a hat sits."""


def torso_half(y: float) -> float:
    """Return half the width of the torso at a height."""
    return SHOULDER_HALF + (HIP_HALF - SHOULDER_HALF) * (y - SHOULDER) / (HIP - SHOULDER)


def torso_band(canvas: Canvas, top: float, bottom: float, colour: Rgb, share: tuple[float, float] = (-1, 1)) -> None:
    """Paint the torso between two heights; ``share`` cuts it from side to side (-1 left edge, 1 right edge)."""
    left, right = share
    upper, lower = torso_half(top), torso_half(bottom)
    canvas.polygon([(upper * left, top), (upper * right, top), (lower * right, bottom), (lower * left, bottom)], colour)


def lit_band(canvas: Canvas, top: float, bottom: float, colour: Rgb, share: tuple[float, float] = (-1, 1)) -> None:
    """Paint a torso band whose right part lies in the shade, like the torso itself."""
    torso_band(canvas, top, bottom, colour, share)
    edge = 0.62
    if share[1] > edge:
        torso_band(canvas, top, bottom, shade(colour), (max(edge, share[0]), share[1]))


def mirrored(points: list[Point]) -> list[Point]:
    """Return the outline that goes down ``points`` on the right and back up on the left."""
    return points + [(-x, y) for x, y in reversed(points)]
