"""Which items are published, by the decisions about their images."""

from datetime import UTC, datetime

import pytest

from shared.images.image_table import StoredImage
from shared.reviews.decisions import Decision, DecisionTable, Verdict
from shared.reviews.publishing_gate import (
    MAX_EXAMPLES,
    LeftOutCounter,
    LeftOutReason,
    PublishingGate,
    count_left_out_by_review,
)
from tests.support.catalogs import make_item, make_source_item

ITEM = make_item("Nova")
IMAGE = StoredImage(7, 64, 64, "aa")
OTHER_IMAGE = StoredImage(7, 64, 64, "bb")
PLACEHOLDER = StoredImage(7, 64, 64, "aa", is_placeholder=True)
REJECTED, UNDECIDED, NO_IMAGE = LeftOutReason.REJECTED, LeftOutReason.UNDECIDED, LeftOutReason.NO_IMAGE


def make_gate(verdict: Verdict | None, *, approved_only: bool = False, with_images: bool = True) -> PublishingGate:
    at = datetime(2026, 11, 30, tzinfo=UTC)
    given = [] if verdict is None else [Decision(ITEM.product_id, verdict, IMAGE.sha256, None, None, at)]
    return PublishingGate(DecisionTable().merge(given), approved_only, with_images)


@pytest.mark.parametrize(
    ("verdict", "image", "reason", "reason_if_approved_only"),
    [
        (None, IMAGE, None, UNDECIDED),
        (Verdict.UNDECIDED, IMAGE, None, UNDECIDED),
        (Verdict.APPROVED, IMAGE, None, None),
        (Verdict.REJECTED, IMAGE, REJECTED, REJECTED),
        (Verdict.APPROVED, OTHER_IMAGE, None, UNDECIDED),
        (Verdict.REJECTED, OTHER_IMAGE, None, UNDECIDED),
        (None, None, NO_IMAGE, NO_IMAGE),
        (Verdict.APPROVED, None, NO_IMAGE, NO_IMAGE),
        (Verdict.REJECTED, None, NO_IMAGE, NO_IMAGE),
        (None, PLACEHOLDER, None, NO_IMAGE),
        (Verdict.APPROVED, PLACEHOLDER, None, NO_IMAGE),
        (Verdict.REJECTED, PLACEHOLDER, None, NO_IMAGE),
    ],
)
def test_an_item_is_left_out_for_one_reason_or_published(
    verdict: Verdict | None,
    image: StoredImage | None,
    reason: LeftOutReason | None,
    reason_if_approved_only: LeftOutReason | None,
) -> None:
    assert make_gate(verdict).find_reason(ITEM, image) is reason
    assert make_gate(verdict, approved_only=True).find_reason(ITEM, image) is reason_if_approved_only


def test_in_a_dry_run_an_item_needs_no_image_but_an_approval_needs_one() -> None:
    assert make_gate(None, with_images=False).find_reason(ITEM, None) is None
    assert make_gate(None, with_images=False, approved_only=True).find_reason(ITEM, None) is NO_IMAGE
    assert make_gate(Verdict.REJECTED, with_images=False).find_reason(ITEM, IMAGE) is REJECTED


def test_a_row_without_an_image_is_admitted_unless_only_approved_items_are() -> None:
    assert make_gate(None).admits(ITEM, None)
    assert not make_gate(None, approved_only=True).admits(ITEM, None)
    assert not make_gate(Verdict.REJECTED).admits(ITEM, IMAGE)


def test_files_for_a_review_leave_out_rejected_items_only() -> None:
    assert make_gate(None, approved_only=True).admit_undecided().admits(ITEM, IMAGE)
    assert not make_gate(Verdict.REJECTED, approved_only=True).admit_undecided().admits(ITEM, IMAGE)


def test_a_report_counts_all_items_and_names_the_first_ones() -> None:
    counter = LeftOutCounter()
    for number in range(MAX_EXAMPLES + 5):
        counter.add(make_item(f"Item {number}"), UNDECIDED)
    row = make_source_item("Mug")
    counter.add(row, REJECTED)
    groups = counter.list_groups()
    assert [(group.reason, group.count, len(group.examples)) for group in groups] == [
        (REJECTED, 1, 1),
        (UNDECIDED, MAX_EXAMPLES + 5, MAX_EXAMPLES),
    ]
    assert groups[0].to_json() == {
        "reason": "rejected",
        "count": 1,
        "examples": [{"productId": "sku Mug", "itemId": row.product_id, "name": "Mug"}],
    }
    assert count_left_out_by_review(groups) == {"rejected": 1, "undecided": MAX_EXAMPLES + 5}
