"""Reads an input row by row: each row becomes a record of what its picture needs, or a problem that names it."""

import codecs
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.domain.sources.digests import DigestTable, hash_text
from shared.domain.sources.mapping import LOOKED_AT_ROWS, FieldMapping, map_fields
from shared.domain.sources.splitting import (
    InputError,
    InputFormat,
    RawRow,
    Splitter,
    find_format,
    find_format_by_name,
    make_splitter,
)
from shared.domain.sources.values import Spelled, parse_row
from shared.reasons import Reason

MOST_ROWS: Final = 50_000
"""As many items as a catalog can hold."""

MOST_ID_CHARACTERS: Final = 500
MOST_PROMPT_CHARACTERS: Final = 4_000
"""The least of what the image models take (DALL-E 3 takes 4,000, the GPT image models more)."""

SHOWN_CHARACTERS: Final = 30
"""So many characters before a byte that cannot be read are shown, to find the place."""

ZIP_MARK: Final = b"PK\x03\x04"
"""What a ZIP file begins with, and so the workbooks of spreadsheets: .xlsx and .ods."""

TEXT_FIELDS: Final = {
    "products": ("name", "description", "prompt"),
    "prompts": ("title", "scene", "mood", "prompt"),
}
"""One of them has to be there, or there is nothing to make a prompt of."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can have a picture.

    Attributes:
        number: from 1.
        id: as it is given, or made of the number.
        text: the row's JSON text; an object.
        values: its fields as words, by field.
    """

    number: int
    id: str
    text: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot have a picture: its number, the field if it is about one, what was got and expected."""

    row: int
    field: str | None
    reason: Reason
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return the problem as a row of ``rejected_items.json``."""
        return {"row": self.row, "field": self.field, "reasons": [str(self.reason)], "message": self.message}

    def __str__(self) -> str:
        return f"row {self.row}{f', {self.field}' if self.field else ''}: {self.message}"


