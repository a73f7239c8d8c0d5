"""The whole picture: a figure or a product before its backdrop."""

from PIL import Image

from local.simulator.drawing import brief as briefs
from local.simulator.drawing import scenes
from local.simulator.drawing.canvas import Canvas
from local.simulator.drawing.dice import Dice
from local.simulator.drawing.figures.figure import draw_figure
from local.simulator.drawing.products.showcase import draw_podium, draw_product
from local.simulator.drawing.words import split_words

MIDDLE = 500


def compose_picture(prompt: str, width: int, height: int) -> Image.Image:
    """Draw what the prompt says."""
    words = split_words(prompt)
    dice = Dice.of(prompt)
    canvas = Canvas.blank(width, height)
    if briefs.is_about_a_figure(words):
        brief = briefs.read_figure(words)
        scene = scenes.SCENES[brief.setting.name if brief.setting else "studio"]
        scenes.draw_backdrop(canvas, scene, dice)
        scenes.draw_halo(canvas, scene)
        draw_figure(canvas.at(MIDDLE, 0), brief, dice, scene.plate)
    else:
        scene = scenes.SCENES[briefs.find_setting(words) or "studio"]
        scenes.draw_backdrop(canvas, scene, dice)
        scenes.draw_halo(canvas, scene)
        draw_podium(canvas.at(MIDDLE, 0), scene.plate)
        draw_product(canvas.at(MIDDLE, 0), words, dice)
    return canvas.finish()
