"""Head and face. The canvas' origin is the middle of the chin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from model_simulator.drawing.canvas import Canvas, Rgb
from model_simulator.drawing.colors import INK, WHITE, fade, lightness, mix, shade, tint
from model_simulator.drawing.figures.anatomy import BROW, EYES, HEAD_HALF, HEAD_TOP, MOUTH
from model_simulator.drawing.rng import SeededRng

TOY_YELLOW: Rgb = (250, 208, 60)
SKINS: tuple[Rgb, ...] = (
    TOY_YELLOW,
    TOY_YELLOW,
    (250, 208, 60),
    (246, 204, 166),
    (228, 172, 126),
    (190, 128, 84),
    (146, 94, 62),
    (108, 68, 48),
)
HAIR_COLOURS: tuple[Rgb, ...] = (
    (54, 42, 42),
    (74, 52, 42),
    (104, 66, 40),
    (150, 94, 48),
    (206, 150, 66),
    (238, 196, 96),
    (198, 88, 44),
    (168, 170, 178),
    (232, 230, 226),
)


@dataclass(frozen=True, slots=True)
class Face:
    """What is printed on a head."""

    skin: Rgb
    hair: Rgb
    smile: str
    eyes: str
    freckles: bool
    blush: bool
    beard: str | None
    glasses: str | None


def choose_face(rng: SeededRng, worn: frozenset[str]) -> Face:
    """Return a face; what the prompt says is ``worn`` (beard, glasses, ...) comes first."""
    beard = "beard" if "beard" in worn else "mustache" if "mustache" in worn else None
    if beard is None and rng.draw_bool("beard?", 0.22):
        beard = rng.choice("beard", ("beard", "mustache", "goatee", "stubble"))
    glasses = next((kind for kind in ("sunglasses", "glasses", "eye patch") if kind in worn), None)
    if glasses is None and rng.draw_bool("glasses?", 0.13):
        glasses = "glasses"
    return Face(
        skin=rng.choice("skin", SKINS),
        hair=rng.choice("hair colour", HAIR_COLOURS),
        smile=rng.choice("smile", [smile for smile in SMILES if not (beard and smile == "lips")]),
        eyes=rng.choice("eyes", ("dots", "dots", "wink", "tall", *(() if beard else ("lashes",)))),
        freckles=rng.draw_bool("freckles", 0.18),
        blush=rng.draw_bool("blush", 0.45),
        beard=beard,
        glasses=glasses,
    )


def draw_head(canvas: Canvas, skin: Rgb) -> None:
    """Draw the bare head: a rounded cylinder with a stud on top."""
    canvas.box(-50, HEAD_TOP - 26, 50, HEAD_TOP + 10, shade(skin), 9)
    canvas.box(-50, HEAD_TOP - 26, 26, HEAD_TOP + 10, skin, 9)
    canvas.box(-HEAD_HALF, HEAD_TOP, HEAD_HALF, 0, shade(skin), 50)
    canvas.box(-HEAD_HALF, HEAD_TOP, HEAD_HALF - 28, 0, skin, 50)
    canvas.line([(-76, -136), (-76, -84)], 11, tint(skin, 0.15 + 0.35 * lightness(skin)))


def draw_face(canvas: Canvas, face: Face) -> None:
    """Print eyes, mouth and the rest on the head."""
    dark = mix(face.skin, (60, 16, 16), 0.72)
    if face.blush:
        for x in (-58, 52):
            canvas.ellipse(x, -66, 17, 11, fade((244, 92, 84), 0.34))
    if face.freckles:
        for x, y in ((-62, -78), (-50, -68), (-40, -78), (38, -78), (48, -68), (60, -78)):
            canvas.circle(x, y, 3.6, mix(face.skin, (150, 70, 20), 0.6))
    if face.beard:
        _draw_beard(canvas, face)
    SMILES[face.smile](canvas, dark)
    _draw_eyes(canvas, face)
    if face.beard == "mustache":
        _draw_mustache(canvas, face.hair)
    if face.glasses:
        GLASSES[face.glasses](canvas)


def _draw_eyes(canvas: Canvas, face: Face) -> None:
    brow = shade(face.hair, 0.2)
    for x in (-36, 36):
        if face.eyes == "wink" and x > 0:
            canvas.arc(x, EYES + 4, 14, 11, 200, 340, 7, INK)
        else:
            canvas.ellipse(x, EYES, 11, 17 if face.eyes == "tall" else 13, INK)
            canvas.circle(x - 4, EYES - 5, 4, WHITE)
        if face.eyes == "lashes":
            side = -1 if x < 0 else 1
            canvas.line([(x + side * 8, EYES - 8), (x + side * 19, EYES - 14)], 5, INK)
            canvas.line([(x + side * 10, EYES - 1), (x + side * 21, EYES - 3)], 5, INK)
        canvas.arc(x, EYES - 16, 19, 13, 225, 315, 8, brow)


def _smile(canvas: Canvas, ink: Rgb) -> None:
    canvas.arc(0, MOUTH - 14, 32, 22, 20, 160, 8, ink)


def _grin(canvas: Canvas, ink: Rgb) -> None:
    canvas.smooth([(-34, MOUTH - 10), (0, MOUTH - 4), (34, MOUTH - 10), (22, MOUTH + 14), (-22, MOUTH + 14)], ink)
    canvas.smooth([(-25, MOUTH - 5), (0, MOUTH), (25, MOUTH - 5), (20, MOUTH + 5), (-20, MOUTH + 5)], WHITE)


def _half_smile(canvas: Canvas, ink: Rgb) -> None:
    canvas.curve([(-26, MOUTH + 3), (2, MOUTH + 7), (22, MOUTH), (32, MOUTH - 12)], 8, ink)


def _lips(canvas: Canvas, ink: Rgb) -> None:
    red = mix(ink, (222, 40, 70), 0.75)
    canvas.smooth([(-26, MOUTH - 4), (-8, MOUTH - 9), (8, MOUTH - 9), (26, MOUTH - 4), (0, MOUTH + 12)], red)
    canvas.line([(-18, MOUTH - 2), (0, MOUTH + 1), (18, MOUTH - 2)], 3.5, ink)


def _open_mouth(canvas: Canvas, ink: Rgb) -> None:
    canvas.smooth([(-24, MOUTH - 12), (24, MOUTH - 12), (20, MOUTH + 10), (0, MOUTH + 18), (-20, MOUTH + 10)], ink)
    canvas.ellipse(0, MOUTH + 10, 13, 6, (226, 92, 92))
    canvas.box(-17, MOUTH - 13, 17, MOUTH - 6, WHITE, 3)


SMILES: Mapping[str, Callable[[Canvas, Rgb], None]] = {
    "smile": _smile,
    "grin": _grin,
    "half smile": _half_smile,
    "lips": _lips,
    "open": _open_mouth,
}


def _draw_beard(canvas: Canvas, face: Face) -> None:
    if face.beard == "beard":
        outline = [(-98, -96), (-84, -74), (-40, -78), (0, -70), (40, -78), (84, -74), (98, -96)]
        canvas.smooth([*outline, (96, -30), (62, 26), (0, 44), (-62, 26), (-96, -30)], face.hair)
        canvas.smooth([(60, -68), (98, -90), (96, -30), (62, 26), (30, 38), (64, -10)], shade(face.hair))
        canvas.ellipse(0, MOUTH, 40, 21, mix(face.skin, shade(face.skin), 0.3))
    elif face.beard == "goatee":
        canvas.smooth([(-28, MOUTH + 22), (28, MOUTH + 22), (20, 14), (0, 24), (-20, 14)], face.hair)
    elif face.beard == "stubble":
        for x, y in ((-64, -34), (-48, -20), (-30, -12), (-10, -14), (12, -12), (32, -14), (50, -22), (64, -36)):
            canvas.circle(x, y, 4, mix(face.skin, face.hair, 0.5))


def _draw_mustache(canvas: Canvas, hair: Rgb) -> None:
    canvas.smooth([(0, -76), (26, -80), (56, -58), (30, -56), (0, -62), (-30, -56), (-56, -58), (-26, -80)], hair)


def _draw_glasses(canvas: Canvas) -> None:
    for x in (-38, 38):
        canvas.circle(x, EYES, 29, fade(WHITE, 0.28))
        canvas.arc(x, EYES, 28, 28, 0, 360, 6.5, INK)
    canvas.arc(0, EYES - 2, 11, 8, 190, 350, 6, INK)
    for side in (-1, 1):
        canvas.line([(side * 68, EYES - 4), (side * 96, EYES - 12)], 6, INK)


def _draw_sunglasses(canvas: Canvas) -> None:
    for x in (-40, 40):
        canvas.box(x - 34, EYES - 22, x + 34, EYES + 22, INK, 16)
        canvas.polygon([(x - 22, EYES + 6), (x - 4, EYES - 16), (x + 8, EYES - 16), (x - 14, EYES + 12)], (98, 96, 122))
    canvas.box(-96, EYES - 22, 96, EYES - 11, INK, 5)


def _draw_eye_patch(canvas: Canvas) -> None:
    canvas.line([(-94, BROW - 12), (-36, EYES - 16), (92, EYES + 26)], 7, INK)
    canvas.smooth([(-64, EYES - 18), (-8, EYES - 20), (-10, EYES + 8), (-36, EYES + 24), (-62, EYES + 8)], INK)


GLASSES: Mapping[str, Callable[[Canvas], None]] = {
    "glasses": _draw_glasses,
    "sunglasses": _draw_sunglasses,
    "eye patch": _draw_eye_patch,
}
