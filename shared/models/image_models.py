"""The sizes and qualities that image models support, by family. An unknown family is left to the provider.

Sources, read 2026-11: OpenAI's image generation guide (the gpt-image models), diffusers' ``check_inputs`` (SDXL),
Microsoft's guide to MAI models in Foundry, and FAL's pages of its models (Seedream).
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.images.style_reference import PATCH_PIXELS
from shared.models.provider_names import Provider
from shared.runs.request import MAX_STYLE_REFERENCES, parse_image_size

FIXED_SIZES = ("1024x1024", "1024x1536", "1536x1024")
"""Of gpt-image-1, 1-mini and 1.5."""

GPT_SIDE_MULTIPLE, GPT_MAX_SIDE_PIXELS, GPT_MAX_ASPECT_RATIO = 16, 3840, 3
GPT_PIXEL_RANGE = range(655_360, 8_294_400 + 1)
"""Of gpt-image-2 and later."""

SDXL_SIDE_MULTIPLE = 8

MAI_SIDE_MULTIPLE, MAI_MIN_SIDE_PIXELS, MAI_MAX_PIXELS = 16, 768, 1_048_576

SEEDREAM_MIN_PIXELS, SEEDREAM_MAX_SIDE_PIXELS = 921_600, 4096
"""FAL scales smaller images up, so their size would be another one than was asked for."""

QUALITIES = ("low", "medium", "high")
EXTENDED_QUALITIES = (*QUALITIES, "xhigh", "max")
"""Of gpt-image-2.5 and later, where a quality costs another number of tokens: see ``prices.json``."""

_FREE_SIZE_RULE = (
    f"sides divisible by {GPT_SIDE_MULTIPLE}, none over {GPT_MAX_SIDE_PIXELS} or over {GPT_MAX_ASPECT_RATIO} times the "
    f"other, "
    f"{GPT_PIXEL_RANGE.start} to {GPT_PIXEL_RANGE.stop - 1} pixels in all"
)


@dataclass(frozen=True, slots=True)
class ImageModelFamily:
    """Models that support the same sizes.

    Attributes:
        pattern: of their names, as a regular expression.
        size_rule: the rule for sizes, for messages.
        supports_size: returns whether the models support a width and height in pixels.
        qualities: the qualities that the models support.
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


def _is_mai_size(width: int, height: int) -> bool:
    return (
        width % MAI_SIDE_MULTIPLE == height % MAI_SIDE_MULTIPLE == 0
        and min(width, height) >= MAI_MIN_SIDE_PIXELS
        and width * height <= MAI_MAX_PIXELS
    )


def _is_seedream_size(width: int, height: int) -> bool:
    return width * height >= SEEDREAM_MIN_PIXELS and max(width, height) <= SEEDREAM_MAX_SIDE_PIXELS


def _is_sdxl_size(width: int, height: int) -> bool:
    return width % SDXL_SIDE_MULTIPLE == height % SDXL_SIDE_MULTIPLE == 0


MAI_FAMILY = ImageModelFamily(
    r"mai-image-.*",
    f"sides divisible by {MAI_SIDE_MULTIPLE}, each at least {MAI_MIN_SIDE_PIXELS}, {MAI_MAX_PIXELS} pixels at most",
    _is_mai_size,
    EXTENDED_QUALITIES,  # it has no quality, so any of them can be ignored
)

IMAGE_MODEL_FAMILIES = (
    ImageModelFamily(r"gpt-image-1(\.5|-mini)?(-\d.*)?", f"one of {', '.join(FIXED_SIZES)}", _is_fixed_size),
    ImageModelFamily(r"gpt-image-2(\.[0-4])?(-.*)?", _FREE_SIZE_RULE, _is_free_size),
    ImageModelFamily(r"gpt-image-(2\.[5-9]|[3-9](\.\d)?)(-.*)?", _FREE_SIZE_RULE, _is_free_size, EXTENDED_QUALITIES),
    ImageModelFamily(
        r"fal-ai/(fast-lightning-sdxl|fast-sdxl|lightning-models)",
        f"sides divisible by {SDXL_SIDE_MULTIPLE}",
        _is_sdxl_size,
    ),
    ImageModelFamily(
        r"fal-ai/bytedance/seedream/v4/.*",
        f"at least {SEEDREAM_MIN_PIXELS} pixels in all, no side over {SEEDREAM_MAX_SIDE_PIXELS}",
        _is_seedream_size,
        EXTENDED_QUALITIES,  # it has no quality, so any of them can be ignored
    ),
    MAI_FAMILY,
)


