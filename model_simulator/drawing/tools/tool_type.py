"""The tool type: how a figure holds a tool."""

from collections.abc import Callable
from dataclasses import dataclass

from model_simulator.drawing.canvas import Canvas, Rgb

Painter = Callable[[Canvas, Rgb], None]
"""Paints a tool in its colour; the origin is where the hand holds it, y is negative upwards, x positive outwards."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A thing that a figure holds.

    Attributes:
        paint: draws it.
        colour: its colour if the prompt names none.
        pose: ``raise`` = held up in one hand, ``hang`` = hangs from a lowered hand, ``chest`` = in both hands.
        tilt: how far its top leans outwards, in degrees.
        size: magnification, so that small things stay visible at the size of a thumbnail.
    """

    paint: Painter
    colour: Rgb
    pose: str = "raise"
    tilt: float = 8
    size: float = 1.16
