"""``seeder prune``: remove the items without an image from a catalog."""
# ruff: noqa: PLC0415 - see cli.commands

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from cli.command_context import CommandResult, open_context
from cli.command_target import CommandTarget
from cli.errors import ExitStatus
from cli.offline_simulator import start_simulator
from cli.options import JsonOption, take_catalog, take_target

if TYPE_CHECKING:
    from cli.run_output import Locator

MAX_SHOWN_ITEMS = 20
"""Maximum number of items in the summary; the JSON object has all of them."""


@take_catalog
@take_target(simulates=True)
def prune(
    context: typer.Context,
    *,
    catalog: str,
    target: CommandTarget,
    as_json: JsonOption = False,
) -> CommandResult:
    """Remove the items without an image, after a backup."""
    command = open_context(context, catalog, as_json)
    with start_simulator(target) as simulator:
        from cli.call_app import call_app
        from cli.run_output import fill_document, print_rows

        response = call_app(command, target, simulator, lambda client: client.prune(catalog))
        body = response.body
        document = fill_document(
            catalog=catalog,
            status="Completed",
            items=body["items"],
            images={"kept": body["items"]},
            seconds=response.seconds,
            outputs=response.locate_outputs(),
        ) | {"pruned": body["pruned"], "backup": body["backup"] and response.locate(body["backup"])}
        rows = _make_rows(catalog, body, response.locate)
        return CommandResult(ExitStatus.DONE, document, lambda console: print_rows(console, rows))


def _make_rows(catalog: str, body: Mapping[str, Any], locate: "Locator") -> list[tuple[str, Text]]:
    from cli.left_out import make_left_out_rows
    from cli.run_output import make_output_rows

    pruned = body["pruned"]
    hidden = len(pruned) - MAX_SHOWN_ITEMS
    return [
        ("catalog", Text(catalog, style="bold")),
        ("pruned", Text(f"{len(pruned)} items without an image" if pruned else "nothing: every item has its image")),
        *(("", Text(f"{item['name']} ({item['category']})")) for item in pruned[:MAX_SHOWN_ITEMS]),
        *([("", Text(f"... and {hidden} more"))] if hidden > 0 else []),
        ("items", Text(f"{body['items']}, each with its image")),
        *make_left_out_rows(body),
        *([] if body["outputs"] else [("published", Text("nothing: the published files are unchanged"))]),
        *([("backup", Text(locate(body["backup"])))] if body["backup"] else []),
        *make_output_rows(body["outputs"], locate),
    ]
