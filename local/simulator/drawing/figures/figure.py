"""A whole toy figure, put together from the far to the near."""

from local.simulator.drawing.brief import FigureBrief
from local.simulator.drawing.canvas import Canvas, Point, Rgb
from local.simulator.drawing.colors import INK, WHITE, distance, lightness, mix, shade, stand_out
from local.simulator.drawing.dice import Dice
from local.simulator.drawing.figures import body, prints
from local.simulator.drawing.figures.anatomy import CHIN, GROUND
from local.simulator.drawing.figures.extras import EXTRAS
from local.simulator.drawing.figures.head import draw_face, draw_head
from local.simulator.drawing.figures.look import LIKE, Look, choose_look
from local.simulator.drawing.figures.stand import draw_foot_shadow, draw_stand

CHEST: Point = (0, 594)
"""Where a tool in both hands is held."""
SHOULDER: Point = (116, 440)
BESIDE: Point = (246, GROUND + 20)
FAR: Point = (150, GROUND - 26)
"""Where companions are, on the side without the tool."""
MID_GREY = 0.5


def draw_figure(canvas: Canvas, brief: FigureBrief, dice: Dice, plate: Rgb) -> None:
    """Draw a figure on its base plate; the canvas' x = 0 is its middle, see ``anatomy``."""
    look = choose_look(brief, dice)
    head = canvas.at(0, CHIN, turn=dice.between("head", -3.5, 3.5))
    seat = head.at(0, 0, turn=dice.between("seat of the headgear", -1.5, 1.5))
    side = -look.tool_side
    draw_stand(canvas, _keep_apart(plate, look.trousers))
    draw_foot_shadow(canvas, 160 if look.outfit.lower == "skirt" else 126)
    _draw_extras(canvas.at(side * FAR[0], FAR[1], scale=1.25), look, "far")
    _draw_extras(canvas, look, "behind")
    _draw_behind_head(head, seat, look)
    _draw_clothes(canvas, look)
    _draw_arm(canvas, look, look.free_arm, side)
    _draw_arm(canvas, look, look.tool.pose if look.tool else "down", look.tool_side)
    _draw_head(head, seat, look)
    _draw_extras(canvas.at(side * SHOULDER[0], SHOULDER[1], mirror=side > 0), look, "shoulder")
    _draw_tool(canvas, look)
    _draw_extras(canvas.at(side * BESIDE[0], BESIDE[1], mirror=side < 0), look, "beside")


def _keep_apart(plate: Rgb, trousers: Rgb) -> Rgb:
    """Return the plate's colour, lighter or darker where the legs would melt into it."""
    if distance(plate, trousers) > LIKE:
        return plate
    return mix(plate, WHITE if lightness(plate) < MID_GREY else INK, 0.35)


def _draw_extras(canvas: Canvas, look: Look, place: str) -> None:
    for name, colour in look.extras:
        if EXTRAS[name].place == place:
            EXTRAS[name].paint(canvas, colour)


def _draw_behind_head(head: Canvas, seat: Canvas, look: Look) -> None:
    headgear = look.headgear
    if look.hair and look.hair.behind and (headgear is None or headgear.hair != "hidden"):
        look.hair.behind(head, look.face.hair)
    if headgear and headgear.behind:
        headgear.behind(seat, look.headgear_colour, stand_out(look.accent, look.headgear_colour))


def _draw_clothes(canvas: Canvas, look: Look) -> None:
    outfit, main, accent = look.outfit, look.main, look.accent
    body.draw_legs(canvas, look.trousers, look.boots)
    if outfit.lower == "skirt":
        body.draw_skirt(canvas, main, accent)
    elif outfit.lower == "short skirt":
        body.draw_skirt(canvas, main, shade(main, 0.12), bottom=746, flare=132)
    body.draw_torso(canvas, accent if outfit.trunk == "accent" else main, look.face.skin)
    outfit.paint(canvas, main, accent, look.face.skin)
    if look.trim:
        prints.TRIMS[look.trim](canvas, stand_out(accent, main))
    for name, colour in look.extras:
        if straps := EXTRAS[name].straps:
            straps(canvas, colour)
    _draw_extras(canvas, look, "front")


def _draw_arm(canvas: Canvas, look: Look, pose: str, side: int) -> None:
    """Draw the arm of one side, and its hand if that is empty."""
    sleeve = look.accent if look.outfit.sleeves == "accent" else look.main
    bare = look.face.skin if look.outfit.sleeves == "bare" else None
    body.draw_arm(canvas, [(side * x, y) for x, y in body.ARMS[pose]], sleeve, bare)
    hand = _hand(pose, side)
    if pose == "hip":
        body.draw_fist(canvas, hand, look.hand)
    elif pose == "wave":
        body.draw_open_hand(canvas, hand, look.hand, towards=-68 if side > 0 else 248)
    elif pose == "down":
        body.draw_open_hand(canvas, hand, look.hand, towards=90 - side * 16)


def _hand(pose: str, side: int) -> Point:
    x, y = body.HANDS[pose]
    return side * x, y


def _draw_head(head: Canvas, seat: Canvas, look: Look) -> None:
    draw_head(head, look.face.skin)
    draw_face(head, look.face)
    if look.hair and (look.headgear is None or look.headgear.hair in {"full", "low"}):
        look.hair.front(head, look.face.hair)
    if look.headgear:
        look.headgear.front(seat, look.headgear_colour, stand_out(look.accent, look.headgear_colour))


def _draw_tool(canvas: Canvas, look: Look) -> None:
    """Draw the tool and, over it, the hand or hands that hold it."""
    if look.tool is None:
        return
    if look.tool.pose == "chest":
        look.tool.paint(canvas.at(*CHEST), look.tool_colour)
        for side in (-1, 1):
            body.draw_fist(canvas, _hand("chest", side), look.hand)
        return
    hand = _hand(look.tool.pose, look.tool_side)
    turn = look.tool_side * look.tool.tilt
    view = canvas.at(*hand, turn=turn, scale=look.tool.size, mirror=look.tool_side < 0)
    look.tool.paint(view, look.tool_colour)
    body.draw_fist(canvas, hand, look.hand)
