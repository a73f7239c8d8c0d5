"""``check_image_batches``: ask the provider how far the image batches are."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.batches.check_batches import run_check_batches
from shared.messages.batches import CheckBatches, CheckedBatches
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint, reads_root_state=True)
async def check_image_batches(services: Services, call: CheckBatches) -> CheckedBatches:
    """Ask the provider how far the image batches are."""
    return await run_check_batches(services, services.batches, call)
