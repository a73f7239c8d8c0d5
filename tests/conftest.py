"""What all tests may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.storage.folder import FolderStore
from tests.support.azurite import Azurite, run_azurite
from tests.support.memory_store import MemoryStore, RecordingStore


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """The storage emulator, started once by the first test that wants it."""
    with run_azurite() as running:
        yield running


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> RecordingStore:
    """An empty store that notes what is asked of it, in memory and in a folder, which must not make a difference."""
    return RecordingStore(MemoryStore() if request.param == "memory" else FolderStore(tmp_path))
