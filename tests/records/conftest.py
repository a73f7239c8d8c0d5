"""Records are tested over the store in memory, and over the folder store, which must not make a difference."""

from pathlib import Path

import pytest

from shared.adapters.store_folder import FolderStore
from tests.support.memory_store import MemoryStore, WatchedStore


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> WatchedStore:
    """An empty store that notes what is asked of it."""
    return WatchedStore(MemoryStore() if request.param == "memory" else FolderStore(tmp_path))
