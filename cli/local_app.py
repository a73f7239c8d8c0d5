"""Runs the app in a durable emulator of this process."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import function_app
from cli.app_client import AppClient, ProblemError, open_session
from cli.command_context import CommandContext
from cli.command_settings import use_simulator
from cli.disk_full import call_when_disk_full, cancel_when_disk_full, is_disk_full, silence_log_when
from cli.errors import CliError
from cli.follow_run import LOCAL_POLLING, WaitForChange, follow_run
from cli.offline_simulator import BackgroundSimulator
from cli.unfinished_runs import list_unfinished_runs, prepare_folder
from durable_emulator.host import DurableEmulator
from shared.config import SettingError, Settings
from shared.errors import CatalogSeederError, ModelError, UnknownRunError
from shared.models.protocol import is_provider_unusable
from shared.reasons import Reason
from shared.runs.run_files import read_request, read_stop_record
from shared.runs.status import RunStatus
from shared.runs.view import refresh_progress
from shared.services.container import Services, get_services, use_settings
from shared.services.health import check_settings
from shared.storage.protocol import Store

PROGRESS_INTERVAL_SECONDS = 2.0
"""Interval of updates of ``progress.json``, which may be at most 15 s old by contract. While all runs wait for a
person or for the provider's batches, which may take a day, it is updated when something has changed."""

PAUSED_CHECK_SECONDS = 15.0
"""Interval of looking whether a paused run was cancelled through the store alone. All else happens in this host."""

logger = logging.getLogger("cli")


@dataclass(frozen=True, slots=True)
class LocalApp:
    """The app in this process.

    Attributes:
        client: client of its HTTP functions.
        host: the durable emulator.
        services: its services.
        resumed_runs: ids of the runs that were unfinished when it started.
        followed_runs: ids of the runs that a command follows.
    """

    client: AppClient
    host: DurableEmulator
    services: Services
    resumed_runs: tuple[str, ...] = ()
    followed_runs: set[str] = field(default_factory=set)

    async def get_run(self, run_id: str) -> RunStatus:
        """Return the status of a run, and store it as ``progress.json``, as ``GET /api/runs/{runId}`` does.

        Makes no request: of a host that waits for hours, this is most of the work.

        Raises:
            CliError: the run does not exist, or the app cannot be reached.
        """
        try:
            return await refresh_progress(self.services, self.host.open_client(), run_id, is_running=True)
        except Exception:  # noqa: BLE001 - the app answers with a problem document, or has recovered
            return await self.client.get_run(run_id)

    async def follow_run(self, run_id: str, context: CommandContext) -> RunStatus:
        """Show the progress of a run of this host until it ends or pauses, and return its last status.

        Raises:
            CliError: the run does not exist, or the app cannot be reached.
            StoreUnavailableError: the store does not answer.
        """
        changes = self.host.engine.watch_changes()
        self.followed_runs.add(run_id)
        try:
            return await follow_run(self, run_id, context, LOCAL_POLLING, wait_for_change=changes.wait)
        finally:
            self.followed_runs.discard(run_id)

    def find_own_run(self, problem: ProblemError) -> str:
        """Return the run that holds a catalog, if this host runs it.

        Raises:
            ProblemError: ``problem`` itself, if it is another one.
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
    announce: Callable[[LocalApp], Awaitable[None]] | None = None,
    check_store: Callable[[Store], Awaitable[None]] | None = None,
) -> AsyncIterator[LocalApp]:
    """Check settings, store and providers, then run the app until the block ends.

    Args:
        settings: settings of the command.
        context: context of the command; prints warnings.
        simulator: the model simulator; None = the providers of the settings.
        needs_model: the command makes billed calls, so the providers are probed first.
        needs_text_model: the command makes text calls, so the text provider must be configured.
        port: port to listen on; 0 = any free port.
        is_private: only this process may call the app.
        announce: called as soon as the app listens, before anything is printed.
        check_store: raises an error if the store does not have what the command is about.

    Raises:
        SettingError: a setting is missing.
        CliError: a provider cannot be reached or refuses the key; unfinished runs would fail; the disk is full.
        StoreUnavailableError: the store does not answer.
        HostError: the durable emulator cannot start.
        SimulatorStartError: the model simulator cannot start.
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
        check_disk = await stack.enter_async_context(cancel_when_disk_full(is_full, folder))
        call_when_disk_full(services.store, check_disk)
        if check_store is not None:
            await check_store(services.store)
        unfinished = await prepare_folder(folder, services.store)
        needs_text_model = needs_text_model or await _any_needs_text(services.store, unfinished)
        await _check_services(services, needs_model, needs_text_model, unfinished, is_offline=simulator is not None)
        session = await stack.enter_async_context(open_session(is_loopback=True))  # outlives the host, which uses it
        host = DurableEmulator(function_app.app, folder, port=port, functions_key=settings.functions_key)
        await stack.enter_async_context(host)
        if not is_private:
            host.announce_url()
        started = host
        stack.callback(_log_statistics, host)
        client = AppClient(session, host.url, settings.functions_key)
        app = LocalApp(client, host, services, tuple(unfinished))
        host.add_background_task(lambda: _refresh_progress(app))
        host.add_background_task(lambda: _call_when_stopped(host, check_disk))
        if announce is not None:
            await announce(app)
        for warning in services.warn_of_shutdowns(datetime.now(UTC).date()):
            context.warn(warning)
        if unfinished:
            context.print_line(f"resuming {_format_run_count(unfinished)}", style="cyan")
        yield app


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
    """Return the settings with a random key: other users of the machine can reach the port."""
    return replace(settings, functions_key=secrets.token_urlsafe(24))