class RowReader:
    """Takes an input's bytes in pieces, cut anywhere, and gives its rows in order; of each it keeps a digest of the id.

    Args:
        source: ``products`` or ``prompts``.
        name: the input's file name, whose ending may tell its format.
        told: columns by field, where somebody said so.
    """

    def __init__(self, source: str, name: str, told: Mapping[str, str]) -> None:
        self.source = source
        self.format: InputFormat | None = None
        self.mapping: FieldMapping | None = None
        self.columns: list[str] = []
        self._name = name
        self._told = told
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._line = 1
        self._latest = ""
        self._beginning = ""
        self._splitter: Splitter | None = None
        self._first: list[_Parsed] = []
        self._ids = DigestTable()
        self._seen = 0

    def feed(self, piece: bytes) -> Iterator[Row | Problem]:
        """Take the next piece and yield the rows that end in it.

        Raises:
            InputError: the input cannot be read as a whole.
        """
        yield from self._take_bytes(piece, is_last=False)

    def finish(self) -> Iterator[Row | Problem]:
        """Take it that the last piece was the last one, and yield what is left.

        Raises:
            InputError: the input cannot be read as a whole, or has no rows.
        """
        yield from self._take_bytes(b"", is_last=True)
        if self._splitter is not None:
            yield from self._read_all(self._splitter.finish())
        if self.mapping is None:
            if not self._first:
                raise InputError("has no rows; expected one at least")
            yield from self._find_mapping()

    def _take_bytes(self, piece: bytes, *, is_last: bool) -> Iterator[Row | Problem]:
        try:
            text = self._decoder.decode(piece, final=is_last)
        except UnicodeDecodeError as error:
            raise self._explain(error) from error
        self._line += text.count("\n")
        self._latest = (self._latest + text)[-SHOWN_CHARACTERS:]
        yield from self._take(text, is_last=is_last)

    def _explain(self, error: UnicodeDecodeError) -> InputError:
        """Return what people are told of bytes that are no UTF-8: with the line, as editors count them."""
        before, found = error.object[: error.start], error.object[error.start]
        if self._splitter is None and before.startswith(ZIP_MARK):
            return InputError("is a workbook, or another ZIP file; expected it saved as CSV, as 'CSV UTF-8'")
        words = self._latest + before.decode("utf-8-sig", "replace")
        if not words and found in codecs.BOM_UTF16:
            return InputError("is UTF-16; expected UTF-8, which spreadsheets call 'CSV UTF-8'")
        line = self._line + before.count(b"\n")
        words = words[words.rfind("\n") + 1 :][-SHOWN_CHARACTERS:]
        return InputError(
            f"is no UTF-8: line {line} has the byte {found:#04x} behind {words!r}; expected UTF-8, with or without a "
            "byte order mark, which spreadsheets call 'CSV UTF-8'"
        )

    def _take(self, text: str, *, is_last: bool = False) -> Iterator[Row | Problem]:
        if self._splitter is None:
            self._beginning = (self._beginning + text).lstrip()
            if not is_last and not self._beginning:
                return
            self.format = find_format(self._name, self._beginning)
            self._splitter = make_splitter(self.format)
            text, self._beginning = self._beginning, ""
        yield from self._read_all(self._splitter.feed(text))

    def _read_all(self, rows: Iterator[RawRow]) -> Iterator[Row | Problem]:
        for raw in rows:
            self._seen = raw.number
            if raw.number > MOST_ROWS:
                raise InputError(f"has more than {MOST_ROWS:,} rows; a catalog holds at most that many")
            parsed = _parse(raw, may_be_text=self.source == "prompts")
            if raw.number == 1 and parsed.problem is not None and self.format is InputFormat.JSON_LINES:
                self._check_is_lines(parsed.problem)
            if self.mapping is None:
                self._first.append(parsed)
                if len(self._first) == LOOKED_AT_ROWS:
                    yield from self._find_mapping()
            else:
                yield self._read(parsed, self.mapping)

    def _check_is_lines(self, problem: str) -> None:
        """Raise if the input was taken for JSON Lines by its first character, and its first line is none."""
        if find_format_by_name(self._name) is None:
            raise InputError(
                f"is neither a JSON array nor JSON Lines: it does not begin with '[', and its first line {problem}; "
                "expected an array of rows, or one row a line"
            )

    def _find_mapping(self) -> Iterator[Row | Problem]:
        values = (parsed.value for parsed in self._first if parsed.problem is None)
        self.columns = list(dict.fromkeys(str(name) for value in values for name in value))
        if not self.columns and self.source == "products":
            worst = self._first[0]
            raise InputError(f"has no row that can be read: row {worst.number} {worst.problem or 'has no members'}")
        self.mapping = map_fields(self.source, self.columns, self._told)
        first, self._first = self._first, []
        for parsed in first:
            yield self._read(parsed, self.mapping)

    def _read(self, parsed: "_Parsed", mapping: FieldMapping) -> Row | Problem:
        number = parsed.number
        if parsed.problem is not None:
            return Problem(number, None, Reason.BAD_ROW, parsed.problem)
        values = {name: mapping.read(parsed.value, name) for name in mapping.columns}
        row_id = values.get("id", "") or (f"prompt-{number:04d}" if self.source == "prompts" else "")
        problem = self._check(row_id, values, mapping)
        if problem is not None:
            return Problem(number, *problem)
        self._ids.put(hash_text(row_id))
        return Row(number, row_id, parsed.text, values)

    def _check(
        self, row_id: str, values: Mapping[str, str], mapping: FieldMapping
    ) -> tuple[str | None, Reason, str] | None:
        """Return the field, the reason and the message of what is wrong with a row, if anything is."""
        wrong = self._check_id(row_id)
        if wrong is not None:
            return mapping.name("id"), *wrong
        length = len(values.get("prompt", ""))
        if length > MOST_PROMPT_CHARACTERS:
            message = f"has {length} characters; expected at most {MOST_PROMPT_CHARACTERS}"
            return mapping.name("prompt"), Reason.BAD_ROW, message
        fields = TEXT_FIELDS[self.source]
        if not any(values.get(name) for name in fields):
            return None, Reason.BAD_ROW, f"has no text to make a prompt of; expected one of {', '.join(fields)}"
        return None

    def _check_id(self, row_id: str) -> tuple[Reason, str] | None:
        if not row_id:
            return Reason.BAD_ROW, "is missing or blank; expected an id"
        if len(row_id) > MOST_ID_CHARACTERS:
            return Reason.BAD_ROW, f"has {len(row_id)} characters; expected at most {MOST_ID_CHARACTERS}"
        if any("\ud800" <= character <= "\udfff" for character in row_id):
            return Reason.BAD_ROW, "holds half a character; expected whole ones"
        if hash_text(row_id) in self._ids:
            return Reason.DUPLICATE_ID, f"{row_id[:60]!r} is the id of a row before; the first one counts"
        return None


@dataclass(frozen=True, slots=True)
class _Parsed:
    number: int
    text: str
    value: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


def _parse(raw: RawRow, *, may_be_text: bool) -> _Parsed:
    if raw.problem is not None:
        return _Parsed(raw.number, "", problem=raw.problem)
    try:
        value = parse_row(raw.text)
    except ValueError as error:
        return _Parsed(raw.number, "", problem=str(error))
    if may_be_text and isinstance(value, str) and not isinstance(value, Spelled):
        return _Parsed(raw.number, json.dumps({"prompt": value}), {"prompt": value})
    if not isinstance(value, dict):
        return _Parsed(raw.number, "", problem=f"is {raw.text[:40]!r}; expected an object")
    return _Parsed(raw.number, raw.text, value)
