"""What an input's rows become: a row with an image, a variant, or a problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.inputs.item_source import RowSource
from shared.reasons import Reason
from shared.text.cleaning import fold_name
from shared.text.digest_table import DigestTable, hash_text


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can have an image.

    Attributes:
        number: from 1.
        id: as it is given, or made of the number.
        text: the row's JSON text; an object.
        values: its fields as words, by field, without markup.
        identity: what identifies the row in every version of the input: its id, or what it says.
        parent_digest: of a variant that has an image of its own, ``hash_text`` of its product's identity.
    """

    number: int
    id: str
    text: str
    values: Mapping[str, str]
    identity: str = ""
    parent_digest: int | None = None

    @property
    def has_id(self) -> bool:
        """Return whether the id is given."""
        return self.identity == self.id


@dataclass(frozen=True, slots=True)
class Variant:
    """A row that is a variant of a product: kept, without an image of its own.

    Attributes:
        number: from 1.
        parent: the product, as the row calls it.
        parent_digest: ``hash_text`` of the product's identity.
        key: distinguishes it from the product's other variants; empty = its place among them.
        text: the row's JSON text; an object.
    """

    number: int
    parent: str
    parent_digest: int
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row cannot have an image: its number, the field if it is about one, what was got and expected."""

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
    """Return what a row says, without regard to case and white space."""
    return _SEPARATOR.join(fold_name(values.get(name, "")) for name in source.text_fields)


class TextIdentities:
    """Identifies rows without an id by what they say; equal rows differ by their order.

    Args:
        source: what the rows are.
    """

    def __init__(self, source: RowSource) -> None:
        self._source = source
        self._counts = DigestTable(1)

    def find(self, given_id: str, values: Mapping[str, str]) -> str:
        """Return a row's identity; rows are to be given in their order."""
        if given_id:
            return given_id
        digest = hash_text(fold_content(self._source, values))
        (count,) = self._counts.get(digest) or (0,)
        self._counts.put(digest, count + 1)
        return f"{_SEPARATOR}{digest:016x}{_SEPARATOR}{count}"
