"""``finish_refinement``: end the refinement of an item after a failure."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.finish_refinement import run_finish_refinement
from shared.messages.images import FailedImage
from shared.messages.run import ActivityResult
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def finish_refinement(services: Services, failed: FailedImage) -> ActivityResult:
    """Write the summary of an item that keeps its best image."""
    return await run_finish_refinement(services, failed)
