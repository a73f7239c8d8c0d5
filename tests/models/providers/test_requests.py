"""What is sent: address, credentials, body, and never more than one request a call."""

from dataclasses import replace

import pytest

from shared.config import ModelSettings
from shared.errors import ModelError
from shared.models.providers.azure import open_azure_model
from shared.models.providers.responses_model import ResponsesModel
from shared.reasons import Reason
from tests.support.model_answers import image_answer, text_answer
from tests.support.model_requests import FIGURE_REQUEST, IMAGE_REQUEST, SECRET_KEY, UrlStyle
from tests.support.scripted_service import Answer, ScriptedService

GOOD_FIGURE = '{"name": "Deep Sea Diver", "heads": 1}'


async def test_a_text_call_sends_its_task_with_a_strict_schema_and_is_not_stored(
    service: ScriptedService, styled_model: ResponsesModel, url_style: UrlStyle
) -> None:
    service.plan(Answer(text_answer(GOOD_FIGURE)))
    await styled_model.answer(FIGURE_REQUEST)
    [request] = service.requests
    assert (request.method, request.path) == ("POST", url_style.text_path)
    assert request.body == {
        "model": "gpt-6-luna",
        "instructions": FIGURE_REQUEST.instructions,
        "input": FIGURE_REQUEST.task,
        "max_output_tokens": 500,
        "reasoning": {"effort": "low"},
        "store": False,
        "text": {
            "format": {
                "type": "json_schema",
                "name": "figure",
                "strict": True,
                "schema": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "heads": {"type": "integer"}},
                    "required": ["name", "heads"],
                    "additionalProperties": False,
                },
            },
        },
    }


async def test_an_image_call_requests_one_image_and_never_a_response_format(
    service: ScriptedService, styled_model: ResponsesModel, url_style: UrlStyle
) -> None:
    service.plan(Answer(image_answer()))
    await styled_model.generate_image(IMAGE_REQUEST)
    [request] = service.requests
    assert (request.method, request.path) == ("POST", url_style.image_path)
    assert request.body == {
        "model": "gpt-image-2",
        "prompt": IMAGE_REQUEST.prompt,
        "n": 1,
        "size": "1024x1024",
        "quality": "medium",
        "output_format": "png",
    }


async def test_a_probe_lists_the_models_which_is_not_billed(
    service: ScriptedService, styled_model: ResponsesModel, url_style: UrlStyle
) -> None:
    service.plan(Answer({"object": "list", "data": []}))
    await styled_model.probe()
    [request] = service.requests
    assert (request.method, request.path, request.body) == ("GET", url_style.models_path, None)


async def test_the_key_goes_into_the_header_of_the_url_style(
    service: ScriptedService, styled_model: ResponsesModel, url_style: UrlStyle
) -> None:
    service.plan(Answer(text_answer(GOOD_FIGURE)), Answer(image_answer()), Answer({"data": []}))
    await styled_model.answer(FIGURE_REQUEST)
    await styled_model.generate_image(IMAGE_REQUEST)
    await styled_model.probe()
    name, value = url_style.key_header
    assert [request.headers[name] for request in service.requests] == [value] * 3


async def test_deployments_are_named_as_configured(service: ScriptedService, settings: ModelSettings) -> None:
    model = open_azure_model(
        replace(settings, text_deployment="writer", image_deployment="painter", api_version="2025-04-01")
    )
    service.plan(Answer(text_answer(GOOD_FIGURE)), Answer(image_answer()))
    await model.answer(FIGURE_REQUEST)
    await model.generate_image(IMAGE_REQUEST)
    await model.close()
    text, image = service.requests
    assert text.body["model"] == "writer"
    assert image.path.startswith("/openai/deployments/painter/images/generations")


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_what_the_sdk_would_retry_is_asked_once(
    service: ScriptedService, styled_model: ResponsesModel, status: int
) -> None:
    service.plan(Answer(status=status, headers={"Retry-After": "0", "x-should-retry": "true"}))
    with pytest.raises(ModelError):
        await styled_model.generate_image(IMAGE_REQUEST)
    assert len(service.requests) == 1


async def test_a_redirect_is_not_followed_with_our_key(service: ScriptedService, model: ResponsesModel) -> None:
    service.plan(Answer(status=307, headers={"Location": f"{service.endpoint}/elsewhere"}))
    with pytest.raises(ModelError) as raised:
        await model.generate_image(IMAGE_REQUEST)
    assert raised.value.reason is Reason.NOT_CONFIGURED
    assert "AZURE_OPENAI_ENDPOINT" in str(raised.value)
    assert len(service.requests) == 1


async def test_a_proxy_of_the_environment_does_not_come_between_us_and_this_machine(
    service: ScriptedService, model: ResponsesModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    service.plan(Answer(image_answer()))
    await model.generate_image(IMAGE_REQUEST)
    assert len(service.requests) == 1


async def test_without_an_endpoint_every_call_names_the_setting() -> None:
    model = open_azure_model(ModelSettings(api_key=SECRET_KEY))
    with pytest.raises(ModelError, match="AZURE_OPENAI_ENDPOINT is not set") as raised:
        await model.probe()
    assert raised.value.reason is Reason.NOT_CONFIGURED
    await model.close()


async def test_an_endpoint_that_is_not_a_url_is_a_setting_to_correct(url_style: UrlStyle) -> None:
    endpoint = "https://127.0.0.1:port"
    model = open_azure_model(ModelSettings(endpoint=endpoint, api_key=SECRET_KEY, api_version=url_style.api_version))
    with pytest.raises(ModelError, match="AZURE_OPENAI_ENDPOINT is not a valid URL") as raised:
        await model.probe()
    assert raised.value.reason is Reason.NOT_CONFIGURED
    await model.close()


@pytest.mark.parametrize("key", ["two words", "cut\noff", "“curly”"])
async def test_a_key_that_cannot_be_one_is_refused_before_it_is_sent(
    service: ScriptedService, settings: ModelSettings, key: str
) -> None:
    model = open_azure_model(replace(settings, api_key=key))
    with pytest.raises(ModelError, match="AZURE_OPENAI_API_KEY") as raised:
        await model.probe()
    assert raised.value.reason is Reason.AUTHENTICATION
    assert key not in str(raised.value)
    assert service.requests == []


async def test_a_closed_model_connects_again_when_it_is_used(service: ScriptedService, model: ResponsesModel) -> None:
    service.plan(Answer(image_answer()), Answer(image_answer()))
    await model.generate_image(IMAGE_REQUEST)
    await model.close()
    await model.close()
    await model.generate_image(IMAGE_REQUEST)
    assert len(service.requests) == 2
