"""Writes what ``docs/performance.md`` shows of the figures: ``python -m bench.report [--figures FILE]``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.chaos_table import write_faults_table
from bench.charts import write_charts
from bench.markdown_tables import write_comparison, write_detail
from bench.measured_process import ROOT
from bench.report_tables import COMPARISON, COMPARISON_INTRODUCTION, DETAILS
from bench.results import METRICS_FILE, Results

DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin; written by python -m bench.report -->", "<!-- figures: end -->"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, write document and plots, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("--figures", type=Path, default=METRICS_FILE, metavar="FILE", help="default: %(default)s")
    parser.add_argument("--document", type=Path, default=DOCUMENT, metavar="FILE", help="default: docs/performance.md")
    options = parser.parse_args(arguments)
    try:
        results = Results.load(options.figures)
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"{options.figures} cannot be used: {error!r}; expected what python -m bench has written\n")
        return 1
    for path in write_report(results, options.document):
        print(f"written: {path}")
    return 0


def write_report(results: Results, document: Path = DOCUMENT) -> list[Path]:
    """Write the figures into the document, between its markers, and the plots beside it; returns what was written.

    Raises:
        ValueError: the document has no place for the figures.
    """
    text = document.read_text(encoding="utf-8")
    images = document.parent / "images"
    images.mkdir(exist_ok=True)
    plots = [(images / f"performance-{name}.svg", title, svg) for name, title, svg in write_charts(results)]
    for path, _, svg in plots:
        path.write_text(svg, encoding="utf-8")
    pictures = "\n\n".join(f"![{title}](images/{path.name})" for path, title, _ in plots)
    sections = [describe_measurement(results), pictures, format_tables(results), write_faults_table()]
    body = "\n\n".join(section for section in sections if section is not None)
    document.write_text(replace_section(text, body), encoding="utf-8")
    return [document, *(path for path, _, _ in plots)]


def replace_section(text: str, body: str) -> str:
    """Return a document with new figures between its markers.

    Raises:
        ValueError: a marker is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no place for figures; expected {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{body}\n\n{END}{after}"


def describe_measurement(results: Results) -> str:
    """Return a paragraph: what was measured, when, and where."""
    machine = results.machine
    scale = "the small loads of `make bench-quick`" if results.is_quick else "the full loads of `make bench`"
    text = (
        f"Measured on {results.started_at[:10]} with version {results.version} and {scale}: {machine['cores']} cores "
        f"({machine['processor']}), {machine['system']}, Python {machine['python']}."
    )
    failures = results.list_failures()
    return f"{text} Not measured, because they failed: {', '.join(failures)}." if failures else text


def format_tables(results: Results) -> str:
    """Return all tables in Markdown; tables that no case was measured for are left out."""
    parts = ["## Side by side", COMPARISON_INTRODUCTION, write_comparison(COMPARISON, results)]
    for detail in DETAILS:
        if any(case in results.cases for _, case in detail.rows):
            parts += [f"## {detail.title}", detail.text, write_detail(detail, results)]
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
