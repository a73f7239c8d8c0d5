"""Recognizes rows that are variants of a product: they continue the row above, or name their parent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.inputs.column_names import (
    PARENT_COLUMNS,
    SHOP_TYPES,
    SKU_COLUMNS,
    TYPE_COLUMNS,
    VARIANT_TYPES,
    VARIANT_WORDS,
)
from shared.inputs.markup import is_null
from shared.inputs.row_values import describe_value

_OPTION_WORDS: Final = ("option", "attribute", "variation")
_NO_OPTION: Final = "Default Title"
"""What Shopify writes for a product without options."""

_INHERITED: Final = ("name", "description", "category", "brand", "colour", "material", "attributes")
_GROUP_COLUMNS: Final = ("handle", "handleid", "producthandle")


@dataclass(frozen=True, slots=True)
class PrecedingProduct:
    """The product that the next rows may continue: its id, its group, and its fields."""

    id: str
    group: str
    values: Mapping[str, str]


class VariantRule:
    """Recognizes variants by the columns and values of the first rows.

    Args:
        columns: of the input.
        rows: the first rows.
    """

    def __init__(self, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        folded = {_fold(column): column for column in reversed(columns)}
        self._type = next((folded[name] for name in TYPE_COLUMNS if _is_type(folded.get(name), rows)), None)
        self._parent = next((folded[name] for name in PARENT_COLUMNS if name in folded), None)
        self._group = next((folded[name] for name in _GROUP_COLUMNS if name in folded), None)
        self._sku = next((folded[name] for name in SKU_COLUMNS if name in folded), None)
        self._id = folded.get("id")
        self._options = [
            column for name, column in folded.items() if "value" in name and any(word in name for word in _OPTION_WORDS)
        ]
        self._has_options = any(word in name for name in folded for word in VARIANT_WORDS)

    @property
    def has_parents(self) -> bool:
        """Whether rows may name their parent."""
        return self._type is not None and self._parent is not None

    def note_product(self, row: Mapping[str, Any], row_id: str, values: Mapping[str, str]) -> PrecedingProduct:
        """Return a product in the form that later rows may continue."""
        return PrecedingProduct(row_id, _read(row, self._group), values)

    def complete(
        self, row: Mapping[str, Any], values: Mapping[str, str], parent: str, preceding: PrecedingProduct | None
    ) -> dict[str, str] | None:
        """Return the fields of a variant as of a product; missing fields come from its product.

        Args:
            row: the variant.
            values: its fields.
            parent: what the row calls its product.
            preceding: the product, if it is the one above.

        Returns:
            None if the variant has no id of its own, or does not differ from its product: the image would be the same.
        """
        options = ", ".join(filter(None, (_read(row, column) for column in self._options)))
        options = "" if options == _NO_OPTION else options
        key = self.read_key(row)
        own = {name: text for name, text in values.items() if text}
        if key in {"", parent} or not (options or "name" in own):
            return None
        inherited = {} if preceding is None else {name: preceding.values.get(name, "") for name in _INHERITED}
        name = own.get("name") or ", ".join(filter(None, [inherited.get("name"), options]))
        return inherited | own | {"id": key, "name": name}

    def list_references(self, row: Mapping[str, Any]) -> list[str]:
        """Return the names by which variants may refer to a product, besides its id."""
        number = _read(row, self._id)
        return list(filter(None, [_read(row, self._sku), f"id:{number}" if number else ""]))

    def find_parent(
        self, row: Mapping[str, Any], values: Mapping[str, str], preceding: PrecedingProduct | None
    ) -> tuple[str, bool] | None:
        """Return what a row calls its product, and whether that is the id of the preceding one.

        Returns:
            None if the row is a product itself.
        """
        kinds = re.split(r"\s*,\s*", _read(row, self._type).casefold())
        if VARIANT_TYPES & set(kinds):
            parent = _read(row, self._parent)
            if parent:
                return parent, False
            return None if preceding is None else (preceding.id, True)
        has_text = any(values.get(name) for name in ("name", "description", "prompt"))
        if preceding is None or has_text:
            return None
        row_id, group = values.get("id", ""), _read(row, self._group)
        follows = row_id == preceding.id or (group and group == preceding.group) or (not row_id and self._has_options)
        return (preceding.id, True) if follows else None

    def read_key(self, row: Mapping[str, Any]) -> str:
        """Return a variant's own id; "" if it has none."""
        return _read(row, self._sku)


def _is_type(column: str | None, rows: Sequence[Mapping[str, Any]]) -> bool:
    kinds = {kind for row in rows for kind in re.split(r"\s*,\s*", _read(row, column).casefold()) if kind}
    return bool(kinds) and kinds <= SHOP_TYPES


def _read(row: Mapping[str, Any], column: str | None) -> str:
    words = "" if column is None else describe_value(row.get(column))
    return "" if is_null(words) else words


def _fold(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
