"""Markdown tables of metrics, and the format of their numbers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from bench.results import Results

MISSING = "–"  # noqa: RUF001 - a dash in place of a missing number

Pick = Callable[[Results], float | None]
"""Selects a metric from the results."""


class Unit(Enum):
    """Unit of a metric; the value is its number format. Percentages are shares of 1."""

    PERCENT = "{:.1%}"
    SECONDS = "{:,.1f} s"
    SHORT_WINDOW_SECONDS = "{:.2f} s"
    MILLISECONDS = "{:.1f} ms"
    TIMES = "{:.2f} x"
    COUNT = "{:,.0f}"
    MEGABYTES = "{:,.0f} MB"
    OPERATIONS = "{:,.1f}"
    USD = "${:,.2f}"

    def write(self, value: float | None) -> str:
        """Return a number in this unit, or a dash for None."""
        return MISSING if value is None else str(self.value.format(value)).replace("%", " %")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the comparison table.

    Attributes:
        measure: the compared metric; ``{case}`` stands for the number of items of a case.
        unit: unit of both numbers.
        app: the product's number.
        script: the plain script's number; None = it has none.
        target: the product's target.
    """

    measure: str
    unit: Unit
    app: Pick
    script: Pick | None = None
    target: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """A table with one row per case.

    Attributes:
        title: the heading.
        text: the introduction.
        rows: label and case; ``{items}`` in the label stands for the case's number of items.
        columns: heading, metric and unit.
    """

    title: str
    text: str
    rows: Sequence[tuple[str, str]]
    columns: Sequence[tuple[str, str, Unit]]


def figure(case: str, name: str) -> Pick:
    """Return a selector of one metric of a case."""
    return lambda results: results.find(case, name)


def ratio(case: str, other: str, name: str) -> Pick:
    """Return a selector of a metric as a multiple of another case's."""
    return lambda results: results.divide(case, other, name)


def difference(case: str, name: str, other: str) -> Pick:
    """Return a selector of the absolute difference of two metrics of a case."""

    def pick(results: Results) -> float | None:
        one, two = results.find(case, name), results.find(case, other)
        return None if one is None or two is None else abs(one - two)

    return pick


def write_comparison(lines: Iterable[Line], results: Results) -> str:
    """Return the table that compares the product with the script; lines without numbers are skipped."""
    rows = []
    for line in lines:
        app, script = line.app(results), None if line.script is None else line.script(results)
        if app is not None or script is not None:
            measure = fill_in_sizes(line.measure, results)
            rows.append([measure, line.unit.write(app), line.unit.write(script), line.target])
    return write_table(["measure", "Catalog Seeder", "plain script", "target"], rows)


def write_detail(detail: Detail, results: Results) -> str:
    """Return a table of cases; unmeasured cases are skipped."""
    return write_table(
        ["", *(heading for heading, _, _ in detail.columns)],
        [
            [
                label.replace("{items}", Unit.COUNT.write(results.find(case, "items"))),
                *(unit.write(results.find(case, name)) for _, name, unit in detail.columns),
            ]
            for label, case in detail.rows
            if case in results.cases
        ],
    )


def fill_in_sizes(text: str, results: Results) -> str:
    """Replace each case name in braces by its number of items."""
    for case in results.cases:
        text = text.replace(f"{{{case}}}", Unit.COUNT.write(results.find(case, "items")))
    return text


def write_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned Markdown table; the first column is text, the others are numbers."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    rule = [f"{'-' * (width - 1)}{'-' if number == 0 else ':'}" for number, width in enumerate(widths)]
    lines = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in (headings, *rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], rule, *lines[1:]))
