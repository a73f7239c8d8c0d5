"""Markdown that the generators write."""

import re
from collections.abc import Iterable, Sequence


def format_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are escaped, and put on one line."""
    lines = [_format_row(headings), _format_row(["---"] * len(headings)), *map(_format_row, rows)]
    return "\n".join(lines) + "\n"


def format_code(text: str) -> str:
    """Return a text as a code span."""
    return f"`{text}`"


def convert_docstring(text: str) -> str:
    """Return the text of a docstring on one line, with Markdown's code spans."""
    return re.sub(r"\s+", " ", text).strip().replace("``", "`")


def _format_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(re.sub(r"\s+", " ", cell).replace("|", r"\|").strip() for cell in cells) + " |"
