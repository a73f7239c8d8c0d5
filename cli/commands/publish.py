"""``seeder publish``: publish what a run left for review."""
# ruff: noqa: PLC0415 - see cli.commands

import typer
from rich.text import Text

from cli.command_context import CommandResult, open_context
from cli.command_target import CommandTarget
from cli.errors import ExitStatus
from cli.offline_simulator import start_simulator
from cli.options import DEFAULT_CATALOG, CatalogOption, JsonOption, take_target


@take_target(simulates=True)
def publish(
    context: typer.Context,
    *,
    catalog: CatalogOption = DEFAULT_CATALOG,
    target: CommandTarget,
    as_json: JsonOption = False,
) -> CommandResult:
    """Publish what a run with --no-publish left for review."""
    command = open_context(context, catalog, as_json)
    with start_simulator(target) as simulator:
        from cli.call_app import call_app
        from cli.run_output import fill_document, make_output_rows, print_rows

        response = call_app(command, target, simulator, lambda client: client.publish(catalog))
        body = response.body
        placeholders = body.get("placeholders", 0)  # apps before 0.3.0 do not report it
        document = fill_document(
            catalog=catalog,
            status="Completed",
            items=body["items"],
            images={"kept": body["images"], "failed": body["missing"]},
            placeholders=placeholders,
            seconds=response.seconds,
            outputs=response.locate_outputs(),
        )
        left_out = body["missing"] - placeholders
        replaced = f", {placeholders} placeholders" if placeholders else ""
        missing = f", {left_out} left out without an image" if left_out else ""
        rows = [
            ("catalog", Text(catalog, style="bold")),
            ("published", Text(f"{body['items']} items, {body['images']} images{replaced}{missing}")),
            *make_output_rows(body["outputs"], response.locate),
        ]
        return CommandResult(ExitStatus.DONE, document, lambda console: print_rows(console, rows))
