"""Wire formats of other providers: requests that no real client sends."""

import json
from typing import Any

import pytest

from tests.support.simulator_calls import ITEMS_SCHEMA, ITEMS_TASK, calling_simulator, decode_image, image_body

ORDER = {"prompt": "a red toy boat", "image_size": {"width": 64, "height": 64}, "format": "png"}
FAL = "/fal/fal-ai/fast-lightning-sdxl"


def chat_body(**changes: Any) -> dict[str, Any]:
    schema = {"name": "item_batch", "schema": ITEMS_SCHEMA, "strict": True}
    return {
        "model": "gpt-5",
        "messages": [
            {"role": "system", "content": "Write drafts."},
            {"role": "user", "content": [{"type": "text", "text": json.dumps(ITEMS_TASK)}]},
        ],
        "response_format": {"type": "json_schema", "json_schema": schema},
        **changes,
    }


@pytest.mark.parametrize("path", ["/compatible/v1/chat/completions", "/v1beta/openai/chat/completions"])
async def test_a_chat_completion_holds_the_same_answer_as_a_response(path: str) -> None:
    async with calling_simulator() as caller:
        answer = (await caller.must("POST", path, chat_body())).json()
    drafts = json.loads(answer["choices"][0]["message"]["content"])["items"]
    assert len(drafts) == 10
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["prompt_tokens"] + answer["usage"]["completion_tokens"] == answer["usage"]["total_tokens"]


async def test_a_chat_completion_that_runs_out_of_tokens_reports_it() -> None:
    async with calling_simulator() as caller:
        answer = await caller.must("POST", "/compatible/v1/chat/completions", chat_body(max_completion_tokens=20))
    assert answer.json()["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/compatible/v1/chat/completions", chat_body(response_format={"type": "json_object"}), "response_format"),
        ("/compatible/v1/chat/completions", chat_body(messages="hello"), "input"),
        ("/compatible/v1/images/generations", image_body(model="painter"), "response_format"),
    ],
)
async def test_unsupported_requests_are_reported(path: str, body: dict[str, Any], param: str) -> None:
    async with calling_simulator() as caller:
        answer = await caller.must("POST", path, body)
    assert answer.status == 400
    assert answer.error()["param"] == param


async def test_gemini_reports_errors_in_a_list_and_a_wrong_key_as_a_bad_request() -> None:
    async with calling_simulator({"apiKey": "right"}) as caller:
        answer = await caller.must("POST", "/v1beta/openai/chat/completions", chat_body())
    assert answer.status == 400
    [problem] = answer.json()
    assert problem["error"]["status"] == "INVALID_ARGUMENT"
    assert problem["error"]["message"].startswith("API key not valid")


async def test_a_queued_image_is_fetched_by_its_url() -> None:
    async with calling_simulator() as caller:
        order = (await caller.must("POST", FAL, ORDER)).json()
        place = f"{FAL}/requests/{order['request_id']}"
        assert order["response_url"] == caller.simulator.url + place
        state = ""
        while state != "COMPLETED":
            state = (await caller.must("GET", f"{place}/status")).json()["status"]
        [image] = (await caller.must("GET", place)).json()["images"]
        file = await caller.must("GET", image["url"].removeprefix(caller.simulator.url))
    with decode_image(file.data) as picture:
        assert (picture.format, picture.size) == ("PNG", (64, 64))


@pytest.mark.parametrize("path", [f"{FAL}/requests/none/status", f"{FAL}/requests/none", "/fal/files/none"])
async def test_an_unknown_queue_request_is_not_found(path: str) -> None:
    async with calling_simulator() as caller:
        assert (await caller.must("GET", path)).status == 404


async def test_a_queue_request_is_billed_when_accepted_and_not_when_refused() -> None:
    async with calling_simulator({"blockedPrompts": ["boat"]}) as caller:
        refused = (await caller.must("POST", FAL, ORDER)).json()["request_id"]
        result = await caller.must("GET", f"{FAL}/requests/{refused}")
        assert caller.simulator.stats()["billedImageCount"] == 0
        taken = await caller.must("POST", FAL, ORDER | {"prompt": "a red toy car"})
        assert caller.simulator.stats()["billedImageCount"] == 1
    assert result.json()["detail"][0]["type"] == "content_policy_violation"
    assert taken.status == 200


async def test_a_queue_request_without_a_size_is_refused() -> None:
    async with calling_simulator() as caller:
        answer = await caller.must("POST", FAL, {"prompt": "a red toy boat"})
    assert answer.status == 400
    assert "image_size" in answer.json()["detail"]
