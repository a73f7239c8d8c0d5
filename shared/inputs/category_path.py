"""The category that a column of categories names: the last level of the deepest path."""

import re
from typing import Final

_LEVEL: Final = re.compile(r"\s*(?:>+|\u00bb|\u203a)\s*")
_LIST: Final = re.compile(r"(?<!\\)[,|;]")
_ROOTS: Final = ("default category/", "root/", "root catalog/", "/")
"""What some shop systems begin paths with that have slashes; elsewhere a slash belongs to a name."""


def parse_category(text: str, column: str) -> str:
    """Return the category that a value names.

    Args:
        text: the value, without markup.
        column: its name: a column of categories holds a list of paths, one of a category a single path.
    """
    if text.startswith("[") and text.endswith("]"):
        text = text.strip("[]\"' ")
    text = re.split(r"\s*[|;]\s*", text)[0] if _LEVEL.search(text) is None and not _has_root(text) else text
    is_list = column.strip().casefold().rstrip(" )*").endswith(("s", "...")) or _has_root(text)
    paths = [path for path in _LIST.split(text) if path.strip()] if is_list else [text]
    levels = [_cut_path(path) for path in paths]
    deepest = max(levels, key=len, default=[])
    return deepest[-1].replace("\\,", ",").strip(" \"'") if deepest else ""


def _cut_path(path: str) -> list[str]:
    separators = re.compile("/") if _has_root(path) else _LEVEL
    return [level.strip() for level in separators.split(path) if level.strip()]


def _has_root(path: str) -> bool:
    return path.strip().casefold().startswith(_ROOTS)
