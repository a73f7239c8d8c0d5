"""What a figure can hold: the kinds of tools and the words for them."""

from collections.abc import Mapping

from local.simulator.drawing.tools.hand_tools import HAND_TOOLS
from local.simulator.drawing.tools.kinds import Tool
from local.simulator.drawing.tools.kitchen import KITCHEN
from local.simulator.drawing.tools.play import PLAY
from local.simulator.drawing.tools.poles import POLES
from local.simulator.drawing.tools.study import STUDY
from local.simulator.drawing.tools.treasures import TREASURES

TOOLS: Mapping[str, Tool] = {**POLES, **HAND_TOOLS, **STUDY, **KITCHEN, **PLAY, **TREASURES}

ALIASES: Mapping[str, str] = {
    "spyglass": "telescope", "magnifier": "magnifying glass", "notebook": "book", "journal": "book", "tome": "book",
    "spellbook": "book", "chart": "map", "blueprint": "map", "treasure map": "map", "star map": "map", "smartphone": "phone",
    "laptop": "tablet", "datapad": "tablet", "scanner": "tablet", "beaker": "flask", "vial": "test tube",
    "walkie talkie": "radio", "envelope": "letter", "newspaper": "letter", "pencil": "pen", "brush": "paintbrush",
    "lamp": "lantern", "spade": "shovel", "trowel": "shovel", "pick": "pickaxe", "hatchet": "axe",
    "lance": "spear", "javelin": "spear", "harpoon": "spear", "cane": "staff", "walking stick": "staff", "scepter": "staff",
    "oar": "paddle", "blade": "sword", "saber": "sword", "sabre": "sword", "cutlass": "sword", "dagger": "sword",
    "spanner": "wrench", "mallet": "hammer", "lute": "guitar", "ukulele": "guitar", "banjo": "guitar", "fiddle": "violin",
    "saxophone": "horn", "bugle": "trumpet", "mic": "microphone", "football": "ball", "basketball": "ball",
    "soccer ball": "ball", "lasso": "rope", "cord": "rope", "chain": "rope", "pail": "bucket", "mug": "cup", "teacup": "cup",
    "coffee": "cup", "goblet": "trophy", "medal": "coin", "crystal": "gem", "diamond": "gem", "jewel": "gem", "orb": "crystal ball",
    "potion": "potion bottle", "bottle": "potion bottle", "box": "parcel", "package": "parcel", "gift": "parcel",
    "crate": "parcel", "chest": "treasure chest", "briefcase": "suitcase", "satchel": "bag", "sack": "bag",
    "flowers": "bouquet", "flower": "bouquet", "rose": "bouquet", "plant": "flower pot", "sapling": "seedling",
    "loaf": "bread", "baguette": "bread", "cupcake": "cake", "pie": "pizza", "pan": "frying pan", "spatula": "ladle",
    "spoon": "ladle", "pot": "teapot", "kettle": "teapot", "plate": "tray", "platter": "tray", "cookie": "tray",
    "tennis racket": "racket", "bat": "rolling pin", "balloons": "balloon", "sign": "stop sign", "cone": "traffic cone",
    "extinguisher": "fire extinguisher", "cog": "gear", "megaphone": "horn", "fishing pole": "fishing rod",
    "garden hose": "hose", "watch": "stopwatch", "timer": "stopwatch", "controller": "remote control", "buoy": "life ring",
    "snow shovel": "shovel", "pruner": "shears", "clippers": "shears", "yarn": "yarn ball", "paint can": "bucket",
    "ski": "ski poles", "fossil": "bone", "seashell": "shell", "conch": "shell", "vegetable": "carrot", "fruit": "apple",
}  # fmt: skip
"""Other words for the same tools."""

__all__ = ["ALIASES", "TOOLS", "Tool"]
