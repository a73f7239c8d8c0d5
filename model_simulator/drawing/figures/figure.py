"""Draw a complete toy figure, from back to front."""

from model_simulator.drawing.canvas import Canvas, Point, Rgb
from model_simulator.drawing.colors import (
    INK,
    SHADOW,
    WHITE,
    distance,
    ensure_contrast,
    fade,
    lightness,
    mix,
    shade,
    tint,
)
from model_simulator.drawing.figure_description import FigureDescription
from model_simulator.drawing.figures import body, clothing_details
from model_simulator.drawing.figures.anatomy import CHIN, GROUND
from model_simulator.drawing.figures.appearance import MIN_COLOUR_DISTANCE, Appearance, choose_appearance
from model_simulator.drawing.figures.extras import EXTRAS
from model_simulator.drawing.figures.head import draw_face, draw_head
from model_simulator.drawing.rng import SeededRng
from model_simulator.drawing.shapes import stud

CHEST: Point = (0, 594)
"""Where a tool in both hands is held."""
SHOULDER: Point = (116, 440)
BESIDE: Point = (246, GROUND + 20)
FAR: Point = (150, GROUND - 26)
"""Where companions are, on the side without the tool."""
PLATE_BACK, PLATE_FRONT, PLATE_FOOT = 806, 906, 944
PLATE_BACK_HALF, PLATE_FRONT_HALF = 262, 312
MID_GREY = 0.5


def draw_figure(canvas: Canvas, figure_description: FigureDescription, rng: SeededRng, plate: Rgb) -> None:
    """Draw a figure on its base plate; the canvas' x = 0 is its middle, see ``anatomy``."""
    appearance = choose_appearance(figure_description, rng)
    head = canvas.at(0, CHIN, turn=rng.uniform("head", -3.5, 3.5))
    seat = head.at(0, 0, turn=rng.uniform("seat of the headgear", -1.5, 1.5))
    side = -appearance.tool_side
    _draw_base_plate(canvas, _keep_apart(plate, appearance.trousers))
    _draw_foot_shadow(canvas, 160 if appearance.outfit.lower == "skirt" else 126)
    _draw_extras(canvas.at(side * FAR[0], FAR[1], scale=1.25), appearance, "far")
    _draw_extras(canvas, appearance, "behind")
    _draw_behind_head(head, seat, appearance)
    _draw_clothes(canvas, appearance)
    _draw_arm(canvas, appearance, appearance.free_arm, side)
    _draw_arm(canvas, appearance, appearance.tool.pose if appearance.tool else "down", appearance.tool_side)
    _draw_head(head, seat, appearance)
    _draw_extras(canvas.at(side * SHOULDER[0], SHOULDER[1], mirror=side > 0), appearance, "shoulder")
    _draw_tool(canvas, appearance)
    _draw_extras(canvas.at(side * BESIDE[0], BESIDE[1], mirror=side < 0), appearance, "beside")


def _keep_apart(plate: Rgb, trousers: Rgb) -> Rgb:
    """Return the plate's colour, lighter or darker where the legs would melt into it."""
    if distance(plate, trousers) > MIN_COLOUR_DISTANCE:
        return plate
    return mix(plate, WHITE if lightness(plate) < MID_GREY else INK, 0.35)


def _draw_extras(canvas: Canvas, appearance: Appearance, place: str) -> None:
    for name, colour in appearance.extras:
        if EXTRAS[name].place == place:
            EXTRAS[name].paint(canvas, colour)


def _draw_behind_head(head: Canvas, seat: Canvas, appearance: Appearance) -> None:
    headgear = appearance.headgear
    if appearance.hair and appearance.hair.behind and (headgear is None or headgear.hair != "hidden"):
        appearance.hair.behind(head, appearance.face.hair)
    if headgear and headgear.behind:
        headgear.behind(
            seat, appearance.headgear_colour, ensure_contrast(appearance.accent, appearance.headgear_colour)
        )


def _draw_clothes(canvas: Canvas, appearance: Appearance) -> None:
    outfit, main, accent = appearance.outfit, appearance.main, appearance.accent
    body.draw_lower_body(canvas, appearance.trousers, appearance.boots)
    if outfit.lower == "skirt":
        body.draw_skirt(canvas, main, accent)
    elif outfit.lower == "short skirt":
        body.draw_skirt(canvas, main, shade(main, 0.12), bottom=746, flare=132)
    body.draw_torso(canvas, accent if outfit.trunk == "accent" else main, appearance.face.skin)
    outfit.paint(canvas, main, accent, appearance.face.skin)
    if appearance.trim:
        clothing_details.TRIMS[appearance.trim](canvas, ensure_contrast(accent, main))
    for name, colour in appearance.extras:
        if straps := EXTRAS[name].straps:
            straps(canvas, colour)
    _draw_extras(canvas, appearance, "front")


