"""The lists that a run leaves, written row by row: ``failed_images.json`` and ``rejected_items.json``."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from shared.domain import paths
from shared.domain.items import Item
from shared.domain.messages import Failure
from shared.ports import Store
from shared.reasons import Reason
from shared.records import run
from shared.records.json_arrays import write_array
from shared.records.publication import CatalogView, iterate_complete, iterate_missing, shows_earlier
from shared.records.reading import read_in_order
from shared.records.tables import PLACEHOLDER_MARK

RUN_LISTS = {"failedImages": "failed_images.json", "rejectedItems": "rejected_items.json"}


async def write_run_lists(
    store: Store,
    run_id: str,
    failed: AsyncIterator[dict[str, Any]],
) -> tuple[dict[str, str], dict[str, int]]:
    """Write both lists; they are there even if they are empty.

    Args:
        store: where the run is.
        run_id: the run.
        failed: rows of ``failed_images.json``.

    Returns:
        The lists' paths, and how many images failed by reason code.
    """
    outputs = {name: paths.run_file(run_id, filename) for name, filename in RUN_LISTS.items()}
    reasons: Counter[str] = Counter()

    async def count() -> AsyncIterator[dict[str, Any]]:
        async for row in failed:
            reasons[row["reason"]] += 1
            yield row

    await write_array(store, outputs["failedImages"], count())
    await write_array(store, outputs["rejectedItems"], run.iterate_rejections(store, run_id))
    return outputs, dict(reasons)


async def find_last_failure(store: Store, run_id: str) -> Failure | None:
    """Return why the image failed that failed last in a run, or None if none did.

    Raises:
        DamagedFileError: the record of a failure cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    last: dict[str, Any] | None = None
    async for _, row in run.iterate_failures(store, run_id):
        if last is None or row["at"] >= last["at"]:
            last = row
    return None if last is None else Failure(Reason(last["reason"]), last["message"])


async def find_failed_images(
    store: Store,
    run_id: str,
    view: CatalogView,
    why: Failure | None,
    *,
    forced: bool,
) -> AsyncIterator[dict[str, Any]]:
    """Yield the rows of ``failed_images.json``: one for each item without an image, marked if it has a placeholder.

    An item that was never tried carries the reason that ended the run. Where every image was to be made again
    (``forced``), or an item's row has changed, an item that only has its image of before counts, too.
    """
    tried = await run.list_failures(store, run_id)
    untried = {
        "reason": str(why.reason if why is not None else Reason.NOT_TRIED),
        "message": why.message if why is not None else "the run ended before this image was tried",
        "attempts": 0,
        "requestId": None,
        "at": None,
    }

    async def describe(item: Item) -> dict[str, Any]:
        row = await run.read_failure(store, run_id, item.product_id) if item.product_id in tried else None
        row = row or {"productId": item.shown_id, "name": item.name} | untried
        shown = view.find_shown(item)
        return row | PLACEHOLDER_MARK if shown is not None and shown.is_placeholder else row

    async for row in read_in_order(iterate_missing(store, view), describe):
        yield row
    if tried and (forced or view.outdated):
        remade = (
            item
            async for item in iterate_complete(store, view)
            if item.product_id in tried and (forced or _is_outdated(view, item))
        )
        async for row in read_in_order(remade, describe):
            yield row


def _is_outdated(view: CatalogView, item: Item) -> bool:
    picture = view.pictures.find(item.filename)
    return picture is not None and shows_earlier(item, picture)
