"""Questions about images, through the real client of each service: the vision model answers, and sees the image."""

from dataclasses import dataclass, replace

import pytest

from model_simulator.in_process import running_simulator
from shared.catalog.items import CategoryList
from shared.catalog.theme import Theme
from shared.config import ModelSettings, Settings
from shared.errors import ModelError
from shared.images.refinement_answers import Evaluation, PromptRewrite, StyledEvaluation
from shared.models.price_files import load_prices
from shared.models.prompts.evaluation_requests import build_evaluation_request, build_rewrite_request
from shared.models.protocol import VisionImage
from shared.models.provider_names import Provider, ProviderAccess
from shared.reasons import Reason
from shared.services.model_factory import build_model
from tests.models.providers.provider_services import (
    CATEGORIES_TASK,
    QUICK,
    every_text_fault,
    open_model,
    text_request,
)
from tests.support.input_images import JPEG, make_large_image
from tests.support.memory_request_log import MemoryRequestLog
from tests.support.model_requests import DATED, SECRET_KEY
from tests.support.sample_images import draw

VISION_MODEL = "gpt-5-mini"
PROMPT = f"{Theme().openings[0]}, yellow raincoat, blue boots, brass lantern, {Theme().tail}"
ASK = build_evaluation_request(PROMPT, JPEG, iteration=1).limit_answer(4_000)


@dataclass(frozen=True)
class Service:
    """A service that sees, and how it is reached at the simulator."""

    name: str
    provider: Provider
    path: str = ""
    api_version: str | None = None

    def __str__(self) -> str:
        return self.name

    def make_settings(self, url: str) -> ModelSettings:
        """Return settings by which it does all that it can; Gemini makes no images for us."""
        access = ProviderAccess(f"{url}{self.path}", SECRET_KEY)
        return ModelSettings(
            endpoint=url,
            api_key=SECRET_KEY,
            api_version=self.api_version,
            text_provider=self.provider,
            vision_provider=self.provider,
            image_provider=Provider.AZURE if self.provider is Provider.GEMINI else self.provider,
            vision_deployment=VISION_MODEL,
            openai=access,
            gemini=access,
            compatible=access,
        )


AZURE = Service("azure", Provider.AZURE)
GEMINI = Service("gemini", Provider.GEMINI, "/v1beta/openai")
SERVICES = [
    AZURE,
    Service("azure-dated", Provider.AZURE, api_version=DATED.api_version),
    Service("openai", Provider.OPENAI, "/v1"),
    GEMINI,
    Service("compatible", Provider.COMPATIBLE, "/compatible/v1"),
]
every_service = pytest.mark.parametrize("service", SERVICES, ids=str)


@every_service
async def test_an_image_is_judged_by_the_vision_model_and_counted_as_billed(service: Service) -> None:
    async with open_model(service, secondRoundBest=1) as (model, simulator):
        answer = await model.answer(ASK)
        stats = simulator.stats()
    assert isinstance(answer.value, Evaluation)
    assert 40 <= answer.value.score <= 60
    assert set(answer.value.missing) < set(PROMPT.split(", "))
    assert answer.model == VISION_MODEL
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (stats["inputTokens"], stats["outputTokens"])
    assert answer.usage.input_tokens > 630
    assert stats["requests"] == {"images": {}, "responses": {"200": 1}}
    assert stats["costUsd"] == pytest.approx(float(load_prices().calculate_text_cost(VISION_MODEL, answer.usage)))


@every_service
async def test_the_likeness_to_references_is_seen_in_the_images_and_counted_as_billed(service: Service) -> None:
    red, blue = (VisionImage(draw(color, kind="JPEG"), "image/jpeg") for color in ((200, 30, 30), (30, 30, 200)))
    asks = [build_evaluation_request(PROMPT, red, iteration=1, references=held) for held in ([red], [blue], [red, red])]
    async with open_model(service) as (model, simulator):
        same, other, twice = [await model.answer(ask.limit_answer(4_000)) for ask in asks]
        stats = simulator.stats()
    found = [answer.value for answer in (same, other, twice)]
    assert all(isinstance(value, StyledEvaluation) for value in found)
    likenesses = [value.likeness for value in found if isinstance(value, StyledEvaluation)]
    assert (likenesses[0], likenesses[2]) == (100, 100)
    assert likenesses[1] < 50
    assert [bool(value.unlike) for value in found if isinstance(value, StyledEvaluation)] == [False, True, False]
    assert sum(answer.usage.input_tokens for answer in (same, other, twice) if answer.usage) == stats["inputTokens"]


