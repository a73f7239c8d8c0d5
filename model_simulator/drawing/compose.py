"""The whole image: a figure or a product before its backdrop."""

from PIL import Image

from model_simulator.drawing import figure_description as briefs
from model_simulator.drawing import scenes
from model_simulator.drawing.canvas import Canvas
from model_simulator.drawing.figures.figure import draw_figure
from model_simulator.drawing.lexicon import split_words
from model_simulator.drawing.products.product_image import draw_podium, draw_product
from model_simulator.drawing.rng import SeededRng

MIDDLE = 500


def compose_image(prompt: str, width: int, height: int) -> Image.Image:
    """Draw what the prompt says."""
    words = split_words(prompt)
    rng = SeededRng.from_text(prompt)
    canvas = Canvas.blank(width, height)
    if briefs.is_about_a_figure(words):
        figure_description = briefs.read_figure(words)
        scene = scenes.SCENES[figure_description.setting.name if figure_description.setting else "studio"]
        scenes.draw_backdrop(canvas, scene, rng)
        scenes.draw_halo(canvas, scene)
        draw_figure(canvas.at(MIDDLE, 0), figure_description, rng, scene.plate)
    else:
        scene = scenes.SCENES[briefs.find_setting(words) or "studio"]
        scenes.draw_backdrop(canvas, scene, rng)
        scenes.draw_halo(canvas, scene)
        draw_podium(canvas.at(MIDDLE, 0), scene.plate)
        draw_product(canvas.at(MIDDLE, 0), words, rng)
    return canvas.finish()
