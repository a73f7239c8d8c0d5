"""Identifies a row in every version of an input: by its id, or, where it has none, by what it says."""

from collections.abc import Mapping
from typing import Final

from shared.inputs.digest_table import DigestTable, hash_text
from shared.inputs.item_source import RowSource
from shared.text.cleaning import fold_name

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
