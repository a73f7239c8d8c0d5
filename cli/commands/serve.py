"""``seeder serve``: serve the app on a port of this machine."""
# ruff: noqa: PLC0415 - see cli.commands

import asyncio
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from cli.command_context import CommandContext, open_context
from cli.command_target import CommandTarget
from cli.errors import InterruptedByUserError
from cli.offline_simulator import BackgroundSimulator, start_simulator
from cli.options import PortOption, take_target

if TYPE_CHECKING:
    from cli.local_app import LocalApp


@take_target(simulates=True, is_remote=False)
def serve(context: typer.Context, *, port: PortOption = 7071, target: CommandTarget) -> None:
    """Serve the app's HTTP functions on this machine until Ctrl-C."""
    command = open_context(context, None, as_json=False)
    with start_simulator(target) as simulator:
        _serve_app(command, target, port, simulator)


def _serve_app(
    command: CommandContext, target: CommandTarget, port: int, simulator: BackgroundSimulator | None
) -> None:
    from cli.command_settings import begin_command
    from cli.interrupts import run_interruptibly
    from cli.local_app import open_local_app
    from shared.config import SettingError
    from shared.services.health import check_settings

    settings = begin_command(command, target)

    async def wait_for_signal() -> None:
        local_app = open_local_app(settings, command, simulator, needs_model=False, port=port, is_private=False)
        async with local_app as app:
            _print_routes(command.out, app)
            try:
                check_settings(app.services.settings)
            except SettingError as error:
                command.print_line(f"warning: {error}; runs will fail", style="yellow")
            command.print_line("Press Ctrl-C to stop; unfinished runs resume at the next start.", style="dim")
            await asyncio.Event().wait()

    try:
        run_interruptibly(wait_for_signal, command.print_stopping)
    except InterruptedByUserError as error:
        raise InterruptedByUserError("stopped") from error


def _print_routes(console: Console, app: "LocalApp") -> None:
    """Print the HTTP functions in the format of the Functions Core Tools: ``name: [METHODS] url``."""
    console.print("Functions:\n")
    for name, methods, url in app.host.routes():
        console.print(Text(f"\t{name}: [{','.join(methods)}] {url}"), soft_wrap=True)
    console.print()
