"""``record_failed_image``: record that an item's image failed for good."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.failed_images import run_record_failed_image
from shared.messages.images import FailedImage
from shared.messages.run import ActivityResult
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def record_failed_image(services: Services, failed: FailedImage) -> ActivityResult:
    """Write the item's row of ``failed_images.json``, and its placeholder."""
    return await run_record_failed_image(services, failed)
