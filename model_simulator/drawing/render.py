"""Render a prompt: a figure or a product in front of its backdrop."""

from PIL import Image

from model_simulator.drawing import figure_description, scenes
from model_simulator.drawing.canvas import Canvas
from model_simulator.drawing.encode import FORMATS, encode_image
from model_simulator.drawing.figures.figure import draw_figure
from model_simulator.drawing.lexicon import split_words
from model_simulator.drawing.palette import Palette
from model_simulator.drawing.products.product_image import draw_podium, draw_product
from model_simulator.drawing.rng import SeededRng

MIN_PIXELS, MAX_PIXELS = 64, 2048
"""Range of an image's width and height."""

CENTER_X = 500
"""Horizontal center of the canvas, in canvas units."""


def render_image(
    prompt: str, *, width: int, height: int, image_format: str, palette: Palette | None = None, variation: str = ""
) -> bytes:
    """Return the image file of a prompt. Equal arguments give equal files, distinct prompts distinct files.

    Pure and thread-safe. The file's comment holds the prompt's hash, so that files differ even if the image is too
    small to show the difference.

    Args:
        prompt: any text.
        width: pixels, 64 to 2048.
        height: pixels, 64 to 2048.
        image_format: ``png`` or ``jpeg``.
        palette: the colors to draw with; None = those of the scene.
        variation: another text gives another image of the same prompt.

    Raises:
        ValueError: width, height or format is out of range.
    """
    for side, pixels in (("width", width), ("height", height)):
        if not MIN_PIXELS <= pixels <= MAX_PIXELS:
            raise ValueError(f"{side} is {pixels!r}; expected {MIN_PIXELS} to {MAX_PIXELS} pixels")
    if image_format not in FORMATS:
        raise ValueError(f"image_format is {image_format!r}; expected one of {', '.join(FORMATS)}")
    rng = SeededRng.from_text(f"{prompt}\x1f{variation}" if variation else prompt)
    image = _compose(prompt, width, height, rng)
    if palette is not None:
        image = palette.apply_to(image)
    return encode_image(image, image_format, comment=rng.digest.hex())


def _compose(prompt: str, width: int, height: int, rng: SeededRng) -> Image.Image:
    words = split_words(prompt)
    canvas = Canvas.blank(width, height)
    if figure_description.is_about_a_figure(words):
        figure = figure_description.read_figure(words)
        scene = scenes.SCENES[figure.setting.name if figure.setting else "studio"]
        scenes.draw_backdrop(canvas, scene, rng)
        scenes.draw_halo(canvas, scene)
        draw_figure(canvas.at(CENTER_X, 0), figure, rng, scene.plate)
    else:
        scene = scenes.SCENES[figure_description.find_setting(words) or "studio"]
        scenes.draw_backdrop(canvas, scene, rng)
        scenes.draw_halo(canvas, scene)
        draw_podium(canvas.at(CENTER_X, 0), scene.plate)
        draw_product(canvas.at(CENTER_X, 0), words, rng)
    return canvas.finish()
