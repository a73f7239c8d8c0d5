"""MAI-Image through the real client: the wire, the sign-in, and the reason code of each failure."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from PIL import Image, ImageStat

from shared.config import ModelSettings, SettingError, load_settings
from shared.errors import ModelError
from shared.models.image_models import count_reference_tokens
from shared.models.protocol import ReferenceImage
from shared.models.provider_names import Provider, ProviderAccess
from shared.models.providers.mai import MaiModel
from shared.models.quotes import price_image
from shared.models.usage import Usage
from shared.reasons import Reason
from shared.services.model_factory import check_image_settings
from tests.models.providers.provider_services import IMAGE, every_image_fault, open_model
from tests.support.model_answers import error
from tests.support.model_requests import SECRET_KEY
from tests.support.sample_images import draw
from tests.support.scripted_service import Answer, ScriptedService, run_scripted_service

REQUEST = replace(IMAGE, size="1024x1024")
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ANSWER = {"data": [{"b64_json": PIXEL}], "usage": {"num_output_tokens": 1024, "num_input_text_tokens": 12}}


@dataclass(frozen=True)
class MaiService:
    """MAI images, and text of another provider, which is not called here."""

    def make_settings(self, url: str) -> ModelSettings:
        return ModelSettings(
            text_provider=Provider.OPENAI,
            image_provider=Provider.MAI,
            image_deployment="MAI-Image-2.6",
            openai=ProviderAccess(f"{url}/v1", SECRET_KEY),
            mai=ProviderAccess(url, SECRET_KEY),
        )


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedService]:
    async with run_scripted_service() as running:
        yield running


@pytest.fixture
async def model(scripted: ScriptedService) -> AsyncIterator[MaiModel]:
    opened = MaiModel(MaiService().make_settings(scripted.endpoint))
    yield opened
    await opened.close()


async def test_an_image_is_a_png_of_the_size_that_was_asked_for_and_is_billed_at_the_list_price() -> None:
    async with open_model(MaiService()) as (model, simulator):
        answer = await model.generate_image(REQUEST)
        stats = simulator.stats()
    with Image.open(io.BytesIO(answer.data)) as image:
        assert (image.format, image.size) == ("PNG", (1024, 1024))
    assert answer.usage is not None
    assert answer.usage.output_tokens == 1024
    cost = price_image(load_settings({}).prices, answer.model, answer.usage)
    assert cost.nano_usd == round(stats["costUsd"] * 10**9)


async def test_a_request_holds_four_parameters_and_the_key_is_not_a_bearer_token(
    scripted: ScriptedService, model: MaiModel
) -> None:
    scripted.plan(Answer(ANSWER))
    await model.generate_image(REQUEST)
    (sent,) = scripted.requests
    assert sent.path == "/mai/v1/images/generations"
    assert sent.body == {"model": "MAI-Image-2.6", "prompt": REQUEST.prompt, "width": 1024, "height": 1024}
    assert sent.headers["api-key"] == SECRET_KEY
    assert "authorization" not in {name.casefold() for name in sent.headers}


@every_image_fault
async def test_a_fault_arrives_as_its_reason(fault: str, reason: Reason) -> None:
    async with open_model(MaiService(), rates={fault: 1}, retryAfterSeconds=7) as (model, simulator):
        with pytest.raises(ModelError) as raised:
            await model.generate_image(REQUEST)
        requests = simulator.stats()["requests"]["images"]
    assert raised.value.reason is reason
    assert raised.value.retry_after_seconds == (7 if reason is Reason.RATE_LIMITED else None)
    assert sum(requests.values()) == 1


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, error("It failed.", code="content_safety_violation"), Reason.CONTENT_POLICY),
        (404, error("It failed.", code="DeploymentNotFound"), Reason.MODEL_NOT_FOUND),
        (401, error("It failed.", code="401"), Reason.AUTHENTICATION),
        (429, error("It failed.", code="RateLimitReached"), Reason.RATE_LIMITED),
        (429, error("It failed.", code="insufficient_quota"), Reason.QUOTA_EXHAUSTED),
        (400, error("It failed.", code="BadRequest"), Reason.BAD_REQUEST),
    ],
)
async def test_an_error_answer_has_its_reason_and_quotes_no_secret(
    scripted: ScriptedService, model: MaiModel, status: int, body: dict[str, Any], reason: Reason
) -> None:
    scripted.plan(Answer(body, status=status))
    with pytest.raises(ModelError) as raised:
        await model.generate_image(REQUEST)
    assert raised.value.reason is reason
    assert SECRET_KEY not in str(raised.value)


async def test_an_account_without_a_list_of_models_counts_as_reached(
    scripted: ScriptedService, model: MaiModel
) -> None:
    scripted.plan(Answer(error("It failed.", code="404"), status=404))
    with pytest.raises(ModelError) as raised:
        await model.probe()
    assert raised.value.reason is Reason.MODEL_NOT_FOUND


def test_a_missing_endpoint_is_named() -> None:
    settings = load_settings({"IMAGE_PROVIDER": "mai"})
    with pytest.raises(SettingError) as raised:
        check_image_settings(settings.model)
    assert raised.value.setting == "MAI_ENDPOINT"


@pytest.mark.parametrize("deployment", ["MAI-Image-2.6", "pictures-of-my-shop"])
def test_a_deployment_with_a_name_of_its_own_costs_what_the_most_expensive_mai_model_does(deployment: str) -> None:
    environment = {"IMAGE_PROVIDER": "mai", "MAI_ENDPOINT": "https://x.services.ai.azure.com"}
    prices = load_settings(environment).prices
    assert prices.find_image_price(deployment) == prices.image["mai-image-2.6"]


STYLED = replace(
    REQUEST, references=(ReferenceImage("reference-1.jpg", draw((20, 20, 200), size=(640, 480)), "image/png"),)
)


@pytest.mark.parametrize("size", ["1024x1024", "768x768", "1152x768"])
async def test_an_edit_has_the_size_that_was_asked_for_and_its_reference_is_billed(size: str) -> None:
    async with open_model(MaiService()) as (model, simulator):
        answer = await model.generate_image(replace(STYLED, size=size))
        stats = simulator.stats()
    with Image.open(io.BytesIO(answer.data)) as image:
        assert (image.format, f"{image.width}x{image.height}") == ("PNG", size)
        red, _, blue = ImageStat.Stat(image.convert("RGB")).mean
    assert blue > red * 2, "it has the colors of the reference"
    assert answer.usage is not None
    assert answer.usage.image_input_tokens == count_reference_tokens(Provider.MAI, size, 1) > 0
    cost = price_image(load_settings({}).prices, answer.model, answer.usage)
    assert cost.nano_usd == round(stats["costUsd"] * 10**9)
    assert (cost.input_tokens, cost.output_tokens) == (stats["inputTokens"], stats["outputTokens"])


async def test_an_edit_is_a_form_without_a_size(scripted: ScriptedService, model: MaiModel) -> None:
    usage = {"num_output_tokens": 1024, "num_input_text_tokens": 12, "num_input_image_tokens": 1000}
    scripted.plan(Answer(ANSWER | {"usage": usage}))
    answer = await model.generate_image(STYLED)
    (sent,) = scripted.requests
    assert sent.path == "/mai/v1/images/edits"
    assert sent.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert sent.headers["api-key"] == SECRET_KEY
    assert "authorization" not in {name.casefold() for name in sent.headers}
    assert [name for name in (b'"model"', b'"prompt"', b'"image"', b'"width"', b'"height"') if name in sent.body] == [
        b'"model"',
        b'"prompt"',
        b'"image"',
    ]
    assert answer.usage == Usage(1012, 1024, 1000)
