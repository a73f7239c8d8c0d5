"""Run a simulator as a child process; ``seeder run --offline`` uses it."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

START_TIMEOUT_SECONDS = 120
STOP_TIMEOUT_SECONDS = 5

_CODE_FOLDER = Path(__file__).resolve().parents[1]


class SimulatorStartError(RuntimeError):
    """The child process ended before it was ready; its standard error says why.

    Attributes:
        exit_status: 2 = the faults file is invalid.
    """

    def __init__(self, exit_status: int) -> None:
        super().__init__(f"the model simulator exited with status {exit_status} before it was ready")
        self.exit_status = exit_status


class SimulatorProcess:
    """A child process that serves until it is stopped or this process ends, even by a kill.

    Args:
        seed: seed of all random choices.
        faults_file: None = no faults.
    """

    def __init__(self, *, seed: int, faults_file: Path | None = None) -> None:
        # -P: a folder named "model_simulator" in the working directory must not be imported instead.
        self._command = [sys.executable, "-P", "-m", "model_simulator", "--port", "0", "--seed", str(seed)]
        self._command.append("--exit-with-stdin")
        if faults_file is not None:
            self._command += ["--faults", str(faults_file)]
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> str:
        """Start the process, wait until it serves, and return its URL.

        Raises:
            SimulatorStartError: the process ended before it was ready.
        """
        search_path = os.pathsep.join(filter(None, (str(_CODE_FOLDER), os.environ.get("PYTHONPATH"))))
        process = subprocess.Popen(  # noqa: S603 - a module of this package
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": search_path},
            start_new_session=True,  # Ctrl-C stops the host, which still calls its model while it stops
        )
        self._process = process
        assert process.stdout is not None  # noqa: S101 - it is piped
        watchdog = threading.Timer(START_TIMEOUT_SECONDS, process.kill)
        watchdog.start()
        try:
            line = process.stdout.readline()
        finally:
            watchdog.cancel()
        if not line:
            status = process.wait()
            self.stop()
            raise SimulatorStartError(status)
        self.url = json.loads(line)["url"]
        return self.url

    def stop(self) -> None:
        """Stop the process and wait for its end; no effect if it is not running."""
        process, self._process, self.url = self._process, None, ""
        if process is None:
            return
        with process:  # closing its standard input ends the process
            assert process.stdin is not None  # noqa: S101 - it is piped
            process.stdin.close()
            try:
                process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
