"""Images of items as an earlier run, or a person, has left them in the store."""

from dataclasses import replace

from shared.catalog.items import Item
from shared.images.image_metadata import ImageMetadata
from shared.messages.base import Cost
from shared.rendering.inspect_image import inspect_image
from shared.storage import paths
from shared.storage.protocol import Store
from shared.text.digest_table import hash_text
from tests.support.catalogs import CATALOG
from tests.support.sample_images import Color, draw

EARLIER_RUN = "8204736799999-0a1b2c3d"
EARLIER_COST = Cost(image_calls=1, input_tokens=50, output_tokens=1000, nano_usd=30_000_000)


async def place_image(
    store: Store,
    item: Item,
    color: Color = (200, 0, 0),
    *,
    run_id: str = EARLIER_RUN,
    prompt: str | None = None,
    round_: int | None = None,
) -> bytes:
    """Store an image of an item, generated from its prompt or another one, and return its bytes."""
    data = draw(color, size=(64, 64))
    metadata = ImageMetadata.from_properties(inspect_image(data))
    if run_id:
        metadata = replace(
            metadata,
            run_id=run_id,
            product_id=item.product_id,
            prompt_digest=hash_text(prompt or item.image_prompt),
            model="gpt-image-2",
            cost=EARLIER_COST,
            round=round_,
        )
    path = paths.image_file(CATALOG, item.filename)
    await store.write(path, data, content_type="image/png", metadata=metadata.to_json())
    return data
