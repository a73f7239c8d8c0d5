"""``close_items``: record that no further items will be written."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.messages.run import ActivityResult, RunRef
from shared.runs import run_files
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def close_items(services: Services, run: RunRef) -> ActivityResult:
    """Let image workers end that find no item left."""
    await run_files.close_items(services.store, run.run_id, run.resume_count)
    return ActivityResult()
