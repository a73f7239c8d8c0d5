"""Cuts a text that comes in pieces into rows: JSON arrays, JSON Lines, CSV and TSV; flat in memory at any length.

Nothing here understands a row; what is no JSON is found out by whoever reads it. So one broken row costs that row, and
only a text that ends too early, or is no text, costs what follows.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

MOST_ROW_CHARACTERS: Final = 1_000_000
"""A row is kept in the catalog's state and read again with its batch: one of this length holds any product."""


class InputFormat(StrEnum):
    """How an input is written."""

    JSON_ARRAY = "JSON array"
    JSON_LINES = "JSON Lines"
    CSV = "CSV"
    TSV = "TSV"


class InputError(ValueError):
    """An input that cannot be read as a whole; the message says where and what was expected."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row that was cut out.

    Attributes:
        number: from 1; of CSV and TSV without the header.
        text: the JSON text of the row; empty if there is a problem.
        problem: why the row cannot be read, if so.
    """

    number: int
    text: str
    problem: str | None = None


class Splitter(Protocol):
    """Takes a text in pieces, cut anywhere, and gives its rows."""

    def feed(self, text: str) -> Iterator[RawRow]:
        """Take the next piece and yield the rows that end in it."""

    def finish(self) -> Iterator[RawRow]:
        """Take it that the last piece was the last one, and yield what is left."""


_ENDINGS: Final = {
    ".jsonl": InputFormat.JSON_LINES,
    ".ndjson": InputFormat.JSON_LINES,
    ".csv": InputFormat.CSV,
    ".tsv": InputFormat.TSV,
}


def find_format(name: str, beginning: str) -> InputFormat:
    """Return the format of an input, by its file name and the first of its characters that is no white space.

    Raises:
        InputError: it is empty, or neither tells.
    """
    first = beginning.lstrip()[:1]
    if not first:
        raise InputError("is empty; expected rows")
    by_ending = find_format_by_name(name)
    if by_ending is not None:
        return by_ending
    if first == "[":
        return InputFormat.JSON_ARRAY
    if first in {"{", '"'}:
        return InputFormat.JSON_LINES
    raise InputError(f"begins with {first!r}; expected a JSON array, or a name that ends in .jsonl, .csv or .tsv")


def find_format_by_name(name: str) -> InputFormat | None:
    """Return the format that the ending of a file's name tells, if it does."""
    return _ENDINGS.get(name[name.rfind(".") :].casefold())


def make_splitter(input_format: InputFormat) -> Splitter:
    """Return what cuts a text of this format."""
    makers: dict[InputFormat, Callable[[], Splitter]] = {
        InputFormat.JSON_ARRAY: ArraySplitter,
        InputFormat.JSON_LINES: LineSplitter,
        InputFormat.CSV: lambda: TableSplitter(",", ";"),
        InputFormat.TSV: lambda: TableSplitter("\t"),
    }
    return makers[input_format]()


def _describe_length(characters: int) -> str:
    return f"has more than {characters:,} characters; a row has at most that many"


class ArraySplitter:
    """Cuts a JSON array at the commas between its elements, by following strings and brackets alone."""

    _OUTSIDE: Final = re.compile(r'["\[\]{},]')
    _INSIDE: Final = re.compile(r'["\\]')

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._number = 1
        self._depth = 0
        self._is_in_string = False
        self._is_escaped = False
        self._has_ended = False

    def feed(self, text: str) -> Iterator[RawRow]:
        """Take the next piece and yield the rows that end in it.

        Raises:
            InputError: something follows the array.
        """
        start = 0
        for mark, end in self._find_marks(text):
            if mark in "[{" and self._depth == 1:
                start = end  # behind the bracket that opens the array
            elif self._has_ended or mark == ",":
                self._keep(text[start : end - 1])
                start = end
                yield from self._take()
        if not self._has_ended:
            self._keep(text[start:])
        elif text[start:].strip():
            raise InputError(
                f"goes on behind the end of the array, after row {self._number - 1}; expected nothing there"
            )

    def _find_marks(self, text: str) -> Iterator[tuple[str, int]]:
        """Yield each bracket that opens or closes, and each comma between elements, with the place behind it."""
        position = 0
        while not self._has_ended:
            if self._is_escaped and position < len(text):
                self._is_escaped = False
                position += 1
            found = (self._INSIDE if self._is_in_string else self._OUTSIDE).search(text, position)
            if found is None:
                return
            mark, position = found[0], found.end()
            if mark == '"':
                self._is_in_string = not self._is_in_string
            elif mark == "\\":
                self._is_escaped = True
            elif mark in "[{":
                self._depth += 1
                yield mark, position
            elif mark in "]}":
                self._depth -= 1
                self._has_ended = self._depth <= 0
                yield mark, position
            elif self._depth == 1:
                yield mark, position

    def finish(self) -> Iterator[RawRow]:
        """Yield that the array was cut off, if so."""
        if not self._has_ended:
            yield RawRow(self._number, "", "is cut off: the file ends before the row, or the array, does")

    def _keep(self, text: str) -> None:
        self._length += len(text)
        if self._length <= MOST_ROW_CHARACTERS:
            self._parts.append(text)
        else:
            self._parts.clear()

    def _take(self) -> Iterator[RawRow]:
        text, length = "".join(self._parts).strip(" \t\r\n"), self._length
        self._parts, self._length = [], 0
        if self._has_ended and self._number == 1 and not text and length <= MOST_ROW_CHARACTERS:
            return  # the array is empty
        yield _make_row(self._number, text, length)
        self._number += 1


