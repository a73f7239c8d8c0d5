"""``seeder reject``: reject images of a catalog."""
# ruff: noqa: PLC0415 - see cli.commands

import typer

from cli.command_context import CommandResult, open_context
from cli.command_target import CommandTarget
from cli.options import CatalogArgument, DecidedItemsArgument, FirstItemsOption, JsonOption, NoteOption, take_target


@take_target()
def reject(
    context: typer.Context,
    catalog: CatalogArgument,
    product_ids: DecidedItemsArgument = None,
    *,
    first: FirstItemsOption = None,
    note: NoteOption = None,
    target: CommandTarget,
    as_json: JsonOption = False,
) -> CommandResult:
    """Reject the current images of items: they are never published.

    A resumed run that waits for approved images generates rejected ones again.
    """
    command = open_context(context, catalog, as_json)
    from cli.decide_images import WantedDecision, decide_images

    return decide_images(command, target, catalog, WantedDecision("rejected", product_ids or [], first, note))
