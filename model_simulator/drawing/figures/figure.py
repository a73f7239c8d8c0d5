"""Draw a complete toy figure, from back to front."""

from model_simulator.drawing.canvas import Canvas, Point, Rgb
from model_simulator.drawing.colors import INK, WHITE, distance, ensure_contrast, lightness, mix, shade
from model_simulator.drawing.figure_description import FigureDescription
from model_simulator.drawing.figures import body, clothing_details
from model_simulator.drawing.figures.anatomy import CHIN, GROUND
from model_simulator.drawing.figures.appearance import MIN_COLOUR_DISTANCE, Appearance, choose_appearance
from model_simulator.drawing.figures.base_plate import draw_base_plate, draw_foot_shadow
from model_simulator.drawing.figures.extras import EXTRAS
from model_simulator.drawing.figures.head import draw_face, draw_head
from model_simulator.drawing.rng import SeededRng

CHEST: Point = (0, 594)
"""Where a tool in both hands is held."""
SHOULDER: Point = (116, 440)
BESIDE: Point = (246, GROUND + 20)
FAR: Point = (150, GROUND - 26)
"""Where companions are, on the side without the tool."""
MID_GREY = 0.5


def draw_figure(canvas: Canvas, figure_description: FigureDescription, rng: SeededRng, plate: Rgb) -> None:
    """Draw a figure on its base plate; the canvas' x = 0 is its middle, see ``anatomy``."""
    appearance = choose_appearance(figure_description, rng)
    head = canvas.at(0, CHIN, turn=rng.uniform("head", -3.5, 3.5))
    seat = head.at(0, 0, turn=rng.uniform("seat of the headgear", -1.5, 1.5))
    side = -appearance.tool_side
    draw_base_plate(canvas, _keep_apart(plate, appearance.trousers))
    draw_foot_shadow(canvas, 160 if appearance.outfit.lower == "skirt" else 126)
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
    body.draw_legs(canvas, appearance.trousers, appearance.boots)
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
