"""How much an image has the look of references: by its colors, which is how the simulator applies references."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

from model_simulator.drawing.palette import CHANNELS, LEVELS, Palette, read_palette

MAX_LIKENESS: Final = 100
DISTANCE_FACTOR: Final = 2
"""Half of the largest possible distance gives a likeness of 0."""

SAME_SESSION: Final = 86
"""From this likeness on, nothing is reported as different."""

CHANNEL_NAMES: Final = ("red", "green", "blue")


def compare_look(image: bytes, references: Sequence[bytes]) -> dict[str, Any]:
    """Return ``{"likeness": 0-100, "unlike": [...]}``.

    Raises:
        OSError: a file is not an image.
    """
    own, wanted = (_list_channels(read_palette(files)) for files in ([image], references))
    distances = [sum(abs(a - b) for a, b in zip(*pair, strict=True)) / LEVELS for pair in zip(own, wanted, strict=True)]
    likeness = max(0, round(MAX_LIKENESS * (1 - DISTANCE_FACTOR * sum(distances) / CHANNELS)))
    return {"likeness": likeness, "unlike": [] if likeness >= SAME_SESSION else _name_differences(own, wanted)}


def _list_channels(palette: Palette) -> list[list[float]]:
    """Return, for each channel, the share of pixels up to each level."""
    channels = [palette.counts[start : start + LEVELS] for start in range(0, CHANNELS * LEVELS, LEVELS)]
    return [[total / sum(counts) for total in accumulate(counts)] for counts in channels]


def _name_differences(own: list[list[float]], wanted: list[list[float]]) -> list[str]:
    # The more pixels are dark, the larger is the sum of the shares.
    brighter = [(sum(a) - sum(b)) / LEVELS for a, b in zip(own, wanted, strict=True)]
    mean = sum(brighter) / CHANNELS
    tint = max(range(CHANNELS), key=lambda channel: abs(brighter[channel] - mean))
    light = "brighter light" if mean > 0 else "darker light"
    return [light, f"{'more' if brighter[tint] > mean else 'less'} {CHANNEL_NAMES[tint]} in the colors"]
