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
from cli.options import DEFAULT_CATALOG, CatalogOption, JsonOption, take_target

if TYPE_CHECKING:
    from cli.run_output import Locator

MAX_SHOWN_ITEMS = 20
"""Maximum number of items in the summary; the JSON object has all of them."""


@take_target(simulates=True)
def prune(
    context: typer.Context,
    *,
    catalog: CatalogOption = DEFAULT_CATALOG,
    target: CommandTarget,
    as_json: JsonOption = False,
) -> CommandResult:
    """Remove the items without an image, after a backup."""
    command = open_context(context, catalog, as_json)
    with start_simulator(target) as simulator:
        from cli.call_app import call_app
        from cli.command_settings import begin_command
        from cli.run_output import choose_locator, fill_document, print_rows

        settings = begin_command(command, target)
        response, seconds = call_app(command, target, settings, simulator, lambda client: client.prune(catalog))
        locate = choose_locator(settings.store, is_local=target.url is None)
        document = fill_document(
            catalog=catalog,
            status="Completed",
            items=response["items"],
            images={"kept": response["items"]},
            seconds=seconds,
            outputs={name: locate(path) for name, path in response["outputs"].items()},
        ) | {"pruned": response["pruned"], "backup": response["backup"] and locate(response["backup"])}
        rows = _make_rows(catalog, response, locate)
        return CommandResult(ExitStatus.DONE, document, lambda console: print_rows(console, rows))


def _make_rows(catalog: str, response: Mapping[str, Any], locate: "Locator") -> list[tuple[str, Text]]:
    from cli.run_output import make_output_rows

    pruned = response["pruned"]
    hidden = len(pruned) - MAX_SHOWN_ITEMS
    return [
        ("catalog", Text(catalog, style="bold")),
        ("pruned", Text(f"{len(pruned)} items without an image" if pruned else "nothing: every item has its image")),
        *(("", Text(f"{item['name']} ({item['category']})")) for item in pruned[:MAX_SHOWN_ITEMS]),
        *([("", Text(f"... and {hidden} more"))] if hidden > 0 else []),
        ("items", Text(f"{response['items']}, each with its image")),
        *([("backup", Text(locate(response["backup"])))] if response["backup"] else []),
        *make_output_rows(response["outputs"], locate),
    ]
