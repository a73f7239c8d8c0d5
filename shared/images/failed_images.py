"""Record an item whose image failed for good, and give it a placeholder if the run wants one."""

import asyncio
import logging

from shared.catalog.items import Item, find_content_type
from shared.images.finish_refinement import fail_refinement
from shared.images.image_step import find_item
from shared.images.placeholder_files import find_write_target, write_placeholder
from shared.images.thumbnail import store_thumbnail, try_make_thumbnail
from shared.messages.images import FailedImage
from shared.messages.run import ActivityResult
from shared.reasons import Reason
from shared.rendering.placeholder_card import PlaceholderCard, render_placeholder
from shared.runs.request import SeedRequest, parse_image_size
from shared.runs.run_files import write_failure
from shared.services.container import Services
from shared.telemetry.unexpected_errors import describe_error

logger = logging.getLogger(__name__)


async def run_record_failed_image(services: Services, failed: FailedImage) -> ActivityResult:
    """Write the item's row of ``failed_images.json``, the summary of its refinement, and its placeholder.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    item = await find_item(services, failed.catalog, failed.run_id, failed.batch, failed.product_id)
    row = {
        "productId": item.public_id,
        "name": item.name,
        "reason": str(failed.failure.reason),
        "message": failed.failure.message,
        "attempts": failed.attempts,
        "requestId": failed.failure.request_id,
        "at": services.clock().isoformat(),
    }
    await write_failure(services.store, failed.run_id, row, product_id=item.product_id)
    await fail_refinement(services, failed)
    await _store_placeholder(services, failed, item)
    return ActivityResult()


async def _store_placeholder(services: Services, failed: FailedImage, item: Item) -> None:
    """Render the placeholder of an item that the content policy refused, and store it in place of the image.

    A stored file that is not a placeholder stays. An item whose card cannot be rendered has no placeholder.
    """
    reason = failed.failure.reason
    request = await services.caches.read_request(services.store, failed.run_id)
    if reason is not Reason.CONTENT_POLICY or not request.placeholder:
        return
    target = await find_write_target(services.store, failed.catalog, item.filename)
    if target is None:
        return
    try:
        card, thumbnail = await asyncio.to_thread(_render, item, request)
    except Exception as error:  # noqa: BLE001 - a card is not worth failing an item
        message = "Item %s of run %s has no placeholder: %s"
        logger.warning(message, item.product_id, failed.run_id, describe_error(error))
        return
    metadata = await write_placeholder(
        services.store, failed.catalog, item, card, target, run_id=failed.run_id, reason=reason
    )
    if metadata is not None and thumbnail is not None:
        await store_thumbnail(services.store, failed.catalog, item.filename, thumbnail, metadata)


def _render(item: Item, request: SeedRequest) -> tuple[PlaceholderCard, bytes | None]:
    """Return a placeholder of the size and format of the images, and its thumbnail if the request wants one."""
    width, height = parse_image_size(request.image_size)
    content_type = find_content_type(item.filename)
    texts = (item.name, item.public_id, item.product_id)
    card = render_placeholder(texts, width=width, height=height, content_type=content_type)
    return card, try_make_thumbnail(card.image) if request.thumbnails else None
