"""OpenAI's image batches through the real client: what is sent, and what a batch's answers become."""

import json
from collections.abc import AsyncIterator

import pytest

from shared.config import ModelSettings
from shared.errors import ModelError
from shared.models.batches import LineKind, ProviderBatch
from shared.models.protocol import ImageRequest, TextAnswer
from shared.models.provider_names import Provider, ProviderAccess
from shared.models.providers.openai_batches import OpenAIBatches
from shared.models.providers.openai_model import open_openai_model
from shared.reasons import Reason
from tests.support.model_answers import error, text_answer
from tests.support.model_requests import FIGURE_REQUEST, SECRET_KEY
from tests.support.scripted_service import Answer, ScriptedService, run_scripted_service

METADATA = {"app": "catalog-seeder", "run": "a-run", "chunk": "3"}
BATCH = {"id": "batch_1", "object": "batch", "status": "validating", "created_at": 7, "metadata": METADATA}
LONGEST_SECONDS = 2_592_000
"""OpenAI's limit for the life of a result file."""


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedService]:
    async with run_scripted_service() as running:
        yield running


@pytest.fixture
async def batches(scripted: ScriptedService) -> AsyncIterator[OpenAIBatches]:
    access = ProviderAccess(f"{scripted.endpoint}/v1", SECRET_KEY)
    opened = OpenAIBatches(ModelSettings(image_provider=Provider.OPENAI, openai=access))
    yield opened
    await opened.close()


async def test_a_batch_is_created_with_its_name_and_with_results_that_expire(
    scripted: ScriptedService, batches: OpenAIBatches
) -> None:
    scripted.plan(Answer(BATCH))
    created = await batches.create("file-1", METADATA, LineKind.IMAGE)
    (sent,) = scripted.requests
    assert sent.body["metadata"] == METADATA
    assert sent.body["output_expires_after"] == {"anchor": "created_at", "seconds": LONGEST_SECONDS}
    assert (created.id, created.metadata, created.is_over) == ("batch_1", METADATA, False)


async def test_lines_with_references_are_edits_that_name_uploaded_files(
    scripted: ScriptedService, batches: OpenAIBatches
) -> None:
    request = ImageRequest("a boat", "1024x1024", "low", "png")
    line = json.loads(batches.encode_line("item-1", request, "gpt-image-2", ["file-1", "file-2"]))
    assert (line["custom_id"], line["url"]) == ("item-1", "/v1/images/edits")
    assert line["body"] == {
        "model": "gpt-image-2",
        "prompt": "a boat",
        "n": 1,
        "size": "1024x1024",
        "images": [{"file_id": "file-1"}, {"file_id": "file-2"}],
        "quality": "low",
        "output_format": "png",
    }
    scripted.plan(Answer(BATCH))
    await batches.create("file-3", METADATA, LineKind.IMAGE_WITH_REFERENCES)
    (sent,) = scripted.requests
    assert sent.body["endpoint"] == "/v1/images/edits"


async def test_a_line_of_text_has_the_body_of_a_normal_call_and_its_answer_is_read_as_one(
    scripted: ScriptedService, batches: OpenAIBatches
) -> None:
    model = open_openai_model(ModelSettings(openai=ProviderAccess(f"{scripted.endpoint}/v1", SECRET_KEY)))
    answer = text_answer('{"name": "Deep Sea Diver", "heads": 1}')
    scripted.plan(Answer(answer))
    normal = await model.answer(FIGURE_REQUEST)
    await model.close()
    (sent,) = scripted.requests
    line = json.loads(batches.encode_line("prompts-7", FIGURE_REQUEST, ModelSettings().text_deployment, []))
    assert line == {"custom_id": "prompts-7", "method": "POST", "url": "/v1/responses", "body": sent.body}

    rows = [
        {"custom_id": "prompts-7", "response": {"status_code": 200, "request_id": "req_1", "body": answer}},
        {"custom_id": "prompts-8", "response": {"status_code": 200, "request_id": "req_2", "body": text_answer("no")}},
        {"custom_id": "prompts-9", "response": None, "error": {"code": "batch_expired", "message": "too late"}},
    ]
    scripted.plan(Answer("\n".join(map(json.dumps, rows)).encode()))
    batch = ProviderBatch("batch_1", "completed", 7, output_file_id="file-9")
    answers = {
        one.custom_id: one.answer
        async for one in batches.iterate_answers(batch, "gpt-6-luna", FIGURE_REQUEST.answer_type)
    }
    first, *others = answers.values()
    assert isinstance(first, TextAnswer)
    assert (first.value, first.usage, first.request_id) == (normal.value, normal.usage, "req_1")
    assert [other.reason for other in others if isinstance(other, ModelError)] == [
        Reason.MALFORMED_ANSWER,
        Reason.BATCH_EXPIRED,
    ]


