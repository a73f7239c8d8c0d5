"""Words for the materials, shapes and finishes of products."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Rgb
from model_simulator.drawing.colors import STEEL, WOOD

MATERIALS: Mapping[str, Rgb] = {
    "oak": (206, 160, 104),
    "walnut": (122, 80, 54),
    "bamboo": (222, 186, 120),
    "wicker": (206, 166, 110),
    "wood": WOOD,
    "wooden": WOOD,
    "pine": (226, 186, 130),
    "steel": STEEL,
    "aluminum": (200, 206, 214),
    "aluminium": (200, 206, 214),
    "metal": STEEL,
    "cast iron": (76, 78, 88),
    "iron": (84, 86, 96),
    "ceramic": (236, 228, 214),
    "porcelain": (244, 244, 246),
    "stoneware": (186, 174, 158),
    "clay": (206, 122, 86),
    "glass": (170, 216, 226),
    "leather": (140, 86, 54),
    "canvas": (214, 198, 164),
    "linen": (226, 214, 190),
    "cotton": (236, 230, 220),
    "wool": (190, 170, 160),
    "felt": (150, 156, 166),
    "silicone": (120, 190, 190),
    "rubber": (70, 72, 82),
    "resin": (120, 130, 120),
    "marble": (232, 230, 232),
    "cork": (206, 164, 116),
    "enamel": (236, 240, 240),
    "plastic": (96, 170, 206),
    "paper": (246, 240, 226),
    "cardboard": (206, 160, 108),
    "stone": (170, 168, 170),
    "concrete": (176, 178, 182),
    "velvet": (120, 50, 90),
    "denim": (70, 100, 150),
}
"""Colours of materials, where no colour word stands beside them."""

SHAPES: Mapping[str, tuple[float, float]] = {
    "tall": (0.86, 1.08),
    "slim": (0.8, 1.05),
    "wide": (1.16, 0.94),
    "low": (1.2, 0.86),
    "compact": (1.0, 0.88),
    "oval": (1.1, 0.96),
    "round": (1.04, 1.0),
    "square": (0.96, 0.98),
    "curved": (1.08, 1.0),
    "tapered": (0.92, 1.03),
    "mini": (1.0, 0.82),
    "small": (1.0, 0.86),
    "large": (1.05, 1.06),
    "long": (1.2, 0.94),
    "slender": (0.8, 1.05),
    "stackable": (1.02, 0.94),
    "folding": (0.98, 0.98),
}
"""How a word changes width (before size) and size."""

SHINY = frozenset({"glossy", "polished", "shiny", "satin", "chrome", "enamel", "glass", "porcelain"})
