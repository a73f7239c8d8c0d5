"""``seeder repair``: generate the missing images of a catalog."""
# ruff: noqa: PLC0415 - see cli.commands

from typing import Any

import typer

from cli.command_context import CommandResult, open_context
from cli.command_target import CommandTarget
from cli.offline_simulator import start_simulator
from cli.options import JsonOption, take_catalog, take_target
from cli.request_options import REPAIR_FIELDS, take_request_options


@take_catalog
@take_request_options(REPAIR_FIELDS)
@take_target(simulates=True)
def repair(
    context: typer.Context,
    *,
    catalog: str,
    flags: dict[str, Any],
    target: CommandTarget,
    as_json: JsonOption = False,
) -> CommandResult:
    """Generate the images that a catalog is missing.

    Rejected first images that their run did not get to are generated again.
    """
    command = open_context(context, catalog, as_json)
    with start_simulator(target) as simulator:
        from cli.command_settings import begin_command
        from cli.request_from_flags import make_body
        from cli.start_and_follow import start_and_follow
        from shared.runs.request import SeedRequest
        from shared.runs.selection import find_selection
        from shared.runs.status import PUBLISHING_STATUSES, RunStatus

        def has_tried_every_image(request: SeedRequest, run: RunStatus) -> bool:
            is_whole = find_selection(request) is None and not request.dry_run
            return run.status in PUBLISHING_STATUSES and request.publish and is_whole

        settings, body = begin_command(command, target), make_body(flags)
        return start_and_follow(
            command,
            target,
            settings,
            simulator,
            start=lambda client: client.start_repair(catalog, body),
            satisfies_request=has_tried_every_image,
            needs_text_model=False,
        )
