"""Images for the model simulator: what a prompt says, drawn from flat shapes.

A prompt about a figure gives a toy figure in the clothes, with the tool and before the backdrop that its words name;
any other prompt gives a product. Where the words leave things open, a hash of the prompt decides.
"""

from model_simulator.drawing.compose import compose_image
from model_simulator.drawing.encode import FORMATS, encode_image
from model_simulator.drawing.rng import SeededRng

MIN_PIXELS, MAX_PIXELS = 64, 2048
"""Sides of an image that this module is made for."""


def render_image(prompt: str, *, width: int, height: int, image_format: str) -> bytes:
    """Return the image of a prompt as a file: the same for the same arguments, distinct for distinct prompts.

    Pure and safe to call from several threads. The file's comment holds the prompt's hash, so that files differ even
    where 64 pixels are too few to show the difference.

    Args:
        prompt: any text.
        width: pixels, 64 to 2048.
        height: pixels, 64 to 2048.
        image_format: ``png`` or ``jpeg``.

    Raises:
        ValueError: a side or the format is none of those.
    """
    for side, pixels in (("width", width), ("height", height)):
        if not MIN_PIXELS <= pixels <= MAX_PIXELS:
            raise ValueError(f"{side} is {pixels!r}; expected {MIN_PIXELS} to {MAX_PIXELS} pixels")
    if image_format not in FORMATS:
        raise ValueError(f"image_format is {image_format!r}; expected one of {', '.join(FORMATS)}")
    image = compose_image(prompt, width, height)
    return encode_image(image, image_format, comment=SeededRng.from_text(prompt).digest.hex())


__all__ = ["render_image"]
