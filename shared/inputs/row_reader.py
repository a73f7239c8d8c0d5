"""Reads an input row by row: each becomes a row with its values, a variant, or a problem."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from shared.inputs.column_mapping import SAMPLE_ROWS, ColumnMapping, guess_columns, is_known_name, list_columns
from shared.inputs.format_detection import SAMPLE_CHARACTERS, describe_undecodable, detect_layout, make_decoder
from shared.inputs.item_source import RowSource
from shared.inputs.raw_rows import InputError, InputFormat, RawRow, Splitter
from shared.inputs.row_values import NumberText, parse_row
from shared.inputs.rows import Row, RowProblem, RowResult, TextIdentities, Variant
from shared.inputs.variants import PrecedingProduct, VariantRule
from shared.reasons import Reason
from shared.text.digest_table import DigestTable, hash_text

if TYPE_CHECKING:
    import codecs

MAX_ROWS: Final = 50_000
"""The maximum number of items of a catalog."""

ERROR_CONTEXT_CHARACTERS: Final = 30
"""How many characters an error shows before an undecodable byte."""

MAX_SOURCE_ID_CHARACTERS: Final = 500
MAX_ROW_PROMPT_CHARACTERS: Final = 4_000
"""The lowest limit of the image models: DALL-E 3 takes 4,000, the GPT image models more."""


class RowReader:
    """Takes the bytes of an input in pieces and yields its rows in order; keeps a digest of each id.

    Variants that precede their product come last.

    Args:
        source: products or prompts.
        name: file name of the input, whose ending may determine its format.
        requested_columns: columns by field, from the request.
        variants_are_rows: each variant that says how it differs gets an image of its own.
    """

    def __init__(
        self, source: RowSource, name: str, requested_columns: Mapping[str, str], *, variants_are_rows: bool = False
    ) -> None:
        self.source = source
        self.format: InputFormat | None = None
        self.mapping: ColumnMapping | None = None
        self.columns: list[str] = []
        self._name = name
        self._requested_columns = requested_columns
        self._variants_are_rows = variants_are_rows
        self.notes: tuple[str, ...] = ()
        self._decoder: codecs.IncrementalDecoder | None = None
        self._first_bytes = b""
        self._line = 1
        self._latest = ""
        self._beginning = ""
        self._splitter: Splitter | None = None
        self._sample_rows: list[_Parsed] = []
        self._ids = DigestTable()
        self._identities = TextIdentities(source)
        self._variants: VariantRule | None = None
        self._references = DigestTable(1)
        self._preceding: PrecedingProduct | None = None
        self._orphans: list[tuple[_Parsed, str, str]] = []
        self._seen = 0

    def feed(self, piece: bytes) -> Iterator[RowResult]:
        """Take the next piece and yield the rows that end in it.

        Raises:
            InputError: the input as a whole cannot be read.
        """
        yield from self._take_bytes(piece, is_last=False)

    def finish(self) -> Iterator[RowResult]:
        """End the input and yield the remaining rows.

        Raises:
            InputError: the input as a whole cannot be read, or has no rows.
        """
        yield from self._take_bytes(b"", is_last=True)
        if self._splitter is not None:
            yield from self._read_all(self._splitter.finish())
        if self.mapping is None:
            if not self._sample_rows:
                raise InputError("has no rows; expected one at least")
            yield from self._find_mapping()
        yield from self._resolve_orphans()

    def _take_bytes(self, piece: bytes, *, is_last: bool) -> Iterator[RowResult]:
        if self._decoder is None:
            self._first_bytes += piece
            if len(self._first_bytes) < 4 and not is_last:  # noqa: PLR2004 - a byte order mark
                return
            piece, self._first_bytes = self._first_bytes, b""
            self._decoder = make_decoder(piece)
        try:
            text = self._decoder.decode(piece, final=is_last)
        except UnicodeDecodeError as error:
            raise InputError(
                describe_undecodable(error, self._latest, self._line, is_first=self._splitter is None)
            ) from error
        self._line += text.count("\n")
        self._latest = (self._latest + text)[-ERROR_CONTEXT_CHARACTERS:]
        yield from self._take(text, is_last=is_last)

    def _take(self, text: str, *, is_last: bool = False) -> Iterator[RowResult]:
        if self._splitter is None:
            self._beginning = (self._beginning + text).lstrip("\ufeff")
            if not is_last and len(self._beginning) < SAMPLE_CHARACTERS:
                return
            sample = self._beginning[:SAMPLE_CHARACTERS]
            layout = detect_layout(self._name, sample, self.source, lambda name: is_known_name(self.source, name))
            self.format, self._splitter, self.notes = layout.format, layout.splitter, layout.notes
            text, self._beginning = self._beginning, ""
        yield from self._read_all(self._splitter.feed(text))

    def _read_all(self, rows: Iterator[RawRow]) -> Iterator[RowResult]:
        for raw in rows:
            self._seen = raw.number
            if raw.number > MAX_ROWS:
                raise InputError(f"has more than {MAX_ROWS:,} rows; a catalog holds at most that many")
            parsed = _parse(raw, may_be_text=self.source.rows_may_be_text)
            if raw.number == 1 and parsed.problem is not None and self.format is InputFormat.JSON_LINES:
                self._check_is_lines(parsed.problem)
            if self.mapping is None:
                self._sample_rows.append(parsed)
                if len(self._sample_rows) == SAMPLE_ROWS:
                    yield from self._find_mapping()
            else:
                yield from self._read(parsed, self.mapping)

    def _check_is_lines(self, problem: str) -> None:
        """Raise if an input was read as JSON Lines because of its first character, and its first line is not JSON."""
        if not self._name.casefold().endswith((".jsonl", ".ndjson")):
            raise InputError(
                f"is neither a JSON array nor JSON Lines: it does not begin with '[', and its first line {problem}; "
                "expected an array of rows, or one row a line"
            )

    def _find_mapping(self) -> Iterator[RowResult]:
        rows = [parsed.value for parsed in self._sample_rows if parsed.problem is None]
        self.columns = list_columns(rows)
        if not self.columns and not self.source.rows_may_be_text:
            worst = self._sample_rows[0]
            raise InputError(f"has no row that can be read: row {worst.number} {worst.problem or 'has no members'}")
        self.mapping = guess_columns(self.source, self.columns, self._requested_columns, rows)
        if self.source.has_variants:
            self._variants = VariantRule(self.columns, rows)
        first, self._sample_rows = self._sample_rows, []
        for parsed in first:
            yield from self._read(parsed, self.mapping)

    def _read(self, parsed: "_Parsed", mapping: ColumnMapping) -> Iterator[RowResult]:
        number = parsed.number
        if parsed.problem is not None:
            self._preceding = None
            yield RowProblem(number, None, Reason.BAD_ROW, parsed.problem)
            return
        values = {name: mapping.read(parsed.value, name) for name in mapping.columns}
        own = parent = None
        if self._variants is not None:
            parent = self._variants.find_parent(parsed.value, values, self._preceding)
            own = None if parent is None else self._complete(parsed, values, *parent)
            if parent is not None and own is None:
                yield from self._import_variant(parsed, *parent)
                return
            values = own or values
        given_id = values.get("id", "")
        row_id = given_id or self.source.make_row_id(number)
        problem = self._check(row_id, values, mapping)
        if problem is not None:
            self._preceding = None
            yield RowProblem(number, *problem)
            return
        self._ids.put(hash_text(row_id))
        of = None if own is None or parent is None else self._find_parent(*parent)
        row = Row(number, row_id, parsed.text, values, self._identities.find(given_id, values), of)
        if self._variants is not None and own is None:
            self._preceding = self._variants.note_product(parsed.value, row_id, values)
            self._remember_references(row, parsed)
        yield row

    def _complete(
        self, parsed: "_Parsed", values: Mapping[str, str], parent: str, is_preceding: bool
    ) -> dict[str, str] | None:
        """Return the fields of a variant that gets an image of its own; None if it does not."""
        if not self._variants_are_rows or self._variants is None:
            return None
        return self._variants.complete(parsed.value, values, parent, self._preceding if is_preceding else None)

    def _remember_references(self, row: Row, parsed: "_Parsed") -> None:
        """Remember the names by which variants may refer to a product."""
        if self._variants is not None and self._variants.has_parents:
            for name in (*self._variants.list_references(parsed.value), row.id):
                self._references.put(hash_text(name), hash_text(row.identity))

    def _import_variant(self, parsed: "_Parsed", parent: str, is_preceding: bool) -> Iterator[RowResult]:
        key = "" if self._variants is None else self._variants.read_key(parsed.value)
        key = "" if key == parent else key
        digest = self._find_parent(parent, is_preceding)
        if digest is None:
            self._orphans.append((parsed, parent, key))
        else:
            yield Variant(parsed.number, parent, digest, key, parsed.text)

    def _find_parent(self, parent: str, is_preceding: bool) -> int | None:
        """Return the digest of the product that a variant refers to; None if it has not been read yet."""
        known = (hash_text(parent),) if is_preceding else self._references.get(hash_text(parent))
        return None if known is None else known[0]

    def _resolve_orphans(self) -> Iterator[RowResult]:
        for parsed, parent, key in self._orphans:
            digest = self._find_parent(parent, is_preceding=False)
            if digest is None:
                message = f"is a variant of {parent[:60]!r}; expected a row with that id or SKU in the same input"
                yield RowProblem(parsed.number, None, Reason.BAD_ROW, message)
            else:
                yield Variant(parsed.number, parent, digest, key, parsed.text)
        self._orphans.clear()

    def _check(
        self, row_id: str, values: Mapping[str, str], mapping: ColumnMapping
    ) -> tuple[str | None, Reason, str] | None:
        """Return the field, the reason and the message of a row's first problem, or None."""
        wrong = self._check_id(row_id)
        if wrong is not None:
            return mapping.name("id"), *wrong
        length = len(values.get("prompt", ""))
        if length > MAX_ROW_PROMPT_CHARACTERS:
            message = f"has {length} characters; expected at most {MAX_ROW_PROMPT_CHARACTERS}"
            return mapping.name("prompt"), Reason.BAD_ROW, message
        fields = self.source.text_fields
        if not any(values.get(name) for name in fields):
            return None, Reason.BAD_ROW, f"has no text for a prompt; expected one of {', '.join(fields)}"
        return None

    def _check_id(self, row_id: str) -> tuple[Reason, str] | None:
        if not row_id:
            return Reason.BAD_ROW, "is missing or blank; expected an id"
        if len(row_id) > MAX_SOURCE_ID_CHARACTERS:
            return Reason.BAD_ROW, f"has {len(row_id)} characters; expected at most {MAX_SOURCE_ID_CHARACTERS}"
        if any("\ud800" <= character <= "\udfff" for character in row_id):
            return Reason.BAD_ROW, "contains a lone surrogate; expected whole characters"
        if hash_text(row_id) in self._ids:
            return Reason.DUPLICATE_ID, f"{row_id[:60]!r} is the id of an earlier row; the first one counts"
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
    if may_be_text and isinstance(value, str) and not isinstance(value, NumberText):
        return _Parsed(raw.number, json.dumps({"prompt": value}), {"prompt": value})
    if not isinstance(value, dict):
        return _Parsed(raw.number, "", problem=f"is {raw.text[:40]!r}; expected an object")
    return _Parsed(raw.number, raw.text, value)
