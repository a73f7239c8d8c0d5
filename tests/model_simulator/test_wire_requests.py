import json
from typing import Any

import pytest

from tests.support.simulator_calls import (
    IMAGES_PATH,
    ITEMS_SCHEMA,
    ITEMS_TASK,
    calling_simulator,
    decode_image,
    image_body,
    text_body,
)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "   "}, "prompt"),
        ({"prompt": ...}, "prompt"),
        ({"prompt": 5}, "prompt"),
        ({"prompt": "x" * 32_001}, "prompt"),
        ({"model": ...}, "model"),
        ({"n": 2}, "n"),
        ({"n": True}, "n"),
        ({"size": "huge"}, "size"),
        ({"size": "1000x1000"}, "size"),
        ({"size": "4096x4096"}, "size"),
        ({"size": "1024x256"}, "size"),
        ({"size": "0x0"}, "size"),
        ({"size": 1024}, "size"),
        ({"quality": "hd"}, "quality"),
        ({"output_format": "webp"}, "output_format"),
        ({"response_format": "b64_json"}, "response_format"),
    ],
)
async def test_an_image_request_that_breaks_a_rule_is_refused_and_not_billed(
    changes: dict[str, Any], param: str
) -> None:
    async with calling_simulator() as caller:
        answer = await caller.must("POST", IMAGES_PATH, image_body(**changes))
    assert answer.status == 400
    assert (answer.error()["type"], answer.error()["param"]) == ("invalid_request_error", param)
    stats = caller.simulator.stats()
    assert (stats["requests"]["images"], stats["billedImageCount"]) == ({"400": 1}, 0)


@pytest.mark.parametrize(
    "changes",
    [{}, {"n": ...}, {"quality": "auto"}, {"quality": ...}, {"output_format": "png"}, {"prompt": "x" * 32_000}],
)
async def test_optional_and_alternative_parameters_are_accepted(changes: dict[str, Any]) -> None:
    async with calling_simulator() as caller:
        answer = await caller.must("POST", IMAGES_PATH, image_body(**changes))
    assert answer.status == 200
    assert decode_image(answer.image()).size == (64, 64)


async def test_an_image_without_a_size_is_1024_pixels_square() -> None:
    async with calling_simulator() as caller:
        answer = await caller.draw(size="auto")
    assert decode_image(answer.image()).size == (1024, 1024)
    assert answer.json()["size"] == "1024x1024"


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"prompt": "\\ud800"}', b'{"n": NaN}'])
async def test_a_body_that_is_not_a_json_object_is_refused(data: bytes) -> None:
    async with calling_simulator() as caller:
        answer = await caller.must("POST", IMAGES_PATH, data)
    assert (answer.status, answer.error()["type"]) == (400, "invalid_request_error")


OPEN_SCHEMA = {**ITEMS_SCHEMA, "additionalProperties": True}
OPTIONAL_SCHEMA = {**ITEMS_SCHEMA, "required": []}
LOOSE_DRAFT = {**ITEMS_SCHEMA["$defs"]["Draft"], "required": ["name"]}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (text_body("not json"), "input"),
        (text_body("[]"), "input"),
        (text_body({**ITEMS_TASK, "categories": []}), "input"),
        (text_body({**ITEMS_TASK, "openings": None}), "input"),
        (text_body(schema_name="haiku"), "text.format.name"),
        (text_body(text={"format": {"type": "text"}}), "text.format"),
        (text_body(text=None), "text.format"),
        (text_body(input=None), "input"),
        (text_body(input=[{"role": "system", "content": json.dumps(ITEMS_TASK)}]), "input"),
        (text_body(model=""), "model"),
        (text_body(max_output_tokens=1), "max_output_tokens"),
        (text_body(schema=OPEN_SCHEMA), "text.format.schema"),
        (text_body(schema=OPTIONAL_SCHEMA), "text.format.schema"),
        (text_body(schema={**ITEMS_SCHEMA, "$defs": {"Draft": LOOSE_DRAFT}}), "text.format.schema"),
    ],
)
async def test_a_text_request_that_breaks_a_rule_is_refused_and_not_billed(body: dict[str, Any], param: str) -> None:
    async with calling_simulator() as caller:
        answer = await caller.ask(body)
    assert answer.status == 400
    assert (answer.error()["type"], answer.error()["param"]) == ("invalid_request_error", param)
    stats = caller.simulator.stats()
    assert (stats["requests"]["responses"], stats["inputTokens"]) == ({"400": 1}, 0)


async def test_the_last_user_message_is_the_task_whatever_its_form() -> None:
    task = json.dumps(ITEMS_TASK)
    parts = [{"type": "input_text", "text": task[:40]}, {"type": "input_text", "text": task[40:]}]
    earlier = {"role": "user", "content": "an earlier question"}
    async with calling_simulator() as caller:
        for content in (task, parts):
            answer = await caller.ask(text_body(input=[earlier, {"role": "user", "content": content}]))
            assert len(answer.drafts()) == 10


@pytest.mark.parametrize(
    ("schema_name", "task", "keys"),
    [
        ("category_list", {"task": "categories", "subject": "toys", "count": 5, "existing": []}, {"categories"}),
        ("prompt_rewrite", {"task": "rewrite", "prompt": "a boat, clean", "promptCharacters": 230}, {"prompt"}),
    ],
)
async def test_every_kind_of_question_is_answered(schema_name: str, task: dict[str, Any], keys: set[str]) -> None:
    async with calling_simulator() as caller:
        answer = await caller.ask(text_body(task, schema_name=schema_name))
    assert set(json.loads(answer.output_text())) == keys


async def test_an_answer_over_the_token_limit_is_truncated_and_reports_it() -> None:
    async with calling_simulator() as caller:
        answer = await caller.ask(text_body(max_output_tokens=20))
    document = answer.json()
    assert (document["status"], document["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert document["usage"]["output_tokens"] == 20
    assert len(answer.output_text()) == 80


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("POST", "/openai/v1/chat/completions", 404),
        ("GET", IMAGES_PATH, 405),
        ("POST", "/openai/deployments/gpt-image-2/images/generations", 404),
        ("POST", "/openai/responses", 404),
    ],
)
async def test_an_unknown_path_is_answered_in_json_and_not_counted(method: str, path: str, status: int) -> None:
    async with calling_simulator() as caller:
        answer = await caller.must(method, path, image_body() if method == "POST" else None)
    assert answer.status == status
    assert answer.error()["code"] == str(status)
    assert caller.simulator.stats()["requests"] == {"images": {}, "responses": {}}


async def test_every_answer_carries_a_request_id_of_its_own() -> None:
    async with calling_simulator({"blockedPrompts": ["ghost"]}) as caller:
        answers = [
            await caller.draw(),
            await caller.draw(),
            await caller.draw("a ghost"),
            await caller.ask(text_body()),
            await caller.must("GET", "/nowhere"),
            await caller.must("GET", "/_stats"),
        ]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert all(ids)
    assert len(set(ids)) == len(ids)
