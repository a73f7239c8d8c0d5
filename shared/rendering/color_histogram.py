"""Color histograms, and how far the colors of two images are apart. Every function is thread-safe.

The histograms of brightness and of the two color differences (YCbCr) are compared by the earth mover's distance: how
far the levels of one image must move to become those of the other. Unlike bin by bin, a slightly darker image is near,
and a black one far. What the images show does not count.
"""

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from shared.rendering.flatten_image import flatten_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

SAMPLE_SIDE_PIXELS: Final = 128
LEVELS: Final = 256
CHANNEL_WEIGHTS: Final = (1, 2, 2)
"""Of brightness and the two color differences, whose levels differ less between images."""

ColorHistogram = tuple[tuple[float, ...], ...]
"""For each channel, the share of pixels up to each of the 256 levels."""


def measure_colors(image: "Image") -> ColorHistogram:
    """Return the histogram of a decoded image; transparent parts are white. Takes less than 1 ms."""
    from PIL.Image import Resampling  # noqa: PLC0415 - loaded on first use, for a fast start of the app

    # The nearest pixels keep their colors; averages would bring the colors of all images closer together.
    size = (min(image.width, SAMPLE_SIDE_PIXELS), min(image.height, SAMPLE_SIDE_PIXELS))
    sample = flatten_image(image.resize(size, Resampling.NEAREST)).convert("YCbCr")
    counts, pixels = sample.histogram(), size[0] * size[1]
    channels = (counts[start : start + LEVELS] for start in range(0, len(counts), LEVELS))
    return tuple(tuple(total / pixels for total in accumulate(channel)) for channel in channels)


def calculate_distance(one: ColorHistogram, other: ColorHistogram) -> float:
    """Return the distance of two histograms, from 0 (the same colors) to 1."""
    moved = (
        weight * sum(abs(a - b) for a, b in zip(first, second, strict=True)) / (LEVELS - 1)
        for weight, first, second in zip(CHANNEL_WEIGHTS, one, other, strict=True)
    )
    return sum(moved) / sum(CHANNEL_WEIGHTS)


def find_nearest_distance(image: ColorHistogram, references: "Sequence[ColorHistogram]") -> float:
    """Return the distance to the nearest of some histograms.

    Raises:
        ValueError: there is no histogram to compare with.
    """
    return min(calculate_distance(image, reference) for reference in references)
