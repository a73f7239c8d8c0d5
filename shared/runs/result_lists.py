"""Writes the lists of a run row by row: ``failed_images.json`` and ``rejected_items.json``."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from shared.catalog.items import Item
from shared.catalog.publish import CatalogView, is_image_outdated, iterate_complete_items, iterate_missing_items
from shared.catalog.published_files import PLACEHOLDER_MARK
from shared.messages.base import Failure
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.run_view import iterate_items_without_run_image
from shared.runs.selection import SelectionRequest
from shared.storage import paths
from shared.storage.json_arrays import write_array
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

RUN_LISTS = {"failedImages": "failed_images.json", "rejectedItems": "rejected_items.json"}


async def write_run_lists(
    store: Store,
    run_id: str,
    failed: AsyncIterator[dict[str, Any]],
) -> tuple[dict[str, str], dict[str, int]]:
    """Write both lists, even if they are empty.

    Args:
        store: the store.
        run_id: the run.
        failed: rows of ``failed_images.json``.

    Returns:
        The paths of the lists, and the number of failed images by reason code.
    """
    outputs = {name: paths.run_file(run_id, filename) for name, filename in RUN_LISTS.items()}
    reasons: Counter[str] = Counter()

    async def count() -> AsyncIterator[dict[str, Any]]:
        async for row in failed:
            reasons[row["reason"]] += 1
            yield row

    await write_array(store, outputs["failedImages"], count())
    await write_array(store, outputs["rejectedItems"], run_files.iterate_rejections(store, run_id))
    return outputs, dict(reasons)


async def find_last_failure(store: Store, run_id: str) -> Failure | None:
    """Return why the last failed image of a run failed, or None if none did.

    Raises:
        DamagedFileError: the record of a failure cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    last: dict[str, Any] | None = None
    async for _, row in run_files.iterate_failures(store, run_id):
        if last is None or row["at"] >= last["at"]:
            last = row
    return None if last is None else Failure(Reason(last["reason"]), last["message"])


async def find_failed_images(
    store: Store,
    run_id: str,
    view: CatalogView,
    stop_reason: Failure | None,
    *,
    forced: bool,
    selection: SelectionRequest | None = None,
) -> AsyncIterator[dict[str, Any]]:
    """Yield the rows of ``failed_images.json``: one for each item without an image, marked if it has a placeholder.

    Args:
        store: the store.
        run_id: the run.
        view: what the catalog holds.
        stop_reason: why the run ended early; the reason of items that were not tried.
        forced: the run generates every image again, so an item that has only its earlier image failed. The same holds
            for an item whose input row has changed.
        selection: the request of a run over named items: only these count, and each without an image of this run.
    """
    failed_ids = await run_files.list_failures(store, run_id)
    not_tried_row = {
        "reason": str(stop_reason.reason if stop_reason is not None else Reason.NOT_TRIED),
        "message": stop_reason.message if stop_reason is not None else "the run ended before this image was tried",
        "attempts": 0,
        "requestId": None,
        "at": None,
    }

    async def describe(item: Item) -> dict[str, Any]:
        row = await run_files.read_failure(store, run_id, item.product_id) if item.product_id in failed_ids else None
        row = row or {"productId": item.public_id, "name": item.name} | not_tried_row
        published_image = view.find_published_image(item)
        return row | PLACEHOLDER_MARK if published_image is not None and published_image.is_placeholder else row

    if selection is not None:
        async for row in read_in_order(iterate_items_without_run_image(store, view, selection, run_id), describe):
            yield row
        return
    async for row in read_in_order(iterate_missing_items(store, view), describe):
        yield row
    if failed_ids and (forced or view.outdated):
        outdated_items = (
            item
            async for item in iterate_complete_items(store, view)
            if item.product_id in failed_ids and (forced or _is_outdated(view, item))
        )
        async for row in read_in_order(outdated_items, describe):
            yield row


def _is_outdated(view: CatalogView, item: Item) -> bool:
    image = view.image_table.find(item.filename)
    return image is not None and is_image_outdated(item, image)
