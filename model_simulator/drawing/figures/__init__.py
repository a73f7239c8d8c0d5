"""The toy figure: its parts, and headgear by name."""

from collections.abc import Mapping

from model_simulator.drawing.figures.caps import CAPS
from model_simulator.drawing.figures.hats import HATS
from model_simulator.drawing.figures.headgear import Headgear
from model_simulator.drawing.figures.helmets import HELMETS

HEADGEAR: Mapping[str, Headgear] = {**HATS, **CAPS, **HELMETS}
