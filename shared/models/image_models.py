"""What sizes the image models make, by family; a family that is not known here is left to the service.

Sources, read 2026-11: OpenAI's image generation guide (the gpt-image models), and diffusers' ``check_inputs`` (SDXL).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from shared.runs.request import parse_image_size

FIXED_SIZES = ("1024x1024", "1024x1536", "1536x1024")
"""Of gpt-image-1, 1-mini and 1.5."""

GPT_SIDE_MULTIPLE, GPT_MAX_SIDE_PIXELS, GPT_MAX_ASPECT_RATIO = 16, 3840, 3
GPT_PIXEL_RANGE = range(655_360, 8_294_400 + 1)
"""Of gpt-image-2 and later."""

SDXL_SIDE_MULTIPLE = 8

QUALITIES = ("low", "medium", "high")
EXTENDED_QUALITIES = (*QUALITIES, "xhigh", "max")
"""Of gpt-image-2.5 and later. The same word stands for another number of tokens there: see ``prices.json``."""

_FREE_SIZE_RULE = (
    f"sides divisible by {GPT_SIDE_MULTIPLE}, none over {GPT_MAX_SIDE_PIXELS} or over {GPT_MAX_ASPECT_RATIO} times the "
    f"other, "
    f"{GPT_PIXEL_RANGE.start} to {GPT_PIXEL_RANGE.stop - 1} pixels in all"
)


@dataclass(frozen=True, slots=True)
class ImageModelFamily:
    """Models that take the same sizes.

    Attributes:
        pattern: of their names, as a regular expression.
        size_rule: the rule, for a message.
        supports_size: tells whether it makes an image of this width and height, in pixels.
        qualities: what it takes as the quality.
    """

    pattern: str
    size_rule: str
    supports_size: Callable[[int, int], bool]
    qualities: tuple[str, ...] = QUALITIES


def _is_fixed_size(width: int, height: int) -> bool:
    return f"{width}x{height}" in FIXED_SIZES


def _is_free_size(width: int, height: int) -> bool:
    return (
        width % GPT_SIDE_MULTIPLE == height % GPT_SIDE_MULTIPLE == 0
        and max(width, height) <= GPT_MAX_SIDE_PIXELS
        and max(width, height) <= GPT_MAX_ASPECT_RATIO * min(width, height)
        and width * height in GPT_PIXEL_RANGE
    )


def _is_sdxl_size(width: int, height: int) -> bool:
    return width % SDXL_SIDE_MULTIPLE == height % SDXL_SIDE_MULTIPLE == 0


IMAGE_MODEL_FAMILIES = (
    ImageModelFamily(r"gpt-image-1(\.5|-mini)?(-\d.*)?", f"one of {', '.join(FIXED_SIZES)}", _is_fixed_size),
    ImageModelFamily(r"gpt-image-2(\.[0-4])?(-.*)?", _FREE_SIZE_RULE, _is_free_size),
    ImageModelFamily(r"gpt-image-(2\.[5-9]|[3-9](\.\d)?)(-.*)?", _FREE_SIZE_RULE, _is_free_size, EXTENDED_QUALITIES),
    ImageModelFamily(
        r"fal-ai/(fast-lightning-sdxl|fast-sdxl|lightning-models)",
        f"sides divisible by {SDXL_SIDE_MULTIPLE}",
        _is_sdxl_size,
    ),
)


def check_size_for_model(model: str, size: str) -> None:
    """Check that a model makes images of a size; all of these families make png and jpeg.

    Args:
        model: its name; of a family that is not known nothing is checked.
        size: ``WIDTHxHEIGHT`` in pixels.

    Raises:
        ValueError: it does not; the message tells what was got and what is expected.
    """
    family = _find_family(model)
    if family is not None and not family.supports_size(*parse_image_size(size)):
        raise ValueError(f"{size!r} is no size that {model!r} makes; expected {family.size_rule}")


def check_quality_for_model(model: str, quality: str) -> None:
    """Check that a model takes a quality.

    Args:
        model: its name; of a family that is not known nothing is checked.
        quality: a quality of any model.

    Raises:
        ValueError: it does not; the message has what was got and what is expected.
    """
    family = _find_family(model)
    if family is not None and quality not in family.qualities:
        raise ValueError(f"{quality!r} is not a quality of {model!r}; expected one of {', '.join(family.qualities)}")


def _find_family(model: str) -> ImageModelFamily | None:
    return next((family for family in IMAGE_MODEL_FAMILIES if re.fullmatch(family.pattern, model.casefold())), None)
