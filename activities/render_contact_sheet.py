"""``render_contact_sheet``: render the contact sheet of a run."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.write_contact_sheet import run_render_contact_sheet
from shared.messages.run import ActivityResult, FinishRunInput
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def render_contact_sheet(services: Services, ending: FinishRunInput) -> ActivityResult:
    """Write ``contact-sheet.jpg``."""
    return await run_render_contact_sheet(services, ending)
