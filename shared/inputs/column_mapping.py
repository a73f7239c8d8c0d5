"""Guesses which column of an input holds which field, from names and values, unless the request maps it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from shared.inputs.column_names import ID_WORDS, SHOP_TYPES, WRAPPERS
from shared.inputs.item_source import RowSource
from shared.inputs.markup import is_null, strip_markup
from shared.inputs.raw_rows import InputError
from shared.inputs.row_values import describe_name, describe_value, parse_category, unpack

SAMPLE_ROWS: Final = 100
"""Columns are collected from this many rows, because JSON rows need not have all of them."""

PACKED_FIELDS: Final = frozenset({"description", "colour", "material", "attributes", "image"})
"""Fields that tables also hold as a list or an object in text form."""

_LIST_MARK: Final = re.compile(r"(?:[-*\u2022\u2023\u00b7]|\d{1,4}[.)])\s+(?=\S)")
"""The bullet or number before an entry of a list of prompts."""

NAME_FIELDS: Final = frozenset({"name", "title", "category", "brand"})
"""Fields whose value may be an object, or a list of objects, that contains the name."""

MIN_DISTINCT_SHARE: Final = 0.9
"""Of the values of an id column; a column with more repetitions identifies groups, not rows."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column holds which field; fields without a column are absent.

    Attributes:
        columns: by field.
        reasons: why each column was chosen, by field.
        notes: what a user should know about columns that were not chosen.
    """

    columns: Mapping[str, str]
    reasons: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def read(self, row: Mapping[str, Any], name: str) -> str:
        """Return a field of a row as words on one line, without markup; "" if it is empty."""
        column = self.columns.get(name)
        value = None if column is None else read_column(row, column)
        value = unpack(value) if name in PACKED_FIELDS else value
        words = describe_name(value) if name in NAME_FIELDS else describe_value(value)
        if is_null(words):
            return ""
        if name in {"id", "image"}:
            return words
        text = strip_markup(words)
        if name == "prompt":
            return _LIST_MARK.sub("", text, count=1) if _LIST_MARK.match(text) else text
        return parse_category(text, str(column)) if name == "category" else text

    def name(self, name: str) -> str:
        """Return the name of a field for messages, with its column."""
        column = self.columns.get(name)
        return name if column in (None, name) else f"{name} (column {column!r})"


def read_column(row: Mapping[str, Any], column: str) -> Any:
    """Return the value of a column; a name with a dot may refer to a member of an object."""
    if column in row or "." not in column:
        return row.get(column)
    outer, _, inner = column.partition(".")
    held = row.get(outer)
    return read_column(held, inner) if isinstance(held, dict) else None


def list_columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the columns of some rows, and the members of objects that wrap a row, such as ``fields.Name``."""
    rows = list(rows)
    names = dict.fromkeys(str(name) for row in rows for name in row)
    wrapped = dict.fromkeys(
        f"{name}.{inner}"
        for row in rows
        for name, held in row.items()
        if isinstance(held, dict) and name.casefold() in WRAPPERS
        for inner in held
    )
    return [*names, *(name for name in wrapped if name not in names)]


