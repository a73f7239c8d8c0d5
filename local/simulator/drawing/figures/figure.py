"""A whole toy figure from a brief; what the brief leaves open comes from the prompt's dice."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.simulator.drawing.brief import FigureBrief, Named
from local.simulator.drawing.canvas import Canvas, Point, Rgb
from local.simulator.drawing.colors import BRIGHT, COLOUR_WORDS, INK, LEATHER, distance, mix, shade, stand_out, tint
from local.simulator.drawing.dice import Dice
from local.simulator.drawing.figures import body, hair, prints
from local.simulator.drawing.figures.anatomy import CHIN, GROUND
from local.simulator.drawing.figures.extras import BACKPACK_STRAPS, EXTRAS, Painter
from local.simulator.drawing.figures.head import Face, choose_face, draw_face, draw_head
from local.simulator.drawing.figures.headgear import Headgear
from local.simulator.drawing.figures.outfits import OUTFITS, Outfit
from local.simulator.drawing.figures.stand import draw_foot_shadow, draw_stand
from local.simulator.drawing.figures.wardrobe import HEADGEAR
from local.simulator.drawing.tools import TOOLS, Tool

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
    "none": ("wave", "wave", "hip", "down"),
}
"""What the other arm does, by what the tool's arm does."""
LIKE = 60
"""Colours nearer to each other than this cannot be told apart at the size of a thumbnail."""
CHEST: Point = (0, 594)
"""Where a tool in both hands is held."""
BESIDE_X = 246
"""How far from the figure's middle its companions stand."""


@dataclass(frozen=True, slots=True)
class Look:
    """Everything about a figure, decided.

    Attributes:
        main, accent, trousers: colours of the clothes.
        hand: the skin's colour or the gloves'.
        tool_side: -1 = at the viewer's left, 1 = right.
    """

    outfit: Outfit
    main: Rgb
    accent: Rgb
    trousers: Rgb
    face: Face
    hand: Rgb
    hair: hair.Hair | None
    headgear: Headgear | None
    headgear_colour: Rgb
    tool: Tool | None
    tool_colour: Rgb
    tool_side: int
    free_arm: str


def choose_look(brief: FigureBrief, dice: Dice) -> Look:
    """Decide what the brief leaves open."""
    outfit_name = brief.outfit.name if brief.outfit else dice.pick("outfit", PLAIN_OUTFITS)
    outfit = OUTFITS[outfit_name]
    said = [*(brief.outfit.colours if brief.outfit else ()), *brief.loose]
    main = said[0] if said else outfit.colour or dice.pick("main", BRIGHT)
    trims = [*(brief.trim.colours if brief.trim else ()), *said[1:]]
    accent = trims[0] if trims else _choose_accent(dice, main)
    worn = frozenset(extra.name for extra in brief.extras)
    robot = outfit_name == "body panels"
    face = choose_face(dice, worn)
    if robot:
        face = Face(tint(main, 0.2), shade(main, 0.5), face.smile, "dots", False, False, None, face.glasses)
    gear_name = brief.headgear.name if brief.headgear else dice.pick("headgear", PLAIN_HEADGEAR)
    gear = HEADGEAR[gear_name] if gear_name else None
    gear_said = brief.headgear.colours if brief.headgear else ()
    tool = TOOLS[brief.tool.name] if brief.tool else None
    pose = tool.pose if tool else "none"
    return Look(
        outfit=outfit,
        main=main,
        accent=accent,
        trousers=_choose_trousers(outfit, main, trims, dice),
        face=face,
        hand=_colour_of(brief, "gloves", accent) if "gloves" in worn else face.skin,
        hair=None if robot or dice.chance("bald", 0.06) else hair.STYLES[dice.pick("hair", tuple(hair.STYLES))],
        headgear=gear,
        headgear_colour=gear_said[0] if gear_said else gear.colour or accent if gear else accent,
        tool=tool,
        tool_colour=brief.tool.colours[0]
        if tool and brief.tool and brief.tool.colours
        else tool.colour
        if tool
        else main,
        tool_side=dice.pick("tool side", (-1, 1)),
        free_arm="chest" if pose == "chest" else dice.pick("free arm", FREE_ARMS[pose]),
    )


def draw_figure(canvas: Canvas, brief: FigureBrief, dice: Dice, plate: Rgb) -> None:
    """Draw a figure on its base plate; the canvas' x = 0 is its middle, see ``anatomy``."""
    look = choose_look(brief, dice)
    head = canvas.at(0, CHIN, turn=dice.between("head", -3.5, 3.5))
    beside = [extra for extra in brief.extras if EXTRAS[extra.name].place == "beside"]
    draw_stand(canvas, _keep_apart(plate, look.trousers))
    draw_foot_shadow(canvas, 160 if look.outfit.lower == "skirt" else 126)
    for extra in beside:
        if extra.name == "bicycle":
            _draw_extra(canvas.at(-look.tool_side * 150, GROUND - 26, scale=1.25), extra, look)
    _draw_behind(canvas, head, brief, look)
    _draw_clothes(canvas, brief, look)
    _draw_free_arm(canvas, look)
    _draw_head(head, look, dice)
    for extra in brief.extras:
        if EXTRAS[extra.name].place == "shoulder":
            _draw_extra(canvas.at(-look.tool_side * 116, 440, mirror=look.tool_side < 0), extra, look)
    _draw_tool(canvas, look)
    for extra in beside:
        if extra.name != "bicycle":
            _draw_extra(canvas.at(-look.tool_side * BESIDE_X, GROUND + 20, mirror=look.tool_side > 0), extra, look)


