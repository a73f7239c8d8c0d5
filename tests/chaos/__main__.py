"""Long chaos runs: ``python -m tests.chaos [NAME ...]`` prints a table and writes ``build/faults.json``.

Each case injects faults into a run of the whole app, and then audits everything that the run stored. The tests of this
folder cover the same cases exhaustively with small runs. Takes under 8 minutes; needs what ``make test`` installs.
"""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from durable_emulator.engine import EngineStoppedError
from tests.chaos import cases
from tests.chaos.kill_seeder import kill_seeder_repeatedly
from tests.chaos.long_run import Outcome

RESULTS_FILE = Path("build/faults.json")
CASES: dict[str, Callable[[list[dict[str, str]]], AsyncIterator[Outcome]]] = {
    "twice": cases.deliver_twice,
    "writes": cases.kill_around_changes,
    "results": cases.lose_activity_results,
    "store": cases.stop_the_store,
    "model": cases.restart_the_simulator,
    "kills": kill_seeder_repeatedly,
    "clock": cases.advance_clock,
    "histories": cases.replay_saved_histories,
}
MAX_NOTES = 8
COLUMNS = "| {:<64} | {:>4} | {:>7} | {:>9} | {:>7} | {:>7} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases, and return the exit status: 1 if a case failed, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CASES))
    names = parser.parse_args(arguments).names or list(CASES)
    if unknown := sorted(set(names) - set(CASES)):
        parser.error(f"unknown case {unknown[0]!r}; expected one of {', '.join(CASES)}")
    logging.getLogger().setLevel(logging.CRITICAL)  # killed processes log many errors
    outcomes = asyncio.run(run_cases(names))
    RESULTS_FILE.parent.mkdir(exist_ok=True)
    RESULTS_FILE.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=2) + "\n", encoding="utf-8")
    return int(not all(outcome.is_good for outcome in outcomes))


async def run_cases(names: list[str]) -> list[Outcome]:
    """Run the cases in order, and print each row at once."""
    print(COLUMNS.format("case", "lost", "corrupt", "billed+", "allowed", "seconds"))
    print(COLUMNS.format("---", "--:", "--:", "--:", "--:", "--:"))
    undisturbed, rows = await cases.run_without_faults()
    outcomes = [_print_outcome(undisturbed)]
    for name in names:
        try:
            async for outcome in CASES[name](rows):
                outcomes.append(_print_outcome(outcome))  # noqa: PERF401 - a failed case keeps its earlier rows
        except (EngineStoppedError, LookupError, OSError, RuntimeError) as error:
            broken = Outcome(name, lost=1, corrupt=0, billed_again=0, allowed=0, seconds=0.0, notes=(repr(error),))
            outcomes.append(_print_outcome(broken))
    return outcomes


def _print_outcome(outcome: Outcome) -> Outcome:
    figures = (outcome.lost, outcome.corrupt, outcome.billed_again, outcome.allowed, f"{outcome.seconds:.1f}")
    print(COLUMNS.format(outcome.case, *figures), flush=True)
    if not outcome.is_good:
        print("\n".join(f"    {note}" for note in outcome.notes[:MAX_NOTES]), flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