class LineSplitter:
    """Cuts at line breaks; blank lines are no rows."""

    def __init__(self) -> None:
        self._lines = _Lines()
        self._number = 1

    def feed(self, text: str) -> Iterator[RawRow]:
        """Take the next piece and yield the rows that end in it."""
        for line, length in self._lines.feed(text):
            yield from self._take(line, length)

    def finish(self) -> Iterator[RawRow]:
        """Yield the last row if no line break ends it."""
        for line, length in self._lines.finish():
            yield from self._take(line, length)

    def _take(self, line: str, length: int) -> Iterator[RawRow]:
        text = line.strip()
        if text or length > MOST_ROW_CHARACTERS:
            yield _make_row(self._number, text, length)
            self._number += 1


class TableSplitter:
    """Cuts CSV or TSV with a header into rows, quoted line breaks included; values stay the texts that they are.

    A row without any value is none, as a blank line is none.

    Args:
        delimiters: what may stand between values; the header tells which one does, by the most columns, and the first
            of them where it does not tell. Spreadsheets write semicolons where the decimal mark is a comma.
    """

    def __init__(self, *delimiters: str) -> None:
        self._delimiters = delimiters
        self._delimiter = delimiters[0]
        self._lines = _Lines()
        self._header: list[str] | None = None
        self._number = 1
        self._pending = ""

    def feed(self, text: str) -> Iterator[RawRow]:
        """Take the next piece and yield the rows that end in it.

        Raises:
            InputError: the header cannot be used.
        """
        for line, length in self._lines.feed(text):
            yield from self._take(line, length)

    def finish(self) -> Iterator[RawRow]:
        """Yield the last row if no line break ends it, or that a quoted value does not end.

        Raises:
            InputError: the header cannot be used.
        """
        for line, length in self._lines.finish():
            yield from self._take(line, length)
        if self._pending:
            lines = self._pending.rstrip("\n").count("\n")
            swallowed = f": the {lines} lines behind its first one are taken to be part of it" if lines else ""
            yield self._refuse(f"has a quoted value that does not end{swallowed}")

    def _take(self, line: str, length: int) -> Iterator[RawRow]:
        if length > MOST_ROW_CHARACTERS or len(self._pending) + length > MOST_ROW_CHARACTERS:
            yield self._refuse(_describe_length(MOST_ROW_CHARACTERS))
            return
        if not self._pending and not line.strip("\r\n"):
            return
        goes_on = bool(self._pending)
        if self._header is None and not goes_on:
            self._delimiter = max(self._delimiters, key=lambda delimiter: _count_columns(line, delimiter))
        self._pending += line
        if goes_on and line.count('"') % 2 == 0:
            return  # the quoted value cannot have ended in this line
        try:
            (values,) = csv.reader(
                _split_lines(self._pending) if goes_on else [line], delimiter=self._delimiter, strict=True
            )
        except csv.Error as error:
            if str(error) != "unexpected end of data":
                yield self._refuse(f"is no {'TSV' if self._delimiter != ',' else 'CSV'}: {error}")
            return
        self._pending = ""
        if self._header is None:
            self._header = _check_header(values)
        elif not any(map(str.strip, values)):
            return  # what spreadsheets leave of rows that were emptied; as little a row as a blank line
        elif len(values) != len(self._header):
            yield self._refuse(f"has {len(values)} values; expected {len(self._header)}, as in the header")
        else:
            pairs = dict(zip(self._header, values, strict=True))
            yield RawRow(self._number, json.dumps(pairs, ensure_ascii=False))
            self._number += 1

    def _refuse(self, problem: str) -> RawRow:
        if self._header is None:
            raise InputError(f"has a header that cannot be read: it {problem}")
        self._pending = ""
        self._number += 1
        return RawRow(self._number - 1, "", problem)


class _Lines:
    """Cuts at line breaks and keeps them; of a line that is too long only the length is kept."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0

    def feed(self, text: str) -> Iterator[tuple[str, int]]:
        for part in _split_lines(text):
            self._length += len(part)
            if self._length <= MOST_ROW_CHARACTERS:
                self._parts.append(part)
            else:
                self._parts.clear()
            if part.endswith("\n"):
                yield from self.finish()

    def finish(self) -> Iterator[tuple[str, int]]:
        line, length = "".join(self._parts), self._length
        self._parts, self._length = [], 0
        if length:
            yield line, length


def _split_lines(text: str) -> list[str]:
    """Return the lines with their ends; U+2028 and others at which ``splitlines`` cuts belong to values."""
    return re.findall(r"[^\n]*\n|[^\n]+\Z", text)


def _make_row(number: int, text: str, length: int) -> RawRow:
    if length > MOST_ROW_CHARACTERS:
        return RawRow(number, "", _describe_length(MOST_ROW_CHARACTERS))
    return RawRow(number, text)


def _count_columns(header: str, delimiter: str) -> int:
    """Return how many columns the first line of a header has if this stands between them; 0 if it cannot be read."""
    try:
        return sum(len(row) for row in csv.reader([header], delimiter=delimiter))
    except csv.Error:  # a name of more characters than the module reads
        return 0


def _check_header(names: list[str]) -> list[str]:
    for position, name in enumerate(names, start=1):
        if "\0" in name:
            raise InputError(f"has a NUL in the name of column {position}, as text that is UTF-16 has; expected UTF-8")
        if not name.strip():
            raise InputError(f"has no name for column {position}; expected a header with a name for each")
        if name in names[: position - 1]:
            raise InputError(f"has two columns {name!r}; expected distinct names in the header")
    return names
