"""Write figures, plots and tables into ``docs/performance.md``: ``python -m bench.report [--figures FILE]``."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.charts import write_charts
from bench.markdown_tables import write_comparison, write_detail
from bench.measured_process import ROOT
from bench.report_tables import COMPARISON, COMPARISON_INTRODUCTION, DETAILS
from bench.results import METRICS_FILE, Results

DOCUMENT = ROOT / "docs" / "performance.md"
CHAOS_RESULTS_FILE = ROOT / "build" / "faults.json"
CHAOS_INTRODUCTION = """\
## Faults

Whole runs with injected faults (`.venv/bin/python -m tests.chaos`, under eight minutes; needs `make test` once).
*Lost* and *corrupt* count rows, images and files of the finished catalog that are missing or wrong. *Billed again* are
images that were billed more than once, *in flight* those whose answer was not stored when a process was killed: the
provider may have billed them, and the run cannot know."""

BEGIN, END = "<!-- figures: begin; written by python -m bench.report -->", "<!-- figures: end -->"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, write document and plots, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("--figures", type=Path, default=METRICS_FILE, metavar="FILE", help="default: %(default)s")
    parser.add_argument("--document", type=Path, default=DOCUMENT, metavar="FILE", help="default: docs/performance.md")
    options = parser.parse_args(arguments)
    try:
        results = Results.load(options.figures)
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"{options.figures} cannot be used: {error!r}; expected a file written by python -m bench\n")
        return 1
    for path in write_report(results, options.document):
        print(f"written: {path}")
    return 0


def write_report(results: Results, document: Path = DOCUMENT) -> list[Path]:
    """Write the figures between the markers of the document, and the plots beside it; return the written paths.

    Raises:
        ValueError: a marker is missing.
    """
    text = document.read_text(encoding="utf-8")
    images = document.parent / "images"
    images.mkdir(exist_ok=True)
    plots = [(images / f"performance-{name}.svg", title, svg) for name, title, svg in write_charts(results)]
    for path, _, svg in plots:
        path.write_text(svg, encoding="utf-8")
    plot_links = "\n\n".join(f"![{title}](images/{path.name})" for path, title, _ in plots)
    sections = [describe_measurement(results), plot_links, format_tables(results), write_chaos_table()]
    body = "\n\n".join(section for section in sections if section is not None)
    document.write_text(replace_section(text, body), encoding="utf-8")
    return [document, *(path for path, _, _ in plots)]


def replace_section(text: str, body: str) -> str:
    """Return the document with a new text between its markers.

    Raises:
        ValueError: a marker is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no markers for the figures; expected {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{body}\n\n{END}{after}"


def describe_measurement(results: Results) -> str:
    """Return a paragraph about version, loads, date and machine."""
    machine = results.machine
    scale = "the small workloads of `make bench-quick`" if results.is_quick else "the full workloads of `make bench`"
    text = (
        f"Measured on {results.started_at[:10]} with version {results.version} and {scale}: {machine['cores']} cores "
        f"({machine['processor']}), {machine['system']}, Python {machine['python']}."
    )
    failures = results.list_failures()
    return f"{text} These cases failed: {', '.join(failures)}." if failures else text


def format_tables(results: Results) -> str:
    """Return all tables in Markdown; tables without measured cases are skipped."""
    parts = ["## Side by side", COMPARISON_INTRODUCTION, write_comparison(COMPARISON, results)]
    for detail in DETAILS:
        if any(case in results.cases for _, case in detail.rows):
            parts += [f"## {detail.title}", detail.text, write_detail(detail, results)]
    return "\n\n".join(parts)


def write_chaos_table(path: Path = CHAOS_RESULTS_FILE) -> str | None:
    """Return the Markdown section of the chaos tests, or None without their results.

    Raises:
        ValueError: the file was not written by ``python -m tests.chaos``.
    """
    if not path.exists():
        return None
    rows = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        "| case | lost | corrupt | billed again | in flight | seconds |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['case'].replace('_', chr(92) + '_')} | {row['lost']} | {row['corrupt']} | {row['billed_again']} "
        f"| {row['allowed']} | {row['seconds']:.0f} |"
        for row in rows
    ]
    return CHAOS_INTRODUCTION + "\n\n" + "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
