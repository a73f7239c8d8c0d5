"""Why images failed, as the records of a run say."""

import pytest

from shared.browse.catalog_index import RunFailures
from shared.browse.item_rows import ItemFailure
from shared.browse.run_failures import read_run_failures
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, DamagedFileError
from tests.support.memory_store import MemoryStore

RUN = "8204736700000-0a1b2c3d"


@pytest.mark.parametrize("name", ["failed_images.json", "failures/item-1.json"])
@pytest.mark.parametrize("content", [b"{", b"[7]", b'{"productId": "item-1", "reason": "bad_image"}'])
async def test_a_record_that_this_app_did_not_write_is_reported_as_damaged(name: str, content: bytes) -> None:
    store = MemoryStore()
    path = paths.run_file(RUN, name)
    await store.write(path, content, content_type=JSON_TYPE)
    with pytest.raises(DamagedFileError) as raised:
        await read_run_failures(store, RUN, RunFailures())
    assert raised.value.path == path


async def test_the_records_of_an_active_run_are_read() -> None:
    store = MemoryStore()
    content = b'{"productId": "sku 1", "reason": "bad_image", "message": "It is grey."}'
    await store.write(paths.failure_file(RUN, "item-1"), content, content_type=JSON_TYPE)
    failures = await read_run_failures(store, RUN, RunFailures())
    assert failures.by_public_id == {"sku 1": ItemFailure("bad_image", "It is grey.")}
