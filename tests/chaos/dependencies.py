"""Services that the app depends on, as processes that can be stopped and restarted at the same address."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from shared.config import StoreSettings
from shared.storage.store_contract import CONTAINERS
from tests.support.held_port import hold_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS, STOP_SECONDS = 300, 20
AZURITE = ROOT / "tests/azurite/node_modules/azurite/dist/src/blob/main.js"
KEEP_ALIVE = ROOT / "tests/azurite/keep_alive.cjs"
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The emulator's published account: https://learn.microsoft.com/azure/storage/common/storage-use-azurite"""


class Dependency(ABC):
    """A server process on a loopback port; the first start chooses a free port, later starts reuse it.

    The port stays reserved while the process is stopped, and refuses connections.
    """

    def __init__(self) -> None:
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self._reservation = ExitStack()

    def start(self) -> None:
        """Start the process and wait until it listens.

        Raises:
            RuntimeError: the process ended, or did not listen in time.
        """
        if not self.port:
            self.port = self._reservation.enter_context(hold_port())
        process = subprocess.Popen(
            self._make_command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self._process = process
        watchdog = threading.Timer(START_SECONDS, process.kill)
        watchdog.start()
        try:
            for line in process.stdout or ():
                if f"http://127.0.0.1:{self.port}" in line:
                    return
        finally:
            watchdog.cancel()
        raise RuntimeError(f"{process.args!r} ended with status {process.wait()!r} before it listened")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal and wait for the end of the process; no effect if it is not running."""
        process, self._process = self._process, None
        if process is not None:
            with process:
                process.send_signal(number)
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()

    def close(self) -> None:
        """Stop the process for good, and release its port."""
        self.stop()
        self._reservation.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def _make_command(self) -> Sequence[str]:
        """Return the command that listens on ``port`` and prints its URL."""


class Simulator(Dependency):
    """The model simulator, and the sum of its counters over all restarts.

    Args:
        folder: folder of the faults file.
        faults: content of the faults file.
    """

    def __init__(self, folder: Path, faults: Mapping[str, Any]) -> None:
        super().__init__()
        self._faults_file = folder / "faults.json"
        self._faults_file.write_text(json.dumps(faults), encoding="utf-8")
        self._saved_stats: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Base URL of the simulator."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Save the counters and stop the process."""
        if self._process is not None:
            self._saved_stats.append(self._fetch_stats())
        super().stop(number)

    def count_billed_prompts(self) -> Counter[str]:
        """Return how often each image prompt was billed, over all restarts."""
        billed: Counter[str] = Counter()
        for stats in self._list_stats():
            billed.update(stats["billedImagesByPrompt"])
        return billed

    def read_cost_usd(self) -> float:
        """Return the billed cost over all restarts."""
        return sum(float(stats["costUsd"]) for stats in self._list_stats())

    def _list_stats(self) -> list[dict[str, Any]]:
        return [*self._saved_stats, *([] if self._process is None else [self._fetch_stats()])]

    def _fetch_stats(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/_stats") as response:
            stats: dict[str, Any] = json.load(response)
        return stats

    def _make_command(self) -> Sequence[str]:
        return [
            *(sys.executable, "-P", "-m", "model_simulator", "--exit-with-stdin"),
            *("--port", str(self.port), "--faults", str(self._faults_file)),
        ]


class Azurite(Dependency):
    """Azurite, the storage emulator, with its data in a folder.

    Args:
        folder: the data folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def make_settings(self) -> StoreSettings:
        """Return the settings of a store in Azurite; the store creates its containers."""
        return StoreSettings(
            kind="blob",
            connection_string=(
                f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
                f"BlobEndpoint=http://127.0.0.1:{self.port}/{ACCOUNT};"
            ),
            containers={name: name for name in CONTAINERS},
        )

    def _make_command(self) -> Sequence[str]:
        node = shutil.which("node")
        if node is None or not AZURITE.is_file():
            raise RuntimeError("Azurite is not installed: install Node.js with npm and run 'make test' once")
        return [
            *(node, "--require", str(KEEP_ALIVE), str(AZURITE)),
            *("--blobPort", str(self.port), "--location", str(self._folder)),
            *("--silent", "--disableTelemetry", "--skipApiVersionCheck"),
        ]
