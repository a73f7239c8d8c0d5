"""Runs every measurement and writes ``build/bench.json``: ``python -m bench``."""

import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from bench.runs import CASES, measure_run

BUILD = Path("build")
COLD_IMPORTS = 5


def main() -> None:
    """Measure, print a table, and write the figures."""
    machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
    cold_import = measure_cold_import()
    runs: dict[str, dict[str, object]] = {}
    print(f"cold import of function_app: {cold_import:.2f} s (median of {COLD_IMPORTS})")
    for case in CASES:
        figure = asyncio.run(measure_run(case))
        runs[case.name] = asdict(case) | asdict(figure)
        print(f"{case.name}: {figure.describe()}", flush=True)
    figures = {"machine": machine, "coldImportSeconds": cold_import, "runs": runs}
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(f"figures: {BUILD / 'bench.json'}")


def measure_cold_import() -> float:
    """Return the median wall seconds of importing the app in a fresh interpreter, by the interpreter's own clock."""
    code = "import time; t = time.perf_counter(); import function_app; print(time.perf_counter() - t)"
    runs = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603 - ours
        for _ in range(COLD_IMPORTS)
    ]
    return statistics.median(float(run.stdout) for run in runs)


if __name__ == "__main__":
    main()
