"""Fixtures and checks for all tests."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from shared.storage.folder import FolderStore
from tests.support.asyncio_log import leave_out_tracebacks
from tests.support.azurite import Azurite, run_azurite
from tests.support.clean_environment import remove_settings
from tests.support.memory_store import MemoryStore, RecordingStore
from tests.support.process_guard import ProcessGuard
from tests.support.repeatable_examples import use_repeatable_examples

_PROCESS_GUARD = ProcessGuard()

remove_settings()
leave_out_tracebacks()
use_repeatable_examples()  # before any test declares its own settings


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let only marked tests start processes."""
    with _PROCESS_GUARD.watch(item):
        return (yield)


@pytest.fixture(scope="session")
def azurite_of_session() -> Iterator[Azurite]:
    """Azurite, started by the first test that needs it; one for each xdist worker."""
    with run_azurite() as running:
        yield running


@pytest.fixture
def azurite(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Azurite:
    """Azurite, for tests with the marker `azurite`."""
    if request.node.get_closest_marker("azurite") is None:
        pytest.fail("The test uses Azurite. Mark it `azurite`.", pytrace=False)
    from shared.storage import blob_client  # noqa: PLC0415 - loads Azure's SDK, which most tests do without

    running: Azurite = request.getfixturevalue("azurite_of_session")
    # Most tests have no retry policy, and a busy machine may take seconds to connect.
    monkeypatch.setitem(blob_client._OPTIONS, "connection_timeout", 300)
    return running


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> RecordingStore:
    """An empty store that records its calls; once in memory and once in a folder, with the same results."""
    return RecordingStore(MemoryStore() if request.param == "memory" else FolderStore(tmp_path))
