"""Observations of a workload: the process's report, the simulator's counters, and the stored files."""

import itertools
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.product_rows import INPUT, count_changed_rows

NANO_PER_USD = 10**9


@dataclass(frozen=True, slots=True)
class ProcessReport:
    """The report of a measured process.

    Attributes:
        started_at: start of the work, after all imports, in epoch seconds.
        stage_seconds: wall time of each stage.
        cpu_seconds: CPU time of the process since ``started_at``.
        peak_memory_mb: maximum resident memory in 10**6 bytes; None if the system does not report it.
        runs: last status of each run, stage by stage.
        estimated_usd: sum of the app's estimates before each stage; None = not estimated.
        orchestrator_cpu_seconds: CPU time of replays and journal.
        max_history_events: events of the longest replayed history.
        activities: number of activity calls.
        record_bytes: bytes written to the store, images excluded.
        store_operations: number of store operations.
        files_listed: entries of all listings.
    """

    started_at: float
    stage_seconds: list[float]
    cpu_seconds: float
    peak_memory_mb: float | None
    runs: list[dict[str, Any]] = field(default_factory=list)
    estimated_usd: float | None = None
    orchestrator_cpu_seconds: float = 0.0
    max_history_events: int = 0
    activities: int = 0
    record_bytes: int = 0
    store_operations: int = 0
    files_listed: int = 0


@dataclass(frozen=True, slots=True)
class StoredResults:
    """Files in the folder after the workload.

    Attributes:
        images: images that a catalog names; all images without a published catalog.
        first_image_at: time of the first image, in epoch seconds; None = no image.
        second_batch_at: time of the second batch of items; None = not stored.
        changed_rows: published rows that differ from the input; None = no input.
        audited_images: billed image calls of all audits.
        audited_usd: total cost of all audits.
    """

    images: int = 0
    first_image_at: float | None = None
    second_batch_at: float | None = None
    changed_rows: int | None = None
    audited_images: int = 0
    audited_usd: float = 0.0

    @classmethod
    def find(cls, folder: Path) -> Self:
        """Read a folder. Times are those of the files' content."""
        image_files = itertools.chain(folder.rglob("images/*.png"), folder.rglob("images/*.jpg"))
        images = {path: path.stat().st_mtime for path in image_files}
        batches = [path.stat().st_mtime for path in folder.rglob("state/batches/00002.json")]
        catalogs = list(folder.rglob("catalog.json"))
        named = {
            catalog.parent / "images" / str(row.get("filename", row.get("imageFile")))
            for catalog in catalogs
            for row in json.loads(catalog.read_text(encoding="utf-8"))
        }
        source = folder / INPUT
        audits = [_add_up(path) for path in folder.rglob("audit.sqlite")]
        return cls(
            len(images.keys() & named) if named else len(images),
            min(images.values(), default=None),
            min(batches, default=None),
            sum(count_changed_rows(source, catalog) for catalog in catalogs) if source.is_file() else None,
            sum(billed for billed, _ in audits),
            sum(nano_usd for _, nano_usd in audits) / NANO_PER_USD,
        )


def _add_up(audit: Path) -> tuple[int, int]:
    """Return the number of billed image calls of an audit, and the cost of all its calls in 10**-9 US dollars."""
    with closing(sqlite3.connect(audit)) as database:
        (billed,) = database.execute("SELECT TOTAL(billed) FROM api_calls WHERE kind = 'image'").fetchone()
        (nano_usd,) = database.execute("SELECT SUM(nano_usd) FROM api_calls").fetchone()
    return int(billed), nano_usd or 0


@dataclass(frozen=True, slots=True)
class Observations:
    """All observations of one workload.

    Attributes:
        report: report of the process; of the second one if the first was killed.
        stats: the simulator's counters.
        stored_results: the stored files.
    """

    report: ProcessReport
    stats: dict[str, Any]
    stored_results: StoredResults
