"""Reports what publishing would do, from the index of the catalog: within milliseconds, also for 50,000 items."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.browse.catalog_index import CatalogIndex
from shared.browse.catalog_summaries import load_catalog
from shared.browse.item_pages import list_reviews
from shared.browse.item_rows import ItemState
from shared.catalog.catalog_files import iterate_batches
from shared.catalog.publish_on_request import PublishRequest, list_left_out
from shared.reviews.publishing_gate import MAX_EXAMPLES, LeftOut, LeftOutReason, PublishingGate
from shared.runs.hold_catalog import read_catalog_name, read_last_request
from shared.services.container import Services
from shared.storage.protocol import Store


async def preview_publishing(services: Services, catalog: str, request: PublishRequest) -> dict[str, Any]:
    """Return what publishing would do; changes nothing, and does not wait for a run.

    It is as current as the list of items; decisions always are current.

    Returns:
        ``{catalog, only, items, publish, leftOut}``: ``items`` of the catalog, of which ``publish`` are published.

    Raises:
        UnknownCatalogError: the catalog does not exist.
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    name = read_catalog_name(catalog)
    index, decisions = await load_catalog(services, name)
    last = await read_last_request(services.store, name)
    gate = PublishingGate(approved_only=request.only is not None or last.requires_review, with_images=not last.dry_run)
    reviews = await list_reviews(services.catalog_indexes.pages, index, decisions)
    left_out: dict[LeftOutReason, list[int]] = {reason: [] for reason in LeftOutReason}
    for number, review in enumerate(reviews):
        reason = gate.choose_reason(
            review,
            has_image=review is not None,
            has_placeholder=last.placeholder and index.states[number] is ItemState.PLACEHOLDER,
        )
        if reason is not None:
            left_out[reason].append(number)
    groups = await _describe_groups(services.store, index, left_out)
    return {
        "catalog": name,
        "only": gate.only,
        "items": len(index.items),
        "publish": len(index.items) - sum(group.count for group in groups),
        "leftOut": list_left_out(groups),
    }


async def _describe_groups(
    store: Store, index: CatalogIndex, left_out: Mapping[LeftOutReason, Sequence[int]]
) -> tuple[LeftOut, ...]:
    """Return the items that are left out, by reason; reads the batches of those that are named."""
    named = [number for numbers in left_out.values() for number in numbers[:MAX_EXAMPLES]]
    batches = iterate_batches(store, index.catalog, sorted({index.positions[number][0] for number in named}))
    items = {item.product_id: item async for batch in batches for item in batch.items}
    return tuple(
        LeftOut(
            reason,
            len(numbers),
            tuple(
                items[item_id]
                for item_id in (index.items[number].item_id for number in numbers[:MAX_EXAMPLES])
                if item_id in items  # otherwise it was pruned meanwhile
            ),
        )
        for reason, numbers in left_out.items()
        if numbers
    )
