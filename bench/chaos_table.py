"""The table of the fault harness, as ``docs/performance.md`` shows it."""

import json
from pathlib import Path

from bench.measured_process import ROOT

FAULTS_FILE = ROOT / "build" / "faults.json"

INTRODUCTION = """\
## Faults

Whole runs that were interfered with (`.venv/bin/python -m tests.chaos`, under five minutes, needs `make test`
once).
*Lost* and *corrupt* count rows, images and files of the finished catalog that are missing or not as they should be.
*Paid again* are images that were billed more than once, *in flight* those whose answer had not been stored when a
process was killed: they may have been billed, and nobody can know."""


def write_faults_table(path: Path = FAULTS_FILE) -> str | None:
    """Return the section in Markdown, or None if the harness was not run.

    Raises:
        ValueError: the file is not what ``python -m tests.chaos`` writes.
    """
    if not path.exists():
        return None
    rows = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        "| case | lost | corrupt | paid again | in flight | seconds |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['case'].replace('_', chr(92) + '_')} | {row['lost']} | {row['corrupt']} | {row['billed_again']} "
        f"| {row['allowed']} | {row['seconds']:.0f} |"
        for row in rows
    ]
    return INTRODUCTION + "\n\n" + "\n".join(lines)
