"""The results file ``build/bench.json``, saved after every case, so that an interruption loses one case at most."""

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
    """The results of one benchmark.

    Attributes:
        is_quick: whether the workloads were small.
        machine: description of the machine.
        started_at: start time, ISO 8601.
        version: version of the product.
        cases: metrics by name of the case; a failed case has ``error`` instead.
    """

    is_quick: bool
    machine: dict[str, Any] = field(default_factory=describe_machine)
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    version: str = __version__
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a results file.

        Raises:
            OSError: the file cannot be read.
            ValueError: the file is not a results file.
        """
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict) or not isinstance(document.get("cases"), dict):
            raise ValueError(f"{path} holds no results; expected a file written by python -m bench")  # noqa: TRY004
        return cls(
            is_quick=document["mode"] == "quick",
            machine=document["machine"],
            started_at=document["startedAt"],
            version=document["version"],
            cases=document["cases"],
        )

    def save(self, path: Path) -> None:
        """Write the results file atomically."""
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

    def find(self, case: str, metric: str) -> float | None:
        """Return a metric; None if it was not measured."""
        value = self._metrics(case).get(metric)
        return None if value is None else float(value)

    def divide(self, case: str, other: str, metric: str) -> float | None:
        """Return a case's metric as a multiple of another case's; None if one is missing, or the other is zero."""
        dividend, divisor = self.find(case, metric), self.find(other, metric)
        return dividend / divisor if dividend is not None and divisor else None

    def list_failures(self) -> Mapping[str, str]:
        """Return the errors by name of the case."""
        return {name: str(figures["error"]) for name, figures in self.cases.items() if "error" in figures}

    def _metrics(self, case: str) -> dict[str, Any]:
        return self.cases.get(case, {})


def open_results(path: Path, *, is_quick: bool, is_resumed: bool) -> Results:
    """Return the results to extend: those of the file if ``is_resumed`` and of the same mode, else empty ones."""
    if is_resumed and path.exists():
        found = Results.load(path)
        if found.is_quick == is_quick:
            return found
    return Results(is_quick)
