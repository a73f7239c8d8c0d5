"""OpenAI's image batches through the real client: what is sent, and what a batch's answers become."""

from collections.abc import AsyncIterator

import pytest

from shared.config import ModelSettings
from shared.models.provider_names import Provider, ProviderAccess
from shared.models.providers.openai_batches import OpenAIImageBatches
from tests.support.model_answers import error
from tests.support.model_requests import SECRET_KEY
from tests.support.scripted_service import Answer, ScriptedService, run_scripted_service

METADATA = {"app": "catalog-seeder", "run": "a-run", "chunk": "3"}
BATCH = {"id": "batch_1", "object": "batch", "status": "validating", "created_at": 7, "metadata": METADATA}
LONGEST_SECONDS = 2_592_000
"""OpenAI's limit for the life of a result file."""


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedService]:
    async with run_scripted_service() as running:
        yield running


@pytest.fixture
async def batches(scripted: ScriptedService) -> AsyncIterator[OpenAIImageBatches]:
    access = ProviderAccess(f"{scripted.endpoint}/v1", SECRET_KEY)
    opened = OpenAIImageBatches(ModelSettings(image_provider=Provider.OPENAI, openai=access))
    yield opened
    await opened.close()


async def test_a_batch_is_created_with_its_name_and_with_results_that_expire(
    scripted: ScriptedService, batches: OpenAIImageBatches
) -> None:
    scripted.plan(Answer(BATCH))
    created = await batches.create("file-1", METADATA)
    (sent,) = scripted.requests
    assert sent.body["metadata"] == METADATA
    assert sent.body["output_expires_after"] == {"anchor": "created_at", "seconds": LONGEST_SECONDS}
    assert (created.id, created.metadata, created.is_over) == ("batch_1", METADATA, False)


@pytest.mark.parametrize("status", [400, 409])
async def test_a_batch_that_is_over_is_cancelled_without_an_error(
    scripted: ScriptedService, batches: OpenAIImageBatches, status: int
) -> None:
    scripted.plan(Answer(error("Cannot cancel a batch with status completed."), status=status))
    await batches.cancel("batch_1")
    (sent,) = scripted.requests
    assert sent.path == "/v1/batches/batch_1/cancel"
