"""All headgear by its name."""

from collections.abc import Mapping

from local.simulator.drawing.figures.caps import CAPS
from local.simulator.drawing.figures.hats import HATS
from local.simulator.drawing.figures.headgear import Headgear
from local.simulator.drawing.figures.helmets import HELMETS

HEADGEAR: Mapping[str, Headgear] = {**HATS, **CAPS, **HELMETS}
