"""The scene type: how a backdrop is painted."""

from collections.abc import Callable
from dataclasses import dataclass

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.rng import SeededRng

HORIZON = 712
"""Where the ground begins, in units from the top of the middle square."""


@dataclass(frozen=True, slots=True)
class Light:
    """Colours of the air: the sky from top to horizon."""

    high: Rgb
    low: Rgb


@dataclass(frozen=True, slots=True)
class Scene:
    """A backdrop.

    Attributes:
        paint: draws what stands behind the figure, from the far to the near.
        lights: skies to choose from (of a room: its walls).
        ground: colour of the ground or floor.
        plate: colour of the base plate that suits it.
        halo: strength of the light disc behind the figure, 0-1.
    """

    paint: Callable[[Canvas, SeededRng, Light], None]
    lights: tuple[Light, ...]
    ground: Rgb
    plate: Rgb
    halo: float = 0.34


DAY = Light((150, 206, 244), (222, 240, 250))
MORNING = Light((178, 210, 244), (253, 228, 206))
EVENING = Light((250, 190, 170), (254, 230, 188))
MINT = Light((160, 218, 220), (228, 244, 232))
LILAC = Light((188, 184, 240), (246, 222, 236))
NIGHT = Light((34, 38, 92), (92, 92, 164))
OPEN_AIR = (DAY, MORNING, MINT, LILAC, DAY, EVENING)
"""Skies for outdoor scenes: the hours of a fine day."""
