"""What a compatible server does not know is left out, and images are taken in every form that servers send."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from shared.config import ModelSettings
from shared.errors import ModelError
from shared.models.provider_names import ProviderAccess
from shared.models.providers.chat_model import ChatModel
from shared.models.providers.compatible import open_compatible_model
from shared.reasons import Reason
from tests.support.model_requests import FIGURE_REQUEST, IMAGE_REQUEST
from tests.support.scripted_service import Answer, ScriptedService

IMAGE = b"\x89PNG\r\n\x1a\nimage?>"
ENCODED = base64.b64encode(IMAGE).decode()
GOOD = '{"name": "Deep Sea Diver", "heads": 1}'


@pytest.fixture
async def compatible(service: ScriptedService) -> AsyncIterator[ChatModel]:
    model = open_compatible_model(
        ModelSettings(
            text_deployment="writer",
            vision_deployment="writer",
            image_deployment="painter",
            compatible=ProviderAccess(f"{service.endpoint}/v1"),
        )
    )
    yield model
    await model.close()


def chat(content: Any, **more: Any) -> Answer:
    message = {"role": "assistant", "content": content}
    return Answer({"choices": [{"finish_reason": "stop", "message": message}], **more})


def refuse(name: str, status: int = 400) -> Answer:
    return Answer({"error": {"message": f"Unknown parameter: '{name}'.", "param": name}}, status=status)


def image(**entry: Any) -> Answer:
    return Answer({"data": [entry]})


async def test_a_text_call_sends_its_limits(service: ScriptedService, compatible: ChatModel) -> None:
    service.plan(chat(GOOD))
    await compatible.answer(replace(FIGURE_REQUEST, max_output_tokens=500))
    assert service.requests[0].body["max_completion_tokens"] == 500
    assert "max_tokens" not in service.requests[0].body


async def test_what_a_server_refuses_is_left_out_and_not_sent_again(
    service: ScriptedService, compatible: ChatModel
) -> None:
    service.plan(refuse("max_completion_tokens"), refuse("response_format"), chat(f"```json\n{GOOD}"), chat(GOOD))
    request = replace(FIGURE_REQUEST, max_output_tokens=500)
    for _ in range(2):
        assert (await compatible.answer(request)).value.heads == 1
    assert [
        sorted({"max_completion_tokens", "max_tokens", "response_format"} & set(r.body)) for r in service.requests
    ] == [
        ["max_completion_tokens", "response_format"],
        ["max_tokens", "response_format"],
        ["max_tokens"],
        ["max_tokens"],
    ]
    assert '"heads"' in service.requests[-1].body["messages"][0]["content"]


async def test_a_server_that_refuses_everything_is_not_called_forever(
    service: ScriptedService, compatible: ChatModel
) -> None:
    service.plan(*[refuse("response_format")] * 5)
    with pytest.raises(ModelError) as caught:
        await compatible.generate_image(IMAGE_REQUEST)
    assert caught.value.reason is Reason.BAD_REQUEST
    assert len(service.requests) == 2


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        ("painter", {"response_format"}),
        ("dall-e-3", {"response_format"}),
        ("gpt-image-2", {"quality", "output_format"}),
        ("azure/gpt-image-2", {"quality", "output_format"}),
    ],
)
async def test_the_name_of_an_image_model_says_what_it_is_sent(
    service: ScriptedService, model: str, sent: set[str]
) -> None:
    access = ProviderAccess(f"{service.endpoint}/v1")
    compatible = open_compatible_model(ModelSettings(image_deployment=model, compatible=access))
    service.plan(image(b64_json=ENCODED))
    await compatible.generate_image(IMAGE_REQUEST)
    await compatible.close()
    assert {"response_format", "quality", "output_format"} & set(service.requests[0].body) == sent


@pytest.mark.parametrize(
    "entry",
    [
        {"b64_json": ENCODED},
        {"b64_json": f"data:image/png;base64,{ENCODED}"},
        {"url": f"data:image/png;base64,{ENCODED}"},
        {"b64_json": "\n".join(ENCODED[start : start + 8] for start in range(0, len(ENCODED), 8))},
        {"b64_json": ENCODED.rstrip("=")},
        {"b64_json": base64.urlsafe_b64encode(IMAGE).decode()},
    ],
)
async def test_an_image_is_decoded_in_every_form(
    service: ScriptedService, compatible: ChatModel, entry: dict[str, str]
) -> None:
    service.plan(image(**entry))
    assert (await compatible.generate_image(IMAGE_REQUEST)).data == IMAGE


async def test_an_address_is_fetched_without_the_key(service: ScriptedService, compatible: ChatModel) -> None:
    moved = Answer(status=302, headers={"Location": "/final.png"})
    service.plan(image(url=f"{service.endpoint}/a.png"), moved, Answer(IMAGE, content_type="image/png"))
    answer = await compatible.generate_image(IMAGE_REQUEST)
    assert answer.data == IMAGE
    assert [request.path for request in service.requests[1:]] == ["/a.png", "/final.png"]
    assert all("Authorization" not in request.headers for request in service.requests[1:])


@pytest.mark.parametrize(
    "steps",
    [
        [image(url="http://images.example.com/a.png?sig=secret")],
        [image(url="ftp://127.0.0.1/a.png")],
        [image(url="file:///etc/passwd")],
        [image(url="{endpoint}/a.png"), Answer(status=302, headers={"Location": "https://127.0.0.1:1/a.png"})],
        [image(url="{endpoint}/a.png"), *[Answer(status=302, headers={"Location": "/b.png"})] * 4],
        [image(url="{endpoint}/a.png"), Answer(status=403)],
        [Answer({"data": []})],
        [Answer(b'{"data": [{"b64_json": "iVBO')],
        [Answer(b"<html>Sign in</html>", content_type="text/html")],
        [Answer({"error": {"message": "CUDA out of memory"}})],
    ],
)
async def test_an_answer_without_an_image_is_billed_and_says_what_came(
    service: ScriptedService, compatible: ChatModel, steps: list[Answer]
) -> None:
    first = steps[0].body
    if isinstance(first, dict) and "{endpoint}" in str(first):
        steps = [image(url=f"{service.endpoint}/a.png"), *steps[1:]]
    service.plan(*steps)
    with pytest.raises(ModelError) as caught:
        await compatible.generate_image(IMAGE_REQUEST)
    assert caught.value.answered
    assert caught.value.mismatch is not None
    assert "secret" not in caught.value.message
    assert len(service.requests) == len(steps)


async def test_an_image_that_was_filtered_out_is_refused_by_the_content_policy(
    service: ScriptedService, compatible: ChatModel
) -> None:
    service.plan(Answer({"data": [], "content_filter_results": {"violence": {"filtered": True}}}))
    with pytest.raises(ModelError) as caught:
        await compatible.generate_image(IMAGE_REQUEST)
    assert (caught.value.reason, caught.value.answered) == (Reason.CONTENT_POLICY, True)


@pytest.mark.parametrize(
    "content", [GOOD, [{"type": "text", "text": GOOD}], [GOOD[:10], GOOD[10:]]], ids=["text", "parts", "pieces"]
)
async def test_a_message_may_come_in_parts(service: ScriptedService, compatible: ChatModel, content: Any) -> None:
    service.plan(chat(content))
    assert (await compatible.answer(FIGURE_REQUEST)).value.name == "Deep Sea Diver"


async def test_the_quota_that_an_answer_reports_is_passed_on(service: ScriptedService, compatible: ChatModel) -> None:
    headers = {"x-ratelimit-limit-requests": "6", "x-ratelimit-remaining-requests": "5"}
    service.plan(replace(image(b64_json=ENCODED), headers=headers))
    assert (await compatible.generate_image(IMAGE_REQUEST)).requests_per_minute == 6
