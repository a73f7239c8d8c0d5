"""``use_template_prompts``: use the template's image prompts where the text model wrote none."""

import azure.durable_functions as df

from activities.decorator import activity
from shared.catalog.write_prompt_batch import run_use_template_prompts
from shared.messages.run import ActivityResult
from shared.messages.text import UseTemplatePromptsInput
from shared.services.container import Services

blueprint = df.Blueprint()


@activity(blueprint)
async def use_template_prompts(services: Services, fallback: UseTemplatePromptsInput) -> ActivityResult:
    """Record that a batch uses the template's prompts."""
    return await run_use_template_prompts(services, fallback)
