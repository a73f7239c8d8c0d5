"""A canvas for flat shapes, in units of a thousandth of the image, drawn at twice the size and averaged down."""

# ruff: noqa: PLR0917 - positions and sizes are positional, in the usual order of drawing functions

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from PIL import Image, ImageDraw

Point = tuple[float, float]
Rgb = tuple[int, int, int]
Paint = Rgb | tuple[int, int, int, int]
"""A colour, or a colour with its opacity (0-255)."""

SUPERSAMPLING = 2
"""Pixels drawn for each pixel of the image, in each direction: enough for clean edges, and ``reduce(2)`` is fast."""
SMALL_RADIUS = 60
UNITS = 1000
"""The shorter side of every image."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A view onto the image through an affine map; shapes are flat, edges are smoothed by ``finish``.

    Attributes:
        image: the pixels, ``SUPERSAMPLING`` times the asked size each way.
        opaque: draws solid colours.
        blending: draws colours that have an opacity; several times slower, so it is for small or few shapes.
        matrix: (a, b, c, d, e, f): the pixel of (x, y) is (a x + b y + c, d x + e y + f).
        left, top, right, bottom: what is visible, in root units; the middle square is 0..1000 each way.
    """

    image: Image.Image
    opaque: ImageDraw.ImageDraw
    blending: ImageDraw.ImageDraw
    matrix: tuple[float, float, float, float, float, float]
    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def blank(cls, width: int, height: int) -> "Canvas":
        """Return an empty canvas for an image of ``width`` x ``height`` pixels."""
        image = Image.new("RGB", (width * SUPERSAMPLING, height * SUPERSAMPLING))
        scale = min(image.size) / UNITS
        spare_x = (image.width / scale - UNITS) / 2
        spare_y = (image.height / scale - UNITS) / 2
        return cls(
            image=image,
            opaque=ImageDraw.Draw(image),
            blending=ImageDraw.Draw(image, "RGBA"),
            matrix=(scale, 0, spare_x * scale, 0, scale, spare_y * scale),
            left=-spare_x,
            top=-spare_y,
            right=UNITS + spare_x,
            bottom=UNITS + spare_y,
        )

    def finish(self) -> Image.Image:
        """Return the image at its final size."""
        return self.image.reduce(SUPERSAMPLING)

    def at(
        self, x: float, y: float, *, turn: float = 0, scale: float = 1, stretch: float = 1, mirror: bool = False
    ) -> "Canvas":
        """Return a view whose origin is (x, y).

        Shapes in it are mirrored left to right or made wider by ``stretch``, then scaled, then turned clockwise by
        ``turn`` degrees.
        """
        a, b, c, d, e, f = self.matrix
        cos, sin = math.cos(math.radians(turn)) * scale, math.sin(math.radians(turn)) * scale
        wide = -stretch if mirror else stretch
        return replace(
            self,
            matrix=(
                wide * (a * cos + b * sin),
                b * cos - a * sin,
                a * x + b * y + c,
                wide * (d * cos + e * sin),
                e * cos - d * sin,
                d * x + e * y + f,
            ),
        )

    def polygon(self, points: Sequence[Point], fill: Paint) -> None:
        """Fill a closed shape with straight edges."""
        a, b, c, d, e, f = self.matrix
        pixels = [(a * x + b * y + c, d * x + e * y + f) for x, y in points]
        self._brush(fill).polygon(pixels, fill=fill)

    def smooth(self, points: Sequence[Point], fill: Paint) -> None:
        """Fill a closed shape whose edge runs softly through ``points``."""
        self.polygon(_bend([points[-1], *points, points[0], points[1]]), fill)

    def ellipse(self, x: float, y: float, across: float, down: float, fill: Paint) -> None:
        """Fill an ellipse around (x, y) with half axes ``across`` and ``down``."""
        a, b, c, d, e, f = self.matrix
        if b or d:
            self.polygon([(x + across * cos, y + down * sin) for cos, sin in _circle(_steps(max(across, down)))], fill)
            return
        middle_x, middle_y, half_x, half_y = a * x + c, e * y + f, abs(a) * across, abs(e) * down
        corners = (middle_x - half_x, middle_y - half_y, middle_x + half_x, middle_y + half_y)
        self._brush(fill).ellipse(corners, fill=fill)

    def circle(self, x: float, y: float, radius: float, fill: Paint) -> None:
        """Fill a circle around (x, y)."""
        self.ellipse(x, y, radius, radius, fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Paint, radius: float = 0) -> None:
        """Fill a rectangle, its corners rounded by ``radius``."""
        if radius <= 0:
            self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill)
            return
        radius = min(radius, (right - left) / 2, (bottom - top) / 2)
        corners = (
            (right - radius, bottom - radius),
            (left + radius, bottom - radius),
            (left + radius, top + radius),
            (right - radius, top + radius),
        )
        circle = _circle(24)
        points = [
            (x + radius * cos, y + radius * sin)
            for quarter, (x, y) in enumerate(corners)
            for cos, sin in (circle[(quarter * 6 + step) % 24] for step in range(7))
        ]
        self.polygon(points, fill)

    def line(self, points: Sequence[Point], width: float, fill: Paint) -> None:
        """Draw a line of ``width`` through ``points``, round at ends and joints; use opaque colours."""
        half = width / 2
        for (x0, y0), (x1, y1) in pairwise(points):
            length = math.hypot(x1 - x0, y1 - y0) or 1
            across, along = (y0 - y1) / length * half, (x1 - x0) / length * half
            quad = [(x0 + across, y0 + along), (x1 + across, y1 + along), (x1 - across, y1 - along)]
            self.polygon([*quad, (x0 - across, y0 - along)], fill)
        for x, y in points:
            self.circle(x, y, half, fill)

    def curve(self, points: Sequence[Point], width: float, fill: Paint) -> None:
        """Draw a soft line of ``width`` through ``points``."""
        self._stroke(_bend([points[0], *points, points[-1]]), width, fill)

    def arc(
        self,
        x: float,
        y: float,
        across: float,
        down: float,
        start: float,
        end: float,
        width: float,
        fill: Paint,
    ) -> None:
        """Draw a part of an ellipse's edge from ``start`` to ``end`` degrees, clockwise from three o'clock."""
        steps = max(4, math.ceil(abs(end - start) / (15 if max(across, down) < SMALL_RADIUS else 7.5)))
        angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
        self._stroke([(x + across * math.cos(angle), y + down * math.sin(angle)) for angle in angles], width, fill)

    def _brush(self, fill: Paint) -> ImageDraw.ImageDraw:
        return self.opaque if len(fill) == len("rgb") else self.blending

    def _stroke(self, points: Sequence[Point], width: float, fill: Paint) -> None:
        """Draw a line that bends little from point to point, round at its ends."""
        half = width / 2
        edges: list[tuple[Point, Point]] = []
        for (x0, y0), (x, y), (x1, y1) in zip([points[0], *points], points, [*points[1:], points[-1]], strict=False):
            length = math.hypot(x1 - x0, y1 - y0) or 1
            across, along = (y0 - y1) / length * half, (x1 - x0) / length * half
            edges.append(((x + across, y + along), (x - across, y - along)))
        for (left, right), (next_left, next_right) in pairwise(edges):
            self.polygon([left, next_left, next_right, right], fill)
        self.circle(*points[0], half, fill)
        self.circle(*points[-1], half, fill)


def _steps(radius: float) -> int:
    """Return how many corners make a circle look round."""
    return next((steps for limit, steps in ((12, 12), (SMALL_RADIUS, 24), (150, 48)) if radius < limit), 96)


@lru_cache(maxsize=8)
def _circle(steps: int) -> tuple[Point, ...]:
    angles = [2 * math.pi * step / steps for step in range(steps)]
    return tuple((math.cos(angle), math.sin(angle)) for angle in angles)


def _bend(points: Sequence[Point], steps: int = 5) -> list[Point]:
    """Return a Catmull-Rom curve through all points but the first and the last, which only give directions."""
    bent: list[Point] = []
    for (x0, y0), (x1, y1), (x2, y2), (x3, y3) in zip(points, points[1:], points[2:], points[3:], strict=False):
        for step in range(steps):
            t = step / steps
            w0, w1 = (-t + 2 * t * t - t**3) / 2, (2 - 5 * t * t + 3 * t**3) / 2
            w2, w3 = (t + 4 * t * t - 3 * t**3) / 2, (t**3 - t * t) / 2
            bent.append((w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3, w0 * y0 + w1 * y1 + w2 * y2 + w3 * y3))
    return [*bent, points[-2]]
