"""Raw rows and lines of an input: what all splitters share. Flat in memory.

A splitter does not parse rows; the reader finds out whether a row is JSON. So a broken row affects that row only, and
only a text that ends early, or is not text, affects what follows.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

MAX_ROW_CHARACTERS: Final = 1_000_000
"""Rows are stored in the catalog's state and read with their batch; any product fits into this length."""


class InputFormat(StrEnum):
    """The format of an input."""

    JSON_ARRAY = "JSON array"
    JSON_LINES = "JSON Lines"
    CSV = "CSV"
    TSV = "TSV"
    LINES = "one prompt per line"


class InputError(ValueError):
    """An input as a whole cannot be read; the message says where, and what was expected.

    Attributes:
        columns: columns of the input, if they can be read.
    """

    def __init__(self, message: str, *, columns: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.columns = tuple(columns)


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row that a splitter found.

    Attributes:
        number: from 1; the header of CSV and TSV does not count.
        text: JSON text of the row; "" if there is a problem.
        problem: why the row cannot be read, or None.
    """

    number: int
    text: str
    problem: str | None = None


class Splitter(Protocol):
    """Takes a text in pieces of any size and yields its rows."""

    def feed(self, text: str) -> Iterator[RawRow]:
        """Take the next piece and yield the rows that end in it."""

    def finish(self) -> Iterator[RawRow]:
        """End the input and yield the remaining rows."""


class LineSplitter:
    """Splits at line breaks of any system; skips blank lines.

    Args:
        is_text: the lines are plain texts, not JSON.
    """

    def __init__(self, *, is_text: bool = False) -> None:
        self._is_text = is_text
        self._lines = LineBuffer()
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
        if text or length > MAX_ROW_CHARACTERS:
            yield make_row(self._number, json.dumps(text, ensure_ascii=False) if self._is_text else text, length)
            self._number += 1


class LineBuffer:
    """Splits at line breaks and keeps them; of a line that is too long, only the length.

    Args:
        ends: the characters that end a line.
    """

    def __init__(self, ends: str = "\r\n") -> None:
        self._pattern = re.compile(rf"[^{ends}]*+[{ends}]|[^{ends}]++")
        self._ends = ends
        self._parts: list[str] = []
        self._length = 0

    def feed(self, text: str) -> Iterator[tuple[str, int]]:
        """Take the next piece and yield each line that ends in it, with its length."""
        for found in self._pattern.finditer(text):
            part = found[0]
            self._length += len(part)
            if self._length <= MAX_ROW_CHARACTERS:
                self._parts.append(part)
            else:
                self._parts.clear()
            if part[-1] in self._ends:
                yield from self.finish()

    def finish(self) -> Iterator[tuple[str, int]]:
        """Yield the last line if no line break ends it."""
        line, length = "".join(self._parts), self._length
        self._parts, self._length = [], 0
        if length:
            yield line, length


def make_row(number: int, text: str, length: int) -> RawRow:
    """Return a row, or its problem if it is too long."""
    if length > MAX_ROW_CHARACTERS:
        return RawRow(number, "", describe_length())
    return RawRow(number, text)


def describe_length() -> str:
    """Return the problem of a row that is too long."""
    return f"has more than {MAX_ROW_CHARACTERS:,} characters; expected at most that many"
