"""Turns the drafts of a text call into a stored batch, or finds the batch that an earlier delivery stored.

Several writers of a run, in several processes, store batches side by side. A batch file is created once, so the store
decides who gets a number; a writer that comes second reads the new batches and validates its drafts again. So every
batch is validated against all batches of lower numbers: in any order, names are unique and the catalog's size is
exact.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shared.catalog import catalog_files
from shared.catalog.catalog_files import Batch, CatalogIndex
from shared.catalog.draft_rules import DraftValidation, validate_drafts
from shared.catalog.items import Category, Draft, Item
from shared.messages.base import Cost
from shared.messages.text import TextCall
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.storage.protocol import Store

FILE_EXTENSIONS = {"png": "png", "jpeg": "jpg"}


@dataclass(frozen=True, slots=True)
class BatchContext:
    """What a text call works with.

    Attributes:
        call: input of the activity.
        request: of the run.
        categories: of the catalog.
        index: of all stored batches; shared by the run's writers in this process.
    """

    call: TextCall
    request: SeedRequest
    categories: Sequence[Category]
    index: CatalogIndex


@dataclass(frozen=True, slots=True)
class BilledDrafts:
    """The drafts of a billed answer, how many were requested, and the cost."""

    drafts: Sequence[Draft]
    asked: int
    cost: Cost


async def find_stored_batch(store: Store, call: TextCall, index: CatalogIndex) -> Batch | None:
    """Return the batch that was stored for the call, or None.

    Raises:
        DamagedFileError: the batch cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    number = None if call.writer is None else index.find_batch_number(call.run_id, call.writer)
    return None if number is None else await catalog_files.read_batch(store, call.catalog, number)


async def store_drafts(store: Store, batch_context: BatchContext, billed: BilledDrafts) -> Batch:
    """Validate the drafts and store them as a batch, or return the batch of an earlier delivery.

    Raises:
        DamagedFileError: a batch cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    call, index = batch_context.call, batch_context.index
    while True:
        # No await between this check and the choice of the number: a batch of this call that another process stores
        # later has this number or a higher one, so creating this one fails.
        stored = await find_stored_batch(store, call, index)
        if stored is not None:
            return stored
        number = index.last_batch + 1
        validation = _validate(batch_context, billed)
        await run_files.write_rejections(
            store, call.run_id, number, (*validation.rejected, *validation.dropped), writer=call.writer
        )
        batch = _make_batch(number, batch_context, billed, validation)
        if await catalog_files.create_batch(store, call.catalog, batch):
            index.add_batch(number, batch)
            return batch
        await index.read_new_batches(store, call.catalog)


def _validate(batch_context: BatchContext, billed: BilledDrafts) -> DraftValidation:
    request, item_limit = batch_context.request, batch_context.call.item_limit
    target = request.target_count if item_limit is None else min(request.target_count, item_limit)
    return validate_drafts(
        billed.drafts,
        index=batch_context.index.names,
        categories=[category.name for category in batch_context.categories],
        theme=request.theme,
        max_accepted=target - batch_context.index.count_items(),
        validate_items=request.validate_items,
    )


def _make_batch(number: int, batch_context: BatchContext, billed: BilledDrafts, validation: DraftValidation) -> Batch:
    return Batch(
        batch=number,
        run_id=batch_context.call.run_id,
        items=tuple(_make_item(draft, batch_context.request) for draft in validation.accepted),
        asked=billed.asked,
        rejected=dict(Counter(str(rejection.reasons[0]) for rejection in validation.rejected)),
        cost=billed.cost,
        writer=batch_context.call.writer,
    )


def _make_item(draft: Draft, request: SeedRequest) -> Item:
    product_id = str(uuid.uuid4())
    return Item(
        product_id=product_id,
        name=draft.name,
        description=draft.description,
        category=draft.category,
        filename=f"{product_id}.{FILE_EXTENSIONS[request.image_format]}",
        image_prompt=draft.image_prompt,
    )
