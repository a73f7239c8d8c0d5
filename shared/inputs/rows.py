"""The results of reading an input: rows, variants and problems, and the identity of a row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.inputs.item_source import RowSource
from shared.reasons import Reason
from shared.text.cleaning import fold_name
from shared.text.digest_table import DigestTable, hash_text


@dataclass(frozen=True, slots=True)
class Row:
    """A row that gets an image.

    Attributes:
        number: from 1.
        id: as given, or derived from the number.
        text: JSON text of the row; an object.
        values: fields as words, without markup.
        identity: identifies the row in every version of the input: its id or its content.
        parent_digest: for a variant with its own image: ``hash_text`` of its product's identity.
    """

    number: int
    id: str
    text: str
    values: Mapping[str, str]
    identity: str = ""
    parent_digest: int | None = None

    @property
    def has_id(self) -> bool:
        """Whether the row has an id of its own."""
        return self.identity == self.id


@dataclass(frozen=True, slots=True)
class Variant:
    """A row that is a variant of a product and gets no image of its own.

    Attributes:
        number: from 1.
        parent: what the row calls its product.
        parent_digest: ``hash_text`` of the product's identity.
        key: distinguishes it from other variants of the product; "" = by position.
        text: JSON text of the row; an object.
    """

    number: int
    parent: str
    parent_digest: int
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row cannot get an image: its number, the field if any, the reason, what was got and expected."""

    row: int
    field: str | None
    reason: Reason
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return the problem as a row of ``rejected_items.json``."""
        return {"row": self.row, "field": self.field, "reasons": [str(self.reason)], "message": self.message}

    def __str__(self) -> str:
        return f"row {self.row}{f', {self.field}' if self.field else ''}: {self.message}"


RowResult = Row | Variant | RowProblem


_SEPARATOR: Final = "\x1f"


def fold_content(source: RowSource, values: Mapping[str, str]) -> str:
    """Return the content of a row, without case and extra white space."""
    return _SEPARATOR.join(fold_name(values.get(name, "")) for name in source.text_fields)


class TextIdentities:
    """Identifies rows without an id by their content; equal rows differ by their order.

    Args:
        source: of the rows.
    """

    def __init__(self, source: RowSource) -> None:
        self._source = source
        self._counts = DigestTable(1)

    def find(self, given_id: str, values: Mapping[str, str]) -> str:
        """Return the identity of a row; call it in row order."""
        if given_id:
            return given_id
        digest = hash_text(fold_content(self._source, values))
        (count,) = self._counts.get(digest) or (0,)
        self._counts.put(digest, count + 1)
        return f"{_SEPARATOR}{digest:016x}{_SEPARATOR}{count}"
