"""Splits a JSON array into rows, in flat memory."""

import re
from collections.abc import Iterator
from typing import Final

from shared.inputs.raw_rows import MAX_ROW_CHARACTERS, InputError, RawRow, make_row


class ArraySplitter:
    """Splits a JSON array at the commas between its elements; parses only strings and brackets.

    Args:
        is_wrapped: text may follow the array: the rest of the object that contains it.
    """

    _OUTSIDE: Final = re.compile(r'["\[\]{},]')
    _INSIDE: Final = re.compile(r'["\\]')

    def __init__(self, *, is_wrapped: bool = False) -> None:
        self._is_wrapped = is_wrapped
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
            InputError: text follows the array.
        """
        if self._has_ended and self._is_wrapped:
            return
        start = 0
        for mark, end in self._find_marks(text):
            if mark in "[{" and self._depth == 1:
                start = end  # after the bracket that opens the array
            elif self._has_ended or mark == ",":
                self._keep(text[start : end - 1])
                start = end
                yield from self._take()
        if not self._has_ended:
            self._keep(text[start:])
        elif text[start:].strip() and not self._is_wrapped:
            raise InputError(
                f"continues after the end of the array, after row {self._number - 1}; expected nothing there"
            )

    def _find_marks(self, text: str) -> Iterator[tuple[str, int]]:
        """Yield each opening or closing bracket, and each comma between elements, with the offset after it."""
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
        """Yield a problem if the array is cut off."""
        if not self._has_ended:
            yield RawRow(self._number, "", "is cut off: the file ends before the end of the row or of the array")

    def _keep(self, text: str) -> None:
        self._length += len(text)
        if self._length <= MAX_ROW_CHARACTERS:
            self._parts.append(text)
        else:
            self._parts.clear()

    def _take(self) -> Iterator[RawRow]:
        text, length = "".join(self._parts).strip(" \t\r\n"), self._length
        self._parts, self._length = [], 0
        if self._has_ended and self._number == 1 and not text and length <= MAX_ROW_CHARACTERS:
            return  # the array is empty
        yield make_row(self._number, text, length)
        self._number += 1
