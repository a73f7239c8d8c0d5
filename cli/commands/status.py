"""``seeder status``: print the status of a run, and list runs."""
# ruff: noqa: PLC0415 - see cli.commands

from typing import Annotated

import typer
from rich.console import Console

from cli.command_context import CommandContext, CommandResult, open_context
from cli.command_target import CommandTarget
from cli.errors import ExitStatus
from cli.options import RUN_HELP, JsonOption, take_target


@take_target()
def status(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN", help=f"{RUN_HELP}; default: the latest run, and a list of runs.", show_default=False
        ),
    ] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Maximum number of runs to list.")] = 20,
    target: CommandTarget,
    as_json: JsonOption = False,
) -> CommandResult:
    """Print the status of a run, or list the newest runs."""
    command = open_context(context, None, as_json)
    return _list_runs(command, target, limit) if run is None else _show_run(command, target, run)


def _show_run(command: CommandContext, target: CommandTarget, run: str) -> CommandResult:
    from cli.command_settings import begin_command
    from cli.run_output import make_run_result
    from cli.run_readers import RunReader, find_run_id, query_runs
    from shared.runs.status import RunStatus

    settings = begin_command(command, target)

    async def find(reader: RunReader) -> RunStatus:
        return await reader.get_run(await find_run_id(reader, run))

    return make_run_result(target, settings, query_runs(target, settings, find), ExitStatus.DONE)


def _list_runs(command: CommandContext, target: CommandTarget, limit: int) -> CommandResult:
    from cli.command_settings import begin_command
    from cli.run_output import choose_locator, make_document, print_run, print_runs
    from cli.run_readers import list_newest_runs, query_runs

    settings = begin_command(command, target)
    runs = query_runs(target, settings, lambda reader: list_newest_runs(reader, limit))
    locate = choose_locator(settings.store, is_local=target.url is None)
    latest = make_document(runs[0], locate, target.flags) if runs else {"error": None}
    document = {**latest, "runs": [make_document(one, locate) for one in runs]}

    def show(console: Console) -> None:
        print_runs(console, runs)
        if runs:
            console.print()
            print_run(console, runs[0], locate, target)

    return CommandResult(ExitStatus.DONE, document, show)
