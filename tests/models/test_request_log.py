"""What an image service was asked to make is remembered over crashes, and while the store is away."""

import pytest

from shared.errors import StoreUnavailableError
from shared.models.request_log import MAX_UNWRITTEN_REQUESTS, StoredRequestLog
from shared.storage import paths
from shared.storage.json_files import DamagedFileError
from tests.support.catalogs import list_paths, read_data
from tests.support.memory_store import MemoryStore, RecordingStore

RUN = "8203891199999-0a1b2c3d"
JOB = f"{RUN}/item-1"


class StoreThatIsAway(MemoryStore):
    """A store that can be read, and nothing else."""

    async def write(self, *_args: object, **_options: object) -> str:
        raise StoreUnavailableError("away")

    async def delete(self, *_args: object, **_options: object) -> bool:
        raise StoreUnavailableError("away")


async def test_an_order_is_found_by_another_process(store: RecordingStore) -> None:
    assert await StoredRequestLog(store).find(JOB) is None
    await StoredRequestLog(store).record(JOB, "order-1")
    assert await StoredRequestLog(store).find(JOB) == "order-1"
    assert await StoredRequestLog(store).find(f"{RUN}/item-2") is None
    assert await read_data(store, f"runs/{RUN}/requests/item-1.json") == {"requestId": "order-1"}


async def test_a_later_order_takes_the_place_of_an_earlier_one(store: RecordingStore) -> None:
    request_log = StoredRequestLog(store)
    await request_log.record(JOB, "order-1")
    await request_log.record(JOB, "order-2")
    assert await request_log.find(JOB) == "order-2"


async def test_a_struck_order_is_gone_and_striking_it_again_does_nothing(store: RecordingStore) -> None:
    request_log = StoredRequestLog(store)
    await request_log.record(JOB, "order-1")
    await request_log.remove(JOB)
    await request_log.remove(JOB)
    assert await request_log.find(JOB) is None
    assert await list_paths(store, f"runs/{RUN}/") == []


async def test_while_the_store_is_away_this_process_remembers() -> None:
    request_log = StoredRequestLog(StoreThatIsAway())
    await request_log.record(JOB, "order-1")
    assert await request_log.find(JOB) == "order-1"
    await request_log.remove(JOB)
    assert await request_log.find(JOB) is None


async def test_what_this_process_remembers_is_bounded() -> None:
    request_log = StoredRequestLog(StoreThatIsAway())
    for number in range(MAX_UNWRITTEN_REQUESTS + 1):
        await request_log.record(f"{RUN}/item-{number}", f"order-{number}")
    assert await request_log.find(f"{RUN}/item-0") is None
    assert await request_log.find(f"{RUN}/item-{MAX_UNWRITTEN_REQUESTS}") == f"order-{MAX_UNWRITTEN_REQUESTS}"


async def test_a_damaged_order_is_not_taken_for_none(store: RecordingStore) -> None:
    await store.write(paths.request_log_file(RUN, "item-1"), b"{}", content_type="application/json")
    with pytest.raises(DamagedFileError, match=r"requests/item-1\.json"):
        await StoredRequestLog(store).find(JOB)
