"""Run the simulator in the foreground: ``python -m model_simulator`` and ``seeder simulate``."""

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
    """Parse the command line, serve, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m model_simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 = any free port")
    parser.add_argument("--seed", type=int, default=7, help="seed of all answers and faults")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="JSON file with latencies, quotas and faults")
    parser.add_argument("--exit-with-stdin", action="store_true", help="exit when standard input is closed")
    options = parser.parse_args(arguments)
    return simulate(
        port=options.port, seed=options.seed, faults_file=options.faults, exit_with_stdin=options.exit_with_stdin
    )


def simulate(*, port: int, seed: int, faults_file: Path | None, exit_with_stdin: bool = False) -> int:
    """Serve until a signal arrives, and return the exit status.

    Once ready, it prints one line of JSON, ``{"url": ...}``. Errors are one line on standard error.

    Args:
        port: port on 127.0.0.1; 0 = any free port.
        seed: seed of all random choices.
        faults_file: None = no faults.
        exit_with_stdin: exit when standard input is closed, so that the process does not outlive a killed parent.
    """
    try:
        faults = Faults() if faults_file is None else load_faults(faults_file)
    except FaultsError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    try:
        asyncio.run(_serve(port, seed, faults, exit_with_stdin=exit_with_stdin))
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"port {port} cannot be listened on: {error}\n")
        return EXIT_FAILED
    return EXIT_OK


async def _serve(port: int, seed: int, faults: Faults, *, exit_with_stdin: bool) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # asyncio on Windows, where a signal ends the process anyway
            loop.add_signal_handler(number, ended.set)
    async with running_simulator(seed=seed, faults=faults, port=port) as simulator:
        sys.stdout.write(json.dumps({"url": simulator.url}) + "\n")
        sys.stdout.flush()
        if exit_with_stdin:
            threading.Thread(target=_wait_for_closed_stdin, args=(loop, ended), daemon=True).start()
        await ended.wait()


def _wait_for_closed_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    # os.read instead of sys.stdin, whose lock in a daemon thread would abort the interpreter at exit.
    with contextlib.suppress(OSError):
        while os.read(_STDIN, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # the loop ended first
        loop.call_soon_threadsafe(ended.set)