def check_size_for_model(provider: Provider, model: str, size: str) -> None:
    """Check that a model supports an image size. PNG and JPEG are converted where a model offers one of them only.

    Args:
        provider: the image provider.
        model: the model's or deployment's name; for an unknown family nothing is checked.
        size: ``WIDTHxHEIGHT`` in pixels.

    Raises:
        ValueError: the model does not support the size.
    """
    family = _find_family(provider, model)
    if family is not None and not family.supports_size(*parse_image_size(size)):
        raise ValueError(f"{model!r} does not support the size {size!r}; expected {family.size_rule}.")


def check_quality_for_model(provider: Provider, model: str, quality: str) -> None:
    """Check that a model supports a quality.

    Args:
        provider: the image provider.
        model: the model's or deployment's name; for an unknown family nothing is checked.
        quality: a quality of any model.

    Raises:
        ValueError: the model does not support the quality.
    """
    family = _find_family(provider, model)
    if family is not None and quality not in family.qualities:
        raise ValueError(
            f"{model!r} does not support the quality {quality!r}; expected one of {', '.join(family.qualities)}."
        )


REFERENCE_PROVIDERS = frozenset({Provider.OPENAI, Provider.AZURE})
GPT_IMAGE_PREFIXES = ("gpt-image", "chatgpt-image")


FAL_EDIT_ROUTES: Mapping[str, str] = {
    "fal-ai/bytedance/seedream/v4/text-to-image": "fal-ai/bytedance/seedream/v4/edit",
}
"""The route of a FAL model that takes references. Others choose the size of the image, or bill references by pixels."""

MAX_MAI_REFERENCES = 1
MAI_EDIT_SIZE = "1024x1024"
MAI_MODELS_WITHOUT_EDITS = frozenset({"mai-image-2", "mai-image-2e"})


def check_references(provider: Provider, model: str, count: int = 1) -> None:
    """Check that a provider generates images with style references.

    Args:
        provider: the image provider.
        model: the model's or deployment's name; a gateway's prefix (``azure/gpt-image-2``) is ignored.
        count: number of references.

    Raises:
        ValueError: it does not, or it is not known to.
    """
    name = model.casefold().rpartition("/")[2]
    if provider is Provider.FAL:
        _check_fal_references(model)
        return
    if provider is Provider.MAI:
        _check_mai_references(name, count)
        return
    if provider in REFERENCE_PROVIDERS and not name.startswith("dall-e"):
        return
    if provider is Provider.COMPATIBLE and name.startswith(GPT_IMAGE_PREFIXES):
        return
    if provider is Provider.COMPATIBLE or provider in REFERENCE_PROVIDERS:
        raise ValueError(f"the image model {model!r} takes no reference images; expected a gpt-image model")
    raise ValueError(
        f"IMAGE_PROVIDER {provider.value!r} takes no reference images; expected 'openai', 'azure', 'mai', or 'fal' or "
        "'compatible' with a model that takes them"
    )


def _check_fal_references(model: str) -> None:
    if model.casefold() not in FAL_EDIT_ROUTES:
        expected = ", ".join(map(repr, FAL_EDIT_ROUTES))
        raise ValueError(f"the image model {model!r} of FAL takes no reference images; expected {expected}")


def _check_mai_references(name: str, count: int) -> None:
    if name in MAI_MODELS_WITHOUT_EDITS:
        raise ValueError(f"the image model {name!r} takes no reference images; expected MAI-Image-2.5 or later")
    if count > MAX_MAI_REFERENCES:
        raise ValueError(f"MAI-Image takes {MAX_MAI_REFERENCES} reference image; got {count}")


def find_billed_size(provider: Provider, size: str, *, has_references: bool) -> str:
    """Return the size whose output tokens an image call is billed; MAI-Image's edits have as many pixels as it can."""
    return MAI_EDIT_SIZE if provider is Provider.MAI and has_references else size


def find_max_references(provider: Provider) -> int:
    """Return how many references a provider takes with an image, if it takes any."""
    return MAX_MAI_REFERENCES if provider is Provider.MAI else MAX_STYLE_REFERENCES


def count_reference_tokens(provider: Provider, size: str, tokens: int) -> int:
    """Return the input tokens that an image call is billed for its references.

    Args:
        provider: the image provider; FAL bills by image.
        size: of the image; MAI-Image gets the reference in this size.
        tokens: of the references as OpenAI bills them, one for each 32x32 pixels.
    """
    if not tokens or provider is Provider.FAL:
        return 0
    if provider is Provider.MAI:
        width, height = parse_image_size(size)
        return math.ceil(width / PATCH_PIXELS) * math.ceil(height / PATCH_PIXELS)
    return tokens


def _find_family(provider: Provider, model: str) -> ImageModelFamily | None:
    """Return the family of a model. All models of MAI-Image have one rule, so a deployment may have any name."""
    if provider is Provider.MAI:
        return MAI_FAMILY
    return next((family for family in IMAGE_MODEL_FAMILIES if re.fullmatch(family.pattern, model.casefold())), None)
