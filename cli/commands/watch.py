"""``seeder watch``: follow a run until it ends."""
# ruff: noqa: PLC0415 - see cli.commands

import typer

from cli.command_context import CommandResult, open_context
from cli.command_target import CommandTarget
from cli.options import JsonOption, LatestRunArgument, take_target


@take_target()
def watch(
    context: typer.Context, run: LatestRunArgument = None, *, target: CommandTarget, as_json: JsonOption = False
) -> CommandResult:
    """Follow a run until it ends; the exit status is that of the run."""
    from cli.command_settings import begin_command
    from cli.follow_run import REMOTE_POLLING, STORE_POLLING, follow_run
    from cli.run_output import decide_exit_status, make_run_result
    from cli.run_readers import RunReader, find_run_id, query_runs
    from shared.runs.status import RunStatus

    command = open_context(context, None, as_json)
    settings = begin_command(command, target)
    polling = STORE_POLLING if target.url is None else REMOTE_POLLING

    async def follow(reader: RunReader) -> RunStatus:
        return await follow_run(reader, await find_run_id(reader, run), command, polling)

    ended = query_runs(target, settings, follow)
    return make_run_result(target, settings, ended, decide_exit_status(ended))
