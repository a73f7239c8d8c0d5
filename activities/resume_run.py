"""``resume_run``: end a pause."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.messages.run import ResumeInput, StartInventory
from shared.runs.prepare import run_resume_run
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def resume_run(services: Services, resume: ResumeInput) -> StartInventory:
    """Return what the run continues from after a pause."""
    return await run_resume_run(services, resume)
