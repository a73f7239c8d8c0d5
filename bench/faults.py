"""The fault harness at length: ``python -m bench.faults [NAME ...]`` prints a table and writes ``build/faults.json``.

Each case disturbs a run of the whole app and looks afterwards through everything that it left. ``tests/faults`` has the
same cases in small, exhaustively. Under 8 minutes; needs what ``make test`` installs (Azurite, pytest).
"""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from bench import faults_cases
from bench.faults_kills import kill_twenty_times
from bench.faults_trial import Outcome
from local.engine import EngineStoppedError

FIGURES = Path("build/faults.json")
CASES: dict[str, Callable[[list[dict[str, str]]], AsyncIterator[Outcome]]] = {
    "twice": faults_cases.deliver_twice,
    "writes": faults_cases.kill_around_changes,
    "results": faults_cases.lose_results,
    "store": faults_cases.stop_the_store,
    "model": faults_cases.restart_the_simulator,
    "kills": kill_twenty_times,
    "clock": faults_cases.put_the_clock_forward,
    "histories": faults_cases.replay_saved_histories,
}
MOST_NOTES = 8
COLUMNS = "| {:<64} | {:>4} | {:>7} | {:>9} | {:>7} | {:>7} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases, and return the exit status: 1 if one of them went wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CASES))
    names = parser.parse_args(arguments).names or list(CASES)
    if unknown := sorted(set(names) - set(CASES)):
        parser.error(f"got {unknown[0]!r}; expected one of {', '.join(CASES)}")
    logging.getLogger().setLevel(logging.CRITICAL)  # what dies says so, and much of it
    outcomes = asyncio.run(run_cases(names))
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=2) + "\n", encoding="utf-8")
    return int(not all(outcome.is_good for outcome in outcomes))


async def run_cases(names: list[str]) -> list[Outcome]:
    """Run cases one after the other, and print a row as soon as it is known."""
    print(COLUMNS.format("case", "lost", "corrupt", "re-bought", "allowed", "seconds"))
    print(COLUMNS.format("---", "--:", "--:", "--:", "--:", "--:"))
    undisturbed, rows = await faults_cases.run_undisturbed()
    outcomes = [_tell(undisturbed)]
    for name in names:
        try:
            async for outcome in CASES[name](rows):
                outcomes.append(_tell(outcome))  # noqa: PERF401 - a case that breaks keeps the rows it gave
        except (EngineStoppedError, LookupError, OSError, RuntimeError) as error:
            broken = Outcome(name, lost=1, corrupt=0, rebought=0, allowed=0, seconds=0.0, notes=(repr(error),))
            outcomes.append(_tell(broken))
    return outcomes


def _tell(outcome: Outcome) -> Outcome:
    figures = (outcome.lost, outcome.corrupt, outcome.rebought, outcome.allowed, f"{outcome.seconds:.1f}")
    print(COLUMNS.format(outcome.case, *figures), flush=True)
    if not outcome.is_good:
        print("\n".join(f"    {note}" for note in outcome.notes[:MOST_NOTES]), flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
