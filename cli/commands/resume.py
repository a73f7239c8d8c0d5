"""``seeder resume``: resume a paused run."""
# ruff: noqa: PLC0415 - see cli.commands

import typer

from cli.command_context import CommandResult, open_context
from cli.command_target import CommandTarget
from cli.offline_simulator import start_simulator
from cli.options import JsonOption, RunArgument, take_target


@take_target(simulates=True)
def resume(
    context: typer.Context, run: RunArgument, *, target: CommandTarget, as_json: JsonOption = False
) -> CommandResult:
    """Resume a paused run, and follow it until it ends."""
    command = open_context(context, None, as_json)
    with start_simulator(target) as simulator:
        from cli.app_client import AppClient, ProblemError
        from cli.command_settings import begin_command
        from cli.run_readers import find_run_id, make_unknown_run_error
        from cli.start_and_follow import start_and_follow
        from shared.runs.status import ACTIVE_STATUSES

        settings = begin_command(command, target)

        async def resume_run(client: AppClient) -> str:
            run_id = await find_run_id(client, run)
            try:
                await client.resume_run(run_id)
            except ProblemError as problem:
                if problem.kind == "unknown-run" and target.url is None:
                    raise make_unknown_run_error(settings.store, run) from problem
                if problem.kind != "run-not-paused" or problem.document.get("runStatus") not in ACTIVE_STATUSES:
                    raise
                command.print_line(f"run {run_id} is not paused; following it", style="cyan")
            return run_id

        return start_and_follow(
            command,
            target,
            settings,
            simulator,
            start=resume_run,
            satisfies_request=lambda _request, _run: True,
        )
