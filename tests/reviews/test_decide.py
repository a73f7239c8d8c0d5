"""Reviewers decide about the images that they have seen, and about no others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from shared.catalog.items import Item
from shared.config import Settings
from shared.errors import InvalidRequestError, UnknownCatalogError
from shared.reviews.decide import MAX_CHECKED_IMAGES, record_decisions
from shared.reviews.decision_request import MAX_DECISIONS, DecisionResult
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.browsed_catalogs import LATER_RUN, store_image, write_items
from tests.support.catalogs import CATALOG, make_item, make_source_item
from tests.support.memory_store import MemoryStore, RecordingStore

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
NO_SHA = "0" * 64


@dataclass(slots=True)
class SetClock:
    """A clock that a test sets."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Review:
    """A catalog under review, and the process that serves its reviewers."""

    services: Services
    store: RecordingStore
    clock: SetClock
    hashes: dict[str, str] = field(default_factory=dict)

    async def add(self, *items: Item, number: int = 1) -> None:
        """Write items with their images."""
        await write_items(self.store, items, number=number)
        for item in items:
            self.hashes[item.product_id] = await store_image(self.store, item)

    def describe(self, item: Item, decision: str = "approved", **changes: Any) -> dict[str, Any]:
        """Return a decision about the image of an item."""
        return {
            "productId": item.public_id,
            "decision": decision,
            "sha256": self.hashes.get(item.product_id, NO_SHA),
        } | changes

    async def put(self, *decisions: dict[str, Any], **fields: Any) -> DecisionResult:
        return await record_decisions(self.services, CATALOG, {"decisions": list(decisions), **fields})

    async def find(self, item: Item) -> str | None:
        """Return what is decided about the current image of an item, as another process reads it."""
        table = await Services(Settings(), store=self.store).decisions.load(CATALOG)
        decision = table.find(item.product_id, self.hashes[item.product_id])
        return None if decision is None else str(decision.verdict)


def open_review(store: Store) -> Review:
    recorder, clock = RecordingStore(store), SetClock()
    return Review(Services(Settings(), store=recorder, clock=clock), recorder, clock)


@pytest.fixture
async def review() -> AsyncIterator[Review]:
    opened = open_review(MemoryStore())
    yield opened
    await opened.services.catalog_indexes.close()


ANN, BOB, CID = make_item("Ann"), make_item("Bob"), make_item("Cid")


async def test_a_decision_is_recorded_with_its_note_and_reviewer(review: Review) -> None:
    await review.add(ANN)
    result = await review.put(review.describe(ANN, "rejected", note="Two heads."), reviewer="Ada")
    assert result.model_dump(mode="json", by_alias=True) == {
        "recorded": 1,
        "decisions": [
            {
                "productId": ANN.product_id,
                "itemId": ANN.product_id,
                "decision": "rejected",
                "sha256": review.hashes[ANN.product_id],
                "note": "Two heads.",
                "at": "2026-11-30T12:00:00Z",
            }
        ],
        "refused": [],
    }
    decision = (await review.services.decisions.load(CATALOG)).find_latest(
        ANN.product_id, review.hashes[ANN.product_id]
    )
    assert decision is not None
    assert (decision.note, decision.reviewer) == ("Two heads.", "Ada")


async def test_an_item_whose_image_changed_is_refused_by_name_and_the_others_are_recorded(review: Review) -> None:
    await review.add(ANN, BOB, CID)
    seen = [review.describe(item) for item in (ANN, BOB, CID)]
    current = await store_image(review.store, BOB, "another image", run_id=LATER_RUN)
    result = await review.put(*seen)
    assert [recorded.item_id for recorded in result.decisions] == [ANN.product_id, CID.product_id]
    [refused] = result.refused
    assert (refused.product_id, refused.reason, refused.sha256) == (BOB.product_id, "image_changed", current)
    assert result.recorded == 2
    assert await review.find(BOB) is None


