"""``build/bench.json``: what was measured, saved after every case, so that whatever interrupts it loses one at most."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from bench.process_resources import describe_machine
from shared.version import __version__

METRICS_FILE = Path("build") / "bench.json"


@dataclass(slots=True)
class Results:
    """The figures of one measurement.

    Attributes:
        is_quick: they come from the small loads.
        machine: where they were measured.
        started_at: when, ISO 8601.
        version: of the product.
        cases: figures by the name of the case; a case that failed has ``error`` instead.
    """

    is_quick: bool
    machine: dict[str, Any] = field(default_factory=describe_machine)
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    version: str = __version__
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a figures file.

        Raises:
            OSError: it cannot be read.
            ValueError: it is not one of ours.
        """
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict) or not isinstance(document.get("cases"), dict):
            raise ValueError(f"{path} holds no figures; expected a file that python -m bench has written")  # noqa: TRY004
        return cls(
            is_quick=document["mode"] == "quick",
            machine=document["machine"],
            started_at=document["startedAt"],
            version=document["version"],
            cases=document["cases"],
        )

    def save(self, path: Path) -> None:
        """Write the figures file; a reader sees the one of before or the whole new one."""
        document = {
            "mode": "quick" if self.is_quick else "full",
            "startedAt": self.started_at,
            "version": self.version,
            "machine": self.machine,
            "cases": self.cases,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(path)

    def find(self, case: str, figure: str) -> float | None:
        """Return a figure; None where it was not measured."""
        value = self._figures(case).get(figure)
        return None if value is None else float(value)

    def divide(self, case: str, other: str, figure: str) -> float | None:
        """Return a case's figure as a multiple of another case's; None where one is missing or nought."""
        dividend, divisor = self.find(case, figure), self.find(other, figure)
        return dividend / divisor if dividend is not None and divisor else None

    def list_failures(self) -> Mapping[str, str]:
        """Return what went wrong, by the name of the case."""
        return {name: str(figures["error"]) for name, figures in self.cases.items() if "error" in figures}

    def _figures(self, case: str) -> dict[str, Any]:
        return self.cases.get(case, {})


def open_results(path: Path, *, is_quick: bool, is_resumed: bool) -> Results:
    """Return the results to add to: those of the file if a few more cases are measured in the same mode, else none."""
    if is_resumed and path.exists():
        found = Results.load(path)
        if found.is_quick == is_quick:
            return found
    return Results(is_quick)
