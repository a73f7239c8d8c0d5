"""Outfits: the print on the torso, the kind of legs, and the default colour."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import COLOUR_WORDS, SILVER, WHITE
from model_simulator.drawing.figures import clothes, workwear
from model_simulator.drawing.lexicon import expand_synonyms

Print = Callable[[Canvas, Rgb, Rgb, Rgb], None]
"""Paints a torso; takes the main colour, the accent and the skin."""


@dataclass(frozen=True, slots=True)
class Outfit:
    """An outfit.

    Attributes:
        paint: prints the torso, which already has the main colour.
        colour: the main colour where the prompt names none; None = any.
        lower: ``same`` = legs in the main colour, ``other`` = legs in another one, ``skirt`` = down to the feet,
            ``short skirt`` = to the knees, over legs of another colour.
        sleeves: ``main``, ``accent`` (the shirt below) or ``bare``.
        trunk: ``accent`` when a shirt shows where the print leaves it open.
    """

    paint: Print
    colour: Rgb | None = None
    lower: str = "other"
    sleeves: str = "main"
    trunk: str = "main"


OUTFITS: Mapping[str, Outfit] = {
    "spacesuit": Outfit(workwear.paint_spacesuit, WHITE, "same"),
    "armor": Outfit(workwear.paint_armor, SILVER, "same"),
    "chainmail": Outfit(workwear.paint_chainmail, (150, 158, 172), "other"),
    "robe": Outfit(clothes.paint_robe, None, "skirt"),
    "cloak": Outfit(clothes.paint_cloak, None, "other"),
    "overalls": Outfit(workwear.paint_overalls, (52, 96, 168), "same", "accent", "accent"),
    "lab coat": Outfit(workwear.paint_lab_coat, WHITE, "short skirt"),
    "long coat": Outfit(clothes.paint_long_coat, None, "short skirt"),
    "coat": Outfit(clothes.paint_coat, None, "short skirt"),
    "safety vest": Outfit(workwear.paint_safety_vest, (250, 128, 36), "other", "accent", "accent"),
    "vest": Outfit(workwear.paint_vest, None, "other", "accent", "accent"),
    "apron": Outfit(workwear.paint_apron, WHITE, "short skirt", "accent", "accent"),
    "uniform": Outfit(workwear.paint_uniform, (40, 62, 124), "same"),
    "jacket": Outfit(clothes.paint_jacket),
    "parka": Outfit(clothes.paint_parka),
    "tuxedo": Outfit(clothes.paint_tuxedo, COLOUR_WORDS["black"], "same"),
    "suit": Outfit(clothes.paint_suit, COLOUR_WORDS["slate"], "same"),
    "dress": Outfit(clothes.paint_dress, None, "skirt", "bare"),
    "tunic": Outfit(clothes.paint_tunic, None, "short skirt"),
    "wetsuit": Outfit(workwear.paint_wetsuit, COLOUR_WORDS["charcoal"], "same"),
    "jumpsuit": Outfit(workwear.paint_jumpsuit, None, "same"),
    "tracksuit": Outfit(workwear.paint_tracksuit, None, "same"),
    "sweater": Outfit(clothes.paint_sweater),
    "shirt": Outfit(clothes.paint_shirt),
    "poncho": Outfit(clothes.paint_poncho),
    "kimono": Outfit(clothes.paint_kimono, None, "skirt"),
    "toga": Outfit(clothes.paint_toga, WHITE, "skirt", "bare"),
    "scrubs": Outfit(workwear.paint_scrubs, (88, 176, 170), "same"),
    "leotard": Outfit(clothes.paint_leotard, None, "same", "bare"),
    "raincoat": Outfit(workwear.paint_raincoat, COLOUR_WORDS["yellow"], "short skirt"),
    "body panels": Outfit(workwear.paint_body_panels, SILVER, "same"),
    "fur costume": Outfit(clothes.paint_fur_costume, (150, 100, 62), "same"),
}

ALIASES: Mapping[str, str] = expand_synonyms(
    {
        "spacesuit": "space suit, astronaut suit",
        "jumpsuit": "flight suit, coveralls",
        "armor": "armour, breastplate, plate mail",
        "chainmail": "chain mail",
        "dress": "gown",
        "robe": "robes, cassock",
        "overalls": "dungarees",
        "lab coat": "labcoat",
        "long coat": "trench coat, overcoat",
        "safety vest": "hi vis vest, reflective vest",
        "vest": "waistcoat",
        "jacket": "hoodie, windbreaker",
        "suit": "blazer",
        "wetsuit": "diving suit",
        "leotard": "swimsuit",
        "tracksuit": "jersey",
        "sweater": "pullover, cardigan",
        "shirt": "t shirt, tee, blouse",
        "fur costume": "animal costume, bear costume",
        "body panels": "robot body",
        "parka": "anorak, snowsuit",
        "tunic": "doublet",
        "kimono": "sari",
    },
)
