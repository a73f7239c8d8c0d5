"""The simulator in the foreground: ``python -m model_simulator`` and ``seeder simulate``."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from model_simulator.faults import Faults, FaultsError, load_faults
from model_simulator.in_process import running_simulator

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2

_STDIN = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, serve, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m model_simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 = a free one")
    parser.add_argument("--seed", type=int, default=7, help="answers and faults follow from it")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="JSON file of what to do to callers")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input is closed")
    options = parser.parse_args(arguments)
    return simulate(
        port=options.port, seed=options.seed, faults_file=options.faults, exit_with_stdin=options.exit_with_stdin
    )


def simulate(*, port: int, seed: int, faults_file: Path | None, exit_with_stdin: bool = False) -> int:
    """Serve until a signal ends it, and return the exit status.

    One line of JSON, ``{"url": ...}``, goes to standard output when it is ready; errors are one line on standard error.

    Args:
        port: 0 = a free one.
        seed: of everything that is drawn.
        faults_file: None = no faults.
        exit_with_stdin: end when standard input is closed, so that nobody is left behind by a parent that was killed.
    """
    try:
        faults = Faults() if faults_file is None else load_faults(faults_file)
    except FaultsError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    try:
        asyncio.run(_serve(port, seed, faults, exit_with_stdin=exit_with_stdin))
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"port {port} cannot be served: {error}\n")
        return EXIT_FAILED
    return EXIT_OK


async def _serve(port: int, seed: int, faults: Faults, *, exit_with_stdin: bool) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # asyncio on Windows, which ends the process by itself
            loop.add_signal_handler(number, ended.set)
    async with running_simulator(seed=seed, faults=faults, port=port) as simulator:
        sys.stdout.write(json.dumps({"url": simulator.url}) + "\n")
        sys.stdout.flush()
        if exit_with_stdin:
            threading.Thread(target=_wait_for_closed_stdin, args=(loop, ended), daemon=True).start()
        await ended.wait()


def _wait_for_closed_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    # os.read rather than sys.stdin: a lock that a daemon thread holds would abort the interpreter at its end.
    with contextlib.suppress(OSError):
        while os.read(_STDIN, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # the loop ended first
        loop.call_soon_threadsafe(ended.set)
