"""The simulator evaluates input images on both wire formats, and refuses invalid ones."""

import json
from typing import Any

import pytest

from tests.support.input_images import chat_parts, make_data_url, make_large_image, response_parts
from tests.support.simulator_calls import Answer, Caller, calling_simulator, text_body

CHAT_PATH = "/compatible/v1/chat/completions"
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
TASK = json.dumps({"task": "evaluation", "iteration": 1, "prompt": "a red toy boat, at dusk, on a lake"})

NO_DATA_URLS = [
    "https://example.com/boat.png",
    "file:///boat.png",
    "/9j/4AAQSkZJRg==",
    "data:image/bmp;base64,Qk0=",
    "data:image/png,plain",
    "data:text/plain;base64,aGVsbG8=",
    "",
    None,
    7,
]
NO_IMAGES = [("data:image/png;base64,@@@", "invalid_base64"), ("data:image/png;base64,iVBORw0", "invalid_base64")] + [
    (make_data_url(data, "image/png"), "invalid_image_format") for data in (b"", b"hello", b"%PDF-1.7", b"<svg/>")
]


async def evaluate(caller: Caller, *urls: Any, task: str = TASK) -> Answer:
    return await caller.ask(text_body(schema_name="image_evaluation", schema=SCHEMA, input=response_parts(task, *urls)))


async def evaluate_by_chat(caller: Caller, *images: Any) -> Answer:
    answer_format = {"type": "json_schema", "json_schema": {"name": "image_evaluation", "schema": SCHEMA}}
    body = {"model": "gpt-5", "messages": chat_parts(TASK, *images), "response_format": answer_format}
    return await caller.must("POST", CHAT_PATH, body)


async def test_the_evaluation_is_the_same_on_both_wire_formats() -> None:
    async with calling_simulator() as caller:
        native = await evaluate(caller, make_data_url())
        chat = await evaluate_by_chat(caller, {"url": make_data_url()})
    verdicts = [json.loads(native.output_text()), json.loads(chat.json()["choices"][0]["message"]["content"])]
    assert [set(verdict) for verdict in verdicts] == [{"score", "missing", "wrong", "unwanted"}] * 2
    usage = chat.json()["usage"]
    assert usage["prompt_tokens"] == pytest.approx(native.json()["usage"]["input_tokens"], abs=20)


@pytest.mark.parametrize("url", NO_DATA_URLS)
async def test_an_image_that_is_not_in_the_request_is_refused(url: Any) -> None:
    async with calling_simulator() as caller:
        answers = [await evaluate(caller, url), await evaluate_by_chat(caller, {"url": url})]
        stats = caller.simulator.stats()
    assert [(answer.status, answer.error()["code"]) for answer in answers] == [(400, "invalid_value")] * 2
    assert (stats["requests"]["responses"], stats["inputTokens"]) == ({"400": 2}, 0)


@pytest.mark.parametrize(("url", "code"), NO_IMAGES)
async def test_data_that_is_not_an_image_is_refused(url: str, code: str) -> None:
    async with calling_simulator() as caller:
        answers = [await evaluate(caller, url), await evaluate_by_chat(caller, {"url": url})]
    assert [(answer.status, answer.error()["code"]) for answer in answers] == [(400, code)] * 2


async def test_input_images_have_the_format_of_their_wire() -> None:
    async with calling_simulator() as caller:
        native = await evaluate(caller, {"url": make_data_url()})
        chat = await evaluate_by_chat(caller, make_data_url())
    assert [(answer.status, answer.error()["code"]) for answer in (native, chat)] == [
        (400, "invalid_value"),
        (400, "invalid_type"),
    ]


async def test_an_evaluation_without_an_image_is_refused() -> None:
    async with calling_simulator() as caller:
        answers = [await evaluate(caller), await evaluate_by_chat(caller)]
    assert [answer.status for answer in answers] == [400, 400]
    assert "needs an image" in answers[0].error()["message"]


async def test_an_image_costs_tokens_but_not_its_bytes() -> None:
    large = make_large_image()
    async with calling_simulator() as caller:
        tokens = [
            (await evaluate(caller, *urls)).json()["usage"]["input_tokens"]
            for urls in ([make_data_url()], [make_data_url(large.data)], [make_data_url()] * 2)
        ]
    assert (tokens[1] - tokens[0], tokens[2] - tokens[0]) == (0, 210)


async def judge(seed: int, url: str) -> list[str]:
    """Return the verdicts of six rounds."""
    tasks = [TASK.replace('"iteration": 1', f'"iteration": {iteration}') for iteration in range(1, 7)]
    async with calling_simulator(seed=seed) as caller:
        return [(await evaluate(caller, url, task=task)).output_text() for task in tasks]


async def test_the_evaluation_depends_on_seed_image_and_round_only() -> None:
    verdicts = await judge(1, make_data_url())
    assert await judge(1, make_data_url()) == verdicts
    assert await judge(2, make_data_url()) != verdicts
    assert await judge(1, make_data_url(make_large_image(5_000).data)) != verdicts
    assert len(set(verdicts)) > 1


async def test_a_best_second_round_holds_for_every_seed_and_image() -> None:
    bands = {1: range(40, 61), 2: range(75, 85), 3: range(61, 71), 4: range(61, 71)}
    for seed in (1, 2):
        async with calling_simulator({"secondRoundBest": 1}, seed=seed) as caller:
            for iteration, band in bands.items():
                task = TASK.replace('"iteration": 1', f'"iteration": {iteration}')
                answer = await evaluate(caller, make_data_url(), task=task)
                assert json.loads(answer.output_text())["score"] in band
