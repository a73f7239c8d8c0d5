"""Decisions of reviewers for tests, recorded as the app records them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from shared.catalog.items import Item
from shared.reviews.decision_log import DecisionLog
from shared.reviews.decisions import Decision, Verdict
from shared.storage.protocol import Store
from tests.support.catalogs import CATALOG, IMAGE_METADATA

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


async def decide(
    store: Store, items: Iterable[Item], verdict: Verdict, *, sha256: str = IMAGE_METADATA["sha256"], hour: int = 12
) -> None:
    """Record a decision about the image of each item, made at this hour."""
    at = NOON.replace(hour=hour)
    decisions = [Decision(item.product_id, verdict, sha256, None, "Ada", at) for item in items]
    await DecisionLog(store).append(CATALOG, decisions)


async def approve(store: Store, *items: Item) -> None:
    """Approve the images of items."""
    await decide(store, items, Verdict.APPROVED)


async def reject(store: Store, *items: Item) -> None:
    """Reject the images of items."""
    await decide(store, items, Verdict.REJECTED)
