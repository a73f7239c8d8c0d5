import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from model_simulator.in_process import RunningSimulator, running_simulator
from tests.support.simulator_calls import ITEMS_TASK, QUICK, decode_image

STYLES = pytest.mark.parametrize("style", ["v1", "dated"])


class Draft(BaseModel, extra="forbid"):
    name: str
    description: str
    category: str
    imagePrompt: str  # noqa: N815 - as on the wire


class item_batch(BaseModel, extra="forbid"):  # noqa: N801 - the SDK sends the class's name as the schema's
    items: list[Draft]


def make_client(url: str, style: str, key: str) -> openai.AsyncOpenAI:
    if style == "v1":
        return openai.AsyncOpenAI(base_url=f"{url}/openai/v1/", api_key=key, max_retries=0)
    return openai.AsyncAzureOpenAI(azure_endpoint=url, api_version="2025-04-01-preview", api_key=key, max_retries=0)


@asynccontextmanager
async def calling(
    style: str, *, key: str = "any", **faults: Any
) -> AsyncIterator[tuple[openai.AsyncOpenAI, RunningSimulator]]:
    async with (
        running_simulator(faults={**QUICK, **faults}) as simulator,
        make_client(simulator.url, style, key) as client,
    ):
        yield client, simulator


async def draw(client: openai.AsyncOpenAI, **changes: Any) -> Any:
    wanted = {"model": "gpt-image-2", "prompt": "a red toy boat", "n": 1, "size": "128x64", "quality": "low"}
    return await client.images.generate(**{**wanted, **changes})


async def ask(client: openai.AsyncOpenAI) -> Any:
    return await client.responses.parse(
        model="gpt-5",
        input=[{"role": "system", "content": "Write drafts."}, {"role": "user", "content": json.dumps(ITEMS_TASK)}],
        text_format=item_batch,
        store=False,
    )


@STYLES
async def test_the_real_client_receives_an_image_of_the_requested_size_and_format(style: str) -> None:
    async with calling(style) as (client, _):
        answer = await draw(client, output_format="jpeg")
    image = decode_image(base64.b64decode(answer.data[0].b64_json))
    assert (image.format, image.size) == ("JPEG", (128, 64))
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    assert (answer.size, answer.quality, answer.output_format) == ("128x64", "low", "jpeg")


@STYLES
async def test_the_real_client_parses_a_structured_answer(style: str) -> None:
    async with calling(style) as (client, _):
        answer = await ask(client)
    assert answer.status == "completed"
    assert len(answer.output_parsed.items) == 10
    assert {draft.category for draft in answer.output_parsed.items} == {"Space Explorers"}
    assert answer.model == "gpt-5"
    assert answer.usage.input_tokens > 50
    assert answer.usage.output_tokens == pytest.approx(len(answer.output_text) / 4, abs=1)


@STYLES
async def test_the_real_client_lists_models_without_being_counted(style: str) -> None:
    async with calling(style) as (client, simulator):
        models = [model.id async for model in client.models.list()]
    assert "gpt-image-2" in models
    assert simulator.stats()["requests"] == {"images": {}, "responses": {}}


@STYLES
async def test_a_wrong_key_is_an_authentication_error(style: str) -> None:
    async with calling(style, key="wrong-key-0123456789", apiKey="right-key") as (client, simulator):
        with pytest.raises(openai.AuthenticationError) as drawing:
            await draw(client)
        with pytest.raises(openai.AuthenticationError):
            await ask(client)
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()
    assert "wrong-key-0123456789" not in str(drawing.value)
    assert drawing.value.code == ("invalid_api_key" if style == "v1" else "401")
    assert simulator.stats()["requests"] == {"images": {"401": 1}, "responses": {"401": 1}}


@STYLES
async def test_the_right_key_is_accepted(style: str) -> None:
    async with calling(style, key="right-key", apiKey="right-key") as (client, _):
        assert (await draw(client)).data


@STYLES
async def test_a_refused_prompt_is_a_bad_request_with_a_content_code(style: str) -> None:
    async with calling(style, blockedPrompts=["boat"]) as (client, simulator):
        with pytest.raises(openai.BadRequestError) as caught:
            await draw(client)
    assert caught.value.code in {"moderation_blocked", "content_policy_violation"}
    assert simulator.stats()["billedImageCount"] == 0


async def test_a_rate_limit_reports_when_to_retry() -> None:
    async with calling("v1", rates={"rate_limited": 1}, retryAfterSeconds=3) as (client, _):
        with pytest.raises(openai.RateLimitError) as caught:
            await draw(client)
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.response.headers["retry-after"] == "3"
    assert caught.value.response.headers["x-ratelimit-remaining-requests"] == "0"


async def test_a_server_error_in_json_or_html_is_a_server_error_of_the_client() -> None:
    statuses = set()
    async with calling("v1", rates={"server_error": 1}) as (client, _):
        for number in range(30):
            with pytest.raises(openai.InternalServerError) as caught:
                await draw(client, prompt=f"toy {number}")
            statuses.add(caught.value.status_code)
    assert statuses == {500, 502}


@pytest.mark.parametrize("fault", ["dropped", "timeout"])
async def test_a_connection_closed_without_an_answer_is_a_connection_error(fault: str) -> None:
    async with calling("v1", rates={fault: 1}) as (client, simulator):
        with pytest.raises(openai.APIConnectionError):
            await draw(client)
        with pytest.raises(openai.APIConnectionError):
            await ask(client)
    assert simulator.stats()["requests"] == {"images": {fault: 1}, "responses": {fault: 1}}


async def test_a_refusal_arrives_without_an_exception_and_without_a_result() -> None:
    async with calling("v1", rates={"refusal": 1}) as (client, _):
        answer = await ask(client)
    assert answer.output_parsed is None
    assert answer.output[-1].content[0].type == "refusal"
    assert answer.output[-1].content[0].refusal


async def test_a_blocked_account_refuses_every_call_until_new_faults_are_set() -> None:
    async with calling("v1", accountBlockAfter=2) as (client, simulator):
        await draw(client, prompt="one")
        await draw(client, prompt="two")
        for call in (draw(client, prompt="three"), ask(client), client.models.list()):
            with pytest.raises(openai.PermissionDeniedError, match=r"temporarily blocked .* content policy"):
                await call
        simulator.set_faults(QUICK)
        assert (await draw(client, prompt="three")).data
    assert simulator.stats()["billedImageCount"] == 3
