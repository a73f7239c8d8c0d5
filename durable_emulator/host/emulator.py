"""The emulator: an app's functions, a durable engine and an HTTP server on one folder."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from durable_emulator.engine import Clock, Engine, JournalError
from durable_emulator.engine.engine import DEFAULT_GRACE_SECONDS
from durable_emulator.engine.fault_injection import FaultInjector
from durable_emulator.errors import HostFolderError, HostPortError
from durable_emulator.host.app_definition import DEFAULT_ROUTE_PREFIX, TimerFunction, read_functions
from durable_emulator.host.host_folder import HostFolder
from durable_emulator.host.http_triggers import (
    HttpTriggers,
    empty_routing_errors,
    reject_foreign_origins,
    reject_undecodable_headers,
)
from durable_emulator.host.invocation import Invoker
from durable_emulator.host.local_client import LocalDurableClient
from durable_emulator.host.management_api import ManagementApi, make_client_binding, respond_when_stopped
from durable_emulator.sdk_internals import App, close_client_session

LOOPBACK = "127.0.0.1"
REQUEST_GRACE_SECONDS = 1.0
"""How long running HTTP functions may continue when the emulator stops."""

MAX_BODY_BYTES = 100 * 1024 * 1024
"""The Azure host's limit for a request body."""

BackgroundJob = Callable[[], Coroutine[Any, Any, None]]

logger = logging.getLogger("durable_emulator.host")


