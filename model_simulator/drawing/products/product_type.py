"""The product type: how a family of products is painted."""

from collections.abc import Callable
from dataclasses import dataclass

from model_simulator.drawing.canvas import Canvas, Rgb

Painter = Callable[[Canvas, Rgb, Rgb], None]
"""Paints a product in its main colour and its trim; the origin is where it stands, about 560 units each way."""


@dataclass(frozen=True, slots=True)
class Product:
    """A family of similar things; ``colour`` is the main colour if the prompt names none, None = any."""

    paint: Painter
    colour: Rgb | None = None
