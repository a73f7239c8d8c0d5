"""What sits on a head: the kinds of headgear and the words for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local.simulator.drawing.canvas import Canvas, Rgb

Painter = Callable[[Canvas, Rgb, Rgb], None]
"""Paints on a head's canvas (origin: the chin); takes the colour of the thing and an accent."""


@dataclass(frozen=True, slots=True)
class Headgear:
    """One kind of headgear.

    Attributes:
        front: drawn over the head.
        behind: drawn before the body.
        colour: its colour where the prompt names none; None = the accent of the clothes.
        hair: ``hidden``, ``behind`` (only what falls behind the head) or ``full``.
    """

    front: Painter
    behind: Painter | None = None
    colour: Rgb | None = None
    hair: str = "behind"


ALIASES: Mapping[str, str] = {
    "space helmet": "bubble helmet", "astronaut helmet": "bubble helmet", "glass helmet": "bubble helmet",
    "visored helmet": "knight helmet", "visor helmet": "knight helmet", "great helm": "knight helmet",
    "helm": "knight helmet", "plumed helmet": "knight helmet", "crash helmet": "racing helmet",
    "motorcycle helmet": "racing helmet", "motorbike helmet": "racing helmet", "ski helmet": "racing helmet",
    "firefighter helmet": "fire helmet", "bike helmet": "bicycle helmet", "cycling helmet": "bicycle helmet",
    "pilot helmet": "flight helmet", "aviator cap": "flight helmet", "aviator helmet": "flight helmet",
    "hardhat": "hard hat", "safety helmet": "hard hat", "construction helmet": "hard hat", "pith helmet": "sun hat",
    "safari hat": "sun hat", "explorer hat": "fedora", "witch hat": "wizard hat", "pointed hat": "wizard hat",
    "pirate hat": "tricorn hat", "tricorn": "tricorn hat", "bicorne": "tricorn hat", "chef s hat": "chef hat",
    "toque": "chef hat", "baker hat": "chef hat", "bowler": "bowler hat", "derby hat": "bowler hat",
    "stetson": "cowboy hat", "sombrero": "straw hat", "ushanka": "fur hat", "captain s hat": "captain hat",
    "sailor cap": "captain hat", "sailor hat": "captain hat", "peaked cap": "conductor cap",
    "police cap": "conductor cap", "police hat": "conductor cap", "pilot cap": "conductor cap", "newsboy cap": "flat cap",
    "knit cap": "beanie", "knitted hat": "beanie", "winter hat": "beanie", "wool hat": "beanie", "bobble hat": "beanie",
    "tiara": "crown", "diadem": "crown", "laurel": "laurel wreath", "flower crown": "flower wreath",
    "cowl": "hood", "headset": "headphones", "earphones": "headphones", "earmuffs": "headphones",
    "headscarf": "bandana", "kerchief": "bandana", "swim goggles": "goggles", "safety goggles": "goggles",
    "antennae": "antenna", "head lamp": "headlamp", "nemes": "pharaoh headdress", "hat": "fedora",
    "sweatband": "headband", "visor": "cap", "graduation cap": "top hat", "jester hat": "party hat", "fez": "top hat",
}  # fmt: skip
"""Other words for the kinds that ``hats`` and ``helmets`` draw."""
