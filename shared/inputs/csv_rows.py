"""Splits CSV and TSV into rows, including quoted line breaks; values stay texts."""

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from shared.inputs.raw_rows import MAX_ROW_CHARACTERS, InputError, LineBuffer, RawRow, describe_length

DELIMITER_NAMES: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}
MAX_QUOTED_LINES: Final = 100
"""In a tab-separated file, a quotation mark that is not closed within this many lines is a character."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written.

    Attributes:
        delimiter: separates values.
        line_end: the character that ends a line: a line feed, or a carriage return of classic Macs.
        skipped: number of lines above the header, such as ``sep=;`` and titles.
        notes: what a user should know about them, one per line.
        has_known_names: the header has a known column, or a line names the delimiter.
    """

    delimiter: str = ","
    line_end: str = "\n"
    skipped: int = 0
    notes: tuple[str, ...] = ()
    has_known_names: bool = False


class OpenQuoteError(ValueError):
    """A quoted value is not closed within a text."""


def split_values(text: str, delimiter: str, *, is_literal: bool = False) -> list[str]:
    """Return the values of a row.

    Args:
        text: the row without its line end.
        delimiter: separates values.
        is_literal: quotation marks that do not enclose a value are characters, as in tab-separated files.

    Raises:
        OpenQuoteError: a quoted value is not closed.
        ValueError: text follows a quoted value; the message quotes it.
    """
    enclosed, begun = _compile(delimiter)
    values: list[str] = []
    position = 0
    while True:
        found = enclosed.match(text, position)
        if found is not None:
            values.append(found[1].replace('""', '"'))
            position = found.end()
        else:
            if not is_literal:
                _check_quote(begun.match(text, position), text, delimiter)
            end = text.find(delimiter, position)
            end = len(text) if end < 0 else end
            values.append(text[position:end])
            position = end
        if position == len(text):
            return values
        position += 1


