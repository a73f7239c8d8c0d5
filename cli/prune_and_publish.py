"""``seeder prune`` and ``seeder publish``: what one call of the app does to a catalog."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from rich.text import Text

from cli.app_client import AppClient, ProblemError, open_client
from cli.command_context import CommandContext, CommandResult
from cli.command_settings import begin_command
from cli.command_target import CommandTarget
from cli.errors import ExitStatus
from cli.follow_run import LOCAL_POLLING, follow_run
from cli.interrupts import run_interruptibly
from cli.local_app import LocalApp, open_local_app
from cli.offline_simulator import BackgroundSimulator
from cli.run_output import choose_locator, fill_document, make_output_rows, print_rows
from shared.config import Settings
from shared.runs.status import Status

AppCall = Callable[[AppClient], Awaitable[dict[str, Any]]]

MAX_SHOWN_ITEMS = 20
"""A longer list is in the JSON object."""


def prune_catalog(
    context: CommandContext, target: CommandTarget, simulator: BackgroundSimulator | None
) -> CommandResult:
    """Give up on a catalog's items that have no image.

    Raises:
        CliError: the app refused it, or cannot be reached.
    """
    settings, catalog = begin_command(context, target), str(context.catalog)
    response, seconds = _call_app(context, target, settings, simulator, lambda client: client.prune(catalog))
    locate = choose_locator(settings.store, is_local=target.url is None)
    pruned = response["pruned"]
    document = fill_document(
        catalog=catalog,
        status=Status.COMPLETED,
        items=response["items"],
        images={"kept": response["items"]},
        seconds=seconds,
        outputs={name: locate(path) for name, path in response["outputs"].items()},
    ) | {"pruned": pruned, "backup": response["backup"] and locate(response["backup"])}
    rows = [
        ("catalog", Text(catalog, style="bold")),
        ("pruned", Text(f"{len(pruned)} items without an image" if pruned else "nothing: every item has its image")),
        *(("", Text(f"{item['name']} ({item['category']})")) for item in pruned[:MAX_SHOWN_ITEMS]),
        ("items", Text(f"{response['items']}, each with its image")),
    ]
    if len(pruned) > MAX_SHOWN_ITEMS:
        rows.insert(-1, ("", Text(f"... and {len(pruned) - MAX_SHOWN_ITEMS} more")))
    if response["backup"]:
        rows.append(("backup", Text(locate(response["backup"]))))
    rows += make_output_rows(response["outputs"], locate)
    return CommandResult(ExitStatus.DONE, document, lambda console: print_rows(console, rows))


def publish_catalog(
    context: CommandContext, target: CommandTarget, simulator: BackgroundSimulator | None
) -> CommandResult:
    """Publish what a run left for review.

    Raises:
        CliError: the app refused it, or cannot be reached.
    """
    settings, catalog = begin_command(context, target), str(context.catalog)
    response, seconds = _call_app(context, target, settings, simulator, lambda client: client.publish(catalog))
    locate = choose_locator(settings.store, is_local=target.url is None)
    placeholders = response.get("placeholders", 0)  # an app of before 0.3.0 has none
    document = fill_document(
        catalog=catalog,
        status=Status.COMPLETED,
        items=response["items"],
        images={"kept": response["images"], "failed": response["missing"]},
        placeholders=placeholders,
        seconds=seconds,
        outputs={name: locate(path) for name, path in response["outputs"].items()},
    )
    left_out = response["missing"] - placeholders
    missing = f", {left_out} left out because their image is missing" if left_out else ""
    replaced = f", {placeholders} placeholders" if placeholders else ""
    rows = [
        ("catalog", Text(catalog, style="bold")),
        ("published", Text(f"{response['items']} items, {response['images']} images{replaced}{missing}")),
        *make_output_rows(response["outputs"], locate),
    ]
    return CommandResult(ExitStatus.DONE, document, lambda console: print_rows(console, rows))


def _call_app(
    context: CommandContext,
    target: CommandTarget,
    settings: Settings,
    simulator: BackgroundSimulator | None,
    call: AppCall,
) -> tuple[dict[str, Any], float]:
    """Do the work in the app, deployed or here; returns its answer and how many seconds it took."""

    async def perform() -> dict[str, Any]:
        if target.url is not None:
            async with open_client(target.origin, settings.functions_key) as client:
                return await call(client)
        async with open_local_app(settings, context, simulator, needs_model=False) as app:
            return await _call_local_app(context, app, call)

    started = time.monotonic()
    response = run_interruptibly(perform, context.print_stopping)
    return response, time.monotonic() - started


async def _call_local_app(context: CommandContext, app: LocalApp, call: AppCall) -> dict[str, Any]:
    while True:
        try:
            return await call(app.client)
        except ProblemError as problem:
            run_id = app.find_own_run(problem)
        context.print_line(f"run {run_id} of this catalog was unfinished, and ends first", style="cyan")
        await follow_run(app.client, run_id, context, LOCAL_POLLING)
        context.run = None  # this command is not about that run
