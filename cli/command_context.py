"""One command's session: its two outputs, and what it has learnt so far."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cli.errors import ExitStatus
    from shared.runs.status import RunStatus

PIPED_WIDTH_COLUMNS = 160
"""Columns of a table that no terminal bounds."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command that did not break comes to.

    Attributes:
        exit_status: what the shell gets.
        document: the object that ``--json`` prints.
        show: prints the same for people.
    """

    exit_status: ExitStatus
    document: Mapping[str, Any]
    show: Callable[[Console], None]


@dataclass(slots=True)
class CommandContext:
    """What is told also when the command fails.

    Attributes:
        as_json: one JSON object on standard output, everything else on standard error.
        catalog: what the command is about, once known.
        run: the latest status of the run that the command is about, once known.
    """

    as_json: bool = False
    catalog: str | None = None
    run: RunStatus | None = None
    out: Console = field(default_factory=lambda: _make_console(is_error=False))
    err: Console = field(default_factory=lambda: _make_console(is_error=True))

    def print_line(self, line: str, style: str = "") -> None:
        """Print a line on standard error, above the progress if there is one."""
        self.err.print(Text(line, style=style), soft_wrap=True)

    def warn(self, warning: str) -> None:
        """Print what should be changed although it works."""
        self.print_line(f"warning: {warning}", style="yellow")

    def print_stopping(self) -> None:
        """Tell that a signal was heard: a host needs a moment to stop."""
        self.print_line("stopping; Ctrl-C once more leaves at once", style="dim")


def _make_console(*, is_error: bool) -> Console:
    stream = sys.stderr if is_error else sys.stdout
    width = None if stream is not None and stream.isatty() else PIPED_WIDTH_COLUMNS
    return Console(stderr=is_error, highlight=False, width=width)
