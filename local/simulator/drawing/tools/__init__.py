"""What a figure can hold: the kinds of tools and the words for them."""

from collections.abc import Mapping

from local.simulator.drawing.tools.hand_tools import HAND_TOOLS
from local.simulator.drawing.tools.kinds import Tool
from local.simulator.drawing.tools.kitchen import KITCHEN
from local.simulator.drawing.tools.play import PLAY
from local.simulator.drawing.tools.poles import POLES
from local.simulator.drawing.tools.study import STUDY
from local.simulator.drawing.tools.treasures import TREASURES
from local.simulator.drawing.words import spread_synonyms

TOOLS: Mapping[str, Tool] = {**POLES, **HAND_TOOLS, **STUDY, **KITCHEN, **PLAY, **TREASURES}

ALIASES: Mapping[str, str] = spread_synonyms(
    {
        "telescope": "spyglass",
        "magnifying glass": "magnifier",
        "book": "notebook, journal, tome, spellbook",
        "map": "chart, blueprint, treasure map, star map",
        "phone": "smartphone",
        "tablet": "laptop, datapad, scanner",
        "flask": "beaker",
        "test tube": "vial",
        "radio": "walkie talkie",
        "letter": "envelope, newspaper",
        "pen": "pencil",
        "paintbrush": "brush",
        "lantern": "lamp",
        "shovel": "spade, trowel, snow shovel",
        "pickaxe": "pick",
        "axe": "hatchet",
        "spear": "lance, javelin, harpoon",
        "staff": "cane, walking stick, scepter",
        "paddle": "oar",
        "sword": "blade, saber, sabre, cutlass, dagger",
        "wrench": "spanner, clamp",
        "screwdriver": "chisel",
        "hammer": "mallet",
        "guitar": "lute, ukulele, banjo",
        "violin": "fiddle",
        "horn": "saxophone, megaphone",
        "trumpet": "bugle",
        "microphone": "mic",
        "ball": "football, basketball, soccer ball",
        "rope": "lasso, cord, chain, leash",
        "skateboard": "balance board",
        "snowboard": "snow sled, sled",
        "bucket": "pail, paint can",
        "cup": "mug, teacup, coffee",
        "trophy": "goblet",
        "coin": "medal",
        "gem": "crystal, diamond, jewel, paperweight",
        "crystal ball": "orb",
        "potion bottle": "potion, bottle",
        "parcel": "box, package, gift, crate",
        "treasure chest": "chest",
        "suitcase": "briefcase",
        "bag": "satchel, sack",
        "bouquet": "flowers, flower, rose",
        "flower pot": "plant",
        "seedling": "sapling",
        "bread": "loaf, baguette",
        "cake": "cupcake",
        "pizza": "pie",
        "frying pan": "pan",
        "ladle": "spatula, spoon",
        "teapot": "pot, kettle",
        "tray": "plate, platter, cookie",
        "racket": "tennis racket",
        "rolling pin": "bat",
        "balloon": "balloons",
        "stop sign": "sign",
        "traffic cone": "cone",
        "fire extinguisher": "extinguisher",
        "gear": "cog",
        "fishing rod": "fishing pole",
        "hose": "garden hose",
        "stopwatch": "watch, timer",
        "remote control": "controller",
        "life ring": "buoy",
        "shears": "pruner, clippers",
        "yarn ball": "yarn",
        "ski poles": "ski",
        "bone": "fossil",
        "shell": "seashell, conch",
        "carrot": "vegetable",
        "apple": "fruit",
    },
)
"""Other words for the same tools."""

__all__ = ["ALIASES", "TOOLS", "Tool"]
