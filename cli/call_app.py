"""Calls the app once, here or deployed: what prune and publish share."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from cli.app_client import AppClient, ProblemError, open_client
from cli.command_context import CommandContext
from cli.command_target import CommandTarget
from cli.follow_run import LOCAL_POLLING, follow_run
from cli.interrupts import run_interruptibly
from cli.local_app import LocalApp, open_local_app
from cli.offline_simulator import BackgroundSimulator
from shared.config import Settings

AppCall = Callable[[AppClient], Awaitable[dict[str, Any]]]


def call_app(
    context: CommandContext,
    target: CommandTarget,
    settings: Settings,
    simulator: BackgroundSimulator | None,
    call: AppCall,
) -> tuple[dict[str, Any], float]:
    """Return the response of a call, and its duration in seconds.

    Raises:
        CliError: the app refused the call, or cannot be reached.
    """

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
    """Call the app in this process, after unfinished runs of the catalog have ended."""
    while True:
        try:
            return await call(app.client)
        except ProblemError as problem:
            run_id = app.find_own_run(problem)
        context.print_line(f"waiting for unfinished run {run_id} of this catalog", style="cyan")
        await follow_run(app.client, run_id, context, LOCAL_POLLING)
        context.run = None  # the result of the command is not that of the run
