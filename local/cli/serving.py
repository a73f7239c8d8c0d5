"""``seeder serve``: the app on a port of this machine, until it is told to stop."""

import asyncio

from rich.console import Console
from rich.text import Text

from local.cli.environment import begin_command
from local.cli.errors import InterruptedByUserError
from local.cli.interrupts import run_interruptibly
from local.cli.local_app import LocalApp, open_local_app
from local.cli.offline import EarlySimulator
from local.cli.place import Place
from local.cli.session import Session
from shared.config import SettingError
from triggers.health import check_settings


def serve_app(session: Session, place: Place, port: int, simulator: EarlySimulator | None) -> None:
    """Serve the app; unfinished runs of before go on by themselves.

    Raises:
        InterruptedByUserError: at its end: a signal is what ends it.
        CliError: it cannot be served.
    """
    settings = begin_command(session, place)

    async def serve() -> None:
        app_here = open_local_app(settings, session, simulator, needs_model=False, port=port, is_private=False)
        async with app_here as app:
            _show_routes(session.out, app)
            try:
                check_settings(app.services)
            except SettingError as error:
                session.tell(f"warning: {error}; runs will fail", style="yellow")
            session.tell("Ctrl-C stops the host; runs are taken up where they were at the next start", style="dim")
            await asyncio.Event().wait()

    try:
        run_interruptibly(serve, session.tell_stopping)
    except InterruptedByUserError as error:
        raise InterruptedByUserError("stopped") from error


def _show_routes(console: Console, app: LocalApp) -> None:
    """Print the HTTP functions as the Functions Core Tools do: ``name: [METHODS] url``."""
    console.print("Functions:\n")
    for name, methods, url in app.host.routes():
        console.print(Text(f"\t{name}: [{','.join(methods)}] {url}"), soft_wrap=True)
    console.print()
