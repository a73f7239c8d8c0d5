"""Check that a file holds a JSON array, with one element in memory at a time."""

import codecs
import json
import re
from collections.abc import Callable
from contextlib import aclosing
from enum import Enum, auto
from typing import Any, Final

from shared.storage.json_files import DamagedFileError
from shared.storage.protocol import Store

_SPACE: Final = re.compile(r"[ \t\n\r]*")  # the white space of JSON
_decode_element = json.JSONDecoder().raw_decode


async def check_json_array(store: Store, path: str, *, visit: Callable[[Any], None] = lambda _: None) -> None:
    """Check that a file holds a JSON array. A missing file is valid, and a byte order mark is accepted.

    Args:
        store: the store.
        path: the file.
        visit: called with each element, before the rest of the file is checked.

    Raises:
        DamagedFileError: the file holds anything else.
    """
    check: JsonArrayChecker | None = None
    async with aclosing(store.read_chunks(path)) as pieces:
        try:
            async for piece in pieces:
                check = check or JsonArrayChecker(visit)
                check.feed(piece)
            if check is not None:
                check.finish()
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            raise DamagedFileError(path, f"expected a JSON array, got {error}") from error


class _Expected(Enum):
    ARRAY = auto()
    ELEMENT_OR_END = auto()
    ELEMENT = auto()
    COMMA_OR_END = auto()
    NOTHING = auto()


_TRANSITIONS: Final = {
    (_Expected.ARRAY, "["): _Expected.ELEMENT_OR_END,
    (_Expected.ELEMENT_OR_END, "]"): _Expected.NOTHING,
    (_Expected.COMMA_OR_END, ","): _Expected.ELEMENT,
    (_Expected.COMMA_OR_END, "]"): _Expected.NOTHING,
}


class JsonArrayChecker:
    """Checks a text, fed in pieces that end anywhere, by the rules of ``json.loads``.

    Memory holds the unparsed rest only: the element that the last piece ends in. Until the end of the text, a damaged
    element looks like an incomplete one.

    Args:
        visit: called with each element.
    """

    def __init__(self, visit: Callable[[Any], None] = lambda _: None) -> None:
        self._visit = visit
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._expected = _Expected.ARRAY
        self._next_parse_length = 0

    def feed(self, piece: bytes) -> None:
        """Parse the next piece.

        Raises:
            UnicodeDecodeError, json.JSONDecodeError, RecursionError: the text is not a JSON array.
        """
        self._text += self._decoder.decode(piece)
        if len(self._text) >= self._next_parse_length:
            self._parse_available(is_whole=False)
            # parsing after every piece would take quadratic time for a long element
            self._next_parse_length = 2 * len(self._text)

    def finish(self) -> None:
        """Check that the text is complete.

        Raises:
            UnicodeDecodeError, json.JSONDecodeError, RecursionError: the text is not a JSON array.
        """
        self._text += self._decoder.decode(b"", final=True)
        self._parse_available(is_whole=True)
        if self._expected is not _Expected.NOTHING:
            raise json.JSONDecodeError("unexpected end", self._text, len(self._text))

    def _parse_available(self, *, is_whole: bool) -> None:
        """Parse the complete elements, and drop them from the text."""
        position = _skip_space(self._text, 0)
        while position < len(self._text):
            after = _TRANSITIONS.get((self._expected, self._text[position]))
            if after is not None:
                self._expected = after
                position += 1
            elif self._expected in {_Expected.ELEMENT, _Expected.ELEMENT_OR_END}:
                try:
                    element, end = _decode_element(self._text, position)
                except json.JSONDecodeError:
                    if is_whole:
                        raise
                    break
                # "12" may continue as "123" or "12e3": it is complete only before a comma or a bracket
                end = _skip_space(self._text, end)
                if not is_whole and self._text[end : end + 1] not in {",", "]"}:
                    break
                self._visit(element)
                self._expected = _Expected.COMMA_OR_END
                position = end
            else:
                raise json.JSONDecodeError("unexpected character", self._text, position)
            position = _skip_space(self._text, position)
        self._text = self._text[position:]


def _skip_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return start if found is None else found.end()
