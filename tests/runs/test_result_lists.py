"""The lists of a run: why each image is missing, and which drafts were rejected."""

from typing import Any

import pytest

from shared.catalog.items import Item, Rejection
from shared.catalog.publish import read_catalog_view
from shared.messages.base import Failure
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.result_lists import find_failed_images, write_run_lists
from shared.storage.json_files import DamagedFileError, dump_json
from shared.storage.read_in_order import MAX_CONCURRENT_READS
from tests.strategies import make_draft
from tests.support.catalogs import CATALOG, read_data, write_batches, write_images
from tests.support.memory_store import RecordingStore

RUN = "8203891199999-0a1b2c3d"


def failure_row(item: Item, reason: str = "content_policy") -> dict[str, Any]:
    return {
        "productId": item.product_id,
        "name": item.name,
        "reason": reason,
        "message": "no",
        "attempts": 1,
        "requestId": "req-1",
        "at": "2026-12-01T00:00:00+00:00",
    }


async def find_failed(store: RecordingStore, why: Failure | None, *, forced: bool = False) -> list[dict[str, Any]]:
    view = await read_catalog_view(store, CATALOG, with_images=True)
    return [row async for row in find_failed_images(store, RUN, view, why, forced=forced)]


async def write_lists(store: RecordingStore) -> tuple[dict[str, str], dict[str, int]]:
    view = await read_catalog_view(store, CATALOG, with_images=True)
    return await write_run_lists(store, RUN, find_failed_images(store, RUN, view, None, forced=False))


async def test_each_item_without_an_image_is_a_row_in_acceptance_order(store: RecordingStore) -> None:
    nova, chef, diver = await write_batches(store, ["Nova", "Chef", "Diver"])
    await run_files.write_failure(store, RUN, failure_row(diver))
    failed = await find_failed(store, Failure(Reason.ACCOUNT_BLOCKED, "blocked"))
    assert failed == [
        {
            "productId": item.product_id,
            "name": item.name,
            "reason": "account_blocked",
            "message": "blocked",
            "attempts": 0,
            "requestId": None,
            "at": None,
        }
        for item in (nova, chef)
    ] + [failure_row(diver)]


async def test_a_failure_that_an_image_made_good_is_no_row(store: RecordingStore) -> None:
    items = await write_batches(store, ["Nova", "Chef"])
    for item in items:
        await run_files.write_failure(store, RUN, failure_row(item))
    await write_images(store, items[:1])
    assert [row["name"] for row in await find_failed(store, None)] == ["Chef"]


async def test_an_item_whose_old_image_was_to_be_generated_again_is_a_row_behind_those_that_have_none(
    store: RecordingStore,
) -> None:
    items = await write_batches(store, ["Nova", "Chef"], ["Diver"], ["Baker"])
    await write_images(store, [items[0], items[2], items[3]])
    for item in (items[0], items[3]):
        await run_files.write_failure(store, RUN, failure_row(item))
    assert [row["name"] for row in await find_failed(store, None, forced=True)] == ["Chef", "Nova", "Baker"]
    assert [row["name"] for row in await find_failed(store, None)] == ["Chef"]


async def test_an_item_that_no_one_tried_has_a_reason_of_the_closed_list(store: RecordingStore) -> None:
    await write_batches(store, ["Nova"])
    (row,) = await find_failed(store, None)
    assert Reason(row["reason"]) is Reason.NOT_TRIED


async def test_in_a_dry_run_nothing_failed(store: RecordingStore) -> None:
    await write_batches(store, ["Nova"])
    view = await read_catalog_view(store, CATALOG, with_images=False)
    assert [row async for row in find_failed_images(store, RUN, view, None, forced=False)] == []


async def test_only_what_is_incomplete_is_read_again(store: RecordingStore) -> None:
    items = await write_batches(store, *([f"Figure {number}"] for number in range(40)))
    await write_images(store, [item for item in items if item.name != "Figure 20"])
    await run_files.write_failure(store, RUN, failure_row(items[0]))
    view = await read_catalog_view(store, CATALOG, with_images=True)
    store.reads.clear()
    rows = [row async for row in find_failed_images(store, RUN, view, None, forced=False)]
    assert [row["name"] for row in rows] == ["Figure 20"]
    assert list(store.reads) == ["catalogs/lego/state/batches/00021.json"]


async def test_many_failed_images_are_counted_by_reason_and_written_in_acceptance_order(store: RecordingStore) -> None:
    items = await write_batches(store, *([f"Figure {number}"] for number in range(3 * MAX_CONCURRENT_READS + 1)))
    for item in items[::2]:
        await run_files.write_failure(store, RUN, failure_row(item))
    outputs, failed = await write_lists(store)
    assert failed == {"content_policy": 25, "not_tried": 24}
    rows = await read_data(store, outputs["failedImages"])
    assert [row["name"] for row in rows] == [item.name for item in items]


async def test_both_lists_of_a_run_are_there_even_if_they_are_empty(store: RecordingStore) -> None:
    outputs, failed = await write_lists(store)
    assert failed == {}
    for name in ("failedImages", "rejectedItems"):
        content = await store.read(outputs[name])
        assert content is not None
        assert content.data == b"[]\n"
    assert set(outputs.values()) == {f"runs/{RUN}/failed_images.json", f"runs/{RUN}/rejected_items.json"}


async def test_rejected_drafts_are_listed_as_they_would_be_in_one_piece(store: RecordingStore) -> None:
    rejections = [Rejection(make_draft(f"Nova {number}"), (Reason.NAME_WORDS,)) for number in range(3)]
    for batch, rejection in enumerate(rejections, start=1):
        await run_files.write_rejections(store, RUN, batch, [rejection])
    outputs, _ = await write_lists(store)
    content = await store.read(outputs["rejectedItems"])
    assert content is not None
    assert content.data == dump_json(
        [rejection.to_json() | {"batch": batch} for batch, rejection in enumerate(rejections, start=1)]
    )


@pytest.mark.parametrize("number", [0, MAX_CONCURRENT_READS])
async def test_a_damaged_row_is_reported_and_leaves_the_list_of_before(store: RecordingStore, number: int) -> None:
    outputs, _ = await write_lists(store)
    items = await write_batches(store, [f"Figure {number}" for number in range(MAX_CONCURRENT_READS + 1)])
    path = f"runs/{RUN}/failures/{items[number].product_id}.json"
    await store.write(path, b"{", content_type="application/json")
    with pytest.raises(DamagedFileError) as caught:
        await write_lists(store)
    assert caught.value.path == path
    assert await read_data(store, outputs["failedImages"]) == []
