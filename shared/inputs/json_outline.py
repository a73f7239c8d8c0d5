"""Finds the list of rows in a JSON object, from the object's beginning."""

import re
from dataclasses import dataclass
from typing import Final

from shared.inputs.raw_rows import InputError

LIST_NAMES: Final = (
    "products", "items", "prompts", "rows", "records", "results", "entries", "data", "documents", "docs", "hits",
    "value", "values", "list", "catalog", "goods", "articles", "listings", "nodes", "edges", "objects", "feed",
)  # fmt: skip
"""Members that may be the list of rows, the likeliest first."""

PART_NAMES: Final = frozenset(
    {
        "variants", "variations", "options", "images", "media", "pictures", "photos", "attributes", "features",
        "tags", "categories", "collections", "reviews", "prices", "offers", "metafields", "properties",
        "specifications", "links", "errors", "warnings", "columns", "fields", "schema", "sizes", "colors",
        "colours", "breadcrumbs", "dimensions",
    },
)  # fmt: skip
"""Members of a single row that are lists of objects, too."""

MAX_DEPTH: Final = 4
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]:,]', re.DOTALL)
_ROW_NAMES: Final = re.compile(r'"(?:id|sku|handle|code|name|title|prompt|caption|text)"\s*:', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RowList:
    """A list of objects or texts inside an object: its path of names, its offset, and its beginning."""

    path: tuple[str, ...]
    offset: int
    beginning: str

    @property
    def name(self) -> str:
        """The name of the list for messages."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Outline:
    """What the beginning of a JSON object shows.

    Attributes:
        lists: lists that may hold rows.
        end: offset after the object; None if it does not end in the sample.
        is_of_objects: all members are objects, and there are several.
    """

    lists: tuple[RowList, ...]
    end: int | None
    is_of_objects: bool = False


def outline_object(text: str) -> Outline:
    """Return the outline of the object at the start of a text."""
    lists: list[RowList] = []
    stack: list[str] = []
    path: list[str] = []
    latest = ""
    members = objects = 0
    for found in _TOKEN.finditer(text, text.index("{")):
        mark = found[0]
        if mark[0] == '"':
            latest = mark[1:-1]
        elif mark == ":" and len(stack) == 1:
            members += 1
            objects += text[found.end() : found.end() + 40].lstrip()[:1] == "{"
        elif mark in "[{":
            if stack and "[" not in stack:
                path = [*path[: len(stack) - 1], latest]
                lists += _find_list_at(text, found, path) if mark == "[" and len(stack) <= MAX_DEPTH else []
            stack.append(mark)
        elif mark in "]}":
            stack.pop()
            if not stack:
                return Outline(tuple(lists), found.end(), 1 < members == objects)
    return Outline(tuple(lists), None)


def _find_list_at(text: str, found: re.Match[str], path: list[str]) -> list[RowList]:
    """Return the list that begins here, if it may hold rows."""
    beginning = text[found.end() : found.end() + 4_000].lstrip()
    return [RowList(tuple(path), found.start(), beginning)] if beginning[:1] in {"{", '"'} else []


def choose_rows(outline: Outline) -> RowList | None:
    """Return the list of rows, or None if the object is a single row.

    Raises:
        InputError: several lists may hold the rows.
    """
    for name in LIST_NAMES:
        named = [one for one in outline.lists if one.path[-1].casefold() == name]
        if named:
            return min(named, key=lambda one: len(one.path))
    others = [
        one
        for one in outline.lists
        if one.path[-1].casefold() not in PART_NAMES
        and one.beginning.startswith("{")
        and len(set(map(str.casefold, _ROW_NAMES.findall(one.beginning.partition("}")[0])))) > 1
    ]
    if len(others) > 1:
        names = " and ".join(repr(one.name[:40]) for one in others[:5])
        raise InputError(
            f"has lists under {names}; expected a JSON array of rows, or one list of rows under 'products'"
        )
    return others[0] if others else None
