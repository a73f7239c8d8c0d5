"""Solid shapes, lit from the upper left with one lighter and one darker tone, without gradients."""

# ruff: noqa: PLR0917 - positions and sizes are positional, in the usual order of drawing functions

import math

from model_simulator.drawing.canvas import Canvas, Point, Rgb
from model_simulator.drawing.colors import shade, tint


def ball(canvas: Canvas, x: float, y: float, radius: float, colour: Rgb) -> None:
    """Draw a sphere."""
    canvas.circle(x, y, radius, shade(colour))
    canvas.circle(x - radius * 0.1, y - radius * 0.1, radius * 0.86, colour)
    canvas.ellipse(x - radius * 0.38, y - radius * 0.42, radius * 0.22, radius * 0.15, tint(colour, 0.55))


def block(canvas: Canvas, left: float, top: float, right: float, bottom: float, colour: Rgb, radius: float = 8) -> None:
    """Draw a box seen from the front: darker at its right, lighter at its left edge."""
    width = right - left
    canvas.box(left, top, right, bottom, shade(colour), radius)
    canvas.box(left, top, right - width * 0.16, bottom, colour, radius)
    inset = min(width * 0.08, 12)
    if bottom - top > inset * 5:
        stripe = [(left + inset * 1.6, top + inset * 2.2), (left + inset * 1.6, bottom - inset * 2.4)]
        canvas.line(stripe, inset * 0.9, tint(colour))


def pole(canvas: Canvas, start: Point, end: Point, width: float, colour: Rgb) -> None:
    """Draw a rod between two points, lit along its left side."""
    canvas.line([start, end], width, shade(colour))
    offset = width * 0.17
    canvas.line([(start[0] - offset, start[1]), (end[0] - offset, end[1])], width * 0.62, colour)


def drum(
    canvas: Canvas, x: float, top: float, bottom: float, across: float, colour: Rgb, lid: Rgb | None = None
) -> None:
    """Draw an upright cylinder seen slightly from above."""
    down = across * 0.24
    for tone, first, last in ((shade(colour), 0, 12), (colour, 3, 12)):
        angles = [math.pi * step / 12 for step in range(first, last + 1)]
        foot = [(x + across * math.cos(angle), bottom + down * math.sin(angle)) for angle in angles]
        canvas.polygon([*foot, (x - across, top), (foot[0][0], top)], tone)
    canvas.ellipse(x, top, across, down, lid or tint(colour))


def stud(canvas: Canvas, x: float, y: float, across: float, colour: Rgb) -> None:
    """Draw a stud of a base plate; (x, y) is the middle of its foot."""
    down, height = across * 0.36, across * 0.42
    canvas.ellipse(x, y, across, down, shade(colour, 0.3))
    canvas.box(x - across, y - height, x + across, y, shade(colour, 0.16))
    canvas.ellipse(x, y - height, across, down, tint(colour, 0.14))
