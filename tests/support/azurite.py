"""Azurite, Microsoft's storage emulator, on a free port until the session ends."""

import re
import shutil
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.config import StoreSettings
from shared.storage.store_contract import CONTAINERS

FOLDER = Path(__file__).parent.parent / "azurite"
START_SECONDS = 300
# The emulator's published account: https://learn.microsoft.com/azure/storage/common/storage-use-azurite
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True, slots=True)
class Azurite:
    """A running emulator."""

    port: int

    @property
    def connection_string(self) -> str:
        return make_connection_string(self.port)

    def make_settings(self) -> StoreSettings:
        """Return settings with containers that no other test uses. The store creates them."""
        tag = uuid.uuid4().hex[:8]
        return StoreSettings(
            kind="blob",
            connection_string=self.connection_string,
            containers={name: f"{name}-{tag}" for name in CONTAINERS},
        )


def make_connection_string(port: int) -> str:
    return (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
        f"BlobEndpoint=http://127.0.0.1:{port}/{ACCOUNT};"
    )


@contextmanager
def run_azurite() -> Iterator[Azurite]:
    """Start Azurite's blob service and stop it afterwards. If it is not installed, the test fails with instructions."""
    node = shutil.which("node")
    program = FOLDER / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    if node is None or not program.is_file():
        pytest.fail("Azurite is not installed: install Node.js with npm and run 'make test'", pytrace=False)
    process = subprocess.Popen(
        [
            *(
                node,
                "--require",
                str(FOLDER / "keep_alive.cjs"),
                str(program),
                "--blobPort",
                "0",
                "--inMemoryPersistence",
            ),
            *("--silent", "--disableTelemetry", "--skipApiVersionCheck"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(START_SECONDS, process.kill)
    try:
        watchdog.start()
        port = _read_port(process)
        watchdog.cancel()
        yield Azurite(port)
    finally:
        watchdog.cancel()
        process.terminate()
        process.communicate()


def _read_port(process: "subprocess.Popen[str]") -> int:
    """Return the port that Azurite reports. The operating system chose it, so no other process can take it first."""
    lines: list[str] = []
    for line in process.stdout or ():
        lines.append(line)
        if found := re.search(r"successfully listens on http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    pytest.fail(f"Azurite did not start: {' '.join(lines).strip() or 'no output'}", pytrace=False)
