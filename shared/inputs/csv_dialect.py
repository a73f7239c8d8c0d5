"""Detects the dialect of a table from its beginning: delimiter, line ends, and the lines above the header."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from shared.inputs.csv_rows import DELIMITER_NAMES, Dialect, OpenQuoteError, split_values
from shared.inputs.raw_rows import LineBuffer

SAMPLED_LINES: Final = 40
MAX_TITLE_LINES: Final = 5
_MIN_KNOWN_NAMES: Final = 2
_QUOTED: Final = re.compile(r'"[^"]*+"')
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A line that may be the header, split at a delimiter.

    Attributes:
        line: its index among the lines.
        delimiter: the delimiter.
        columns: number of columns.
        names: number of columns with a name.
        known: number of known names.
        share: share of the following rows that have as many columns; 0 without rows.
    """

    line: int
    delimiter: str
    columns: int
    names: int
    known: int
    share: float

    @property
    def rank(self) -> tuple[int, float, int]:
        return self.known, self.share, self.columns


def detect_dialect(sample: str, preferred: str, is_known: Callable[[str], bool]) -> Dialect:
    """Return the dialect of a table.

    Args:
        sample: the beginning of the table; the last line may be cut off.
        preferred: the delimiter that the file name suggests; others are tried, too.
        is_known: returns whether sources know a column of this name.
    """
    line_end = find_line_end(sample)
    lines = [line for line, _ in LineBuffer(line_end).feed(sample)] or [sample]
    rest = sample[sum(map(len, lines)) :]
    lines += [rest] if rest.strip() else []
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    lines = lines[: first + SAMPLED_LINES]
    notes = ["classic Mac line breaks"] if line_end == "\r" else []
    named = _SEPARATOR_LINE.fullmatch(lines[first].strip("\ufeff\r\n"))
    if named is not None:
        note = f"line {first + 1} is skipped: it names the delimiter"
        return Dialect(named[1], line_end, first + 1, (*notes, note), has_known_names=True)
    delimiters = [preferred, *(other for other in DELIMITER_NAMES if other != preferred)]
    chosen = _choose_header(lines, first, delimiters, is_known)
    if chosen.line > first:
        titles = "; ".join(
            " ".join(line.split())[:60] for line in lines[first : chosen.line] if line.strip(" ,;\t|\r\n")
        )
        notes.append(f"skipped above the header: {titles}")
    if _repeats_header(lines, chosen, is_known):
        notes.append(f"skipped above the header: {' '.join(lines[chosen.line].split())[:60]}")
        chosen = _rate_header(lines, chosen.line + 1, chosen.delimiter, is_known)
    return Dialect(chosen.delimiter, line_end, chosen.line, tuple(notes), has_known_names=chosen.known > 0)


def _repeats_header(lines: Sequence[str], header: _Candidate, is_known: Callable[[str], bool]) -> bool:
    """Return whether the line below a header also names columns, like the technical names in Amazon's files."""
    if header.line + 1 >= len(lines) or header.known < _MIN_KNOWN_NAMES or '"' in lines[header.line]:
        return False
    below = _rate_header(lines, header.line + 1, header.delimiter, is_known)
    return below.columns == header.columns and below.known > max(_MIN_KNOWN_NAMES, below.names / 2)


def find_line_end(sample: str) -> str:
    """Return the character that ends lines outside quoted values: a line feed if there is any."""
    bare = _QUOTED.sub("", sample)
    text = bare if "\n" in bare or "\r" in bare else sample
    return "\r" if "\n" not in text and "\r" in text[:-1] else "\n"


def _choose_header(
    lines: Sequence[str], first: int, delimiters: Sequence[str], is_known: Callable[[str], bool]
) -> _Candidate:
    candidates = [
        _rate_header(lines, index, delimiter, is_known)
        for index in range(first, min(len(lines), first + MAX_TITLE_LINES + 1))
        if lines[index].strip()
        for delimiter in delimiters
    ]
    tables = [one for one in candidates if one.names > 1 and (one.share >= 0.5 or one.known >= _MIN_KNOWN_NAMES)]  # noqa: PLR2004
    top = [one for one in tables if one.line == first]
    lower = [
        one for one in tables if one.line > first and one.known
    ]  # without known names it may be a column of texts with commas
    if top:
        best = max(top, key=lambda one: one.rank)
        below = max((one for one in lower if one.known >= _MIN_KNOWN_NAMES), key=lambda one: one.rank, default=None)
        return below if best.known == 0 and below is not None else best
    if lower and not is_known(lines[first].strip('\ufeff \t\r\n",;|')):
        earliest = min(one.line for one in lower)
        return max((one for one in lower if one.line == earliest), key=lambda one: one.rank)
    return max((one for one in candidates if one.line == first), key=lambda one: one.columns)


def _rate_header(lines: Sequence[str], index: int, delimiter: str, is_known: Callable[[str], bool]) -> _Candidate:
    rows = _split_rows(lines[index:], delimiter)
    if not rows:
        return _Candidate(index, delimiter, 0, 0, 0, 0)
    header, *others = rows
    others = [row for row in others if any(map(str.strip, row))]
    alike = sum(len(row) == len(header) for row in others)
    names = [name.strip("\ufeff \t\r\n") for name in header]
    known = sum(map(is_known, filter(None, names)))
    share = alike / len(others) if others else 0.0
    return _Candidate(index, delimiter, len(header), sum(map(bool, names)), known, share)


def _split_rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Return the rows of some lines; lines that cannot be split are left out."""
    rows: list[list[str]] = []
    pending = ""
    for line in lines:
        pending += line
        text = pending.rstrip("\r\n")
        if not text:
            pending = ""
            continue
        try:
            rows.append(split_values(text, delimiter))
        except OpenQuoteError:
            if delimiter != "\t":
                continue
            rows.append(split_values(text, delimiter, is_literal=True))
        except ValueError:
            rows.append(split_values(text, delimiter, is_literal=True))
        pending = ""
    return rows
