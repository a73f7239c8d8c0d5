"""Renders images for the model simulator from flat shapes.

A prompt about a figure gives a toy figure with the clothes, the tool and the backdrop that its words name; any other
prompt gives a product. A hash of the prompt decides what the words leave open.

`render` composes an image: `scenes` (backdrops), then `figures` with `tools`, or `products`. `figure_description` and
`lexicon` read the prompt; `canvas`, `shapes` and `colors` draw; `encode` writes the file.
"""

from model_simulator.drawing.render import MAX_PIXELS, MIN_PIXELS, render_image

__all__ = ["MAX_PIXELS", "MIN_PIXELS", "render_image"]