async def test_items_without_an_image_and_unknown_ones_are_refused(review: Review) -> None:
    await review.add(ANN)
    await write_items(review.store, [BOB, CID], number=2)
    placeholder = await store_image(review.store, CID, placeholder=True)
    result = await review.put(
        review.describe(ANN),
        review.describe(BOB),
        review.describe(CID, sha256=placeholder),
        review.describe(ANN, productId="no-such-item"),
    )
    assert result.recorded == 1
    assert [(refused.product_id, refused.reason, refused.sha256) for refused in result.refused] == [
        (BOB.product_id, "no_image", None),
        (CID.product_id, "no_image", None),
        ("no-such-item", "unknown_item", None),
    ]


async def test_an_image_and_an_item_that_are_newer_than_the_index_are_accepted(review: Review) -> None:
    await review.add(ANN, BOB)
    await review.put(review.describe(ANN))
    review.hashes[BOB.product_id] = await store_image(review.store, BOB, "regenerated", run_id=LATER_RUN)
    await review.add(CID, number=2)
    result = await review.put(review.describe(BOB, "rejected"), review.describe(CID))
    assert (result.recorded, result.refused) == (2, [])
    assert [await review.find(item) for item in (ANN, BOB, CID)] == ["approved", "rejected", "approved"]


async def test_both_ids_of_an_item_name_it(review: Review) -> None:
    mug, tray = make_source_item("Mug"), make_source_item("Tray")
    await review.add(mug, tray)
    result = await review.put(review.describe(mug), review.describe(tray, productId=tray.product_id))
    assert [(recorded.product_id, recorded.item_id) for recorded in result.decisions] == [
        ("sku Mug", mug.product_id),
        ("sku Tray", tray.product_id),
    ]


async def test_two_decisions_about_one_item_in_a_body_are_refused_with_the_field(review: Review) -> None:
    mug = make_source_item("Mug")
    await review.add(mug, ANN)
    with pytest.raises(InvalidRequestError) as raised:
        await review.put(review.describe(ANN), review.describe(mug), review.describe(mug, productId=mug.product_id))
    assert raised.value.properties["errors"][0]["field"] == "decisions.2.productId"
    assert await review.find(ANN) is None


async def test_the_latest_decision_applies_and_undecided_withdraws_it(review: Review) -> None:
    await review.add(ANN)
    for decision, expected in (("approved", "approved"), ("rejected", "rejected"), ("undecided", None)):
        await review.put(review.describe(ANN, decision))
        assert await review.find(ANN) == expected


async def test_a_decision_of_a_process_whose_clock_is_behind_applies_nevertheless(review: Review) -> None:
    await review.add(ANN)
    await review.put(review.describe(ANN, "approved"))
    review.clock.now -= timedelta(minutes=3)
    await review.put(review.describe(ANN, "rejected"))
    assert await review.find(ANN) == "rejected"


async def test_a_decision_about_an_earlier_image_applies_again_once_that_image_is_back(review: Review) -> None:
    await review.add(ANN)
    first = review.hashes[ANN.product_id]
    await review.put(review.describe(ANN, "approved"))
    review.hashes[ANN.product_id] = await store_image(review.store, ANN, "second", run_id=LATER_RUN)
    assert await review.find(ANN) is None
    review.hashes[ANN.product_id] = first
    assert await review.find(ANN) == "approved"


async def test_an_image_that_another_process_has_replaced_is_refused_although_the_index_still_has_it(
    review: Review,
) -> None:
    await review.add(ANN)
    await review.services.catalog_indexes.load(CATALOG)
    current = await store_image(review.store, ANN, "second", run_id=LATER_RUN)
    [refused] = (await review.put(review.describe(ANN))).refused
    assert (refused.reason, refused.sha256) == ("image_changed", current)