@lru_cache(maxsize=8)
def _compile(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    value = r' *+"([^"]*+(?:""[^"]*+)*+)'
    return re.compile(rf'{value}" *+(?={re.escape(delimiter)}|\Z)'), re.compile(rf'{value}(")?')


def _check_quote(begun: re.Match[str] | None, text: str, delimiter: str) -> None:
    if begun is None:
        return
    if begun[2] is None:
        raise OpenQuoteError
    found = text[begun.end() : begun.end() + 12].partition("\n")[0]
    raise ValueError(f"has {found!r} after a closing quotation mark; expected {delimiter!r} there")


class TableSplitter:
    """Splits a table with a header into rows; rows without any value are skipped like blank lines.

    Args:
        dialect: of the table.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._is_literal = dialect.delimiter == "\t"
        self._lines = LineBuffer(dialect.line_end)
        self._header: list[str] | None = None
        self._skip = dialect.skipped
        self._number = 1
        self._line = 0
        self._pending: list[str] = []
        self._pending_length = 0

    def feed(self, text: str) -> Iterator[RawRow]:
        """Take the next piece and yield the rows that end in it.

        Raises:
            InputError: the header cannot be used.
        """
        for line, length in self._lines.feed(text):
            yield from self._take(line, length)

    def finish(self) -> Iterator[RawRow]:
        """Yield the last row if no line break ends it, or its problem if a quoted value is not closed.

        Raises:
            InputError: the header cannot be used.
        """
        for line, length in self._lines.finish():
            yield from self._take(line, length)
        while self._pending:
            if self._is_literal:
                yield from self._read_pending_literally()
            else:
                lines = len(self._pending) - 1
                swallowed = f": the {lines} lines after its first one are read as part of it" if lines else ""
                yield self._refuse(f"has a quoted value that is not closed{swallowed}")

    def _take(self, line: str, length: int) -> Iterator[RawRow]:
        self._line += 1
        if self._skip:
            self._skip -= 1
            return
        if length > MAX_ROW_CHARACTERS or self._pending_length + length > MAX_ROW_CHARACTERS:
            if self._pending and self._is_literal:
                yield from self._read_pending_literally()
                self._skip, self._line = 0, self._line - 1
                yield from self._take(line, length)
            else:
                yield self._refuse(describe_length())
            return
        if not self._pending and not line.strip("\r\n"):
            return
        self._pending.append(line)
        self._pending_length += length
        if len(self._pending) > 1 and not self._may_end(line):
            if self._is_literal and len(self._pending) > MAX_QUOTED_LINES:
                yield from self._read_pending_literally()
            return
        yield from self._try_pending()

    def _may_end(self, line: str) -> bool:
        """Return whether the open quoted value can end in this line."""
        return '"' in line if self._is_literal else line.count('"') % 2 == 1

    def _try_pending(self) -> Iterator[RawRow]:
        """Read the pending lines as one row, if they are one."""
        text = _drop_line_end("".join(self._pending))
        try:
            values = split_values(text, self._dialect.delimiter)
        except OpenQuoteError:
            if not self._is_literal or len(self._pending) <= MAX_QUOTED_LINES:
                return
            values = []
        except ValueError as error:
            if not self._is_literal:
                yield self._refuse(str(error))
                return
            values = []
        if self._is_literal and not self._is_row(values):
            yield from self._read_pending_literally()
            return
        yield from self._read(values)

    def _is_row(self, values: list[str]) -> bool:
        """Return whether the pending lines are one row with quoted values, not rows with stray quotation marks."""
        if not values:
            return False
        if len(self._pending) == 1 or self._header is None:
            return True
        columns = len(self._header)
        if len(values) != columns:
            return False
        return columns == 1 or not all(len(self._split_literally(line)) == columns for line in self._pending)

    def _read_pending_literally(self) -> Iterator[RawRow]:
        """Read the first pending line with its quotation marks as characters, and take the others again."""
        first, *rest = self._pending
        self._drop_pending()
        after = self._line
        self._line = after - len(rest)
        yield from self._read(self._split_literally(first))
        queue = deque(rest)
        while queue:
            line = queue.popleft()
            yield from self._take(line, len(line))
        self._line = after

    def _split_literally(self, line: str) -> list[str]:
        return split_values(_drop_line_end(line), self._dialect.delimiter, is_literal=True)

    def _read(self, values: list[str]) -> Iterator[RawRow]:
        self._drop_pending()
        if self._header is None:
            self._header = _name_columns(values)
            return
        if not any(map(str.strip, values)):
            return  # spreadsheets leave such rows where values were deleted
        columns = len(self._header)
        if len(values) < columns or any(map(str.strip, values[columns:])):
            name = DELIMITER_NAMES.get(self._dialect.delimiter, repr(self._dialect.delimiter))
            yield self._refuse(f"has {len(values)} values; expected {columns}, as in the header, between {name}")
            return
        pairs = {
            name or f"column {position}": value
            for position, (name, value) in enumerate(zip(self._header, values[:columns], strict=True), start=1)
            if name or value.strip()
        }
        yield RawRow(self._number, json.dumps(pairs, ensure_ascii=False))
        self._number += 1

    def _refuse(self, problem: str) -> RawRow:
        where = f"line {self._line}"
        lines = len(self._pending)
        if lines > 1:
            where = f"lines {self._line - lines + 1} to {self._line}"
        if self._header is None:
            raise InputError(f"has a header that cannot be read: it {problem} ({where})")
        self._drop_pending()
        self._number += 1
        return RawRow(self._number - 1, "", f"{problem} ({where})")

    def _drop_pending(self) -> None:
        self._pending, self._pending_length = [], 0


def _drop_line_end(text: str) -> str:
    return text.removesuffix("\n").rstrip("\r") if text.endswith(("\n", "\r")) else text


def _name_columns(values: list[str]) -> list[str]:
    """Return distinct, stripped column names; "" for a column without a name."""
    names: list[str] = []
    for position, value in enumerate(values, start=1):
        if "\0" in value:
            raise InputError(f"has a NUL in the name of column {position}, as in UTF-16 text; expected UTF-8")
        base = name = value.strip("\ufeff") if value.strip("\ufeff \t\r\n") else ""
        count = 1
        while name and name in names:
            count += 1
            name = f"{base} ({count})"
        names.append(name)
    if not any(names):
        raise InputError("has no name for any column; expected a header")
    return names