def _choose_accent(dice: Dice, main: Rgb) -> Rgb:
    fitting = [colour for colour in (*BRIGHT, COLOUR_WORDS["white"]) if distance(colour, main) > LIKE * 2]
    return dice.pick("accent", fitting)


def _choose_trousers(outfit: Outfit, main: Rgb, trims: list[Rgb], dice: Dice) -> Rgb:
    if outfit.lower in {"same", "skirt"}:
        return main
    if trims and dice.chance("matching trousers", 0.5):
        return trims[0]
    return dice.pick("trousers", [colour for colour in TROUSERS if distance(colour, main) > LIKE])


def _keep_apart(plate: Rgb, trousers: Rgb) -> Rgb:
    """Return the plate's colour, lighter or darker where the legs would melt into it."""
    return plate if distance(plate, trousers) > LIKE else mix(plate, (250, 250, 250) if sum(plate) < 330 else INK, 0.35)  # noqa: PLR2004 - mid grey


def _colour_of(brief: FigureBrief, name: str, default: Rgb) -> Rgb:
    said = next((extra.colours for extra in brief.extras if extra.name == name), ())
    return said[0] if said else default


def _draw_extra(canvas: Canvas, extra: Named, look: Look) -> None:
    thing = EXTRAS[extra.name]
    thing.paint(canvas, extra.colours[0] if extra.colours else thing.colour or look.accent)


def _draw_behind(canvas: Canvas, head: Canvas, brief: FigureBrief, look: Look) -> None:
    for extra in brief.extras:
        if EXTRAS[extra.name].place == "behind":
            _draw_extra(canvas, extra, look)
    if look.hair and look.hair.behind and (look.headgear is None or look.headgear.hair != "hidden"):
        look.hair.behind(head, look.face.hair)
    if look.headgear and look.headgear.behind:
        look.headgear.behind(head, look.headgear_colour, stand_out(look.accent, look.headgear_colour))


def _draw_clothes(canvas: Canvas, brief: FigureBrief, look: Look) -> None:
    outfit, main, accent = look.outfit, look.main, look.accent
    worn = {extra.name for extra in brief.extras}
    boots = _colour_of(brief, "rubber boots", (250, 200, 60)) if "rubber boots" in worn else None
    body.draw_legs(canvas, look.trousers, boots)
    if outfit.lower == "skirt":
        body.draw_skirt(canvas, main, accent)
    elif outfit.lower == "short skirt":
        body.draw_skirt(canvas, main, shade(main, 0.12), bottom=746, flare=132)
    body.draw_torso(canvas, accent if outfit.trunk == "accent" else main, look.face.skin)
    outfit.paint(canvas, main, accent, look.face.skin)
    if brief.trim:
        prints.TRIMS[brief.trim.name](canvas, stand_out(accent, main))
    if "backpack" in worn:
        straps: Painter = BACKPACK_STRAPS
        straps(canvas, _colour_of(brief, "backpack", EXTRAS["backpack"].colour or LEATHER))
    for extra in brief.extras:
        if EXTRAS[extra.name].place == "front":
            _draw_extra(canvas, extra, look)


def _draw_arm(canvas: Canvas, look: Look, pose: str, side: int) -> Point:
    """Draw the arm of one side and return where its hand is."""
    sleeve = look.accent if look.outfit.sleeves == "accent" else look.main
    bare = look.face.skin if look.outfit.sleeves == "bare" else None
    body.draw_arm(canvas, [(side * x, y) for x, y in body.ARMS[pose]], sleeve, bare)
    x, y = body.HANDS[pose]
    return (side * x, y)


def _draw_free_arm(canvas: Canvas, look: Look) -> None:
    side = -look.tool_side
    hand = _draw_arm(canvas, look, look.free_arm, side)
    if look.free_arm == "hip":
        body.draw_fist(canvas, hand, look.hand)
    elif look.free_arm != "chest":
        towards = (-68 if side > 0 else 248) if look.free_arm == "wave" else 90 - side * 16
        body.draw_open_hand(canvas, hand, look.hand, towards=towards)
    if look.tool is None:
        hand = _draw_arm(canvas, look, "down", look.tool_side)
        body.draw_open_hand(canvas, hand, look.hand, towards=90 - look.tool_side * 16)
    elif look.tool.pose != "chest":
        _draw_arm(canvas, look, look.tool.pose, look.tool_side)
    else:
        _draw_arm(canvas, look, "chest", look.tool_side)


def _draw_head(head: Canvas, look: Look, dice: Dice) -> None:
    draw_head(head, look.face.skin)
    draw_face(head, look.face)
    if look.hair and (look.headgear is None or look.headgear.hair == "full"):
        look.hair.front(head, look.face.hair)
    if look.headgear:
        accent = stand_out(look.accent, look.headgear_colour)
        seat = head.at(0, 0, turn=dice.between("seat", -1.5, 1.5))
        look.headgear.front(seat, look.headgear_colour, accent)


def _draw_tool(canvas: Canvas, look: Look) -> None:
    if look.tool is None:
        return
    if look.tool.pose == "chest":
        look.tool.paint(canvas.at(*CHEST), look.tool_colour)
        x, y = body.HANDS["chest"]
        for side in (-1, 1):
            body.draw_fist(canvas, (side * x, y), look.hand)
        return
    x, y = body.HANDS[look.tool.pose]
    x *= look.tool_side
    view = canvas.at(x, y, turn=look.tool_side * look.tool.tilt, scale=look.tool.size, mirror=look.tool_side < 0)
    look.tool.paint(view, look.tool_colour)
    body.draw_fist(canvas, (x, y), look.hand)
