"""``seeder regenerate``: generate new images for named items."""
# ruff: noqa: PLC0415 - see cli.commands

from typing import Annotated, Any

import typer

from cli.command_context import CommandContext, CommandResult, open_context
from cli.command_target import CommandTarget
from cli.offline_simulator import BackgroundSimulator, start_simulator
from cli.options import JsonOption, take_catalog, take_target
from cli.request_options import REPAIR_FIELDS, take_request_options


@take_catalog
@take_request_options(REPAIR_FIELDS)
@take_target(simulates=True)
def regenerate(
    context: typer.Context,
    *,
    catalog: str,
    product_id: Annotated[
        list[str], typer.Option("--product-id", metavar="ID", help="Item to generate a new image for. Repeatable.")
    ],
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            "--prompt", metavar="ID=TEXT", help="Image prompt of a named item; it stays its prompt. Repeatable."
        ),
    ] = None,
    flags: dict[str, Any],
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Print calls, tokens, cost and time of the run, and start nothing.")
    ] = False,
    target: CommandTarget,
    as_json: JsonOption = False,
) -> CommandResult:
    """Generate new images for named items of a catalog; their earlier images stay as rounds.

    Each command generates all of them again. Run the same command again only to resume an interrupted one.
    """
    command = open_context(context, catalog, as_json)
    from cli.regenerate_request import make_regenerate_body

    body = make_regenerate_body(product_id, prompt or [], flags)
    if estimate:
        from cli.regenerate_request import estimate_regenerate

        return estimate_regenerate(command, target, catalog, body)
    with start_simulator(target) as simulator:
        return _regenerate(command, target, catalog, body, simulator)


def _regenerate(
    command: CommandContext,
    target: CommandTarget,
    catalog: str,
    body: dict[str, Any],
    simulator: BackgroundSimulator | None,
) -> CommandResult:
    from cli.command_settings import begin_command
    from cli.start_and_follow import start_and_follow
    from shared.runs.regenerate import hash_regenerate
    from shared.runs.request import SeedRequest
    from shared.runs.selection import find_selection
    from shared.runs.status import PUBLISHING_STATUSES, RunStatus

    def is_same_run(request: SeedRequest, run: RunStatus) -> bool:
        selection = find_selection(request)
        is_same = selection is not None and selection.body_sha256 == hash_regenerate(catalog, body)
        return is_same and run.status in PUBLISHING_STATUSES

    return start_and_follow(
        command,
        target,
        begin_command(command, target),
        simulator,
        start=lambda client: client.start_regenerate(catalog, body),
        satisfies_request=is_same_run,
        needs_text_model=False,
        is_repeatable=False,
    )
