"""What is sent with an image, on both wires, and what of it never shows."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from shared.config import ModelSettings
from shared.errors import ModelError
from shared.models.protocol import VisionImage
from shared.models.provider_names import ProviderAccess
from shared.models.providers.azure import open_azure_model
from shared.models.providers.chat_model import ChatModel
from shared.models.providers.compatible import open_compatible_model
from shared.models.providers.responses_model import ResponsesModel
from tests.support.input_images import JPEG, chat_parts, make_data_url, response_parts
from tests.support.model_answers import error, text_answer
from tests.support.model_requests import FIGURE_REQUEST, UrlStyle
from tests.support.scripted_service import Answer, ScriptedService

REQUEST = replace(FIGURE_REQUEST, image=JPEG)
REFERENCE = VisionImage(b"a reference", "image/png")
GOOD_FIGURE = '{"name": "Deep Sea Diver", "heads": 1}'
CHAT_ANSWER = {
    "model": "seer",
    "choices": [{"message": {"content": GOOD_FIGURE}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 700, "completion_tokens": 20, "total_tokens": 720},
}


@pytest.fixture
async def compatible(service: ScriptedService) -> AsyncIterator[ChatModel]:
    access = ProviderAccess(f"{service.endpoint}/v1")
    model = open_compatible_model(ModelSettings(text_deployment="writer", vision_deployment="seer", compatible=access))
    yield model
    await model.close()


async def test_a_response_is_requested_with_the_image_beside_the_task(
    service: ScriptedService, styled_model: ResponsesModel, url_style: UrlStyle
) -> None:
    service.plan(Answer(text_answer(GOOD_FIGURE)))
    answer = await styled_model.answer(REQUEST)
    [request] = service.requests
    assert request.path == url_style.text_path
    assert request.body["instructions"] == REQUEST.instructions
    assert request.body["input"] == response_parts(REQUEST.task, make_data_url())
    assert request.body["store"] is False
    assert request.body["text"]["format"]["strict"] is True
    assert answer.value.heads == 1


async def test_a_chat_completion_is_requested_with_the_image_beside_the_task(
    service: ScriptedService, compatible: ChatModel
) -> None:
    service.plan(Answer(CHAT_ANSWER))
    answer = await compatible.answer(REQUEST)
    [request] = service.requests
    assert request.body["model"] == "seer"
    assert request.body["messages"] == [
        {"role": "system", "content": REQUEST.instructions},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": REQUEST.task},
                {"type": "image_url", "image_url": {"url": make_data_url()}},
            ],
        },
    ]
    assert answer.usage is not None
    assert answer.usage.input_tokens == 700


async def test_references_follow_the_image_on_both_wires(
    service: ScriptedService, styled_model: ResponsesModel, compatible: ChatModel
) -> None:
    request = replace(REQUEST, references=(REFERENCE,))
    urls = [make_data_url(), make_data_url(REFERENCE.data, "image/png")]
    service.plan(Answer(text_answer(GOOD_FIGURE)), Answer(CHAT_ANSWER))
    await styled_model.answer(request)
    await compatible.answer(request)
    [response, chat] = service.requests
    assert response.body["input"] == response_parts(REQUEST.task, *urls)
    assert chat.body["messages"][1:] == chat_parts(REQUEST.task, *({"url": url} for url in urls))


async def test_the_vision_deployment_sees_and_the_text_deployment_writes(
    service: ScriptedService, settings: ModelSettings
) -> None:
    service.plan(Answer(text_answer(GOOD_FIGURE)), Answer(text_answer(GOOD_FIGURE)))
    model = open_azure_model(replace(settings, text_deployment="writer", vision_deployment="seer"))
    await model.answer(REQUEST)
    await model.answer(FIGURE_REQUEST)
    await model.close()
    assert [request.body["model"] for request in service.requests] == ["seer", "writer"]


@pytest.mark.parametrize("echo", [make_data_url(), make_data_url()[:120], make_data_url().partition(",")[2]])
async def test_a_service_that_repeats_the_image_is_not_quoted_with_it(
    service: ScriptedService, model: ResponsesModel, caplog: pytest.LogCaptureFixture, echo: str
) -> None:
    caplog.set_level(logging.DEBUG, "shared")
    service.plan(Answer(error(f"Invalid image_url {echo} in the input."), status=400))
    with pytest.raises(ModelError) as raised:
        await model.answer(REQUEST)
    beginning = make_data_url().partition(",")[2][:12]
    assert raised.value.message.startswith("vision call to deployment 'gpt-6-luna'")
    assert "Invalid image_url [hidden] in the input." in raised.value.message
    assert beginning not in raised.value.message + caplog.text
