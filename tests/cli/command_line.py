"""The command line as tests use it: inside this process where that is enough, as a process of its own elsewhere."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from cli.main import run_command_line

REPOSITORY = Path(__file__).parents[2]
SMALL = ("--category-count", "2", "--batch-size", "4", "--image-size", "64x64")
"""Options of a catalog that takes next to no time."""

JSON_KEYS = [
    "runId",
    "catalog",
    "status",
    "items",
    "images",
    "placeholders",
    "billedCalls",
    "costUsd",
    "seconds",
    "outputs",
    "error",
]


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document

    @property
    def error_lines(self) -> list[str]:
        return self.err.splitlines()


class CommandLine:
    """Runs commands inside this process."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str | Path) -> Ended:
        self._capture.readouterr()
        status = run_command_line([str(argument) for argument in arguments])
        said = self._capture.readouterr()
        return Ended(status, said.out, said.err)


class RunningCommand:
    """A command in a process of its own, killed at the end of the block, or after so many seconds.

    Args:
        folder: working directory.
        arguments: of the command.
        preparation: Python code that the process runs first.
        seconds: the limit.
    """

    def __init__(
        self, folder: Path, arguments: Sequence[str | Path], *, preparation: str = "", seconds: float = 300
    ) -> None:
        program = f"{preparation}\nfrom cli.main import main\nmain()"
        command = [sys.executable, "-c", program, *map(str, arguments)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AZURE_")}
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment | {"PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._seen: list[str] = []
        self._watchdog = threading.Timer(seconds, self._process.kill)

    def __enter__(self) -> Self:
        self._watchdog.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watchdog.cancel()
        self._process.kill()
        self._process.communicate()

    @property
    def process_id(self) -> int:
        return self._process.pid

    def wait_for_error_line(self, part: str) -> str:
        """Return the next line on standard error that holds ``part``."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._seen.append(line)
            if part in line:
                return line
        raise AssertionError(f"the command ended without saying {part!r}; it said {self._seen}")

    def read_line(self) -> str:
        """Return the next line on standard output."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self) -> Ended:
        out, err = self._process.communicate()
        return Ended(self._process.returncode, out, "".join(self._seen) + err)
