"""``publish_catalog``: decide a run's status, and publish its catalog."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.messages.run import FinishRunInput, PublishResult
from shared.runs.publish_catalog import run_publish_catalog
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def publish_catalog(services: Services, ending: FinishRunInput) -> PublishResult:
    """Publish what is complete, if the request wants it."""
    return await run_publish_catalog(services, ending)
