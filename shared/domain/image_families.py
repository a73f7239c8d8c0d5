"""What sizes the image models make, by family; a family that is not known here is left to the service.

Sources, read 2026-11: OpenAI's image generation guide (the gpt-image models), and diffusers' ``check_inputs`` (SDXL).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.requests import parse_image_size

FIXED_SIZES = ("1024x1024", "1024x1536", "1536x1024")
"""Of gpt-image-1, 1-mini and 1.5."""

GPT_MULTIPLE, GPT_LONGEST, GPT_RATIO = 16, 3840, 3
GPT_PIXELS = range(655_360, 8_294_400 + 1)
"""Of gpt-image-2 and later."""

SDXL_MULTIPLE = 8


@dataclass(frozen=True, slots=True)
class ImageFamily:
    """Models that take the same sizes.

    Attributes:
        pattern: of their names, as a regular expression.
        expected: the rule, for a message.
        makes: tells whether it makes a picture of this width and height, in pixels.
    """

    pattern: str
    expected: str
    makes: Callable[[int, int], bool]


def _is_fixed(width: int, height: int) -> bool:
    return f"{width}x{height}" in FIXED_SIZES


def _is_free(width: int, height: int) -> bool:
    return (
        width % GPT_MULTIPLE == height % GPT_MULTIPLE == 0
        and max(width, height) <= GPT_LONGEST
        and max(width, height) <= GPT_RATIO * min(width, height)
        and width * height in GPT_PIXELS
    )


def _is_in_eights(width: int, height: int) -> bool:
    return width % SDXL_MULTIPLE == height % SDXL_MULTIPLE == 0


FAMILIES = (
    ImageFamily(r"gpt-image-1(\.5|-mini)?(-\d.*)?", f"one of {', '.join(FIXED_SIZES)}", _is_fixed),
    ImageFamily(
        r"gpt-image-[2-9](\.\d)?(-.*)?",
        f"sides divisible by {GPT_MULTIPLE}, none over {GPT_LONGEST} or over {GPT_RATIO} times the other, "
        f"{GPT_PIXELS.start} to {GPT_PIXELS.stop - 1} pixels in all",
        _is_free,
    ),
    ImageFamily(
        r"fal-ai/(fast-lightning-sdxl|fast-sdxl|lightning-models)",
        f"sides divisible by {SDXL_MULTIPLE}",
        _is_in_eights,
    ),
)


def check_size_for_model(model: str, size: str) -> None:
    """Check that a model makes pictures of a size; all of these families make png and jpeg.

    Args:
        model: its name; of a family that is not known nothing is checked.
        size: ``WIDTHxHEIGHT`` in pixels.

    Raises:
        ValueError: it does not; the message tells what was got and what is expected.
    """
    family = next((family for family in FAMILIES if re.fullmatch(family.pattern, model.casefold())), None)
    if family is not None and not family.makes(*parse_image_size(size)):
        raise ValueError(f"{size!r} is no size that {model!r} makes; expected {family.expected}")
