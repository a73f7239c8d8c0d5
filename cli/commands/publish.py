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
        from cli.command_settings import begin_command
        from cli.run_output import choose_locator, fill_document, make_output_rows, print_rows

        settings = begin_command(command, target)
        response, seconds = call_app(command, target, settings, simulator, lambda client: client.publish(catalog))
        locate = choose_locator(settings.store, is_local=target.url is None)
        placeholders = response.get("placeholders", 0)  # apps before 0.3.0 do not report it
        document = fill_document(
            catalog=catalog,
            status="Completed",
            items=response["items"],
            images={"kept": response["images"], "failed": response["missing"]},
            placeholders=placeholders,
            seconds=seconds,
            outputs={name: locate(path) for name, path in response["outputs"].items()},
        )
        left_out = response["missing"] - placeholders
        replaced = f", {placeholders} placeholders" if placeholders else ""
        missing = f", {left_out} left out without an image" if left_out else ""
        rows = [
            ("catalog", Text(catalog, style="bold")),
            ("published", Text(f"{response['items']} items, {response['images']} images{replaced}{missing}")),
            *make_output_rows(response["outputs"], locate),
        ]
        return CommandResult(ExitStatus.DONE, document, lambda console: print_rows(console, rows))
