"""``seeder serve``: serve the app on a port of this machine."""
# ruff: noqa: PLC0415 - see cli.commands

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from cli.command_context import open_context
from cli.command_target import CommandTarget
from cli.offline_simulator import start_simulator
from cli.options import DEFAULT_PORT, PortOption, take_target

if TYPE_CHECKING:
    from cli.local_app import LocalApp


@take_target(simulates=True, is_remote=False)
def serve(context: typer.Context, *, port: PortOption = DEFAULT_PORT, target: CommandTarget) -> None:
    """Serve the app's HTTP functions on this machine until Ctrl-C."""
    command = open_context(context, None, as_json=False)
    with start_simulator(target) as simulator:
        from cli.command_settings import begin_command
        from cli.serve_app import serve_until_stopped

        settings = begin_command(command, target)

        async def announce(app: "LocalApp") -> None:
            _print_routes(command.out, app)

        serve_until_stopped(command, settings, simulator, port=port, announce=announce)


def _print_routes(console: Console, app: "LocalApp") -> None:
    """Print the HTTP functions in the format of the Functions Core Tools: ``name: [METHODS] url``."""
    console.print("Functions:\n")
    for name, methods, url in app.host.routes():
        console.print(Text(f"\t{name}: [{','.join(methods)}] {url}"), soft_wrap=True)
    console.print()
