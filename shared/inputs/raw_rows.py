"""What all that cuts an input into rows has in common: rows, errors, and lines; flat in memory at any length.

Nothing here understands a row; what is no JSON is found out by whoever reads it. So one broken row costs that row, and
only a text that ends too early, or is no text, costs what follows.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

MAX_ROW_CHARACTERS: Final = 1_000_000
"""A row is kept in the catalog's state and read again with its batch: one of this length holds any product."""


class InputFormat(StrEnum):
    """How an input is written."""

    JSON_ARRAY = "JSON array"
    JSON_LINES = "JSON Lines"
    CSV = "CSV"
    TSV = "TSV"
    LINES = "one prompt a line"


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


class LineSplitter:
    """Cuts at line breaks of any system; blank lines are skipped.

    Args:
        is_text: the lines are texts, not JSON.
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
    """Cuts at line breaks and keeps them; of a line that is too long only the length is kept.

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
    """Return a row that was cut out, or why it is refused."""
    if length > MAX_ROW_CHARACTERS:
        return RawRow(number, "", describe_length())
    return RawRow(number, text)


def describe_length() -> str:
    """Return what is wrong with a row that is too long."""
    return f"has more than {MAX_ROW_CHARACTERS:,} characters; a row has at most that many"
