"""The headgear type, and the words for headgear."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.lexicon import expand_synonyms

Painter = Callable[[Canvas, Rgb, Rgb], None]
"""Paints on a head's canvas (origin: the chin); takes the colour of the thing and an accent."""


@dataclass(frozen=True, slots=True)
class Headgear:
    """One kind of headgear.

    Attributes:
        front: drawn over the head.
        behind: drawn before the body.
        colour: its colour where the prompt names none; None = the accent of the clothes.
        hair: what shows of it: ``hidden``, ``behind`` (only what falls behind the head), ``low`` (all of it, if it is a
            style that keeps close to the head) or ``full``.
    """

    front: Painter
    behind: Painter | None = None
    colour: Rgb | None = None
    hair: str = "behind"


ALIASES: Mapping[str, str] = expand_synonyms(
    {
        "bubble helmet": "space helmet, astronaut helmet, glass helmet",
        "knight helmet": "visored helmet, visor helmet, great helm, helm, plumed helmet",
        "racing helmet": "crash helmet, motorcycle helmet, motorbike helmet, ski helmet",
        "fire helmet": "firefighter helmet",
        "bicycle helmet": "bike helmet, cycling helmet",
        "flight helmet": "pilot helmet, aviator cap, aviator helmet",
        "hard hat": "hardhat, safety helmet, construction helmet",
        "sun hat": "pith helmet, safari hat",
        "fedora": "explorer hat, hat",
        "wizard hat": "witch hat, pointed hat",
        "tricorn hat": "pirate hat, tricorn, bicorne",
        "chef hat": "chef s hat, toque, baker hat",
        "bowler hat": "bowler, derby hat",
        "cowboy hat": "stetson",
        "straw hat": "sombrero",
        "fur hat": "ushanka",
        "captain hat": "captain s hat, sailor cap, sailor hat",
        "conductor cap": "peaked cap, police cap, police hat, pilot cap",
        "flat cap": "newsboy cap",
        "beanie": "knit cap, knitted hat, winter hat, wool hat, bobble hat",
        "crown": "tiara, diadem",
        "laurel wreath": "laurel",
        "flower wreath": "flower crown",
        "hood": "cowl",
        "headphones": "headset, earphones, earmuffs",
        "bandana": "headscarf, kerchief",
        "goggles": "swim goggles, safety goggles",
        "antenna": "antennae",
        "headlamp": "head lamp",
        "pharaoh headdress": "nemes",
        "headband": "sweatband",
        "cap": "visor",
        "top hat": "graduation cap, fez",
        "party hat": "jester hat",
    },
)
"""Other words for the kinds that ``hats``, ``caps`` and ``helmets`` draw."""
