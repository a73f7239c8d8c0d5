"""The embedded host: an app's functions, an engine and an HTTP server, from one folder."""

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
from durable_emulator.host.app_functions import App, TimerFunction, read_functions
from durable_emulator.host.client_binding import close_shared_session, make_client_binding
from durable_emulator.host.errors import HostFolderError, HostPortError
from durable_emulator.host.host_folder import HostFolder
from durable_emulator.host.host_json import DEFAULT_ROUTE_PREFIX
from durable_emulator.host.http_bridge import read_request, read_trace, write_response
from durable_emulator.host.invocation import Invoker
from durable_emulator.host.management_api import ManagementApi, respond_when_stopped
from durable_emulator.host.request_access import has_key, reject_foreign_origins
from durable_emulator.host.routing import Match, RouteTable

LOOPBACK = "127.0.0.1"
MAX_BODY_BYTES = 100 * 1024 * 1024
"""The Azure host's own limit for a request."""

BackgroundJob = Callable[[], Coroutine[Any, Any, None]]

logger = logging.getLogger("durable_emulator.host")


class DurableEmulator:
    """Runs an app on this machine, once; an async context manager.

    Args:
        app: ``function_app.app``, or another ``DFApp``.
        folder: data folder; the host keeps its lock and journal in ``.seeder`` below it.
        port: where to listen on 127.0.0.1; 0 = any free port.
        functions_key: what callers of functions that are not anonymous must bring; None = nothing.
        clock: where the engine's time comes from.
        faults: a test's interference with the engine.
        route_prefix: first segments of every HTTP trigger's path.
        max_concurrent_activities: how many activities run at the same time; None = no limit.
        grace_seconds: how long running activities may go on while the host stops.

    Raises:
        RouteError: a route of the app cannot be served.
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
        self._routes = RouteTable(self._functions.http, route_prefix)
        self._folder = HostFolder(folder)
        self._port = port
        self._functions_key = functions_key
        self._clock = clock
        self._faults = faults
        self._max_concurrent_activities = max_concurrent_activities
        self._grace_seconds = grace_seconds
        # Only who has this path can manage instances: other users of the machine can reach the port, too.
        self._management_path = f"/runtime/webhooks/durabletask/{secrets.token_urlsafe(24)}/"
        self._invoker = Invoker(lambda: make_client_binding(self._management_url))
        self._background_jobs: list[BackgroundJob] = []
        self._background_tasks: set[asyncio.Task[None]] = set()
        self._cleanup = AsyncExitStack()
        self._engine: Engine | None = None
        self._is_stopping = False

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
        """Where the host listens, such as ``http://127.0.0.1:7071``; known once it is started."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def engine(self) -> Engine:
        """The durable engine.

        Raises:
            RuntimeError: the host was not started.
        """
        if self._engine is None:
            raise RuntimeError("the embedded host has no engine yet; start it first")
        return self._engine

    @property
    def timers(self) -> tuple[TimerFunction, ...]:
        """The app's timer triggers; they are accepted, and not run."""
        return self._functions.timers

    def routes(self) -> list[tuple[str, tuple[str, ...], str]]:
        """Return function name, methods and URL of every HTTP trigger."""
        return [
            (route.function.function.name, route.function.methods, self.url + route.path)
            for route in self._routes.routes
        ]

    def add_background_task(self, job: BackgroundJob) -> None:
        """Run a coroutine beside the app, from the start (or now) until the host stops; its errors are logged."""
        self._background_jobs.append(job)
        if self._engine is not None:
            self._start_background_job(job)

    async def start(self) -> None:
        """Take the folder, listen, and take up what an earlier host left unfinished.

        Raises:
            HostBusyError: another host runs from the folder.
            HostFolderError: the folder cannot be used.
            HostPortError: the port cannot be listened on.
        """
        async with AsyncExitStack() as undo:
            self._folder.acquire()
            undo.callback(self._folder.release)
            engine = self._make_engine()
            undo.push_async_callback(engine.stop, self._grace_seconds)
            await self._listen(engine, undo)
            undo.callback(self._invoker.close)
            undo.push_async_callback(close_shared_session)
            self._cleanup = undo.pop_all()
        self._engine = engine
        engine.start()
        for job in self._background_jobs:
            self._start_background_job(job)

    async def stop(self) -> None:
        """Take no new work, give running activities a short grace, and let go of port and folder.

        What has no recorded result by then runs again when a host is next started on the folder.
        """
        self._is_stopping = True
        for task in self._background_tasks:
            task.cancel()
        if self._background_tasks:
            await asyncio.wait(self._background_tasks)
        if self._engine is not None:
            # First of all, while the management endpoints still answer: activities may use a durable client.
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
            client_max_size=MAX_BODY_BYTES, middlewares=[reject_foreign_origins, respond_when_stopped]
        )
        server.add_routes(ManagementApi(engine, lambda: self._management_url).list_routes(self._management_path))
        server.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(server, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        undo.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, LOOPBACK, self._port).start()
        except OSError as error:
            raise HostPortError(self._port, error.strerror or error) from error
        self._port = runner.addresses[0][1]

    async def _serve(self, request: web.Request) -> web.Response:
        if self._is_stopping:
            return web.Response(status=503, headers={"Retry-After": "5"})
        found = self._routes.find(request.method, request.rel_url.raw_path)
        if not isinstance(found, Match):
            if not found:
                return web.Response(status=404)
            return web.Response(status=405, headers={"Allow": ", ".join(sorted(found))})
        if found.function.needs_key and self._functions_key and not has_key(request, self._functions_key):
            return web.Response(status=401)
        value = await read_request(request, found.parameters)
        try:
            result = await self._invoker.invoke(found.function.function, value, read_trace(request))
            return write_response(result)
        except Exception:
            logger.exception("Function %s failed", found.function.function.name)
            return web.Response(status=500)

    def _start_background_job(self, job: BackgroundJob) -> None:
        task = asyncio.get_running_loop().create_task(self._run_background_job(job))
        self._background_tasks.add(task)
        task.add_done_callback(self._background_tasks.discard)

    async def _run_background_job(self, job: BackgroundJob) -> None:
        try:
            await job()
        except Exception:
            logger.exception("A background job failed")

    @property
    def _management_url(self) -> str:
        return self.url + self._management_path
