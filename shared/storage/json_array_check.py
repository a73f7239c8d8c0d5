"""Tells whether a file holds a JSON array, an element in memory at a time."""

import codecs
import json
import re
from collections.abc import Callable
from contextlib import aclosing
from enum import Enum, auto
from typing import Any, Final

from shared.storage.json_files import DamagedFileError
from shared.storage.protocol import Store

_SPACE: Final = re.compile(r"[ \t\n\r]*")  # what JSON calls white space, and no more
_decode_element = json.JSONDecoder().raw_decode


async def check_json_array(store: Store, path: str, *, visit: Callable[[Any], None] = lambda _: None) -> None:
    """Check that a file holds a JSON array, of whatever; a missing file is fine, and a byte order mark no damage.

    Args:
        store: where the file is.
        path: the file.
        visit: is called with each element, before the rest of the array is known to be whole.

    Raises:
        DamagedFileError: it holds anything else.
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
    """Takes a text in pieces, cut anywhere, and finds out whether it is a JSON array, by the rules of ``json.loads``.

    Kept is only what was not understood yet: the element that the last piece was cut in. An element that is broken
    looks like one that was cut, until the end of the text.

    Args:
        visit: is called with each element.
    """

    def __init__(self, visit: Callable[[Any], None] = lambda _: None) -> None:
        self._visit = visit
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._expected = _Expected.ARRAY
        self._next_parse_length = 0

    def feed(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            UnicodeDecodeError, json.JSONDecodeError, RecursionError: this cannot become a JSON array any more.
        """
        self._text += self._decoder.decode(piece)
        if len(self._text) >= self._next_parse_length:
            self._parse_available(is_whole=False)
            # with every piece it would cost with the square of a long element
            self._next_parse_length = 2 * len(self._text)

    def finish(self) -> None:
        """Take it that the last piece was the last one.

        Raises:
            UnicodeDecodeError, json.JSONDecodeError, RecursionError: it was no JSON array.
        """
        self._text += self._decoder.decode(b"", final=True)
        self._parse_available(is_whole=True)
        if self._expected is not _Expected.NOTHING:
            raise json.JSONDecodeError("an end too early", self._text, len(self._text))

    def _parse_available(self, *, is_whole: bool) -> None:
        """Go through the text as far as it is understood, and forget that part."""
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
                # "12" may go on as "123" or "12e3": only a comma or a bracket behind it shows that it was not cut
                end = _skip_space(self._text, end)
                if not is_whole and self._text[end : end + 1] not in {",", "]"}:
                    break
                self._visit(element)
                self._expected = _Expected.COMMA_OR_END
                position = end
            else:
                raise json.JSONDecodeError("something else", self._text, position)
            position = _skip_space(self._text, position)
        self._text = self._text[position:]


def _skip_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return start if found is None else found.end()
