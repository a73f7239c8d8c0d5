"""Run benchmarks and write ``build/bench.json``: ``python -m bench [--quick] [--only NAME ...] [--list]``."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp

from bench.cases import CASES, COLD_IMPORT, find_case, select_cases
from bench.measure import measure_cold_import, measure_workload
from bench.report import format_tables, write_report
from bench.results import METRICS_FILE, Results, open_results


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, measure, and return the exit status: 1 if a case failed, else 0."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="run all cases with small workloads; do not update the document"
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="run these cases or groups of cases")
    parser.add_argument("--list", action="store_true", help="list the cases and exit")
    parser.add_argument("--figures", type=Path, default=METRICS_FILE, metavar="FILE", help="default: %(default)s")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join([COLD_IMPORT, *(f"{case.name}{' (only when named)' * case.is_extra}" for case in CASES)]))
        return 0
    try:
        names = select_cases(options.only)
    except ValueError as error:
        parser.error(f"--only: {error}")
    results = open_results(options.figures, is_quick=options.quick, is_resumed=bool(options.only))
    measure_cases(names, results, options.figures)
    print(format_tables(results))
    print(f"figures: {options.figures}")
    if not options.quick and not options.only:
        for path in write_report(results):
            print(f"written: {path}")
    return 1 if any(name in results.list_failures() for name in names) else 0


def measure_cases(names: Sequence[str], results: Results, figures_file: Path) -> None:
    """Measure the cases in order. Each is saved at once; a failed case does not stop the others."""
    for number, name in enumerate(names, start=1):
        begun = time.perf_counter()
        print(f"[{number}/{len(names)}] {name} ...", end=" ", flush=True, file=sys.stderr)
        results.cases[name] = _measure(name, is_quick=results.is_quick)
        results.save(figures_file)
        statuses = results.cases[name].get("statuses") or ["done"]
        outcome = results.list_failures().get(name, ", ".join(statuses))
        print(f"{outcome} ({time.perf_counter() - begun:.0f} s)", flush=True, file=sys.stderr)


def _measure(name: str, *, is_quick: bool) -> dict[str, Any]:
    try:
        if name == COLD_IMPORT:
            return measure_cold_import()
        return asyncio.run(measure_workload(find_case(name).choose_workload(quick=is_quick)))
    except (aiohttp.ClientError, OSError, RuntimeError, LookupError, ValueError) as error:
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    sys.exit(main())