def _list_own_names(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the top-level names of rows."""
    return {str(name) for row in rows for name in row}


def is_known_name(source: RowSource, name: str) -> bool:
    """Return whether a source knows a column of this name."""
    known = _list_known(source)
    return any(form in known for form in _fold_forms(name))


@cache
def _list_known(source: RowSource) -> frozenset[str]:
    more = {"price", "quantity", "stock", "tags", "weight", "status", "url", "link", "currency", "size"}
    return frozenset(name for names in _fold_column_names(source).values() for name in names) | more


@cache
def _fold_column_names(source: RowSource) -> dict[str, tuple[str, ...]]:
    """Return the known column names of each field, folded for comparison."""
    return {name: tuple(map(_fold, names)) for name, names in source.column_names.items()}


def guess_columns(
    source: RowSource,
    columns: Iterable[str],
    requested_columns: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]] = (),
) -> ColumnMapping:
    """Return which column holds which field.

    Args:
        source: products or prompts.
        columns: of the input.
        requested_columns: columns by field, from the request; an empty column means that the input lacks the field.
        rows: the first rows: a column without values, or with values of another kind, is not guessed.

    Raises:
        InputError: a requested field or column does not exist, or a required field has no column.
    """
    known = list(columns)
    guesser = _Guesser(source, known, rows)
    found: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for name, column in requested_columns.items():
        if name not in source.column_names:
            raise InputError(
                f"has no field {name[:60]!r}; expected one of {', '.join(source.column_names)}",
                columns=known,
            )
        if not column:
            continue
        match = column if column in known else guesser.find_column(column)
        if match is None:
            raise InputError(f"has no column {column[:60]!r} for {name}; it has {_list(known)}", columns=known)
        found[name], reasons[name] = match, "as given"
    for name in source.column_names:
        # the column requested for the id may also hold the name: with an empty id column nothing else is unique
        taken = {
            column
            for other, column in found.items()
            if not (name == "name" and other == "id" and "id" in requested_columns)
        }
        guess = None if name in requested_columns else guesser.guess(name, taken)
        if guess is not None:
            found[name], reasons[name] = guess
    left = [column for column in known if column not in found.values()]
    is_without_text = source.rows_may_be_text and not any(
        name in found or name in requested_columns for name in source.text_fields
    )
    if is_without_text and len(left) == 1:
        found["prompt"], reasons["prompt"] = left[0], "the only column left"
    for name in source.required_fields:
        if name not in found:
            raise InputError(_describe_missing(name, known, guesser, found), columns=known)
    wrappers = {column.partition(".")[0] for column in found.values() if column not in _list_own_names(rows)}
    found = {name: column for name, column in found.items() if column not in wrappers}
    kept = {name: found[name] for name in source.column_names if name in found}
    return ColumnMapping(kept, reasons, tuple(guesser.notes))


class _Guesser:
    """Guesses columns by name, and checks their values."""

    def __init__(self, source: RowSource, columns: list[str], rows: Sequence[Mapping[str, Any]]) -> None:
        self.notes: list[str] = []
        self.blank: list[str] = []
        self._guesses = _fold_column_names(source)
        self._columns = columns
        self._rows = rows
        self._by_form: dict[str, str] = {}
        for forms in zip(*(_pad(_fold_forms(column)) for column in columns), strict=True):
            for column, form in zip(columns, forms, strict=True):
                if form:
                    self._by_form.setdefault(form, column)

    def find_column(self, name: str) -> str | None:
        """Return the column of this name in another spelling."""
        return next((self._by_form[form] for form in _fold_forms(name) if form in self._by_form), None)

    def guess(self, name: str, taken: set[str]) -> tuple[str, str] | None:
        """Return a free column for a field, and the reason; None if there is none."""
        columns = [self._by_form[form] for form in self._guesses[name] if form in self._by_form]
        free = [column for column in columns if column not in taken]
        repeated = [column for column in free if name == "id" and self._repeats(column)]
        if len(repeated) < len(free):
            self._note(name, repeated, "its values repeat")
            free = [column for column in free if column not in repeated]
        for column in free:
            wrong = self._find_column_problem(name, column)
            if wrong is None:
                return column, "by its name"
            self._note(name, [column], wrong)
        if name != "id":
            return None
        return next(((column, "ends like an id, and each value is unique") for column in self._list_ids(taken)), None)

    def _list_ids(self, taken: set[str]) -> list[str]:
        """Return the columns with a name that ends like an id, and distinct values."""
        return [column for column in self.list_unique() if column not in taken and _ends_like_id(column)]

    def _note(self, name: str, columns: Iterable[str], wrong: str) -> None:
        for column in columns:
            note = f"{column!r} is not used as {name}: {wrong}"
            if note not in self.notes:
                self.notes.append(note)

    def _repeats(self, column: str) -> bool:
        """Return whether a column identifies groups; rows without any text belong to the row above."""
        names = [self._by_form[form] for form in self._guesses.get("name", ()) if form in self._by_form]
        rows = [row for row in self._rows if not names or any(describe_value(read_column(row, one)) for one in names)]
        values = [words for row in rows if (words := describe_value(read_column(row, column)))]
        return len(set(values)) < MIN_DISTINCT_SHARE * len(values)

    def _find_column_problem(self, name: str, column: str) -> str | None:
        """Return why a column cannot hold a field, or None."""
        values = list(self.read_values(column))
        if self._rows and not values:
            if name == "id":
                self.blank.append(column)
            return "it is blank"
        if name == "category" and values:
            if all(value.casefold() in SHOP_TYPES for text in values for value in re.split(r"\s*,\s*", text)):
                return "it says what kind of row each is"
            if all(re.fullmatch(r"[\d\s.,;|]+", value) for value in values):
                return "it holds numbers"
        return None

    def read_values(self, column: str) -> Iterator[str]:
        """Yield the values of a column in the first rows, without empty ones."""
        for row in self._rows:
            words = describe_value(read_column(row, column))
            if words and not is_null(words):
                yield words

    def list_unique(self) -> list[str]:
        """Return the columns with distinct values in all of the first rows; a single row proves nothing."""
        unique = []
        for column in self._columns:
            values = list(self.read_values(column))
            if len(values) == len(set(values)) == len(self._rows) > 1:
                unique.append(column)
        return unique


def _describe_missing(name: str, known: list[str], guesser: _Guesser, found: Mapping[str, str]) -> str:
    unique = [column for column in guesser.list_unique() if "." not in column] if name == "id" else []
    named = found.get("name")
    unique.sort(key=lambda column: column != named)
    advice = f"--map {name}=COLUMN, or fieldMapping, to name it"
    if unique:
        quoted = repr(unique[0]) if any(map(str.isspace, unique[0])) else unique[0]
        advice = f"--map {name}={quoted}, or fieldMapping: its values in column {unique[0]!r} are all different"
    if guesser.blank:
        blank = ", ".join(map(repr, guesser.blank))
        return f"has no {name}: column {blank} is blank in every row; expected {advice}"
    if name == "id" and not unique:
        advice += "; a column of ids has a different value in each row, and none has here"
    return f"has no column that looks like {name}; it has {_list(known)}; expected {advice}"


@cache
def _fold_forms(name: str) -> tuple[str, ...]:
    """Return the forms in which a column's name is compared, the closest first; "" for a form that does not exist.

    The forms: as it is; without brackets and prefixes before a colon; after the dot of a wrapper; the singular, or the
    name
    of the first of several numbered columns ("Category 1").
    """
    bare = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", name)
    short = bare.rpartition(":")[2] if re.match(r"\s*[a-z]{1,4}:", bare) else bare
    outer, _, inner = short.partition(".")
    if outer.casefold() in WRAPPERS and inner:
        return ("", "", _fold(inner), "")
    full = _fold(name)
    plain = _fold(short)
    single = plain[:-1] if plain.endswith("s") and len(plain) > 3 else ""  # noqa: PLR2004 - "gas", "sms"
    first = re.fullmatch(r"(.*[^\W\d_])[\s_-]*[01]", short.strip())
    single = _fold(first[1]) if first is not None else single
    return full, plain if plain != full else "", "", single


def _ends_like_id(name: str) -> bool:
    words = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    return bool(words) and _fold(words[-1]) in ID_WORDS


def _pad(forms: tuple[str, ...]) -> tuple[str, ...]:
    return forms + ("",) * (4 - len(forms))


def _fold(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in decomposed if character.isalnum())


def _list(names: list[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:30])
    return f"{shown}, ..." if len(names) > 30 else shown or "none"  # noqa: PLR2004 - a few lines
