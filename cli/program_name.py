"""How the user can start this program again, for commands that the output advises."""

import os
import shlex
import shutil
import sys
from pathlib import Path

PROGRAM = "seeder"


def find_program() -> str:
    """Return the program as it was started, such as ``.venv/bin/seeder``; ``seeder`` if that finds the same one."""
    started = Path(sys.argv[0])
    if started.stem.casefold() != PROGRAM:  # a test, or python -m
        return PROGRAM
    found = shutil.which(PROGRAM)
    if found is not None and Path(found).resolve() == started.resolve():
        return PROGRAM
    program = str(_shorten(started))
    return program if os.name == "nt" and " " not in program else shlex.quote(program)  # PowerShell runs a plain path


def _shorten(path: Path) -> Path:
    """Return a path relative to the working directory if it is below it."""
    return path.relative_to(Path.cwd()) if path.is_absolute() and path.is_relative_to(Path.cwd()) else path
