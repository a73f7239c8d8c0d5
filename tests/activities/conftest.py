"""Every activity is tested through its registered function, over a store in memory that can die."""

from collections.abc import Iterator

import pytest

from shared.services.container import use_services
from tests.support.memory_store import MemoryStore, RecordingStore
from tests.support.scripted_model import ScriptedModel


@pytest.fixture(autouse=True)
def _no_services_are_left() -> Iterator[None]:
    yield
    use_services(None)


@pytest.fixture
def store() -> RecordingStore:
    """An empty store that notes what is asked of it."""
    return RecordingStore(MemoryStore())


@pytest.fixture
def model() -> ScriptedModel:
    """A model that answers everything."""
    return ScriptedModel()
