"""Tools that a figure can hold, by name, and the words for them."""

from collections.abc import Mapping

from model_simulator.drawing.lexicon import expand_synonyms
from model_simulator.drawing.tools.books_and_instruments import BOOKS_AND_INSTRUMENTS
from model_simulator.drawing.tools.food_and_kitchen import KITCHEN
from model_simulator.drawing.tools.hand_tools import HAND_TOOLS
from model_simulator.drawing.tools.long_handled import LONG_HANDLED
from model_simulator.drawing.tools.music_and_sports import MUSIC_AND_SPORTS
from model_simulator.drawing.tools.small_objects import SMALL_OBJECTS
from model_simulator.drawing.tools.tool_type import Tool

TOOLS: Mapping[str, Tool] = {
    **LONG_HANDLED,
    **HAND_TOOLS,
    **BOOKS_AND_INSTRUMENTS,
    **KITCHEN,
    **MUSIC_AND_SPORTS,
    **SMALL_OBJECTS,
}

ALIASES: Mapping[str, str] = expand_synonyms(
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
