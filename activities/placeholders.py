"""Placeholders: drawn for items whose picture the service refuses, where the run asks for them."""

import asyncio
import logging

from activities.thumbnails import keep_thumbnail, try_thumbnail
from shared.domain.image_messages import FailedImage
from shared.domain.items import Item, find_content_type
from shared.domain.requests import SeedRequest, parse_image_size
from shared.imaging.placeholder import DrawnPlaceholder, draw_placeholder
from shared.reasons import Reason
from shared.records.placeholders import find_place, write_placeholder
from shared.telemetry.surprises import describe_error
from shared.wiring import Services

logger = logging.getLogger(__name__)


async def keep_placeholder(services: Services, failed: FailedImage, item: Item) -> None:
    """Draw the placeholder of an item that was given up on for its content, and store it where the picture would be.

    Where there is a picture, or anything else that is no placeholder, that stays. A card that cannot be drawn fails
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
    place = await find_place(services.store, failed.catalog, item.filename)
    if place is None:
        return
    try:
        drawn, thumbnail = await asyncio.to_thread(_draw, item, request)
    except Exception as error:  # noqa: BLE001 - a card is not worth failing an item
        where = describe_error(error)
        logger.warning("no placeholder for item %s of run %s: %s", item.product_id, failed.run_id, where)
        return
    facts = await write_placeholder(
        services.store, failed.catalog, item, drawn, place, run_id=failed.run_id, reason=reason
    )
    if facts is not None and thumbnail is not None:
        await keep_thumbnail(services.store, failed.catalog, item.filename, thumbnail, facts)


def _draw(item: Item, request: SeedRequest) -> tuple[DrawnPlaceholder, bytes | None]:
    """Return a placeholder of the size and format of the pictures, and its thumbnail if there is to be one."""
    width, height = parse_image_size(request.image_size)
    content_type = find_content_type(item.filename)
    texts = (item.name, item.shown_id, item.product_id)
    drawn = draw_placeholder(texts, width=width, height=height, content_type=content_type)
    return drawn, try_thumbnail(drawn.image) if request.thumbnails else None
