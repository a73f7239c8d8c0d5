"""``plan_trial``: decide whether trial images are still to be generated or approved."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.images.trial import run_plan_trial
from shared.messages.run import PlanTrialInput, TrialPlan
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def plan_trial(services: Services, call: PlanTrialInput) -> TrialPlan:
    """Decide whether trial images are still to be generated or approved."""
    return await run_plan_trial(services, call)
