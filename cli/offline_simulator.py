"""The simulator behind ``--offline``: it starts while the app is still being imported, which takes about as long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.command_target import CommandTarget
from model_simulator.child_process import SimulatorProcess
from model_simulator.faults import load_faults

FIRST_RUN_SEED = 7
"""For the first run of a folder."""


class BackgroundSimulator:
    """A simulator process that is started by a thread.

    Args:
        seed: of everything that is drawn.
        faults: JSON file of what it does on purpose; None = nothing.
    """

    def __init__(self, seed: int, faults: Path | None) -> None:
        self._process = SimulatorProcess(seed=seed, faults_file=faults)
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


def choose_seed(folder: Path) -> int:
    """Return a seed that follows from how many runs an output folder has seen.

    With the same seed a simulator that is started anew would do the same again: whatever failed at each of its tries
    would fail in each repair, too.
    """
    runs = folder / "runs"
    return FIRST_RUN_SEED + (sum(1 for _ in runs.iterdir()) if runs.is_dir() else 0)


@contextmanager
def start_simulator(target: CommandTarget) -> Iterator[BackgroundSimulator | None]:
    """Start a simulator if the place asks for one, and stop it when the block ends.

    Raises:
        FaultsError: the faults file cannot be used.
        SettingError: a setting of the command cannot be used.
        CliError: ``.env`` cannot be read.
    """
    if not target.offline:
        yield None
        return
    if target.faults is not None:
        load_faults(target.faults)
    from cli.command_settings import load_command_settings  # noqa: PLC0415 - only now: it takes a while to load

    folder = Path(load_command_settings(target).store.folder)
    simulator = BackgroundSimulator(choose_seed(folder), target.faults)
    try:
        yield simulator
    finally:
        simulator.stop()
