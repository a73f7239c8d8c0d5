"""The services beside Azure OpenAI that the openai SDK speaks to: the same product, through the real client."""

import io
from dataclasses import dataclass, replace
from typing import Any

import pytest
from PIL import Image

from model_simulator.in_process import running_simulator
from shared.catalog.items import CategoryList, DraftBatch
from shared.config import ModelSettings, Settings
from shared.errors import ModelError
from shared.models.provider_names import Provider, ProviderAccess
from shared.reasons import Reason
from shared.services.model_factory import build_model
from tests.models.providers.provider_services import (
    CATEGORIES_TASK,
    IMAGE,
    ITEMS_TASK,
    QUICK,
    every_image_fault,
    every_question,
    every_text_fault,
    open_model,
    text_request,
)
from tests.support.memory_request_log import MemoryRequestLog
from tests.support.model_requests import SECRET_KEY


@dataclass(frozen=True)
class Service:
    """A provider, and where the simulator speaks its wire.

    Attributes:
        provider: which one.
        path: of the base URL.
        key_setting: what a message about its key names.
        model: what answers its text calls.
    """

    provider: Provider
    path: str
    key_setting: str
    model: str = "gpt-5"

    def make_settings(self, url: str, key: str = SECRET_KEY) -> ModelSettings:
        access = ProviderAccess(f"{url}{self.path}", key)
        # Gemini makes no images for us: its image half is another one's, which is not called here.
        image = Provider.OPENAI if self.provider is Provider.GEMINI else self.provider
        return ModelSettings(
            text_provider=self.provider,
            image_provider=image,
            text_deployment=self.model,
            openai=access,
            gemini=access,
            compatible=access,
        )


OPENAI = Service(Provider.OPENAI, "/v1", "OPENAI_API_KEY")
GEMINI = Service(Provider.GEMINI, "/v1beta/openai", "GEMINI_API_KEY", "gemini-3.5-flash")
COMPATIBLE = Service(Provider.COMPATIBLE, "/compatible/v1", "OPENAI_COMPATIBLE_API_KEY")
every_service = pytest.mark.parametrize(
    "service", [OPENAI, GEMINI, COMPATIBLE], ids=lambda service: service.provider.value
)
every_service_that_draws = pytest.mark.parametrize(
    "service", [OPENAI, COMPATIBLE], ids=lambda service: service.provider.value
)


@every_service
@every_question
async def test_the_products_questions_are_answered_and_counted_as_billed(
    service: Service, answer_type: type[Any], schema_name: str, task: dict[str, Any]
) -> None:
    async with open_model(service) as (model, simulator):
        answer = await model.answer(text_request(answer_type, schema_name, task))
        stats = simulator.stats()
    assert isinstance(answer.value, answer_type)
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (stats["inputTokens"], stats["outputTokens"])
    assert answer.usage.output_tokens > 0
    assert answer.model == service.model
    assert stats["requests"]["responses"] == {"200": 1}


@every_service_that_draws
async def test_an_image_is_one_and_is_billed_once(service: Service) -> None:
    async with open_model(service) as (model, simulator):
        answer = await model.generate_image(IMAGE)
        stats = simulator.stats()
    with Image.open(io.BytesIO(answer.data)) as image:
        assert (image.format, image.size) == ("PNG", (256, 256))
    assert stats["billedImageCount"] == 1
    assert answer.usage is not None
    assert answer.usage.output_tokens > 0


@every_service
async def test_a_probe_is_answered_and_counted_nowhere(service: Service) -> None:
    async with open_model(service) as (model, simulator):
        before = simulator.stats()
        await model.probe()
        assert simulator.stats() == before


@every_service
@every_text_fault
async def test_a_fault_of_a_text_call_arrives_as_its_reason(service: Service, fault: str, reasons: set[Reason]) -> None:
    async with open_model(service, rates={fault: 1}, retryAfterSeconds=7) as (model, simulator):
        with pytest.raises(ModelError) as raised:
            await model.answer(text_request(DraftBatch, "item_batch", ITEMS_TASK))
        requests = simulator.stats()["requests"]["responses"]
    assert raised.value.reason in reasons
    assert raised.value.retry_after_seconds == (7 if raised.value.reason is Reason.RATE_LIMITED else None)
    assert sum(requests.values()) == 1


@every_service_that_draws
@every_image_fault
async def test_a_fault_of_an_image_call_arrives_as_its_reason(service: Service, fault: str, reason: Reason) -> None:
    async with open_model(service, rates={fault: 1}) as (model, _):
        with pytest.raises(ModelError) as raised:
            await model.generate_image(IMAGE)
    assert raised.value.reason is reason


@every_service
async def test_a_wrong_key_names_its_setting_and_is_not_shown(service: Service) -> None:
    async with open_model(service, apiKey="another key than ours") as (model, _):
        with pytest.raises(ModelError) as raised:
            await model.probe()
        with pytest.raises(ModelError) as asked:
            await model.answer(text_request(DraftBatch, "item_batch", ITEMS_TASK))
    for error in (raised.value, asked.value):
        assert error.reason is Reason.AUTHENTICATION
        assert service.key_setting in error.message
        assert SECRET_KEY[:6] not in error.message


@every_service
async def test_a_service_that_is_not_there_was_sent_nothing(service: Service) -> None:
    model = build_model(Settings(model=service.make_settings("http://127.0.0.1:9")), MemoryRequestLog())
    with pytest.raises(ModelError) as raised:
        await model.answer(text_request(DraftBatch, "item_batch", ITEMS_TASK))
    await model.close()
    assert raised.value.reason is Reason.CONNECTION
    assert "AZURE" not in raised.value.message


async def test_a_server_without_authentication_needs_no_key() -> None:
    async with running_simulator(faults=QUICK) as simulator:
        settings = COMPATIBLE.make_settings(simulator.url)
        settings = replace(settings, compatible=replace(settings.compatible, api_key=None))
        model = build_model(Settings(model=settings), MemoryRequestLog())
        await model.probe()
        await model.close()


async def test_text_and_images_can_come_from_two_services() -> None:
    async with running_simulator(faults=QUICK) as simulator:
        settings = replace(
            GEMINI.make_settings(simulator.url),
            endpoint=simulator.url,
            api_key=SECRET_KEY,
            image_provider=Provider.AZURE,
        )
        model = build_model(Settings(model=settings), MemoryRequestLog())
        await model.probe()
        answer = await model.answer(text_request(CategoryList, "category_list", CATEGORIES_TASK))
        image = await model.generate_image(IMAGE)
        await model.close()
    assert (answer.model, image.model) == ("gemini-3.5-flash", "gpt-image-2")
