"""What was seen of a load: by its process, by the simulator, and in the folder that it left."""

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
    """What a measured process says of itself at its end.

    Attributes:
        started_at: when its work began, in epoch seconds; imports are over by then.
        stage_seconds: wall seconds of each stage.
        cpu_seconds: of the whole process since ``started_at``.
        peak_memory_mb: the most that it ever held, in 10**6 bytes; None where the system does not tell.
        runs: the last status of each run, stage by stage.
        estimated_usd: what the app said, before each stage, that it would cost; None = it was not asked.
        orchestrator_cpu_seconds: CPU of replays and journal.
        max_history_events: events of the longest history that was replayed.
        activities: deliveries.
        record_bytes: written to the store, images not included.
        store_operations: calls of the store's port.
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
    """What a folder holds after the load.

    Attributes:
        images: images that a catalog names; all that there are where no catalog was published.
        first_image_at: when the first image was written, in epoch seconds; None = there is none.
        second_batch_at: when the second batch of items was written; None = that was never recorded.
        changed_rows: rows of an input that are not published as they were given; None = there was no input.
        audited_images: billed image calls of all audits.
        audited_usd: what all audits add up to.
    """

    images: int = 0
    first_image_at: float | None = None
    second_batch_at: float | None = None
    changed_rows: int | None = None
    audited_images: int = 0
    audited_usd: float = 0.0

    @classmethod
    def find(cls, folder: Path) -> Self:
        """Look at a folder; the time of a file is that of its content, not of its name."""
        pictures = itertools.chain(folder.rglob("images/*.png"), folder.rglob("images/*.jpg"))
        images = {path: path.stat().st_mtime for path in pictures}
        batches = [path.stat().st_mtime for path in folder.rglob("state/batches/00002.json")]
        catalogs = list(folder.rglob("catalog.json"))
        named = {
            catalog.parent / "images" / str(row.get("filename", row.get("imageFile")))
            for catalog in catalogs
            for row in json.loads(catalog.read_text(encoding="utf-8"))
        }
        given = folder / INPUT
        audits = [_add_up(path) for path in folder.rglob("audit.sqlite")]
        return cls(
            len(images.keys() & named) if named else len(images),
            min(images.values(), default=None),
            min(batches, default=None),
            sum(count_changed_rows(given, catalog) for catalog in catalogs) if given.is_file() else None,
            sum(billed for billed, _ in audits),
            sum(nano_usd for _, nano_usd in audits) / NANO_PER_USD,
        )


def _add_up(audit: Path) -> tuple[int, int]:
    """Return the billed image calls of an audit, and what all its calls cost, in 10**-9 US dollars."""
    with closing(sqlite3.connect(audit)) as database:
        (billed,) = database.execute("SELECT TOTAL(billed) FROM api_calls WHERE kind = 'image'").fetchone()
        (nano_usd,) = database.execute("SELECT SUM(nano_usd) FROM api_calls").fetchone()
    return int(billed), nano_usd or 0


@dataclass(frozen=True, slots=True)
class Observations:
    """Everything that was seen of one load.

    Attributes:
        report: of the process; of the second one where the first was killed.
        stats: the simulator's counters.
        stored_results: what the folder held.
    """

    report: ProcessReport
    stats: dict[str, Any]
    stored_results: StoredResults
