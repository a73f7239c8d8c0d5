"""Fallback font: GNU Unifont 15.0.01, for letters that no other installed font has.

``fonts/unifont.xz`` (400 KB) is read when the first such letter is rendered. It is ``unifont.hex`` without private use,
box drawing, Braille, Yi and the rare Han of extension A, packed and compressed with LZMA: one byte for each code point
up to U+FFFF, the glyph's width in units of 8 pixels (0 = no glyph); then the glyphs in order, 16 rows of 1 or 2 bytes
each. License: SIL Open Font License 1.1, see ``fonts/OFL.txt``.
https://unifoundry.com/unifont/
"""

import lzma
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.rendering.text_shaping import arrange, is_mark

if TYPE_CHECKING:
    from PIL.Image import Image

ROWS: Final = 16
ASCENT: Final = 14
"""Rows above the base line."""

_CODE_POINTS: Final = 0x10000
_COLUMN: Final = 8
_SMOOTH_SCALE: Final = 1.5
_GREY_SLOPE: Final = 3.0
_VARIATION_SELECTORS: Final = frozenset(map(chr, range(0xFE00, 0xFE10)))
_BRAHMIC: Final = range(0x0900, 0x0E00)
_WITH_HEAD_LINE: Final = range(0x0900, 0x0A80)
"""Devanagari, Bengali, Gurmukhi."""


@dataclass(frozen=True, slots=True)
class _Glyphs:
    """The unpacked font: widths in units of 8 pixels, the start of each glyph, and the bits of all glyphs."""

    widths: bytes
    offsets: tuple[int, ...]
    bits: bytes


def has_glyph(character: str) -> bool:
    """Return whether the font has a visible glyph; the dashed boxes of invisible characters do not count."""
    is_invisible = unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} or character in _VARIATION_SELECTORS
    if is_invisible or ord(character) >= _CODE_POINTS:
        return False
    return _load().widths[ord(character)] > 0


def measure(text: str, size: float) -> float:
    """Return the width of a line in pixels, at the letter height of a font of this size."""
    return sum(_measure_cluster(cluster) for cluster in arrange(text)) * _find_scale(size)


def draw(text: str, size: float) -> "Image":
    """Render a line as a grey-scale mask, ROWS rows high before scaling; ``measure`` returns its width."""
    from PIL import Image, ImageChops  # noqa: PLC0415 - loaded on first use, for a fast start of the app

    clusters = arrange(text)
    line = Image.new("L", (max(1, sum(map(_measure_cluster, clusters))), ROWS), 0)
    left = 0
    for cluster in clusters:
        advance = _measure_cluster(cluster)
        for character in cluster:
            glyph = _draw_glyph(character)
            if glyph is not None:
                # A mark is pasted onto its letter, at the right edge if it is narrower.
                place = left + advance - glyph.width if is_mark(character) and character != cluster[0] else left
                box = (place, 0, place + glyph.width, ROWS)
                line.paste(ImageChops.lighter(line.crop(box), glyph), box)
        left += advance
    scale = _find_scale(size)
    if scale == 1:
        return line
    scaled = line.resize((max(1, round(line.width * scale)), round(ROWS * scale)), Image.Resampling.BICUBIC)
    if scale < _SMOOTH_SCALE:
        return scaled
    # Enlarged pixels are blurred squares: a steeper slope from black to white restores their edges.
    return scaled.point([min(255, max(0, round(128 + (level - 128) * _GREY_SLOPE))) for level in range(256)])


def find_ascent(size: float) -> float:
    """Return the number of pixels of a rendered line above its base line."""
    return ASCENT * _find_scale(size)


def _find_scale(size: float) -> float:
    """Return the scale that matches the letter height of other fonts; small letters keep their pixels."""
    scale = size / ROWS * 1.1
    return 1.0 if scale < _SMOOTH_SCALE * 0.8 else scale


def _measure_cluster(cluster: str) -> int:
    return max((glyph.width for character in cluster if (glyph := _draw_glyph(character)) is not None), default=0)


@lru_cache(maxsize=4096)
def _draw_glyph(character: str) -> "Image | None":
    from PIL import Image  # noqa: PLC0415 - see draw

    if not has_glyph(character):
        return None
    glyphs, code = _load(), ord(character)
    width, start = glyphs.widths[code], glyphs.offsets[code] * ROWS
    data = glyphs.bits[start : start + width * ROWS]
    glyph = Image.frombytes("1", (width * _COLUMN, ROWS), data).convert("L")
    ink = glyph.getbbox()
    if ink is None or code not in _BRAHMIC:
        return glyph
    # The font centres these letters in their cells; head lines must join, other letters stand close.
    gap = 0 if is_mark(character) or code in _WITH_HEAD_LINE else 1
    return glyph.crop((ink[0], 0, ink[2] + gap, ROWS))


@cache
def _load() -> _Glyphs:
    packed = Path(__file__).with_name("fonts").joinpath("unifont.xz").read_bytes()
    data = lzma.decompress(packed)
    widths = data[:_CODE_POINTS]
    return _Glyphs(widths, tuple(accumulate(widths, initial=0)), data[_CODE_POINTS:])
