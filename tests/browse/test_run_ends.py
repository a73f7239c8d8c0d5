"""The end of a run saves the index of a large catalog."""

import pytest

from shared.browse import catalog_indexes
from shared.browse.saved_index import read_saved_index
from shared.errors import StoreUnavailableError
from shared.messages.base import Counters
from shared.messages.run import FinishRunInput, PublishResult
from shared.runs import close
from shared.services.container import use_services
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.browsed_catalogs import store_image
from tests.support.catalogs import CATALOG, write_batches
from tests.support.memory_store import MemoryStore

ENDING = FinishRunInput(RUN, CATALOG, Counters(accepted=2), published=PublishResult("Completed", items=2, images=2))


@pytest.fixture(autouse=True)
def _restore_services() -> object:
    yield
    use_services(None)


async def end_run(store: MemoryStore) -> dict[str, object]:
    items = await write_batches(store, ["Fox", "Owl"])
    for item in items:
        await store_image(store, item, run_id=RUN)
    await start_run_in(store, target_count=2)
    return await deliver(start_process(store, None), "close_run", ENDING)


async def test_the_index_of_a_large_catalog_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(close, "MIN_ITEMS_SAVED_BY_RUN", 2)
    monkeypatch.setattr(catalog_indexes, "MIN_SAVED_SCAN_SECONDS", 0.0)
    store = MemoryStore()
    assert (await end_run(store))["status"] == "Completed"
    saved = await read_saved_index(store, CATALOG)
    assert saved is not None
    assert [saved.find_image(number) is not None for number in range(2)] == [True, True]
    process = start_process(store, None)
    assert await process.catalog_indexes.load(CATALOG) == saved  # the claim was released before


async def test_a_small_catalog_is_not_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_indexes, "MIN_SAVED_SCAN_SECONDS", 0.0)
    store = MemoryStore()
    await end_run(store)
    assert await read_saved_index(store, CATALOG) is None


async def test_a_run_ends_although_its_index_cannot_be_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise StoreUnavailableError("the store is down")

    monkeypatch.setattr(close, "MIN_ITEMS_SAVED_BY_RUN", 2)
    monkeypatch.setattr(catalog_indexes, "scan_images", fail)
    assert (await end_run(MemoryStore()))["status"] == "Completed"
