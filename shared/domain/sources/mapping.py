"""Which column of an input holds what: guessed by name, without regard to case, unless somebody says it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.sources.splitting import InputError
from shared.domain.sources.values import describe_value

GUESSES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "products": {
        "id": ("id", "productid", "sku", "itemid", "itemnumber", "articlenumber", "externalid", "productcode"),
        "name": ("name", "productname", "title", "producttitle", "itemname"),
        "description": ("description", "productdescription", "longdescription", "desc", "details", "summary"),
        "category": ("category", "categoryname", "productcategory", "type", "producttype", "department"),
        "brand": ("brand", "brandname", "manufacturer", "vendor"),
        "colour": ("colour", "color", "colours", "colors"),
        "material": ("material", "materials", "fabric"),
        "attributes": ("attributes", "features", "specifications", "specs", "properties"),
        "image": ("imagefile", "imagefilename", "image", "imagename", "filename", "picture", "photo", "imageurl"),
        "prompt": ("imageprompt", "prompt"),
    },
    "prompts": {
        "id": ("id", "promptid"),
        "title": ("title", "heading", "name"),
        "scene": ("scene", "setting", "description"),
        "mood": ("mood", "style", "atmosphere"),
        "prompt": ("prompt", "imageprompt", "text"),
        "image": ("imagefile", "imagefilename", "filename"),
    },
}
"""By source, the fields and the column names that are taken for them, the likeliest first; compared without case and
without anything but letters and digits."""

REQUIRED: Final = {"products": ("id",), "prompts": ()}
LOOKED_AT_ROWS: Final = 100
"""Columns are those of so many first rows: JSON rows need not have all of them."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Which column holds which field; fields without a column are left out."""

    columns: Mapping[str, str]

    def read(self, row: Mapping[str, Any], field: str) -> str:
        """Return a field of a row as words on one line; empty where there is none."""
        column = self.columns.get(field)
        return "" if column is None else describe_value(row.get(column))

    def name(self, field: str) -> str:
        """Return a field as messages name it, with its column."""
        column = self.columns.get(field)
        return field if column in (None, field) else f"{field} (column {column!r})"


def map_fields(source: str, columns: Iterable[str], told: Mapping[str, str]) -> FieldMapping:
    """Return which column holds which field.

    Args:
        source: ``products`` or ``prompts``.
        columns: the input's.
        told: columns by field, from whoever knows; an empty column means that the input has none.

    Raises:
        InputError: a field or a column is told that there is not, or a required field has no column.
    """
    known = list(columns)
    by_folded = {_fold(column): column for column in reversed(known)}
    guesses = GUESSES[source]
    found: dict[str, str] = {}
    for field, column in told.items():
        if field not in guesses:
            raise InputError(f"has no field {field[:60]!r}; expected one of {', '.join(guesses)}")
        if not column:
            continue
        match = column if column in known else by_folded.get(_fold(column))
        if match is None:
            raise InputError(f"has no column {column[:60]!r} for {field}; it has {_list(known)}")
        found[field] = match
    for field, names in guesses.items():
        match = next((by_folded[name] for name in names if name in by_folded), None)
        if match is not None and field not in told and match not in found.values():
            found[field] = match
    for field in REQUIRED[source]:
        if field not in found:
            raise InputError(
                f"has no column that looks like {field}; it has {_list(known)}; expected --map {field}=COLUMN, or "
                "fieldMapping, to tell which one is"
            )
    return FieldMapping({field: found[field] for field in guesses if field in found})


def _fold(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _list(names: list[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:30])
    return f"{shown}, ..." if len(names) > 30 else shown or "none"  # noqa: PLR2004 - a few lines
