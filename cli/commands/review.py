"""``seeder review``: serve the review page on this machine, or open that of a deployed app."""
# ruff: noqa: PLC0415 - see cli.commands

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from cli.command_context import CommandContext, CommandResult, open_context
from cli.command_target import CommandTarget
from cli.errors import ExitStatus, WrongUsageError
from cli.offline_simulator import start_simulator
from cli.options import DEFAULT_PORT, PORT_OPTION, take_target

if TYPE_CHECKING:
    from cli.local_app import LocalApp
    from shared.storage.protocol import Store


@take_target(simulates=True, takes_key=False)
def review(
    context: typer.Context,
    catalog: Annotated[
        str | None,
        typer.Argument(
            metavar="CATALOG", help="Name of the catalog; default: the list of catalogs.", show_default=False
        ),
    ] = None,
    *,
    port: Annotated[
        int | None,
        PORT_OPTION(help=f"Port to listen on; 0 = any free port (default {DEFAULT_PORT}, or a free one)."),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
    target: CommandTarget,
) -> CommandResult | None:
    """Review images in the browser: approve, reject, regenerate, publish.

    Serves the review page and the app on this machine until Ctrl-C. With --url, opens the page of a deployed app. The
    page asks for the function key if the app requires one (on this machine: if FUNCTIONS_KEY is set).
    """
    command = open_context(context, catalog, as_json=False)
    from cli.review_page import check_catalog_name

    if catalog is not None:
        check_catalog_name(catalog)
    if target.url is not None:
        if port is not None:
            raise WrongUsageError(
                "--port is for this machine, and --url is for a deployed app; expected one of the two"
            )
        return _open_deployed_page(command, target, catalog, opens_browser=browser)
    _serve_page(command, target, catalog, port, opens_browser=browser)
    return None


def _open_deployed_page(
    command: CommandContext, target: CommandTarget, catalog: str | None, *, opens_browser: bool
) -> CommandResult:
    from cli.app_client import check_review_page
    from cli.command_settings import begin_command
    from cli.interrupts import run_interruptibly
    from cli.review_page import make_page_url, open_browser

    begin_command(command, target)
    run_interruptibly(lambda: check_review_page(target.origin))
    url = make_page_url(target.origin, catalog)
    if opens_browser:
        open_browser(url)
    return CommandResult(ExitStatus.DONE, {"url": url}, lambda console: console.print(Text(url), soft_wrap=True))


def _serve_page(
    command: CommandContext, target: CommandTarget, catalog: str | None, port: int | None, *, opens_browser: bool
) -> None:
    with start_simulator(target) as simulator:
        from cli.command_settings import begin_command
        from cli.review_page import (
            check_catalog_exists,
            choose_port,
            make_page_url,
            open_browser,
            read_catalog_ahead,
        )
        from cli.serve_app import serve_until_stopped

        settings = begin_command(command, target)

        async def check_store(store: "Store") -> None:
            if catalog is not None:
                await check_catalog_exists(store, catalog, settings.store)

        readings: list[asyncio.Task[None]] = []

        async def announce(app: "LocalApp") -> None:
            if catalog is not None:
                readings.append(asyncio.create_task(read_catalog_ahead(app, catalog)))
            url = make_page_url(f"http://localhost:{app.host.url.rpartition(':')[2]}", catalog)
            command.out.print(Text(url, style="bold"), soft_wrap=True)
            if settings.functions_key is not None:
                command.print_line("The page asks for the function key: the value of FUNCTIONS_KEY.", style="dim")
            if opens_browser:
                open_browser(url)

        serve_until_stopped(
            command,
            settings,
            simulator,
            port=choose_port(port),
            announce=announce,
            check_store=check_store,
        )