async def _check_services(
    services: Services, needs_model: bool, needs_text_model: bool, unfinished: list[str], *, is_offline: bool
) -> None:
    """Check what would make runs fail: settings, the store and the providers."""
    try:
        check_settings(services.settings, needs_text_model=needs_text_model)
    except SettingError as error:
        if needs_model:
            raise
        if unfinished:
            raise CliError(
                f"{error}: {_format_run_count(unfinished)} would resume and fail; "
                "set it, or cancel them with 'seeder cancel RUN'",
                reason="not_configured",
            ) from error
    await services.store.probe()
    if needs_model and not is_offline:
        try:
            await services.model.probe()
        except ModelError as error:
            address = services.settings.model.address
            if not is_provider_unusable(error):
                logger.warning("the model list at %s cannot be read; the run starts anyway: %s", address, error)
                return
            raise CliError(f"the model at {address} cannot be used: {error.message}", reason=error.reason) from error


async def _any_needs_text(store: Store, run_ids: Iterable[str]) -> bool:
    """Return whether any of the runs may call the text model; a run without a request may."""
    for run_id in run_ids:
        try:
            if (await read_request(store, run_id)).needs_text_model:
                return True
        except UnknownRunError:
            return True
    return False


async def _refresh_progress(app: LocalApp) -> None:
    """Read the status of each active run repeatedly: the app writes ``progress.json`` with each response.

    A command that follows a run does it for that run.
    """
    engine = app.host.engine
    changes = engine.watch_changes()
    while True:
        is_waiting, paused = True, list[str]()
        for run_id in set(list_unfinished_runs(engine)) - app.followed_runs:
            try:
                run = await app.get_run(run_id)
            except CliError:  # the command that follows the run reports it
                is_waiting = False
                continue
            is_waiting &= run.waits_for_batches or run.is_waiting
            if run.is_waiting:
                paused.append(run_id)
        if is_waiting:
            await wait_for_news(app.services.store, paused, changes.wait)
        else:
            await asyncio.sleep(PROGRESS_INTERVAL_SECONDS)


async def wait_for_news(store: Store, paused: Sequence[str], wait_for_change: WaitForChange) -> None:
    """Return after a change of the host, or once one of the paused runs was cancelled through the store."""
    while True:
        try:
            async with asyncio.timeout(PAUSED_CHECK_SECONDS if paused else None):
                return await wait_for_change(PROGRESS_INTERVAL_SECONDS)
        except TimeoutError:
            for run_id in paused:
                try:
                    stop = await read_stop_record(store, run_id)
                except CatalogSeederError:  # the next status of the run reports it
                    return None
                if stop is not None and stop.reason is Reason.CANCELLED:
                    return None


async def _call_when_stopped(host: DurableEmulator, callback: Callable[[], None]) -> None:
    await host.engine.wait_until_stopped()
    callback()


def _format_run_count(runs: list[str]) -> str:
    return f"{len(runs)} unfinished run{'' if len(runs) == 1 else 's'}"
