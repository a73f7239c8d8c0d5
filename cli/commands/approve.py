"""``seeder approve``: approve images of a catalog."""
# ruff: noqa: PLC0415 - see cli.commands

import typer

from cli.command_context import CommandResult, open_context
from cli.command_target import CommandTarget
from cli.options import CatalogArgument, DecidedItemsArgument, FirstItemsOption, JsonOption, NoteOption, take_target


@take_target()
def approve(
    context: typer.Context,
    catalog: CatalogArgument,
    product_ids: DecidedItemsArgument = None,
    *,
    first: FirstItemsOption = None,
    note: NoteOption = None,
    target: CommandTarget,
    as_json: JsonOption = False,
) -> CommandResult:
    """Approve the current images of items.

    An image that is replaced later is undecided again. A run that waits for approved images continues with seeder
    resume.
    """
    command = open_context(context, catalog, as_json)
    from cli.decide_images import WantedDecision, decide_images

    return decide_images(command, target, catalog, WantedDecision("approved", product_ids or [], first, note))
