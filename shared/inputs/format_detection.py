"""Detects how an input is written, by its beginning, and by its file name where the beginning does not decide."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from shared.inputs.csv_dialect import detect_dialect
from shared.inputs.csv_rows import DELIMITER_NAMES, TableSplitter
from shared.inputs.item_source import RowSource
from shared.inputs.json_outline import RowList, choose_rows, outline_object
from shared.inputs.json_rows import ArraySplitter
from shared.inputs.row_values import find_member
from shared.inputs.tokenizer import InputError, InputFormat, LineSplitter, RawRow, Splitter

SAMPLE_CHARACTERS: Final = 65_536

_MARKUP: Final = re.compile(r"<(?:\?xml|!doctype|html|rss|feed)\b", re.IGNORECASE)
_JSON: Final = re.compile(r"\[\s*(?:[\[{\"\]]|-?\d)|\{\s*(?:\"|\})")
_FORMAT_NAMES: Final = {".csv": InputFormat.CSV, ".tsv": InputFormat.TSV, ".tab": InputFormat.TSV}
_LINE_NAMES: Final = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class InputLayout:
    """How an input is written.

    Attributes:
        format: what it is.
        splitter: cuts it into rows; it has to be given the whole text, from its first character on.
        notes: what people should know of it, one a line.
    """

    format: InputFormat
    splitter: Splitter
    notes: tuple[str, ...] = ()


def detect_layout(name: str, sample: str, source: RowSource, is_known: Callable[[str], bool]) -> InputLayout:
    """Return how an input is written.

    Args:
        name: its file name.
        sample: its first characters, as many as ``SAMPLE_CHARACTERS`` where it has so many.
        source: what the rows are.
        is_known: says of a column's name whether it is one that the source has.

    Raises:
        InputError: it is empty, or its format is unknown.
    """
    beginning = sample.lstrip("\ufeff \t\r\n")
    if not beginning:
        raise InputError("is empty; expected rows")
    if _MARKUP.match(beginning):
        raise InputError("is XML or HTML; expected CSV, TSV, JSON or JSON Lines")
    ending = name[name.rfind(".") :].casefold()
    if ending in _LINE_NAMES and not beginning.startswith("["):
        return InputLayout(InputFormat.JSON_LINES, LineSplitter())
    is_table = ending in _FORMAT_NAMES
    if _JSON.match(beginning) or (beginning[0] in '[{"' and not is_table and ending != ".txt"):
        return _find_json_layout(beginning, len(sample) - len(beginning))
    if is_table or (ending != ".json" and _is_text(sample)):
        return _find_table_layout(sample, _FORMAT_NAMES.get(ending), source, is_known)
    raise InputError(
        f"begins with {beginning[0]!r}; expected a JSON array, or a name that ends in .jsonl, .csv or .tsv"
    )


def _find_json_layout(beginning: str, before: int) -> InputLayout:
    if beginning[0] == "[":
        return InputLayout(InputFormat.JSON_ARRAY, ArraySplitter())
    if beginning[0] == '"':
        return InputLayout(InputFormat.JSON_LINES, LineSplitter())
    outline = outline_object(beginning)
    if outline.end is not None and beginning[outline.end :].strip():
        return InputLayout(InputFormat.JSON_LINES, LineSplitter())
    rows = choose_rows(outline)
    if rows is not None:
        return InputLayout(InputFormat.JSON_ARRAY, _ListSplitter(rows, before), (f"rows under {rows.name!r}",))
    if outline.end is not None and outline.is_of_objects:
        raise InputError("is an object of objects; expected a JSON array of rows, or a list of rows under 'products'")
    if outline.end is None and "\n" in beginning.strip():
        first, _, _ = beginning.partition("\n")
        if not first.rstrip().endswith("}"):
            return InputLayout(InputFormat.JSON_ARRAY, _ObjectSplitter(), ("one object is one row",))
    is_several_lines = outline.end is not None and "\n" in beginning[: outline.end]
    return InputLayout(
        InputFormat.JSON_ARRAY if is_several_lines else InputFormat.JSON_LINES, _choose_splitter(is_several_lines)
    )


def _choose_splitter(is_several_lines: bool) -> Splitter:
    return _ObjectSplitter() if is_several_lines else LineSplitter()


def _find_table_layout(
    sample: str, expected_format: InputFormat | None, source: RowSource, is_known: Callable[[str], bool]
) -> InputLayout:
    preferred = "\t" if expected_format is InputFormat.TSV else ","
    dialect = detect_dialect(sample, preferred, is_known)
    if expected_format is None and source.rows_may_be_text and not dialect.has_known_names:
        return InputLayout(InputFormat.LINES, LineSplitter(is_text=True))
    found = InputFormat.TSV if dialect.delimiter == "\t" else InputFormat.CSV
    notes = dialect.notes
    if dialect.delimiter != ("\t" if expected_format is InputFormat.TSV else ","):
        name = DELIMITER_NAMES.get(dialect.delimiter, repr(dialect.delimiter))
        notes = (f"{name} between values", *notes)
    return InputLayout(found, TableSplitter(dialect), notes)


def _is_text(sample: str) -> bool:
    return "\0" not in sample


class _ListSplitter(ArraySplitter):
    """Cuts the array that a member of an object holds; what stands around it is passed over."""

    def __init__(self, rows: RowList, before: int) -> None:
        super().__init__(is_wrapped=True)
        self._left = before + rows.offset
        self._wrapper = "node" if rows.path[-1] == "edges" else None

    def feed(self, text: str) -> Iterator[RawRow]:
        """Take the next piece and yield the rows that end in it."""
        passed = min(self._left, len(text))
        self._left -= passed
        if passed == len(text):
            return
        for raw in super().feed(text[passed:]):
            held = None if self._wrapper is None or raw.problem else find_member(raw.text, self._wrapper)
            yield raw if held is None else RawRow(raw.number, held)


class _ObjectSplitter(ArraySplitter):
    """Takes one object, on however many lines, for the only row."""

    def __init__(self) -> None:
        super().__init__()
        self._has_begun = False

    def feed(self, text: str) -> Iterator[RawRow]:
        """Take the next piece; the row ends with the input."""
        yield from super().feed(text if self._has_begun else f"[{text}")
        self._has_begun = True

    def finish(self) -> Iterator[RawRow]:
        """Yield the row."""
        yield from super().feed("]")
        yield from super().finish()
