"""The end of a run publishes what reviews admit, by the decisions at that time."""

from typing import Any

import pytest

from shared.catalog.items import Item
from shared.messages.run import FinishRunInput, PublishResult
from shared.reasons import Reason
from shared.reviews.decisions import Verdict
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, read_data, write_batches, write_images
from tests.support.decisions import approve, decide, reject
from tests.support.memory_store import RecordingStore

CATALOG_FILE = paths.catalog_file(CATALOG, "catalog.json")


async def start(store: RecordingStore, **changes: Any) -> list[Item]:
    """Begin a run over a catalog of three items with an image; another file is published already."""
    await start_run_in(store, target_count=3, thumbnails=False, **changes)
    items = await write_batches(store, ["Ann", "Bob", "Cid"])
    await write_images(store, items)
    await store.write(CATALOG_FILE, b'["published before"]', content_type=JSON_TYPE)
    return items


async def end(process: Services) -> PublishResult:
    return PublishResult.from_json(await deliver(process, "publish_catalog", FinishRunInput(RUN, CATALOG)))


async def list_names(store: RecordingStore, path: str) -> list[str]:
    return [row["name"] for row in await read_data(store, path)]


async def test_a_run_leaves_rejected_items_out_and_is_completed_all_the_same(store: RecordingStore) -> None:
    _, bob, _ = await start(store)
    await reject(store, bob)
    published = await end(start_process(store, None))
    assert (published.status, published.items, published.images) == ("Completed", 3, 3)
    assert published.left_out == {"rejected": 1}
    assert len(published.notes) == 1
    assert await list_names(store, CATALOG_FILE) == ["Ann", "Cid"]


async def test_a_run_that_requires_a_review_publishes_approved_items_only(store: RecordingStore) -> None:
    ann, bob, _ = await start(store, review="required")
    await approve(store, ann)
    await reject(store, bob)
    published = await end(start_process(store, None))
    assert published.status == "Completed"
    assert published.left_out == {"rejected": 1, "undecided": 1}
    assert await list_names(store, CATALOG_FILE) == ["Ann"]


async def test_a_run_whose_items_nobody_has_approved_keeps_the_published_files(store: RecordingStore) -> None:
    _, bob, _ = await start(store, review="required")
    await reject(store, bob)
    published = await end(start_process(store, None))
    assert published.status == "Completed"
    assert published.left_out == {"rejected": 1, "undecided": 2}
    assert "catalog" not in published.outputs
    assert await read_data(store, CATALOG_FILE) == ["published before"]
    assert await list_names(store, published.outputs["partialCatalog"]) == ["Ann", "Cid"]


async def test_a_run_that_is_not_to_publish_leaves_rejected_items_out_of_its_partial_catalog(
    store: RecordingStore,
) -> None:
    _, bob, _ = await start(store, publish=False)
    await reject(store, bob)
    published = await end(start_process(store, None))
    assert await list_names(store, published.outputs["partialCatalog"]) == ["Ann", "Cid"]


@pytest.mark.parametrize("verdict", [Verdict.UNDECIDED, Verdict.REJECTED])
async def test_a_repeated_end_goes_by_the_decisions_of_its_own_time(store: RecordingStore, verdict: Verdict) -> None:
    _, bob, _ = await start(store)
    await reject(store, bob)
    process = start_process(store, None)
    await end(process)
    await decide(store, [bob], verdict, hour=13)
    published = await end(process)
    is_out = verdict is Verdict.REJECTED
    assert published.left_out == ({"rejected": 1} if is_out else {})
    assert await list_names(store, CATALOG_FILE) == (["Ann", "Cid"] if is_out else ["Ann", "Bob", "Cid"])


@pytest.mark.parametrize("path", [paths.decisions_file(CATALOG), paths.decision_log_file(CATALOG, 1, "ab")])
async def test_a_run_that_cannot_read_a_file_of_decisions_publishes_nothing_and_leaves_the_file(
    store: RecordingStore, path: str
) -> None:
    await start(store)
    await store.write(path, b"{", content_type=JSON_TYPE)
    for _ in range(2):
        published = await end(start_process(store, None))
        assert published.failure is not None
        assert published.failure.reason is Reason.DAMAGED_FILE
    assert await read_data(store, CATALOG_FILE) == ["published before"]
    assert await store.describe(path) is not None
