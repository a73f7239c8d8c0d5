"""The simulator behind ``--offline``: it starts while the app is still being imported, which takes about as long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.cli.place import Place
from local.simulator.faults import load_faults
from local.simulator.process import SimulatorProcess

SIMULATOR_SEED = 7


class EarlySimulator:
    """A simulator process that is started by a thread.

    Args:
        faults: JSON file of what it does on purpose; None = nothing.
    """

    def __init__(self, faults: Path | None) -> None:
        self._process = SimulatorProcess(seed=SIMULATOR_SEED, faults_file=faults)
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._start, daemon=True)
        self._thread.start()

    def wait_for_url(self) -> str:
        """Return its address once it answers.

        Raises:
            SimulatorStartError: it could not start.
        """
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._process.url

    def stop(self) -> None:
        """Stop it, also while it still starts."""
        self._process.stop()
        self._thread.join()
        # The thread may have started its process only after the first stop.
        self._process.stop()

    def _start(self) -> None:
        try:
            self._process.start()
        except Exception as error:  # noqa: BLE001 - handed over to the one who waits
            self._failure = error


@contextmanager
def start_simulator(place: Place) -> Iterator[EarlySimulator | None]:
    """Start a simulator if the place asks for one, and stop it when the block ends.

    Raises:
        FaultsError: the faults file cannot be used.
    """
    if not place.offline:
        yield None
        return
    if place.faults is not None:
        load_faults(place.faults)
    simulator = EarlySimulator(place.faults)
    try:
        yield simulator
    finally:
        simulator.stop()