async def test_a_line_whose_file_is_missing_may_be_sent_again_and_another_bad_line_may_not(
    scripted: ScriptedService, batches: OpenAIBatches
) -> None:
    messages = {"missing": "No such File object: file-abc", "wrong": "Invalid size '7x7'."}
    rows = [
        {"custom_id": name, "response": {"status_code": 400, "request_id": None, "body": error(message)}}
        for name, message in messages.items()
    ]
    scripted.plan(Answer("\n".join(map(json.dumps, rows)).encode()))
    batch = ProviderBatch("batch_1", "completed", 7, error_file_id="file-9")
    answers = {one.custom_id: one.answer async for one in batches.iterate_answers(batch, "gpt-image-2")}
    reasons = {name: answer.reason for name, answer in answers.items() if isinstance(answer, ModelError)}
    assert reasons == {"missing": Reason.SERVER_ERROR, "wrong": Reason.BAD_REQUEST}


async def test_a_line_that_is_not_whole_counts_as_billed(scripted: ScriptedService, batches: OpenAIBatches) -> None:
    scripted.plan(Answer(b'{"id": 1, "custom_id": "an-item", "response": {"status_code": 200, "body": {"data": [{"b6'))
    batch = ProviderBatch("batch_1", "completed", 7, output_file_id="file-9")
    (answer,) = [one async for one in batches.iterate_answers(batch, "gpt-image-2")]
    assert answer.custom_id == "an-item"
    assert isinstance(answer.answer, ModelError)
    assert (answer.answer.reason, answer.answer.answered) == (Reason.SERVER_ERROR, True)


async def test_a_page_in_place_of_results_is_an_error(scripted: ScriptedService, batches: OpenAIBatches) -> None:
    scripted.plan(Answer(b"<html>\n<p>Sign in</p>\n</html>"))
    batch = ProviderBatch("batch_1", "completed", 7, output_file_id="file-9")
    with pytest.raises(ModelError) as caught:
        [one async for one in batches.iterate_answers(batch, "gpt-image-2")]
    assert caught.value.reason is Reason.SERVER_ERROR


@pytest.mark.parametrize("garbage", [b"\xff\xfe garbage", b"{}", b"[1, 2]", b'{"custom_id": null}'])
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_line_that_names_no_request_leaves_the_other_answers(
    scripted: ScriptedService, batches: OpenAIBatches, garbage: bytes, place: int
) -> None:
    lines = [json.dumps({"custom_id": name, "error": {"code": "batch_expired"}}).encode() for name in ("a", "b")]
    lines.insert(place, garbage)
    scripted.plan(Answer(b"\n".join(lines)))
    batch = ProviderBatch("batch_1", "completed", 7, output_file_id="file-9")
    assert [one.custom_id async for one in batches.iterate_answers(batch, "gpt-image-2")] == ["a", "b"]


async def test_a_result_file_without_an_answer_does_not_hide_the_other_one(
    scripted: ScriptedService, batches: OpenAIBatches
) -> None:
    scripted.plan(Answer(b"\xff\xfe garbage"), Answer(b'{"custom_id": "a", "error": {"code": "batch_expired"}}'))
    batch = ProviderBatch("batch_1", "completed", 7, output_file_id="file-9", error_file_id="file-10")
    assert [one.custom_id async for one in batches.iterate_answers(batch, "gpt-image-2")] == ["a"]


async def test_a_result_file_of_other_rows_has_no_answers(scripted: ScriptedService, batches: OpenAIBatches) -> None:
    scripted.plan(Answer(b"{}"))
    batch = ProviderBatch("batch_1", "completed", 7, output_file_id="file-9")
    assert [one async for one in batches.iterate_answers(batch, "gpt-image-2")] == []


@pytest.mark.parametrize("status", [400, 409])
async def test_a_batch_that_is_over_is_cancelled_without_an_error(
    scripted: ScriptedService, batches: OpenAIBatches, status: int
) -> None:
    scripted.plan(Answer(error("Cannot cancel a batch with status completed."), status=status))
    await batches.cancel("batch_1")
    (sent,) = scripted.requests
    assert sent.path == "/v1/batches/batch_1/cancel"
