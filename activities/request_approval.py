"""``request_approval``: let a run wait for a decision about its trial images."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.trial import run_request_approval
from shared.messages.run import ApprovalResult, RunRef
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def request_approval(services: Services, run: RunRef) -> ApprovalResult:
    """Let a run wait for a decision about its trial images."""
    return await run_request_approval(services, run)
