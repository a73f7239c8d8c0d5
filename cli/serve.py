"""``seeder serve``: the app on a port of this machine, until it is told to stop."""

import asyncio

from rich.console import Console
from rich.text import Text

from cli.command_context import CommandContext
from cli.command_settings import begin_command
from cli.command_target import CommandTarget
from cli.errors import InterruptedByUserError
from cli.interrupts import run_interruptibly
from cli.local_app import LocalApp, open_local_app
from cli.offline_simulator import BackgroundSimulator
from shared.config import SettingError
from triggers.health import check_settings


def serve_app(context: CommandContext, target: CommandTarget, port: int, simulator: BackgroundSimulator | None) -> None:
    """Serve the app; unfinished runs of before go on by themselves.

    Raises:
        InterruptedByUserError: at its end: a signal is what ends it.
        CliError: it cannot be served.
    """
    settings = begin_command(context, target)

    async def serve() -> None:
        local_app = open_local_app(settings, context, simulator, needs_model=False, port=port, is_private=False)
        async with local_app as app:
            _print_routes(context.out, app)
            try:
                check_settings(app.services)
            except SettingError as error:
                context.print_line(f"warning: {error}; runs will fail", style="yellow")
            context.print_line(
                "Ctrl-C stops the host; runs are taken up where they were at the next start", style="dim"
            )
            await asyncio.Event().wait()

    try:
        run_interruptibly(serve, context.print_stopping)
    except InterruptedByUserError as error:
        raise InterruptedByUserError("stopped") from error


def _print_routes(console: Console, app: LocalApp) -> None:
    """Print the HTTP functions as the Functions Core Tools do: ``name: [METHODS] url``."""
    console.print("Functions:\n")
    for name, methods, url in app.host.routes():
        console.print(Text(f"\t{name}: [{','.join(methods)}] {url}"), soft_wrap=True)
    console.print()
