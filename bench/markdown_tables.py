"""The tables: which figures of which cases stand in them, and their text in Markdown."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.number_format import Unit
from bench.results import Results

Pick = Callable[[Results], float | None]
"""Takes a figure out of the results."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the comparison.

    Attributes:
        measure: what is compared; ``{case}`` stands for the number of items of a case.
        unit: of both figures.
        app: the product's figure.
        script: the plain script's; None = it has none.
        wanted: what the product is to keep to.
    """

    measure: str
    unit: Unit
    app: Pick
    script: Pick | None = None
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """A table with a row for each case.

    Attributes:
        title: its heading.
        text: what a reader has to know of it.
        rows: label and case.
        columns: heading, figure and unit.
    """

    title: str
    text: str
    rows: Sequence[tuple[str, str]]
    columns: Sequence[tuple[str, str, Unit]]


def figure(case: str, name: str) -> Pick:
    """Return what picks one figure of a case."""
    return lambda results: results.find(case, name)


def ratio(case: str, other: str, name: str) -> Pick:
    """Return what picks a figure as a multiple of another case's."""
    return lambda results: results.divide(case, other, name)


def difference(case: str, name: str, other: str) -> Pick:
    """Return what picks how far two figures of a case are apart."""

    def pick(results: Results) -> float | None:
        one, two = results.find(case, name), results.find(case, other)
        return None if one is None or two is None else abs(one - two)

    return pick


def write_comparison(lines: Iterable[Line], results: Results) -> str:
    """Return the table that compares the product with the script; lines that nothing was measured for are left out."""
    rows = []
    for line in lines:
        app, script = line.app(results), None if line.script is None else line.script(results)
        if app is not None or script is not None:
            measure = fill_in_sizes(line.measure, results)
            rows.append([measure, line.unit.write(app), line.unit.write(script), line.wanted])
    return write_table(["measure", "Catalog Seeder", "plain script", "wanted"], rows)


def write_detail(detail: Detail, results: Results) -> str:
    """Return the table of some cases, in full; cases that were not measured are left out."""
    return write_table(
        ["", *(heading for heading, _, _ in detail.columns)],
        [
            [fill_in_sizes(label, results), *(unit.write(results.find(case, name)) for _, name, unit in detail.columns)]
            for label, case in detail.rows
            if case in results.cases
        ],
    )


def fill_in_sizes(text: str, results: Results) -> str:
    """Return a text with the number of items of a case in the place of its name in braces."""
    for case in results.cases:
        text = text.replace(f"{{{case}}}", Unit.COUNT.write(results.find(case, "items")))
    return text


def write_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up; the first one is text, the others are figures."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    rule = [f"{'-' * (width - 1)}{'-' if number == 0 else ':'}" for number, width in enumerate(widths)]
    lines = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in (headings, *rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], rule, *lines[1:]))
