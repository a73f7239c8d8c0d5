from collections.abc import AsyncIterator

from bench.counting_store import CountingStore, StoreCounts
from tests.support.memory_store import MemoryStore

JSON_TYPE = "application/json"


async def test_bytes_of_records_and_of_images_are_counted_apart() -> None:
    counts = StoreCounts()
    store = CountingStore(MemoryStore(), counts)
    await store.write("catalogs/toys/catalog.json", b"12345", content_type=JSON_TYPE)
    await store.create("runs/1/request.json", b"123", content_type=JSON_TYPE)
    await store.write_chunks("catalogs/toys/manifest.json", list_chunks(), content_type=JSON_TYPE)
    await store.write("catalogs/toys/images/a.png", b"1234567", content_type="image/png")
    assert (counts.record_bytes, counts.image_bytes) == (5 + 3 + 4, 7)
    assert counts.operations == {"write": 2, "create": 1, "write_chunks": 1}


async def test_what_a_listing_brings_is_counted_by_the_file() -> None:
    counts = StoreCounts()
    store = CountingStore(MemoryStore(), counts)
    for name in "abc":
        await store.write(f"catalogs/toys/{name}", b"", content_type=JSON_TYPE)
    assert [info.path async for info in store.list_files("catalogs/toys/")] == [f"catalogs/toys/{n}" for n in "abc"]
    assert (counts.operations["list_files"], counts.files_listed) == (1, 3)


async def test_the_store_behind_it_does_the_work() -> None:
    behind = MemoryStore()
    store = CountingStore(behind, StoreCounts())
    await store.write("catalogs/toys/catalog.json", b"[]", content_type=JSON_TYPE)
    assert await behind.read("catalogs/toys/catalog.json") == await store.read("catalogs/toys/catalog.json")
    assert await store.delete("catalogs/toys/catalog.json")
    assert await behind.describe("catalogs/toys/catalog.json") is None


async def list_chunks() -> AsyncIterator[bytes]:
    yield b"12"
    yield b"34"
