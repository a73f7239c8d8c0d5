"""Choose a figure's appearance: by its description, then by the prompt's hash."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model_simulator.drawing.canvas import Rgb
from model_simulator.drawing.colors import BRIGHT, COLOUR_WORDS, distance, shade, tint
from model_simulator.drawing.figure_description import FigureDescription, Named
from model_simulator.drawing.figures import HEADGEAR
from model_simulator.drawing.figures.extras import EXTRAS
from model_simulator.drawing.figures.hair import LOW_STYLES, STYLES, Hair
from model_simulator.drawing.figures.head import Face, choose_face
from model_simulator.drawing.figures.headgear import Headgear
from model_simulator.drawing.figures.outfits import OUTFITS, Outfit
from model_simulator.drawing.rng import SeededRng
from model_simulator.drawing.tools import TOOLS, Tool

ROBOT_OUTFIT = "body panels"
PLAIN_OUTFITS = ("jacket", "shirt", "overalls", "vest", "sweater", "tracksuit", "coat", "uniform", "tunic", "jumpsuit")
PLAIN_HEADGEAR = (None, None, None, None, "cap", "beanie", "baseball cap", "headband", "bandana", "flat cap")
TROUSERS: tuple[Rgb, ...] = (
    (44, 62, 112),
    (58, 60, 76),
    (120, 84, 58),
    (206, 178, 132),
    (92, 122, 86),
    (128, 60, 72),
    (150, 156, 170),
    (60, 110, 170),
)
FREE_ARMS: Mapping[str, tuple[str, ...]] = {
    "raise": ("down", "down", "hip", "wave"),
    "hang": ("down", "wave", "hip", "down"),
    "chest": ("chest",),
    "empty": ("wave", "wave", "hip", "down"),
}
"""Pose of the free arm, by the pose of the tool's arm."""
MIN_COLOUR_DISTANCE = 60
"""Closer colours are indistinguishable at the size of a thumbnail."""
BALD, MATCHING_TROUSERS = 0.06, 0.5
"""Shares of all figures."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """The complete appearance of a figure.

    Attributes:
        main, accent, trousers: colours of the clothes.
        trim: the trim that the prompt names.
        boots: colour of the boots, None for bare feet of the trousers' colour.
        hand: the skin's colour or the gloves'.
        tool_side: -1 = at the viewer's left, 1 = right.
        free_arm: pose of the other arm, see ``body.ARMS``.
        extras: names and colours of accessories.
    """

    outfit: Outfit
    main: Rgb
    accent: Rgb
    trousers: Rgb
    trim: str | None
    boots: Rgb | None
    face: Face
    hand: Rgb
    hair: Hair | None
    headgear: Headgear | None
    headgear_colour: Rgb
    tool: Tool | None
    tool_colour: Rgb
    tool_side: int
    free_arm: str
    extras: tuple[tuple[str, Rgb], ...]


def choose_appearance(figure_description: FigureDescription, rng: SeededRng) -> Appearance:
    """Choose everything that the description leaves open."""
    worn = figure_description.outfit or Named(rng.choice("outfit", PLAIN_OUTFITS))
    outfit = OUTFITS[worn.name]
    said = (*worn.colours, *figure_description.loose)
    main = said[0] if said else outfit.colour or rng.choice("main", BRIGHT)
    trims = (*(figure_description.trim.colours if figure_description.trim else ()), *said[1:])
    accent = trims[0] if trims else _choose_accent(main, rng)
    extras = {
        extra.name: extra.first_colour(EXTRAS[extra.name].colour or accent) for extra in figure_description.extras
    }
    face = choose_face(rng, frozenset(extras))
    if worn.name == ROBOT_OUTFIT:
        face = _as_robot(face, main)
    headgear = _choose_headgear(figure_description, rng)
    tool = TOOLS[figure_description.tool.name] if figure_description.tool else None
    return Appearance(
        outfit=outfit,
        main=main,
        accent=accent,
        trousers=_choose_trousers(outfit, main, trims, rng),
        trim=figure_description.trim.name if figure_description.trim else None,
        boots=extras.get("rubber boots"),
        face=face,
        hand=extras.get("gloves", face.skin),
        hair=None if worn.name == ROBOT_OUTFIT else _choose_hair(headgear, rng),
        headgear=headgear,
        headgear_colour=_colour_of(figure_description.headgear, (headgear and headgear.colour) or accent),
        tool=tool,
        tool_colour=_colour_of(figure_description.tool, tool.colour if tool else main),
        tool_side=rng.choice("tool side", (-1, 1)),
        free_arm=rng.choice("free arm", FREE_ARMS[tool.pose if tool else "empty"]),
        extras=tuple(extras.items()),
    )


def _colour_of(named: Named | None, default: Rgb) -> Rgb:
    return named.first_colour(default) if named else default


def _choose_accent(main: Rgb, rng: SeededRng) -> Rgb:
    fitting = [
        colour for colour in (*BRIGHT, COLOUR_WORDS["white"]) if distance(colour, main) > MIN_COLOUR_DISTANCE * 2
    ]
    return rng.choice("accent", fitting)


def _choose_trousers(outfit: Outfit, main: Rgb, trims: Sequence[Rgb], rng: SeededRng) -> Rgb:
    if outfit.lower in {"same", "skirt"}:
        return main
    if trims and rng.draw_bool("matching trousers", MATCHING_TROUSERS):
        return trims[0]
    return rng.choice("trousers", [colour for colour in TROUSERS if distance(colour, main) > MIN_COLOUR_DISTANCE])


def _choose_headgear(figure_description: FigureDescription, rng: SeededRng) -> Headgear | None:
    name = figure_description.headgear.name if figure_description.headgear else rng.choice("headgear", PLAIN_HEADGEAR)
    return HEADGEAR[name] if name else None


def _choose_hair(headgear: Headgear | None, rng: SeededRng) -> Hair | None:
    if rng.draw_bool("bald", BALD):
        return None
    return STYLES[rng.choice("hair", LOW_STYLES if headgear and headgear.hair == "low" else tuple(STYLES))]


def _as_robot(face: Face, metal: Rgb) -> Face:
    return Face(
        skin=tint(metal, 0.2),
        hair=shade(metal, 0.5),
        smile=face.smile,
        eyes="dots",
        freckles=False,
        blush=False,
        beard=None,
        glasses=face.glasses,
    )
