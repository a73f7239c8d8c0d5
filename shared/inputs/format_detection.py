"""Detects the encoding and the format of an input from its beginning, and from its file name if unclear."""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from shared.inputs.csv_dialect import detect_dialect
from shared.inputs.csv_rows import DELIMITER_NAMES, TableSplitter
from shared.inputs.item_source import RowSource
from shared.inputs.json_outline import RowList, choose_rows, outline_object
from shared.inputs.json_rows import ArraySplitter
from shared.inputs.raw_rows import InputError, InputFormat, LineSplitter, RawRow, Splitter
from shared.inputs.row_values import find_member

SAMPLE_CHARACTERS: Final = 65_536

_MARKUP: Final = re.compile(r"<(?:\?xml|!doctype|html|rss|feed)\b", re.IGNORECASE)
_JSON: Final = re.compile(r"\[\s*(?:[\[{\"\]]|-?\d)|\{\s*(?:\"|\})")
_FORMAT_NAMES: Final = {".csv": InputFormat.CSV, ".tsv": InputFormat.TSV, ".tab": InputFormat.TSV}
_LINE_NAMES: Final = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class InputLayout:
    """How an input is written.

    Attributes:
        format: the format.
        splitter: splits the input into rows; it takes the whole text, from its first character on.
        notes: what a user should know, one per line.
    """

    format: InputFormat
    splitter: Splitter
    notes: tuple[str, ...] = ()


def detect_layout(name: str, sample: str, source: RowSource, is_known: Callable[[str], bool]) -> InputLayout:
    """Return how an input is written.

    Args:
        name: file name.
        sample: the first ``SAMPLE_CHARACTERS`` characters, or all if the input is shorter.
        source: products or prompts.
        is_known: returns whether the source knows a column of this name.

    Raises:
        InputError: the input is empty, or its format is unknown.
    """
    beginning = sample.lstrip("\ufeff \t\r\n")
    if not beginning.strip():
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
    """Splits the array in a member of an object; skips everything around it."""

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
    """Reads one object, on any number of lines, as the only row."""

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


ZIP_SIGNATURE: Final = b"PK\x03\x04"
"""Start of a ZIP file, and so of spreadsheets: .xlsx and .ods."""

_FILE_SIGNATURES: Final = (
    (ZIP_SIGNATURE, "a workbook, or another ZIP file", "it saved as CSV, as 'CSV UTF-8'"),
    (b"\xd0\xcf\x11\xe0", "a workbook of an old spreadsheet (.xls)", "it saved as CSV, as 'CSV UTF-8'"),
    (b"\x1f\x8b", "compressed with gzip", "it unpacked"),
    (b"BZh", "compressed with bzip2", "it unpacked"),
    (b"(\xb5/\xfd", "compressed with zstd", "it unpacked"),
    (b"\xfd7zXZ", "compressed with xz", "it unpacked"),
    (b"%PDF", "a PDF file", "CSV, TSV, JSON or JSON Lines"),
    (b"PAR1", "a Parquet file", "it converted to CSV or JSON Lines"),
    (b"SQLite", "a SQLite database", "one of its tables as CSV"),
    (b"\x89PNG", "an image", "CSV, TSV, JSON or JSON Lines"),
    (b"\xff\xd8\xff", "an image", "CSV, TSV, JSON or JSON Lines"),
)
"""Start of binary files, what they are, and what to provide instead."""

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def make_decoder(beginning: bytes) -> codecs.IncrementalDecoder:
    """Return a decoder for an input, by its first four bytes: UTF-8, or UTF-16 or UTF-32 by byte order mark."""
    name = next((name for mark, name in _BYTE_ORDER_MARKS if beginning.startswith(mark)), "utf-8-sig")
    return codecs.getincrementaldecoder(name)()


def describe_undecodable(error: UnicodeDecodeError, latest: str, line: int, *, is_first: bool) -> str:
    """Return what is wrong with bytes that cannot be decoded, with the line number.

    Args:
        error: raised by the decoder.
        latest: the last decoded characters.
        line: line number of the first undecoded byte of the piece, from 1.
        is_first: nothing of the input was read before.
    """
    before, found = error.object[: error.start], error.object[error.start]
    for mark, kind, expected in _FILE_SIGNATURES if is_first else ():
        if error.object.startswith(mark):
            return f"is {kind}; expected {expected}"
    if error.encoding.startswith(("utf-16", "utf-32", "utf16", "utf32")):
        return f"is cut off or damaged: its byte order mark says {error.encoding}; expected UTF-8"
    words = latest + before.decode("utf-8-sig", "replace")
    line += before.count(b"\n")
    words = words[words.rfind("\n") + 1 :][-30:]
    return (
        f"is not UTF-8: line {line} has the byte {found:#04x} after {words!r}; expected UTF-8, with or without a "
        "byte order mark, which spreadsheets call 'CSV UTF-8'"
    )
