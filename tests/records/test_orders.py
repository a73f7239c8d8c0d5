"""What an image service was asked to make is remembered over crashes, and while the store is away."""

import pytest

from shared.domain import paths
from shared.ports import StoreUnavailableError
from shared.records.files import DamagedFileError
from shared.records.orders import UNWRITTEN_ORDERS, StoredOrders
from tests.support.catalogs import list_paths, read_data
from tests.support.memory_store import MemoryStore, WatchedStore

RUN = "8203891199999-0a1b2c3d"
JOB = f"{RUN}/item-1"


class StoreThatIsAway(MemoryStore):
    """A store that can be read, and nothing else."""

    async def write(self, *_args: object, **_options: object) -> str:
        raise StoreUnavailableError("away")

    async def delete(self, *_args: object, **_options: object) -> bool:
        raise StoreUnavailableError("away")


async def test_an_order_is_found_by_another_process(store: WatchedStore) -> None:
    assert await StoredOrders(store).find(JOB) is None
    await StoredOrders(store).enter(JOB, "order-1")
    assert await StoredOrders(store).find(JOB) == "order-1"
    assert await StoredOrders(store).find(f"{RUN}/item-2") is None
    assert await read_data(store, f"runs/{RUN}/requests/item-1.json") == {"requestId": "order-1"}


async def test_a_later_order_takes_the_place_of_an_earlier_one(store: WatchedStore) -> None:
    orders = StoredOrders(store)
    await orders.enter(JOB, "order-1")
    await orders.enter(JOB, "order-2")
    assert await orders.find(JOB) == "order-2"


async def test_a_struck_order_is_gone_and_striking_it_again_does_nothing(store: WatchedStore) -> None:
    orders = StoredOrders(store)
    await orders.enter(JOB, "order-1")
    await orders.strike(JOB)
    await orders.strike(JOB)
    assert await orders.find(JOB) is None
    assert await list_paths(store, f"runs/{RUN}/") == []


async def test_while_the_store_is_away_this_process_remembers() -> None:
    orders = StoredOrders(StoreThatIsAway())
    await orders.enter(JOB, "order-1")
    assert await orders.find(JOB) == "order-1"
    await orders.strike(JOB)
    assert await orders.find(JOB) is None


async def test_what_this_process_remembers_is_bounded() -> None:
    orders = StoredOrders(StoreThatIsAway())
    for number in range(UNWRITTEN_ORDERS + 1):
        await orders.enter(f"{RUN}/item-{number}", f"order-{number}")
    assert await orders.find(f"{RUN}/item-0") is None
    assert await orders.find(f"{RUN}/item-{UNWRITTEN_ORDERS}") == f"order-{UNWRITTEN_ORDERS}"


async def test_a_damaged_order_is_not_taken_for_none(store: WatchedStore) -> None:
    await store.write(paths.order_file(RUN, "item-1"), b"{}", content_type="application/json")
    with pytest.raises(DamagedFileError, match=r"requests/item-1\.json"):
        await StoredOrders(store).find(JOB)
