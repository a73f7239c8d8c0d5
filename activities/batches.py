"""A text call's batch: found where an earlier delivery stored it, else stored under the next free number.

Several writers of a run, in several processes, store their batches side by side. A batch file is created once, so the
store decides who gets a number; whoever comes second reads what came before and judges its drafts again. So every batch
is judged against all batches of lower numbers: names are unique and the catalog's size is exact whatever the order.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.items import Category, Draft, Item
from shared.domain.messages import Cost, TextCall
from shared.domain.requests import SeedRequest
from shared.domain.rules import Verdict, judge_drafts
from shared.ports import Store
from shared.records import catalog, run
from shared.records.catalog import Batch, CatalogIndex

FILE_ENDINGS = {"png": "png", "jpeg": "jpg"}


@dataclass(frozen=True, slots=True)
class Desk:
    """What a text call works with.

    Attributes:
        call: what the activity was given.
        request: what the run was asked.
        categories: the catalog's.
        index: of all batches that are stored; shared by the run's writers in this process.
    """

    call: TextCall
    request: SeedRequest
    categories: Sequence[Category]
    index: CatalogIndex


@dataclass(frozen=True, slots=True)
class PaidDrafts:
    """An answer that was paid: its drafts, how many were asked for, and what it cost."""

    drafts: Sequence[Draft]
    asked: int
    cost: Cost


async def find_batch(store: Store, call: TextCall, index: CatalogIndex) -> Batch | None:
    """Return the batch that was stored for the call, or None.

    Raises:
        DamagedFileError: the batch cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    number = None if call.writer is None else index.find_batch(call.run_id, call.writer)
    return None if number is None else await catalog.read_batch(store, call.catalog, number)


async def store_drafts(store: Store, desk: Desk, paid: PaidDrafts) -> Batch:
    """Judge the drafts and store them as a batch, or find that another delivery of the call was quicker.

    Raises:
        DamagedFileError: a batch cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    call, index = desk.call, desk.index
    while True:
        # Nothing is waited for between this look and the choice of the number: a batch of this call that comes later,
        # from another process, has this number or a higher one, and then creating fails.
        stored = await find_batch(store, call, index)
        if stored is not None:
            return stored
        number = index.seen_batch + 1
        verdict = _judge(desk, paid)
        await run.write_rejections(
            store, call.run_id, number, (*verdict.rejected, *verdict.dropped), writer=call.writer
        )
        batch = _make_batch(number, desk, paid, verdict)
        if await catalog.create_batch(store, call.catalog, batch):
            index.count_in(number, batch)
            return batch
        await index.catch_up_to_end(store, call.catalog)


def _judge(desk: Desk, paid: PaidDrafts) -> Verdict:
    return judge_drafts(
        paid.drafts,
        index=desk.index.names,
        categories=[category.name for category in desk.categories],
        theme=desk.request.theme,
        room=desk.request.target_count - desk.index.count_items(),
        validate_items=desk.request.validate_items,
    )


def _make_batch(number: int, desk: Desk, paid: PaidDrafts, verdict: Verdict) -> Batch:
    return Batch(
        batch=number,
        run_id=desk.call.run_id,
        items=tuple(_make_item(draft, desk.request) for draft in verdict.accepted),
        asked=paid.asked,
        rejected=dict(Counter(str(rejection.reasons[0]) for rejection in verdict.rejected)),
        cost=paid.cost,
        writer=desk.call.writer,
    )


def _make_item(draft: Draft, request: SeedRequest) -> Item:
    product_id = str(uuid.uuid4())
    return Item(
        product_id=product_id,
        name=draft.name,
        description=draft.description,
        category=draft.category,
        filename=f"{product_id}.{FILE_ENDINGS[request.image_format]}",
        image_prompt=draft.image_prompt,
    )
