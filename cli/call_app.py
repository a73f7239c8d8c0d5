"""Calls the app once for a catalog, here or deployed: what prune and publish share."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cli.app_client import AppClient, ProblemError, open_client
from cli.command_context import CommandContext
from cli.command_settings import begin_command
from cli.command_target import CommandTarget
from cli.interrupts import run_interruptibly
from cli.local_app import LocalApp, open_local_app
from cli.offline_simulator import BackgroundSimulator
from cli.run_output import Locator, choose_locator

AppCall = Callable[[AppClient], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class AppResponse:
    """The response of a call.

    Attributes:
        body: the JSON object.
        seconds: duration of the call.
        locate: returns where a file that the response names is.
    """

    body: dict[str, Any]
    seconds: float
    locate: Locator

    def locate_outputs(self) -> dict[str, str]:
        """Return where the outputs are, by name."""
        return {name: self.locate(path) for name, path in self.body["outputs"].items()}


def call_app(
    context: CommandContext, target: CommandTarget, simulator: BackgroundSimulator | None, call: AppCall
) -> AppResponse:
    """Read the settings, call the app, and return its response.

    Raises:
        SettingError: a setting cannot be used.
        CliError: the app refused the call, or cannot be reached.
    """
    settings = begin_command(context, target)

    async def perform() -> dict[str, Any]:
        if target.url is not None:
            async with open_client(target.origin, settings.functions_key) as client:
                return await call(client)
        async with open_local_app(settings, context, simulator, needs_model=False) as app:
            return await _call_local_app(context, app, call)

    started = time.monotonic()
    body = run_interruptibly(perform, context.print_stopping)
    locate = choose_locator(settings.store, is_local=target.url is None)
    return AppResponse(body, time.monotonic() - started, locate)


async def _call_local_app(context: CommandContext, app: LocalApp, call: AppCall) -> dict[str, Any]:
    """Call the app in this process, after unfinished runs of the catalog have ended."""
    while True:
        try:
            return await call(app.client)
        except ProblemError as problem:
            run_id = app.find_own_run(problem)
        context.print_line(f"waiting for unfinished run {run_id} of this catalog", style="cyan")
        await app.follow_run(run_id, context)
        context.run = None  # the result of the command is not that of the run