async def test_a_bulk_decision_about_the_images_before_does_not_replace_the_rejection_of_a_new_one(
    review: Review,
) -> None:
    items = [ANN, *(make_item(f"Item {number}") for number in range(MAX_CHECKED_IMAGES))]
    await review.add(*items)
    await review.services.catalog_indexes.load(CATALOG)  # this process knows the first images
    other = open_review(review.store)
    other.hashes[ANN.product_id] = await store_image(review.store, ANN, "second", run_id=LATER_RUN)
    await other.put(other.describe(ANN, "rejected"))
    assert (await review.put(*map(review.describe, items))).recorded == len(items)
    assert await other.find(ANN) == "rejected"
    await other.services.catalog_indexes.close()


async def test_a_catalog_that_does_not_exist_takes_no_decisions(review: Review) -> None:
    with pytest.raises(UnknownCatalogError):
        await review.put(review.describe(ANN))
    assert review.store.changes == []


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("decisions", {}),
        ("decisions", {"decisions": []}),
        ("decisions", {"decisions": [{"productId": "a", "decision": "approved", "sha256": NO_SHA}] * 1001}),
        ("decisions.0.decision", {"decisions": [{"productId": "a", "decision": "maybe", "sha256": NO_SHA}]}),
        ("decisions.0.sha256", {"decisions": [{"productId": "a", "decision": "approved", "sha256": "A" * 64}]}),
        ("decisions.0.sha256", {"decisions": [{"productId": "a", "decision": "approved", "sha256": f"{NO_SHA}\n"}]}),
        ("decisions.0.sha256", {"decisions": [{"productId": "a", "decision": "approved"}]}),
        ("decisions.0.productId", {"decisions": [{"productId": "", "decision": "approved", "sha256": NO_SHA}]}),
        ("decisions.0.note", {"decisions": [{"productId": "a", "decision": "approved", "note": "x" * 501}]}),
        ("decisions.0.note", {"decisions": [{"productId": "a", "decision": "approved", "note": "\ud800"}]}),
        ("decisions.0.by", {"decisions": [{"productId": "a", "decision": "approved", "by": "Ada"}]}),
        ("reviewer", {"decisions": [{"productId": "a", "decision": "approved"}], "reviewer": "x" * 81}),
    ],
)
async def test_a_body_that_breaks_the_schema_is_refused_with_its_field(
    field: str, body: dict[str, Any], review: Review
) -> None:
    with pytest.raises(ValidationError) as raised:
        await record_decisions(review.services, CATALOG, body)
    assert field in {".".join(map(str, error["loc"])) for error in raised.value.errors()}
    assert review.store.changes == []


async def test_deciding_about_1000_current_images_describes_none_of_them_and_writes_one_file(review: Review) -> None:
    items = [make_item(f"Item {number}") for number in range(MAX_DECISIONS)]
    await review.add(*items)
    await review.services.catalog_indexes.load(CATALOG)
    review.store.reads.clear()
    review.store.changes.clear()
    result = await review.put(*map(review.describe, items))
    assert (result.recorded, result.refused) == (MAX_DECISIONS, [])
    assert len(review.store.changes) == 1
    assert review.store.reads.total() == 0


@pytest.mark.slow
async def test_twenty_reviewers_at_once_lose_no_decision(open_store: Callable[[], Store]) -> None:
    items = [make_item(f"Item {number}") for number in range(200)]
    processes = [open_review(open_store()) for _ in range(4)]
    await processes[0].add(*items)
    for process in processes:
        process.hashes = processes[0].hashes
    results = await asyncio.gather(
        *(
            processes[number % 4].put(*(processes[0].describe(item) for item in items[number * 10 : number * 10 + 10]))
            for number in range(20)
        )
    )
    assert [result.recorded for result in results] == [10] * 20
    table = await Services(Settings(), store=open_store()).decisions.load(CATALOG)
    assert {decision.item_id for decision in table} == {item.product_id for item in items}
    listed = [info.path async for info in processes[0].store.list_files(paths.decision_log_folder(CATALOG))]
    assert len(listed) == 20
    for process in processes:
        await process.services.catalog_indexes.close()
