"""What was seen of a load: by its process, by the simulator, and in the folder that it left."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self


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
        longest_history: events of the longest history that was replayed.
        activities: deliveries.
        record_bytes: written to the store, pictures not included.
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
    longest_history: int = 0
    activities: int = 0
    record_bytes: int = 0
    store_operations: int = 0
    files_listed: int = 0


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What a folder holds after the load.

    Attributes:
        images: pictures that a catalog names; all that there are where no catalog was published.
        first_image_at: when the first picture was written, in epoch seconds; None = there is none.
        second_batch_at: when the second batch of items was written; None = that was never recorded.
    """

    images: int = 0
    first_image_at: float | None = None
    second_batch_at: float | None = None

    @classmethod
    def find(cls, folder: Path) -> Self:
        """Look at a folder; the time of a file is that of its content, not of its name."""
        images = {path: path.stat().st_mtime for path in folder.rglob("images/*.png")}
        batches = [path.stat().st_mtime for path in folder.rglob("state/batches/00002.json")]
        named = {
            catalog.parent / "images" / row["filename"]
            for catalog in folder.rglob("catalog.json")
            for row in json.loads(catalog.read_text(encoding="utf-8"))
        }
        return cls(
            len(images.keys() & named) if named else len(images),
            min(images.values(), default=None),
            min(batches, default=None),
        )


@dataclass(frozen=True, slots=True)
class Observations:
    """Everything that was seen of one load.

    Attributes:
        report: of the process; of the second one where the first was killed.
        stats: the simulator's counters.
        leftovers: what the folder held.
    """

    report: ProcessReport
    stats: dict[str, Any]
    leftovers: Leftovers
