"""Placeholders: drawn for items whose image the service refuses, where the run asks for them."""

import asyncio
import logging

from shared.catalog.items import Item, find_content_type
from shared.images.placeholder_files import find_write_target, write_placeholder
from shared.images.thumbnail import store_thumbnail, try_make_thumbnail
from shared.messages.images import FailedImage
from shared.reasons import Reason
from shared.rendering.placeholder_card import PlaceholderCard, render_placeholder
from shared.runs.request import SeedRequest, parse_image_size
from shared.services.container import Services
from shared.telemetry.unexpected_errors import describe_error

logger = logging.getLogger(__name__)


async def store_placeholder(services: Services, failed: FailedImage, item: Item) -> None:
    """Draw the placeholder of an item that was given up on for its content, and store it where the image would be.

    Where there is an image, or anything else that is no placeholder, that stays. A card that cannot be drawn fails
    nothing: the item is then without one.

    Raises:
        StoreUnavailableError: the store does not answer; doing it again finishes it.
    """
    reason = failed.failure.reason
    if reason is not Reason.CONTENT_POLICY:
        return
    request = await services.caches.read_request(services.store, failed.run_id)
    if not request.placeholder:
        return
    target = await find_write_target(services.store, failed.catalog, item.filename)
    if target is None:
        return
    try:
        card, thumbnail = await asyncio.to_thread(_render, item, request)
    except Exception as error:  # noqa: BLE001 - a card is not worth failing an item
        where = describe_error(error)
        logger.warning("no placeholder for item %s of run %s: %s", item.product_id, failed.run_id, where)
        return
    metadata = await write_placeholder(
        services.store, failed.catalog, item, card, target, run_id=failed.run_id, reason=reason
    )
    if metadata is not None and thumbnail is not None:
        await store_thumbnail(services.store, failed.catalog, item.filename, thumbnail, metadata)


def _render(item: Item, request: SeedRequest) -> tuple[PlaceholderCard, bytes | None]:
    """Return a placeholder of the size and format of the images, and its thumbnail if there is to be one."""
    width, height = parse_image_size(request.image_size)
    content_type = find_content_type(item.filename)
    texts = (item.name, item.public_id, item.product_id)
    card = render_placeholder(texts, width=width, height=height, content_type=content_type)
    return card, try_make_thumbnail(card.image) if request.thumbnails else None