@every_service
async def test_a_question_without_an_image_goes_to_the_text_model(service: Service) -> None:
    ask = build_rewrite_request(
        PROMPT, evaluation=None, theme=Theme(), because_refused=True, round=1, rewrite=1, limit=len(PROMPT)
    )
    async with open_model(service) as (model, _):
        answer = await model.answer(ask.limit_answer(4_000))
    assert answer.model == "gpt-6-luna"
    assert isinstance(answer.value, PromptRewrite)
    assert answer.value.prompt != PROMPT
    assert answer.value.prompt.startswith(Theme().openings[0])
    assert answer.value.prompt.endswith(Theme().tail)


@every_service
async def test_an_image_of_two_megabytes_is_seen(service: Service) -> None:
    async with open_model(service) as (model, simulator):
        answer = await model.answer(
            build_evaluation_request(PROMPT, make_large_image(), iteration=1).limit_answer(4_000)
        )
        assert simulator.stats()["requests"]["responses"] == {"200": 1}
    assert 0 <= answer.value.score <= 100


@every_service
@every_text_fault
async def test_a_fault_arrives_as_its_reason_and_names_the_kind_of_call(
    service: Service, fault: str, reasons: set[Reason]
) -> None:
    async with open_model(service, rates={fault: 1}, retryAfterSeconds=7) as (model, simulator):
        with pytest.raises(ModelError) as raised:
            await model.answer(ASK)
        assert sum(simulator.stats()["requests"]["responses"].values()) == 1
    assert raised.value.reason in reasons
    assert raised.value.message.startswith("vision call to ")
    assert repr(VISION_MODEL) in raised.value.message
    assert raised.value.retry_after_seconds == (7 if raised.value.reason is Reason.RATE_LIMITED else None)


@every_service
async def test_an_image_that_the_service_refuses_does_not_get_into_the_message(service: Service) -> None:
    broken = VisionImage(b"no image, but 32 bytes of something 0123456789", "image/jpeg")
    async with open_model(service) as (model, _):
        with pytest.raises(ModelError) as raised:
            await model.answer(build_evaluation_request(PROMPT, broken, iteration=1).limit_answer(4_000))
    assert raised.value.reason is Reason.BAD_REQUEST
    assert "bm8gcGljdHVyZ" not in raised.value.message  # how it begins in base64


async def test_writing_seeing_and_drawing_can_be_three_services() -> None:
    async with running_simulator(faults=QUICK) as simulator:
        settings = replace(
            GEMINI.make_settings(simulator.url),
            vision_provider=Provider.OPENAI,
            openai=ProviderAccess(f"{simulator.url}/v1", SECRET_KEY),
        )
        model = build_model(Settings(model=settings), MemoryRequestLog())
        await model.probe()
        written = await model.answer(text_request(CategoryList, "category_list", CATEGORIES_TASK))
        seen = await model.answer(ASK)
        await model.close()
    assert (written.model, seen.model) == ("gpt-6-luna", VISION_MODEL)


async def test_a_vision_service_that_is_not_there_matters_to_no_one_who_does_not_ask_it() -> None:
    async with running_simulator(faults=QUICK) as simulator:
        settings = replace(
            AZURE.make_settings(simulator.url),
            vision_provider=Provider.COMPATIBLE,
            compatible=ProviderAccess("http://127.0.0.1:9/v1", SECRET_KEY),
        )
        model = build_model(Settings(model=settings), MemoryRequestLog())
        await model.probe()
        await model.answer(text_request(CategoryList, "category_list", CATEGORIES_TASK))
        with pytest.raises(ModelError) as raised:
            await model.answer(ASK)
        await model.close()
    assert raised.value.reason is Reason.CONNECTION
