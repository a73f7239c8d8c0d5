"""Legs, torso and arms of the toy figure, without prints."""

from collections.abc import Mapping, Sequence

from model_simulator.drawing.canvas import Canvas, Point, Rgb
from model_simulator.drawing.colors import SHADOW, fade, mix, shade, tint
from model_simulator.drawing.figures.anatomy import GROUND, HIP, HIP_HALF, SHOULDER, SHOULDER_HALF, torso_half

ARM_WIDTH = 62
TROUSER_GAP = 5
TROUSER_HALF = 116
TOE = 812
"""Where the top of the foot begins, seen from the front."""

ARMS: Mapping[str, tuple[Point, ...]] = {
    "down": ((92, 474), (156, 548), (176, 606)),
    "hang": ((92, 474), (158, 546), (192, 598)),
    "raise": ((92, 474), (166, 552), (214, 522)),
    "wave": ((92, 470), (172, 486), (206, 412)),
    "hip": ((92, 474), (182, 548), (138, 606)),
    "chest": ((92, 474), (160, 560), (118, 600)),
}
"""Shoulder, elbow and wrist of the right arm; the left arm is its mirror image."""
HANDS: Mapping[str, Point] = {
    "down": (184, 642),
    "hang": (206, 632),
    "raise": (238, 494),
    "wave": (214, 376),
    "hip": (116, 628),
    "chest": (92, 606),
}
HAND_RADIUS = 35


def draw_lower_body(canvas: Canvas, colour: Rgb, boots: Rgb | None) -> None:
    """Draw hips and two legs; ``boots`` colours the feet and shins."""
    canvas.box(-TROUSER_GAP - 4, 700, TROUSER_GAP + 4, GROUND - 6, shade(colour, 0.62))
    for left, right in ((-TROUSER_HALF, -TROUSER_GAP), (TROUSER_GAP, TROUSER_HALF)):
        width = right - left
        canvas.box(left, 690, right, GROUND, shade(colour), 10)
        canvas.box(left, 690, right - width * 0.2, GROUND, colour, 10)
        if boots:
            canvas.box(left - 3, 780, right + 3, GROUND, shade(boots), 14)
            canvas.box(left - 3, 780, right - width * 0.2, GROUND, boots, 14)
            canvas.box(left - 6, 774, right + 6, 794, tint(boots, 0.2), 10)
        foot = boots or colour
        canvas.box(left, TOE, right - width * 0.14, TOE + 10, tint(foot, 0.25), 5)
        canvas.box(left, TOE + 10, right, GROUND, shade(foot, 0.1), 8)
        canvas.box(left, TOE + 10, right - width * 0.2, GROUND, mix(foot, tint(foot), 0.25), 8)
    canvas.box(-TROUSER_HALF, 652, TROUSER_HALF, 706, shade(colour, 0.3), 14)
    canvas.box(-TROUSER_HALF, 652, TROUSER_HALF - 30, 702, shade(colour, 0.1), 14)


def draw_skirt(canvas: Canvas, colour: Rgb, hem: Rgb, *, bottom: float = GROUND, flare: float = 152) -> None:
    """Draw a robe's or dress's lower half down to ``bottom``."""
    canvas.polygon([(-HIP_HALF, HIP - 6), (HIP_HALF, HIP - 6), (flare, bottom), (-flare, bottom)], shade(colour))
    canvas.polygon([(-HIP_HALF, HIP - 6), (70, HIP - 6), (flare - 54, bottom), (-flare, bottom)], colour)
    for share in (-0.5, 0.05, 0.5):
        fold = [(HIP_HALF * share, 720), (flare * share + 7, bottom), (flare * share - 7, bottom)]
        canvas.polygon(fold, shade(colour, 0.14))
    canvas.polygon([(-flare + 4, bottom - 26), (flare - 4, bottom - 26), (flare, bottom), (-flare, bottom)], hem)
    canvas.polygon(
        [(flare - 58, bottom - 26), (flare - 4, bottom - 26), (flare, bottom), (flare - 54, bottom)], shade(hem)
    )


def draw_torso(canvas: Canvas, colour: Rgb, skin: Rgb) -> None:
    """Draw neck and trunk: a trapezoid, its right side in the shade."""
    canvas.box(-42, 418, 42, 452, shade(skin, 0.34), 8)
    upper, lower, corner = SHOULDER_HALF, HIP_HALF, 16
    outline = [
        (-upper + corner, SHOULDER),
        (upper - corner, SHOULDER),
        (upper + 2, SHOULDER + corner),
        (lower, HIP + 8),
    ]
    canvas.polygon([*outline, (-lower, HIP + 8), (-upper - 2, SHOULDER + corner)], colour)
    edge = 0.62
    side = [(upper * edge, SHOULDER), *outline[1:], (lower * edge, HIP + 8)]
    canvas.polygon(side, shade(colour))
    left = torso_half(470)
    canvas.line([(-left + 15, 474), (-torso_half(624) + 15, 624)], 9, tint(colour))
    canvas.ellipse(0, SHOULDER + 3, 58, 9, fade(SHADOW, 0.3))


def draw_arm(canvas: Canvas, pose: Sequence[Point], sleeve: Rgb, lower: Rgb | None = None) -> None:
    """Draw an arm along shoulder, elbow and wrist; ``lower`` colours it from the elbow on (bare arms, long gloves)."""
    canvas.line(pose, ARM_WIDTH, shade(sleeve, 0.3))
    inner = [(x - 5, y - 4) for x, y in pose]
    canvas.line(inner, ARM_WIDTH * 0.78, shade(sleeve, 0.04))
    if lower:
        canvas.line(pose[1:], ARM_WIDTH - 4, shade(lower, 0.3))
        canvas.line(inner[1:], ARM_WIDTH * 0.74, lower)
    (x0, y0), (x1, y1) = inner[0], inner[1]
    canvas.line([(x0 - 4, y0 - 12), (x0 * 0.4 + x1 * 0.6 - 4, y0 * 0.4 + y1 * 0.6 - 12)], 9, tint(sleeve, 0.36))


def draw_open_hand(canvas: Canvas, place: Point, colour: Rgb, *, towards: float) -> None:
    """Draw a toy's c-shaped hand, its opening ``towards`` an angle (degrees, clockwise from three o'clock)."""
    x, y = place
    canvas.arc(x, y, 25, 25, towards + 46, towards + 314, 25, shade(colour, 0.34))
    canvas.arc(x - 3, y - 3, 25, 25, towards + 52, towards + 308, 16, colour)


def draw_fist(canvas: Canvas, place: Point, colour: Rgb) -> None:
    """Draw a hand that clasps something."""
    x, y = place
    canvas.circle(x, y, HAND_RADIUS, shade(colour, 0.34))
    canvas.circle(x - 4, y - 4, HAND_RADIUS * 0.8, colour)
    canvas.ellipse(x - 10, y - 12, 9, 6, tint(colour, 0.5))
    canvas.line([(x + 2, y + 6), (x + 16, y + 4)], 7, shade(colour, 0.3))
