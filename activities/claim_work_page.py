"""``claim_work_page``: give an image worker its next items."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.claim_work_page import run_claim_work_page
from shared.messages.images import ClaimWorkPageInput, ClaimWorkPageResult
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint, reads_root_state=True)
async def claim_work_page(services: Services, claim: ClaimWorkPageInput) -> ClaimWorkPageResult:
    """Claim the next work page for an image worker."""
    return await run_claim_work_page(services, claim)
