"""Colour words of prompts, the toy palette behind them, and how light changes a colour."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Paint, Rgb

WHITE: Rgb = (246, 246, 242)
INK: Rgb = (38, 34, 48)
"""Lines of faces and dark plastic; softer than pure black."""
SHADOW: Rgb = (34, 24, 72)
"""The bluish colour of shade."""
GOLD: Rgb = (240, 186, 52)
SILVER: Rgb = (188, 196, 208)
STEEL: Rgb = (150, 160, 176)
WOOD: Rgb = (158, 104, 62)
LEATHER: Rgb = (126, 78, 48)
PAPER: Rgb = (250, 240, 214)
LEAF: Rgb = (76, 164, 84)
GLASS: Rgb = (176, 222, 240)

COLOUR_WORDS: Mapping[str, Rgb] = {
    "red": (214, 48, 49),
    "crimson": (176, 24, 52),
    "scarlet": (232, 56, 36),
    "dark red": (146, 26, 40),
    "maroon": (122, 32, 48),
    "burgundy": (110, 26, 54),
    "ruby": (190, 22, 72),
    "cherry": (206, 36, 74),
    "rust": (178, 82, 42),
    "terracotta": (200, 98, 70),
    "orange": (244, 128, 36),
    "amber": (250, 170, 30),
    "apricot": (250, 180, 120),
    "peach": (252, 196, 160),
    "coral": (250, 114, 98),
    "salmon": (246, 142, 124),
    "yellow": (252, 208, 48),
    "lemon": (252, 230, 90),
    "mustard": (214, 166, 40),
    "gold": (226, 176, 54),
    "golden": (234, 184, 60),
    "green": (46, 158, 84),
    "emerald": (16, 150, 108),
    "forest green": (38, 104, 66),
    "light green": (150, 214, 140),
    "dark green": (28, 92, 62),
    "lime green": (158, 208, 54),
    "lime": (158, 208, 54),
    "mint": (150, 222, 190),
    "sage": (156, 180, 144),
    "olive": (124, 132, 52),
    "khaki": (178, 168, 112),
    "teal": (18, 146, 150),
    "turquoise": (50, 196, 196),
    "aqua": (94, 212, 220),
    "cyan": (40, 192, 226),
    "blue": (40, 108, 206),
    "azure": (56, 148, 236),
    "cobalt": (28, 76, 172),
    "royal blue": (52, 76, 200),
    "sky blue": (124, 192, 240),
    "light blue": (140, 196, 242),
    "dark blue": (30, 58, 122),
    "navy": (34, 52, 104),
    "midnight": (28, 34, 74),
    "indigo": (74, 62, 160),
    "purple": (128, 66, 172),
    "violet": (142, 86, 212),
    "plum": (120, 48, 110),
    "lavender": (184, 164, 232),
    "lilac": (204, 170, 222),
    "magenta": (214, 46, 150),
    "fuchsia": (226, 56, 170),
    "pink": (246, 138, 184),
    "rose": (234, 106, 140),
    "rose gold": (226, 164, 150),
    "hot pink": (244, 72, 160),
    "brown": (130, 84, 54),
    "chocolate": (98, 60, 42),
    "copper": (190, 112, 70),
    "bronze": (166, 118, 62),
    "brass": (204, 164, 74),
    "tan": (206, 168, 120),
    "sand": (222, 196, 146),
    "beige": (226, 206, 170),
    "cream": (248, 236, 206),
    "ivory": (246, 240, 222),
    "white": WHITE,
    "pearl": (236, 232, 228),
    "silver": SILVER,
    "gray": (140, 146, 156),
    "grey": (140, 146, 156),
    "slate": (96, 110, 128),
    "light gray": (190, 196, 204),
    "dark gray": (92, 98, 110),
    "steel": STEEL,
    "charcoal": (72, 76, 88),
    "black": (52, 50, 62),
    "chrome": (206, 214, 226),
}
"""The sixteen colours of the vocabulary, and colour words of other prompts."""

BRIGHT = tuple(
    COLOUR_WORDS[word]
    for word in ("red", "orange", "yellow", "green", "teal", "blue", "navy", "purple", "pink", "azure", "coral", "lime")
)
"""Colours of clothes if a prompt names none."""


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    """Return a mix of two colours with ``share`` (0-1) of ``second``."""
    r, g, b = (round(one + (two - one) * share) for one, two in zip(first, second, strict=True))
    return (r, g, b)


def shade(colour: Rgb, share: float = 0.24) -> Rgb:
    """Return the colour in the shade."""
    return mix(colour, SHADOW, share)


def tint(colour: Rgb, share: float = 0.32) -> Rgb:
    """Return the colour in the light."""
    return mix(colour, (255, 255, 255), share)


def fade(colour: Rgb, opacity: float) -> Paint:
    """Return the colour with an opacity from 0 to 1."""
    return (*colour, round(opacity * 255))


def lightness(colour: Rgb) -> float:
    """Return the perceived lightness, 0 for black and 1 for white (Rec. 601 weights)."""
    r, g, b = colour
    return (0.299 * r + 0.587 * g + 0.114 * b) / 255


def distance(first: Rgb, second: Rgb) -> float:
    """Return the distance of two colours: 0 for equal ones, about 440 for black and white."""
    squares = ((one - two) ** 2 for one, two in zip(first, second, strict=True))
    return float(sum(squares) ** 0.5)


def ensure_contrast(colour: Rgb, against: Rgb) -> Rgb:
    """Return ``colour``, or a lighter or darker one if it has too little contrast to ``against``."""
    close = 70
    if distance(colour, against) >= close:
        return colour
    return shade(colour, 0.45) if lightness(against) > 0.45 else tint(colour, 0.5)  # noqa: PLR2004 - mid grey
