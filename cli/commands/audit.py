"""``seeder audit``: print the billed calls of a run."""
# ruff: noqa: PLC0415 - see cli.commands

from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from cli.command_context import CommandResult, open_context
from cli.command_target import CommandTarget
from cli.errors import ExitStatus
from cli.options import JsonOption, LatestRunArgument, take_target


@take_target()
def audit(
    context: typer.Context, run: LatestRunArgument = None, *, target: CommandTarget, as_json: JsonOption = False
) -> CommandResult:
    """Print the billed calls of a run, with cost and failures."""
    from cli.audit_queries import query_audit
    from cli.audit_report import print_audit
    from cli.command_settings import begin_command
    from cli.run_output import choose_locator
    from cli.run_readers import RunReader, find_run_id, query_runs
    from shared.audit.write_audit import AUDIT_NAME, audit_path

    command = open_context(context, None, as_json)
    settings = begin_command(command, target)
    with TemporaryDirectory(prefix="seeder-audit-") as folder:
        file = Path(folder) / AUDIT_NAME

        async def fetch(reader: RunReader) -> str:
            run_id = await find_run_id(reader, run)
            await reader.fetch_audit(run_id, file)
            return run_id

        run_id = query_runs(target, settings, fetch)
        report = query_audit(file)
    path = choose_locator(settings.store, is_local=target.url is None)(audit_path(run_id))
    document = {**report.to_json(), "audit": path, "error": None}
    return CommandResult(ExitStatus.DONE, document, lambda console: print_audit(console, report, path))
