"""How long a fresh interpreter takes to import the app, which is what a cold start waits for."""

import statistics
import subprocess
import sys
from typing import Any

from bench.measured_process import ROOT

IMPORTS = 5


def measure_cold_import() -> dict[str, Any]:
    """Return the median wall seconds of importing ``function_app``, by the interpreter's own clock."""
    code = "import time; t = time.perf_counter(); import function_app; print(time.perf_counter() - t)"
    seconds = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout)  # noqa: S603 - ours
        for _ in range(IMPORTS)
    ]
    return {"wallSeconds": statistics.median(seconds), "imports": IMPORTS}
