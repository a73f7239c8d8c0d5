"""Serves the app on a port of this machine until Ctrl-C: what serve and review share."""

import asyncio
from collections.abc import Awaitable, Callable

from cli.command_context import CommandContext
from cli.errors import InterruptedByUserError
from cli.interrupts import run_interruptibly
from cli.local_app import LocalApp, open_local_app
from cli.offline_simulator import BackgroundSimulator
from shared.config import SettingError, Settings
from shared.services.health import check_settings
from shared.storage.protocol import Store

STOP_HINT = "Press Ctrl-C to stop; unfinished runs resume at the next start."


def serve_until_stopped(
    context: CommandContext,
    settings: Settings,
    simulator: BackgroundSimulator | None,
    *,
    port: int,
    announce: Callable[[LocalApp], Awaitable[None]],
    check_store: Callable[[Store], Awaitable[None]] | None = None,
) -> None:
    """Serve the app; ends with an error, at the latest by Ctrl-C.

    Args:
        context: context of the command.
        settings: settings of the command.
        simulator: the model simulator; None = the providers of the settings.
        port: port to listen on; 0 = any free port.
        announce: prints where the app is, as soon as it listens and before anything else is printed.
        check_store: raises an error if the store does not have what the command is about.

    Raises:
        InterruptedByUserError: Ctrl-C, or a signal to terminate.
        HostError: another host uses the folder, or the port cannot be used.
        StoreUnavailableError: the store does not answer.
    """

    async def wait_for_signal() -> None:
        local_app = open_local_app(
            settings,
            context,
            simulator,
            needs_model=False,
            port=port,
            is_private=False,
            announce=announce,
            check_store=check_store,
        )
        async with local_app as app:
            try:
                check_settings(app.services.settings)
            except SettingError as error:
                context.warn(f"{error}; runs will fail")
            context.print_line(STOP_HINT, style="dim")
            await asyncio.Event().wait()

    try:
        run_interruptibly(wait_for_signal, context.print_stopping)
    except InterruptedByUserError as error:
        raise InterruptedByUserError("stopped") from error
