"""Runs a simulator inside this process: in tests, and under the foreground command."""

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from model_simulator.faults import Faults, parse_faults
from model_simulator.server import Server
from model_simulator.service import SimulatedService

HOST = "127.0.0.1"
"""Never another one: the simulator knows no real keys and is nobody else's service."""


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """A simulator that answers.

    Attributes:
        url: its address without a path, to be used as the endpoint of the model.
        service: what it simulates.
    """

    url: str
    service: SimulatedService

    def stats(self) -> dict[str, Any]:
        """Return the document of ``GET /_stats``."""
        return self.service.stats.report()

    def set_faults(self, faults: Mapping[str, Any] | Faults) -> None:
        """Replace all faults, as ``PUT /_faults`` does.

        Raises:
            FaultsError: they cannot be used.
        """
        self.service.set_faults(_read_faults(faults))


@asynccontextmanager
async def running_simulator(
    *,
    seed: int = 7,
    faults: Mapping[str, Any] | Faults | None = None,
    port: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[RunningSimulator]:
    """Serve on the loopback interface for as long as the block lasts; calls in flight at its end are abandoned.

    Args:
        seed: of everything that is drawn.
        faults: the contents of a faults file; None = no faults.
        port: 0 = a free one.
        clock: the quota's monotonic clock, in seconds.

    Raises:
        FaultsError: ``faults`` cannot be used.
        OSError: the port is taken.
    """
    service = SimulatedService(seed=seed, faults=_read_faults(faults or {}), clock=clock)
    app = Server(service).make_app()
    # A caller that hangs up ends its handler at once, so that open images are counted truly.
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    try:
        await runner.setup()
        await web.TCPSite(runner, HOST, port).start()
        yield RunningSimulator(f"http://{HOST}:{runner.addresses[0][1]}", service)
    finally:
        await runner.cleanup()
        service.close()


def _read_faults(faults: Mapping[str, Any] | Faults) -> Faults:
    return faults if isinstance(faults, Faults) else parse_faults(json.dumps(faults))
