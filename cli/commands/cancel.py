"""``seeder cancel``: cancel a run."""
# ruff: noqa: PLC0415 - see cli.commands

import typer

from cli.command_context import CommandResult, open_context
from cli.command_target import CommandTarget
from cli.errors import ExitStatus
from cli.options import JsonOption, RunArgument, take_target


@take_target()
def cancel(
    context: typer.Context, run: RunArgument, *, target: CommandTarget, as_json: JsonOption = False
) -> CommandResult:
    """Cancel a run; finished work stays."""
    from cli.command_settings import begin_command
    from cli.run_output import choose_locator, make_document
    from cli.run_readers import RunReader, find_run_id, query_runs
    from shared.runs.status import RunStatus, Status

    command = open_context(context, None, as_json)
    settings = begin_command(command, target)

    async def cancel_run(reader: RunReader) -> RunStatus:
        return await reader.cancel_run(await find_run_id(reader, run))

    found = query_runs(target, settings, cancel_run)
    if found.status is Status.INTERRUPTED:
        line = f"run {found.run_id} is cancelled; it ends when its host starts again. Finished work stays."
    elif found.status is Status.PAUSED:
        line = f"run {found.run_id} is cancelled; it ends when its host runs. Finished work stays."
    else:
        line = f"run {found.run_id} is being cancelled; no new work starts. Finished work stays."
    document = make_document(found, choose_locator(settings.store, is_local=target.url is None))
    return CommandResult(ExitStatus.DONE, document, lambda console: console.print(line, soft_wrap=True, markup=False))
