"""Catalogs to browse: items with images, placeholders, failures and evaluations, written as runs write them."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from shared.catalog.catalog_files import Batch, create_batch
from shared.catalog.items import Item
from shared.config import Settings
from shared.images.image_metadata import ImageMetadata, ThumbnailMetadata
from shared.images.round_files import EvaluationRecord, RoundFiles
from shared.images.thumbnail_files import write_thumbnail
from shared.messages.base import Cost
from shared.runs.run_files import create_summary, write_failure
from shared.runs.status import RunStatus, Status, read_created_at
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json
from shared.storage.protocol import Store
from shared.text.digest_table import hash_text
from tests.support.catalogs import CATALOG

NOW = datetime(2026, 11, 30, tzinfo=UTC)
FIRST_RUN = paths.make_run_id(1_790_000_000_000, "aaaa")
LATER_RUN = paths.make_run_id(1_790_000_100_000, "bbbb")


def open_services(store: Store) -> Services:
    """Return the services of a process that works on a store."""
    return Services(Settings(), store=store)


async def store_image(
    store: Store,
    item: Item,
    content: str = "",
    *,
    run_id: str = FIRST_RUN,
    dhash: int | None = None,
    prompt: str | None = None,
    round_: int | None = None,
    placeholder: bool = False,
    style_distance: float | None = None,
) -> str:
    """Store an item's image, its placeholder or a new version of it, and return the SHA-256."""
    data = (content or f"image of {item.name}").encode()
    metadata = ImageMetadata(
        hashlib.sha256(data).hexdigest(),
        1024,
        768,
        dhash,
        run_id,
        item.product_id,
        hash_text(prompt or item.image_prompt),
        "gpt-image-2",
        Cost(image_calls=1, nano_usd=40_000_000) if run_id else Cost(),
        round_,
        placeholder_reason="content_policy" if placeholder else None,
        style=None if style_distance is None else "0123456789abcdef",
        style_distance=style_distance,
    )
    path = paths.image_file(CATALOG, item.filename)
    await store.write(path, data, content_type="image/png", metadata=metadata.to_json())
    return metadata.sha256


async def store_thumbnail_of(store: Store, item: Item, sha256: str) -> None:
    """Store a thumbnail of a version of an item's image."""
    await write_thumbnail(store, CATALOG, b"thumbnail", ThumbnailMetadata(item.filename, sha256))


async def record_score(
    store: Store, item: Item, score: int, *, run_id: str = FIRST_RUN, round_: int = 1, likeness: int | None = None
) -> None:
    """Record the evaluation of a round."""
    record = EvaluationRecord(
        iteration=round_,
        prompt=item.image_prompt,
        score=score,
        missing=("hat",),
        wrong=(),
        unwanted=(),
        model="gpt-6-luna",
        request_id=None,
        cost=Cost(text_calls=1, nano_usd=2_000_000),
        likeness=likeness,
    )
    await RoundFiles(store, run_id, item.product_id).record_evaluation(record)


def describe_failure(item: Item, reason: str) -> dict[str, object]:
    """Return a row of ``failed_images.json``."""
    return {
        "productId": item.public_id,
        "name": item.name,
        "reason": reason,
        "message": f"{reason} of {item.name}",
        "attempts": 1,
        "requestId": None,
        "at": None,
    }


async def record_failure(store: Store, item: Item, reason: str, *, run_id: str) -> None:
    """Record the failed image of an item in a run that is active."""
    await write_failure(store, run_id, describe_failure(item, reason), product_id=item.product_id)


async def end_run(store: Store, run_id: str, failed: Iterable[tuple[Item, str]] = ()) -> None:
    """Write what a run leaves when it ends: the list of failed images, and its summary."""
    rows = [describe_failure(item, reason) for item, reason in failed]
    await store.write(paths.run_file(run_id, "failed_images.json"), dump_json(rows), content_type=JSON_TYPE)
    at = read_created_at(run_id)
    status = Status.COMPLETED_WITH_FAILURES if rows else Status.COMPLETED
    await create_summary(store, RunStatus(run_id=run_id, catalog=CATALOG, status=status, created_at=at, updated_at=at))


async def write_items(store: Store, items: Iterable[Item], *, number: int = 1, run_id: str = FIRST_RUN) -> None:
    """Write items as a batch."""
    assert await create_batch(store, CATALOG, Batch(number, run_id, tuple(items)))
