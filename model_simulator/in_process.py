"""Run a simulator inside this process: in tests, and for the foreground command."""

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
"""Loopback only: the simulator does not check real keys."""


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """A running simulator.

    Attributes:
        url: base URL without a path; the endpoint for clients.
        service: the simulated service.
    """

    url: str
    service: SimulatedService

    def stats(self) -> dict[str, Any]:
        """Return the document of ``GET /_stats``."""
        return self.service.stats.report()

    def set_faults(self, faults: Mapping[str, Any] | Faults) -> None:
        """Replace all faults, as ``PUT /_faults`` does.

        Raises:
            FaultsError: the faults are invalid.
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
    """Serve on the loopback interface inside a ``with`` block; its end cancels calls in flight.

    Args:
        seed: seed of all random choices.
        faults: content of a faults file; None = no faults.
        port: 0 = any free port.
        clock: monotonic clock of the quota, in seconds.

    Raises:
        FaultsError: ``faults`` is invalid.
        OSError: the port is taken.
    """
    service = SimulatedService(seed=seed, faults=_read_faults(faults or {}), clock=clock)
    app = Server(service).make_app()
    # Cancels a handler as soon as its caller disconnects, so that concurrent images are counted correctly.
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
