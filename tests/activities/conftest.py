"""Every activity is tested through its registered function, over a store in memory that can die."""

from collections.abc import Iterator

import pytest

from shared import wiring
from tests.support.memory_store import MemoryStore, WatchedStore
from tests.support.scripted_model import ScriptedModel


@pytest.fixture(autouse=True)
def _no_services_are_left() -> Iterator[None]:
    yield
    wiring._services = None


@pytest.fixture
def store() -> WatchedStore:
    """An empty store that notes what is asked of it."""
    return WatchedStore(MemoryStore())


@pytest.fixture
def model() -> ScriptedModel:
    """A model that answers everything."""
    return ScriptedModel()
