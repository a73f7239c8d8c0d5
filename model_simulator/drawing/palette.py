"""The palette of reference images: how bright and how colorful their pixels are, channel by channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate

from PIL import Image

LEVELS = 256
CHANNELS = 3
SAMPLE_SIDE_PIXELS = 128


@dataclass(frozen=True, slots=True)
class Palette:
    """How many pixels of the references have each level of red, green and blue: three times 256 numbers."""

    counts: tuple[int, ...]

    def apply_to(self, image: Image.Image) -> Image.Image:
        """Return an RGB image with the levels of the references, in the same order from dark to bright."""
        counts = image.histogram()
        table: list[int] = []
        for start in range(0, CHANNELS * LEVELS, LEVELS):
            table += _match_levels(counts[start : start + LEVELS], self.counts[start : start + LEVELS])
        return image.point(table)


def read_palette(files: Sequence[bytes]) -> Palette:
    """Return the palette of image files.

    Raises:
        OSError: a file is not an image.
    """
    counts = [0] * (CHANNELS * LEVELS)
    for data in files:
        with Image.open(BytesIO(data)) as opened:
            sample = opened.convert("RGB")
        sample.thumbnail((SAMPLE_SIDE_PIXELS, SAMPLE_SIDE_PIXELS))
        counts = [total + count for total, count in zip(counts, sample.histogram(), strict=True)]
    return Palette(tuple(counts))


def _match_levels(own: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """Return the level of the references for each level of an image, by their cumulative shares."""
    own_total, wanted_total = max(1, sum(own)), max(1, sum(wanted))
    wanted_shares = [count / wanted_total for count in accumulate(wanted)]
    table, level = [], 0
    for count in accumulate(own):
        while level < LEVELS - 1 and wanted_shares[level] < count / own_total:
            level += 1
        table.append(level)
    return table
