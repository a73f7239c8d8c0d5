"""What came back with status 200 to an image call."""

from typing import Any

import pytest

from shared.errors import ModelError
from shared.models.providers.responses_model import ResponsesModel
from shared.models.usage import Usage
from shared.reasons import Reason
from tests.support.model_answers import IMAGE, error, image_answer
from tests.support.model_requests import IMAGE_REQUEST
from tests.support.scripted_service import Answer, ScriptedService

BILLED = Usage(input_tokens=50, output_tokens=1756)


async def draw_in_vain(service: ScriptedService, model: ResponsesModel, answer: Answer) -> ModelError:
    service.plan(answer)
    with pytest.raises(ModelError) as raised:
        await model.generate_image(IMAGE_REQUEST)
    return raised.value


async def test_an_image_comes_back_as_it_was_sent_with_what_it_cost(
    service: ScriptedService, styled_model: ResponsesModel
) -> None:
    service.plan(Answer(image_answer(), headers={"apim-request-id": "gateway-1"}))
    answer = await styled_model.generate_image(IMAGE_REQUEST)
    assert answer.data == IMAGE
    assert (answer.usage, answer.model, answer.request_id) == (BILLED, "gpt-image-2", "gateway-1")


async def test_an_image_of_an_image_model_with_a_price_names_that_model(
    service: ScriptedService, model: ResponsesModel
) -> None:
    service.plan(Answer(image_answer(model="gpt-image-2-2026-04-21")))
    assert (await model.generate_image(IMAGE_REQUEST)).model == "gpt-image-2-2026-04-21"


@pytest.mark.parametrize("usage", [None, {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}])
async def test_an_image_without_usage_or_with_zeros_has_none_that_is_known(
    service: ScriptedService, model: ResponsesModel, usage: Any
) -> None:
    service.plan(Answer(image_answer(usage=usage)))
    assert (await model.generate_image(IMAGE_REQUEST)).usage is None


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "picture",
        [None],
        [{}],
        [{"b64_json": None}],
        [{"b64_json": ""}],
        [{"b64_json": 7}],
        [{"b64_json": "iVBOR"}],
        [{"b64_json": "íVBO"}],
        [{"url": "http://example.com/picture.png"}],
    ],
)
async def test_an_answer_without_a_readable_image_is_a_bad_image_that_was_billed(
    service: ScriptedService, model: ResponsesModel, data: Any
) -> None:
    failure = await draw_in_vain(service, model, Answer(image_answer(data=data)))
    assert failure.reason is Reason.BAD_IMAGE
    assert failure.usage == BILLED


@pytest.mark.parametrize("body", [b"", b"<html>gateway</html>", b'{"data": [{"b64_json": "iVBO', b"[]"])
async def test_a_body_that_is_no_answer_is_a_bad_image(
    service: ScriptedService, model: ResponsesModel, body: bytes
) -> None:
    failure = await draw_in_vain(service, model, Answer(body))
    assert failure.reason is Reason.BAD_IMAGE


async def test_an_error_with_status_200_is_what_it_says(service: ScriptedService, model: ResponsesModel) -> None:
    failure = await draw_in_vain(service, model, Answer(error("Blocked.", code="moderation_blocked")))
    assert failure.reason is Reason.CONTENT_POLICY