class DurableEmulator:
    """Runs an app on this machine. An async context manager; an instance starts only once.

    Args:
        app: the app, a ``DFApp``.
        folder: data folder; the emulator keeps its lock and journal in ``.seeder`` below it.
        port: port on 127.0.0.1; 0 = any free port.
        functions_key: key that callers of non-anonymous functions must send; None = no key.
        clock: source of the engine's time; None = the machine's clock.
        faults: fault injection of a test.
        route_prefix: first segments of every HTTP trigger's path.
        max_concurrent_activities: maximum number of concurrent activities; None = no limit.
        grace_seconds: how long running activities may continue when the emulator stops.

    Raises:
        RouteError: a route template of the app is not supported.
    """

    def __init__(
        self,
        app: App,
        folder: Path,
        *,
        port: int = 0,
        functions_key: str | None = None,
        clock: Clock | None = None,
        faults: FaultInjector | None = None,
        route_prefix: str = DEFAULT_ROUTE_PREFIX,
        max_concurrent_activities: int | None = None,
        grace_seconds: float = DEFAULT_GRACE_SECONDS,
    ) -> None:
        self._functions = read_functions(app)
        self._folder = HostFolder(folder)
        self._port = port
        self._clock = clock
        self._faults = faults
        self._max_concurrent_activities = max_concurrent_activities
        self._grace_seconds = grace_seconds
        # The secret path protects the endpoints from other users of the machine, who can reach the port, too.
        self._management_path = f"/runtime/webhooks/durabletask/{secrets.token_urlsafe(24)}/"
        self._invoker = Invoker(lambda: make_client_binding(self.management_url))
        self._triggers = HttpTriggers(self._functions.http, route_prefix, self._invoker, functions_key=functions_key)
        self._background_jobs: list[BackgroundJob] = []
        self._background_tasks: set[asyncio.Task[None]] = set()
        self._cleanup = AsyncExitStack()
        self._engine: Engine | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Base URL, such as ``http://127.0.0.1:7071``; valid after the start."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def management_url(self) -> str:
        """URL of the endpoints of the durable client, with their secret path; valid after the start."""
        return self.url + self._management_path

    @property
    def engine(self) -> Engine:
        """The durable engine.

        Raises:
            RuntimeError: the emulator was not started.
        """
        if self._engine is None:
            raise RuntimeError("the durable emulator was not started; call start() first")
        return self._engine

    def open_client(self) -> LocalDurableClient:
        """Return a durable client for a caller in this process; valid until the emulator stops.

        Raises:
            RuntimeError: the emulator was not started.
        """
        return LocalDurableClient(self.engine, make_client_binding(self.management_url))

    @property
    def timers(self) -> tuple[TimerFunction, ...]:
        """The app's timer triggers. The emulator does not run them."""
        return self._functions.timers

    def routes(self) -> list[tuple[str, tuple[str, ...], str]]:
        """Return function name, methods and URL of every HTTP trigger."""
        return [
            (route.function.function.name, route.function.methods, self.url + route.path)
            for route in self._triggers.routes
        ]

    def announce_url(self) -> None:
        """Let the error of another host in this folder name the URL; valid after the start.

        Raises:
            HostFolderError: the folder cannot be written.
        """
        self._folder.announce(self.url)

    def add_background_task(self, job: BackgroundJob) -> None:
        """Run a coroutine from the start (or from now) until the emulator stops; its errors are logged."""
        self._background_jobs.append(job)
        if self._engine is not None:
            self._start_background_job(job)

    async def start(self) -> None:
        """Lock the folder, listen, and resume unfinished instances.

        Raises:
            HostBusyError: another host uses the folder.
            HostFolderError: the folder cannot be used.
            HostPortError: the port cannot be used.
            SdkVersionError: the installed SDK is not the checked version.
        """
        async with AsyncExitStack() as undo:
            self._folder.acquire()
            undo.callback(self._folder.release)
            engine = self._make_engine()
            undo.push_async_callback(engine.stop, self._grace_seconds)
            await self._listen(engine, undo)
            undo.callback(self._invoker.close)
            undo.push_async_callback(close_client_session)
            self._cleanup = undo.pop_all()
        self._engine = engine
        engine.start()
        for job in self._background_jobs:
            self._start_background_job(job)

    async def stop(self) -> None:
        """Refuse requests, let running functions and activities end, and release port and folder.

        Activities without a recorded result run again when an emulator next starts on the folder.
        """
        self._triggers.is_stopping = True
        for task in self._background_tasks:
            task.cancel()
        if self._background_tasks:
            await asyncio.wait(self._background_tasks)
        # While the durable client's session is open: running functions use it.
        await self._triggers.wait_until_idle(REQUEST_GRACE_SECONDS)
        if self._engine is not None:
            # Before the server stops: running activities may still call the management endpoints.
            await self._engine.stop(self._grace_seconds)
        await self._cleanup.aclose()

    def _make_engine(self) -> Engine:
        try:
            return Engine(
                self._folder.journal_path,
                self._functions.orchestrators,
                {
                    name: partial(self._invoker.run_activity, function)
                    for name, function in self._functions.activities.items()
                },
                clock=self._clock,
                faults=self._faults,
                max_concurrent_activities=self._max_concurrent_activities,
            )
        except JournalError as error:
            raise HostFolderError(self._folder.folder, error) from error

    async def _listen(self, engine: Engine, undo: AsyncExitStack) -> None:
        server = web.Application(
            client_max_size=MAX_BODY_BYTES,
            middlewares=[
                reject_undecodable_headers,
                reject_foreign_origins,
                empty_routing_errors,
                respond_when_stopped,
            ],
        )
        server.add_routes(ManagementApi(engine, lambda: self.management_url).list_routes(self._management_path))
        self._triggers.register(server.router)
        # The Functions host leaves compressed bodies to the app, too.
        runner = web.AppRunner(server, access_log=None, auto_decompress=False, shutdown_timeout=REQUEST_GRACE_SECONDS)
        await runner.setup()
        undo.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, LOOPBACK, self._port).start()
        except OSError as error:
            raise HostPortError(self._port, error.strerror or error) from error
        self._port = runner.addresses[0][1]

    def _start_background_job(self, job: BackgroundJob) -> None:
        task = asyncio.get_running_loop().create_task(self._run_background_job(job))
        self._background_tasks.add(task)
        task.add_done_callback(self._background_tasks.discard)

    async def _run_background_job(self, job: BackgroundJob) -> None:
        try:
            await job()
        except Exception:
            logger.exception("Background job failed")
