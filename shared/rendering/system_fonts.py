"""Finds an installed font that has the letters of a text; a server without fonts uses ``bitmap_font``."""

import os
import sys
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.rendering.text_shaping import is_right_to_left

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FONT_FOLDERS: Final = {
    "linux": ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts"),
    "darwin": ("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts"),
    "win32": ("C:/Windows/Fonts",),
}

FONT_NAMES: Final = (
    *("dejavusans", "notosans-regular", "segoeui", "arial", "liberationsans-regular", "freesans"),
    *("notosanscjk-regular", "notosanscjkjp-regular", "notosanscjksc-regular", "sourcehansans-regular"),
    *("wqy-microhei", "wqy-zenhei", "droidsansfallbackfull", "droidsansfallback"),
    *("yugothr", "meiryo", "msgothic", "msyh", "simsun", "malgun", "hiragino sans gb", "pingfang", "applesdgothicneo"),
    *("notosansthai-regular", "notosanslao-regular", "leelawui", "thonburi"),
    *("notosansdevanagari-regular", "notosansbengali-regular", "notosansgujarati-regular", "notosansgurmukhi-regular"),
    *("notosanstamil-regular", "notosanstelugu-regular", "notosanskannada-regular", "notosansmalayalam-regular"),
    *("notosanssinhala-regular", "nirmala", "kohinoor", "kohinoorbangla"),
    *("notosansarabic-regular", "notonaskharabic-regular", "notosanshebrew-regular", "tahoma", "geezapro"),
    *("notosansarmenian-regular", "notosansgeorgian-regular", "notosansethiopic-regular", "sylfaen"),
    *("notosanskhmer-regular", "notosansmyanmar-regular", "notosanstibetan-regular", "arial unicode", "unifont"),
)
"""File names without their endings, in lower case; the first of them that has all letters of a text is used."""

_ENDINGS: Final = (".ttf", ".otf", ".ttc")
_PROBED_PIXELS: Final = 16
_NO_CHARACTER: Final = "\U0010ffff"
_SHAPED: Final = ((0x0900, 0x0DFF), (0x0F00, 0x109F), (0x1780, 0x17FF), (0x1A20, 0x1AAF), (0xA8E0, 0xABFF))
"""Scripts whose letters change form and order: rendered correctly only if Pillow has the shaping library."""


def find_font(text: str, size: float) -> "FreeTypeFont | None":
    """Return an installed font that has every letter of a text and can shape it, or None."""
    if needs_shaping(text) and not _can_shape():
        return None
    letters = frozenset(text)
    path = next((path for path in list_fonts() if all(_has_letter(path, letter) for letter in letters)), None)
    return None if path is None else _load_font(path, size)


def needs_shaping(text: str) -> bool:
    """Return whether the letters of a text have to be joined or reordered."""
    return is_right_to_left(text) or any(first <= ord(letter) <= last for letter in text for first, last in _SHAPED)


@cache
def list_fonts() -> tuple[Path, ...]:
    """Return the installed fonts that are in FONT_NAMES, in that order; searched once per process."""
    found: dict[str, Path] = {}
    for folder in FONT_FOLDERS.get(sys.platform, ()):
        for parent, _, files in os.walk(Path(folder).expanduser()):
            for file in files:
                path = Path(parent, file)
                if path.suffix.lower() in _ENDINGS and path.stem.lower() in FONT_NAMES:
                    found.setdefault(path.stem.lower(), path)
    return tuple(found[name] for name in FONT_NAMES if name in found)


@cache
def _can_shape() -> bool:
    from PIL import features  # noqa: PLC0415 - loaded on first use, for a fast start of the app

    return bool(features.check("raqm"))


@lru_cache(maxsize=16_384)
def _has_letter(path: Path, letter: str) -> bool:
    """Return whether a font has a letter, rather than its symbol for missing letters."""
    category = unicodedata.category(letter)
    if category in {"Zs", "Cf"}:
        return True
    font = _load_font(path, _PROBED_PIXELS)
    if font is None:
        return False
    mask, missing = font.getmask(letter), font.getmask(_NO_CHARACTER)
    if mask.getbbox() is None:
        return False
    return (mask.size, bytes(mask)) != (missing.size, bytes(missing))


@lru_cache(maxsize=64)
def _load_font(path: Path, size: float) -> "FreeTypeFont | None":
    from PIL import ImageFont  # noqa: PLC0415 - see _can_shape

    try:
        return ImageFont.truetype(str(path), size=size)
    except OSError:  # damaged or unreadable
        return None
