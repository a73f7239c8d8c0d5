"""What came back with status 200 to a text call: an answer, or one of the many things that are none."""

import json
from typing import Any

import pytest

from shared.errors import ModelError
from shared.models.providers.responses_model import ResponsesModel
from shared.models.usage import Usage
from shared.reasons import Reason
from tests.support.model_answers import error, refusal, text_answer
from tests.support.model_requests import FIGURE_REQUEST, Figure
from tests.support.scripted_service import Answer, ScriptedService

GOOD_FIGURE = '{"name": "Deep Sea Diver", "heads": 1}'
BILLED = Usage(input_tokens=120, output_tokens=340)


async def ask_in_vain(service: ScriptedService, model: ResponsesModel, answer: Answer) -> ModelError:
    service.plan(answer)
    with pytest.raises(ModelError) as raised:
        await model.answer(FIGURE_REQUEST)
    return raised.value


async def test_an_answer_is_parsed_with_its_cost(service: ScriptedService, styled_model: ResponsesModel) -> None:
    service.plan(Answer(text_answer(GOOD_FIGURE), headers={"x-request-id": "req-1"}))
    answer = await styled_model.answer(FIGURE_REQUEST)
    assert answer.value == Figure(name="Deep Sea Diver", heads=1)
    assert (answer.usage, answer.model, answer.request_id) == (BILLED, "gpt-5-2025-08-07", "req-1")


async def test_an_answer_from_a_model_without_a_price_is_charged_as_the_deployment(
    service: ScriptedService, model: ResponsesModel
) -> None:
    service.plan(Answer(text_answer(GOOD_FIGURE, model="house-model-7")))
    assert (await model.answer(FIGURE_REQUEST)).model == "gpt-6-luna"


async def test_json_is_read_whatever_type_the_service_declares(service: ScriptedService, model: ResponsesModel) -> None:
    service.plan(Answer(text_answer(GOOD_FIGURE), content_type="text/plain"))
    assert (await model.answer(FIGURE_REQUEST)).value.heads == 1


async def test_text_in_several_parts_is_one_answer(service: ScriptedService, model: ResponsesModel) -> None:
    content = [{"type": "output_text", "text": half} for half in ('{"name": "Diver", ', '"heads": 1}')]
    service.plan(Answer(text_answer("", output=[{"type": "message", "content": content}])))
    assert (await model.answer(FIGURE_REQUEST)).value.name == "Diver"


async def test_the_arguments_of_a_function_call_are_the_answer_where_there_is_no_text(
    service: ScriptedService, model: ResponsesModel
) -> None:
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": []}
    call = {"type": "function_call", "call_id": "call_1", "name": "figure", "arguments": GOOD_FIGURE}
    service.plan(Answer(text_answer("", output=[reasoning, call])))
    assert (await model.answer(FIGURE_REQUEST)).value.name == "Deep Sea Diver"


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        (refusal("I cannot do that for you."), Reason.REFUSAL, "refused"),
        (
            text_answer('{"name": "Dee', status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            Reason.INCOMPLETE_ANSWER,
            "max_output_tokens",
        ),
        (
            text_answer("", status="incomplete", incomplete_details={"reason": "content_filter"}),
            Reason.CONTENT_POLICY,
            "content filter",
        ),
        (text_answer("", status="incomplete", incomplete_details=None), Reason.INCOMPLETE_ANSWER, "cut off"),
        (
            text_answer("", status="failed", error={"code": "server_error", "message": "An error occurred."}),
            Reason.SERVER_ERROR,
            "An error occurred.",
        ),
        (
            text_answer("", status="failed", error={"code": "rate_limit_exceeded", "message": "Slow down."}),
            Reason.RATE_LIMITED,
            "Slow down.",
        ),
        (
            text_answer("", status="failed", error={"code": "invalid_prompt", "message": "Flagged."}),
            Reason.CONTENT_POLICY,
            "Flagged.",
        ),
        (text_answer(GOOD_FIGURE, status="cancelled"), Reason.SERVER_ERROR, "cancelled"),
        (text_answer('{"name": "Deep Sea D'), Reason.MALFORMED_ANSWER, "not a whole JSON document"),
        (text_answer('{"name": "Deep Sea Diver", "heads": "many"}'), Reason.MALFORMED_ANSWER, "heads: int_parsing"),
        (text_answer('{"name": "Deep Sea Diver"}'), Reason.MALFORMED_ANSWER, "heads: missing"),
        (text_answer('["Deep Sea Diver"]'), Reason.MALFORMED_ANSWER, "the top"),
        (text_answer("Here is your figure!"), Reason.MALFORMED_ANSWER, "not a whole JSON document"),
        (text_answer(""), Reason.MALFORMED_ANSWER, "no text"),
        (text_answer("", output=[]), Reason.MALFORMED_ANSWER, "no text"),
        (text_answer("", output=None), Reason.MALFORMED_ANSWER, "no text"),
        (text_answer("", output=[{"type": "message", "content": "text"}]), Reason.MALFORMED_ANSWER, "no text"),
    ],
)
async def test_an_odd_answer_has_its_own_reason_and_what_it_cost(
    service: ScriptedService, model: ResponsesModel, answer: dict[str, Any], reason: Reason, words: str
) -> None:
    failure = await ask_in_vain(service, model, Answer(answer, headers={"x-request-id": "req-2"}))
    assert failure.reason is reason
    assert words in failure.message
    assert (failure.usage, failure.request_id) == (BILLED, "req-2")


@pytest.mark.parametrize("content_type", ["application/json", "text/html"])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in to the guest network</body></html>", "HTML page"),
        (b'{"id": "resp_1", "status": "comp', "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'"fine"', "a JSON str"),
        (b"null", "a JSON NoneType"),
    ],
)
async def test_a_body_that_is_no_answer_at_all_is_malformed(
    service: ScriptedService, model: ResponsesModel, body: bytes, words: str, content_type: str
) -> None:
    failure = await ask_in_vain(service, model, Answer(body, content_type=content_type))
    assert failure.reason is Reason.MALFORMED_ANSWER
    assert words in failure.message
    assert "guest network" not in failure.message
    assert failure.usage is None
    assert failure.answered


async def test_an_error_in_place_of_an_answer_is_an_error(service: ScriptedService, model: ResponsesModel) -> None:
    failure = await ask_in_vain(service, model, Answer(error("The engine is overloaded.", code="engine_overloaded")))
    assert failure.reason is Reason.SERVER_ERROR
    assert "The engine is overloaded." in failure.message


@pytest.mark.parametrize("usage", [None, "many", {"input_tokens": -5, "output_tokens": True}, {}, {"input_tokens": 0}])
async def test_a_usage_that_makes_no_sense_is_not_known(
    service: ScriptedService, model: ResponsesModel, usage: Any
) -> None:
    service.plan(Answer(text_answer(GOOD_FIGURE, usage=usage)))
    assert (await model.answer(FIGURE_REQUEST)).usage is None


async def test_what_the_model_wrote_is_not_quoted(service: ScriptedService, model: ResponsesModel) -> None:
    written = json.dumps({"name": "Deep Sea Diver", "heads": "a secret number of heads"})
    failure = await ask_in_vain(service, model, Answer(text_answer(written)))
    assert "secret number" not in failure.message
    failure = await ask_in_vain(service, model, Answer(refusal("I will not draw Mickey Mouse")))
    assert "Mickey" not in failure.message