def _draw_arm(canvas: Canvas, appearance: Appearance, pose: str, side: int) -> None:
    """Draw the arm of one side, and its hand if that is empty."""
    sleeve = appearance.accent if appearance.outfit.sleeves == "accent" else appearance.main
    bare = appearance.face.skin if appearance.outfit.sleeves == "bare" else None
    body.draw_arm(canvas, [(side * x, y) for x, y in body.ARMS[pose]], sleeve, bare)
    hand = _hand(pose, side)
    if pose == "hip":
        body.draw_fist(canvas, hand, appearance.hand)
    elif pose == "wave":
        body.draw_open_hand(canvas, hand, appearance.hand, towards=-68 if side > 0 else 248)
    elif pose == "down":
        body.draw_open_hand(canvas, hand, appearance.hand, towards=90 - side * 16)


def _hand(pose: str, side: int) -> Point:
    x, y = body.HANDS[pose]
    return side * x, y


def _draw_head(head: Canvas, seat: Canvas, appearance: Appearance) -> None:
    draw_head(head, appearance.face.skin)
    draw_face(head, appearance.face)
    if appearance.hair and (appearance.headgear is None or appearance.headgear.hair in {"full", "low"}):
        appearance.hair.front(head, appearance.face.hair)
    if appearance.headgear:
        appearance.headgear.front(
            seat, appearance.headgear_colour, ensure_contrast(appearance.accent, appearance.headgear_colour)
        )


def _draw_tool(canvas: Canvas, appearance: Appearance) -> None:
    """Draw the tool and, over it, the hand or hands that hold it."""
    if appearance.tool is None:
        return
    if appearance.tool.pose == "chest":
        appearance.tool.paint(canvas.at(*CHEST), appearance.tool_colour)
        for side in (-1, 1):
            body.draw_fist(canvas, _hand("chest", side), appearance.hand)
        return
    hand = _hand(appearance.tool.pose, appearance.tool_side)
    turn = appearance.tool_side * appearance.tool.tilt
    view = canvas.at(*hand, turn=turn, scale=appearance.tool.size, mirror=appearance.tool_side < 0)
    appearance.tool.paint(view, appearance.tool_colour)
    body.draw_fist(canvas, hand, appearance.hand)


def _draw_base_plate(canvas: Canvas, colour: Rgb) -> None:
    """Draw the studded base plate and its shadow."""
    canvas.ellipse(26, PLATE_FOOT - 4, PLATE_FRONT_HALF + 62, 44, fade(SHADOW, 0.16))
    canvas.ellipse(18, PLATE_FOOT - 6, PLATE_FRONT_HALF + 26, 32, fade(SHADOW, 0.22))
    top = [
        (-PLATE_BACK_HALF, PLATE_BACK),
        (PLATE_BACK_HALF, PLATE_BACK),
        (PLATE_FRONT_HALF, PLATE_FRONT),
        (-PLATE_FRONT_HALF, PLATE_FRONT),
    ]
    canvas.polygon(top, tint(colour, 0.1))
    canvas.polygon(
        [
            (-PLATE_FRONT_HALF, PLATE_FRONT),
            (PLATE_FRONT_HALF, PLATE_FRONT),
            (PLATE_FRONT_HALF - 4, PLATE_FOOT),
            (-PLATE_FRONT_HALF + 4, PLATE_FOOT),
        ],
        shade(colour, 0.26),
    )
    canvas.line(
        [(-PLATE_FRONT_HALF + 4, PLATE_FRONT + 2), (PLATE_FRONT_HALF - 4, PLATE_FRONT + 2)], 5, tint(colour, 0.34)
    )
    for y, across, spread in ((826, 21, 0.86), (856, 23, 0.88), (888, 25, 0.9)):
        half = PLATE_BACK_HALF + (PLATE_FRONT_HALF - PLATE_BACK_HALF) * (y - PLATE_BACK) / (PLATE_FRONT - PLATE_BACK)
        for column in range(8):
            stud(canvas, (column / 3.5 - 1) * half * spread, y, across, colour)


def _draw_foot_shadow(canvas: Canvas, half: float = 126) -> None:
    """Draw the shadow of the figure on the plate."""
    canvas.ellipse(20, GROUND + 1, half + 34, 19, fade(SHADOW, 0.3))
