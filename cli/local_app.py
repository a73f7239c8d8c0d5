"""The app in an embedded host of this process, from the first check to the clean stop."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import function_app
from cli.app_client import AppClient, ProblemError, open_client
from cli.command_context import CommandContext
from cli.command_settings import use_simulator
from cli.disk_full import cancel_when_disk_full, is_disk_full, silence_log_when
from cli.errors import CliError
from cli.offline_simulator import BackgroundSimulator
from cli.unfinished_runs import list_unfinished_runs, prepare_folder
from durable_emulator.host import DurableEmulator
from shared.config import SettingError, Settings
from shared.errors import UnknownRunError
from shared.models.probe import is_provider_unusable
from shared.models.protocol import ModelError, Store
from shared.runs.run_files import read_request
from shared.services.container import Services, get_services, use_settings
from shared.services.health import check_settings

PROGRESS_INTERVAL_SECONDS = 2.0
"""Other processes read ``progress.json``; the contract allows it to be 15 s old."""


logger = logging.getLogger("cli")


@dataclass(frozen=True, slots=True)
class LocalApp:
    """The app, running here.

    Attributes:
        client: calls its HTTP functions.
        host: what it runs in.
        services: what it works with.
    """

    client: AppClient
    host: DurableEmulator
    services: Services

    def find_own_run(self, problem: ProblemError) -> str:
        """Return the run that keeps a catalog busy, if this very host runs it.

        Raises:
            ProblemError: ``problem`` itself, if it is something else.
        """
        run_id = str(problem.document.get("runId", ""))
        if problem.kind == "catalog-busy" and self.host.engine.find_instance(run_id) is not None:
            return run_id
        raise problem


@asynccontextmanager
async def open_local_app(
    settings: Settings,
    context: CommandContext,
    simulator: BackgroundSimulator | None,
    *,
    needs_model: bool,
    needs_text_model: bool = True,
    port: int = 0,
    is_private: bool = True,
) -> AsyncIterator[LocalApp]:
    """Check what can be checked, then run the app until the block ends.

    Args:
        settings: the command's settings.
        context: told what a person should know.
        simulator: what plays the model; None = the settings' own model.
        needs_model: the command makes paid calls: the model is probed first.
        needs_text_model: text calls among them, so that the text service has to be configured, too.
        port: where to listen; 0 = any free port.
        is_private: nobody but this process is to call the app.

    Raises:
        SettingError: a setting is missing.
        CliError: the model cannot be reached, or refuses us; unfinished runs would fail; the disk is full.
        StoreUnavailableError: the store cannot be used.
        HostError: the host cannot start.
        SimulatorStartError: the simulator could not start.
    """
    folder = Path(settings.store.folder)
    started: DurableEmulator | None = None

    def is_full() -> bool:
        return is_disk_full(services.store, started)

    async with AsyncExitStack() as stack:
        if simulator is not None:
            settings = use_simulator(settings, await asyncio.to_thread(simulator.wait_for_url))
        if is_private:
            settings = _add_random_key(settings)
        await use_settings(settings)
        stack.push_async_callback(use_settings, None)
        services = get_services()
        stack.enter_context(silence_log_when(is_full))
        await stack.enter_async_context(cancel_when_disk_full(is_full, folder))
        unfinished = await prepare_folder(folder, services.store)
        needs_text_model = needs_text_model or await _any_needs_text(services.store, unfinished)
        await _check_services(services, needs_model, needs_text_model, unfinished, is_offline=simulator is not None)
        for warning in services.warn_of_shutdowns(datetime.now(UTC).date()):
            context.warn(warning)
        host = DurableEmulator(function_app.app, folder, port=port, functions_key=settings.functions_key)
        await stack.enter_async_context(host)
        started = host
        stack.callback(_log_statistics, host)
        client = await stack.enter_async_context(open_client(host.url, settings.functions_key))
        host.add_background_task(lambda: _refresh_progress(host, client))
        if unfinished:
            context.print_line(f"taking up {_format_run_count(unfinished)}", style="cyan")
        yield LocalApp(client, host, services)


def _log_statistics(host: DurableEmulator) -> None:
    statistics = host.engine.statistics
    logger.info(
        "%d activities, %d episodes in %.2f s of CPU, longest history %d events",
        statistics.activities,
        statistics.episodes,
        statistics.orchestrator_cpu_seconds,
        statistics.max_history_events,
    )


def _add_random_key(settings: Settings) -> Settings:
    """Return the settings with a key that only this process knows: other users of the machine see the port, too."""
    return replace(settings, functions_key=secrets.token_urlsafe(24))


async def _check_services(
    services: Services, needs_model: bool, needs_text_model: bool, unfinished: list[str], *, is_offline: bool
) -> None:
    """Find now what would otherwise end runs: each setting, and an answer from what is behind it."""
    try:
        check_settings(services.settings, needs_text_model=needs_text_model)
    except SettingError as error:
        if needs_model:
            raise
        if unfinished:
            raise CliError(
                f"{error}: {_format_run_count(unfinished)} would go on and fail; "
                "configure it, or cancel them with 'seeder cancel RUN'",
                reason="not_configured",
            ) from error
    await services.store.probe()
    if needs_model and not is_offline:
        try:
            await services.model.probe()
        except ModelError as error:
            address = services.settings.model.address
            if not is_provider_unusable(error):
                logger.warning("the model list at %s cannot be read, the run starts all the same: %s", address, error)
                return
            raise CliError(f"the model at {address} cannot be used: {error.message}", reason=error.reason) from error


async def _any_needs_text(store: Store, run_ids: Iterable[str]) -> bool:
    """Tell whether any of some runs may call the text model; one whose request is gone may."""
    for run_id in run_ids:
        try:
            if (await read_request(store, run_id)).needs_text_model:
                return True
        except UnknownRunError:
            return True
    return False


async def _refresh_progress(host: DurableEmulator, client: AppClient) -> None:
    """Ask for each active run now and then: the app writes ``progress.json`` with each answer."""
    while True:
        for run_id in list_unfinished_runs(host.engine):
            with contextlib.suppress(CliError):  # whoever follows the run will tell
                await client.get_run(run_id)
        await asyncio.sleep(PROGRESS_INTERVAL_SECONDS)


def _format_run_count(runs: list[str]) -> str:
    return f"{len(runs)} unfinished run{'' if len(runs) == 1 else 's'}"
