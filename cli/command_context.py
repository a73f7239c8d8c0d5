"""Context of one command: its two outputs, and the run that it is about."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import typer

    from cli.errors import ExitStatus
    from shared.runs.status import RunStatus

PIPED_WIDTH_COLUMNS = 160
"""Width of tables where the output is not a terminal."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Result of a command.

    Attributes:
        exit_status: exit status of the process.
        document: JSON object that ``--json`` prints.
        show: prints the summary.
    """

    exit_status: ExitStatus
    document: Mapping[str, Any]
    show: Callable[[Console], None]


@dataclass(slots=True)
class CommandContext:
    """Context of a command; a failure is reported with what is known of catalog and run.

    Attributes:
        as_json: print one JSON object on standard output, everything else on standard error.
        catalog: catalog of the command.
        run: latest status of the run that the command follows.
        out: standard output.
        err: standard error.
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
        """Print a warning on standard error."""
        self.print_line(f"warning: {warning}", style="yellow")

    def print_stopping(self) -> None:
        """Print that a signal was received: a host takes a few seconds to stop."""
        self.print_line("stopping; press Ctrl-C again to exit at once", style="dim")


def open_context(context: typer.Context, catalog: str | None, as_json: bool) -> CommandContext:
    """Return the context of a command that starts."""
    command_context: CommandContext = context.obj
    command_context.catalog = catalog
    command_context.as_json = as_json
    return command_context


def _make_console(*, is_error: bool) -> Console:
    stream = sys.stderr if is_error else sys.stdout
    width = None if stream is not None and stream.isatty() else PIPED_WIDTH_COLUMNS
    return Console(stderr=is_error, highlight=False, width=width)
