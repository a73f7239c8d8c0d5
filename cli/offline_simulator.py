"""Runs the model simulator of ``--offline``; it starts while the app is imported, which takes about as long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.command_target import CommandTarget
from model_simulator.child_process import SimulatorProcess
from model_simulator.faults import load_faults

FIRST_RUN_SEED = 7
"""Seed of the first run of a folder."""


class BackgroundSimulator:
    """A process of the model simulator, started by a thread.

    Args:
        seed: seed of answers and faults.
        faults: JSON file with faults; None = none.
    """

    def __init__(self, seed: int, faults: Path | None) -> None:
        self._process = SimulatorProcess(seed=seed, faults_file=faults)
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._start, daemon=True)
        self._thread.start()

    def wait_for_url(self) -> str:
        """Return its URL once it answers.

        Raises:
            SimulatorStartError: it cannot start.
        """
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._process.url

    def stop(self) -> None:
        """Stop the process, even while it starts."""
        self._process.stop()
        self._thread.join()
        # The thread may have started the process after the first stop.
        self._process.stop()

    def _start(self) -> None:
        try:
            self._process.start()
        except Exception as error:  # noqa: BLE001 - raised by wait_for_url
            self._failure = error


def choose_seed(folder: Path) -> int:
    """Return a seed that depends on the number of runs in an output folder.

    With one seed, a restarted simulator would repeat its faults: what failed in a run would fail in each repair.
    """
    runs = folder / "runs"
    return FIRST_RUN_SEED + (sum(1 for _ in runs.iterdir()) if runs.is_dir() else 0)


@contextmanager
def start_simulator(target: CommandTarget) -> Iterator[BackgroundSimulator | None]:
    """Start a simulator if the target needs one, and stop it when the block ends.

    Raises:
        FaultsError: the file of faults cannot be used.
        SettingError: a setting cannot be used.
        CliError: ``.env`` cannot be read.
    """
    if not target.offline:
        yield None
        return
    if target.faults is not None:
        load_faults(target.faults)
    from cli.command_settings import load_command_settings  # noqa: PLC0415 - slow to import

    folder = Path(load_command_settings(target).store.folder)
    simulator = BackgroundSimulator(choose_seed(folder), target.faults)
    try:
        yield simulator
    finally:
        simulator.stop()
