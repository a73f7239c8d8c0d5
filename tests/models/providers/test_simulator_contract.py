"""The adapter and the simulator speak one language: the product's calls through the real SDK, in both URL styles."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image, ImageStat
from pydantic import BaseModel

from model_simulator.in_process import RunningSimulator, running_simulator
from shared.catalog.items import DraftBatch
from shared.config import ModelSettings
from shared.errors import ModelError
from shared.models.price_files import load_prices
from shared.models.protocol import ReferenceImage
from shared.models.providers.azure import open_azure_model
from shared.models.providers.responses_model import ResponsesModel
from shared.reasons import Reason
from tests.models.providers.provider_services import (
    IMAGE,
    ITEMS_TASK,
    QUICK,
    every_image_fault,
    every_question,
    text_request,
)
from tests.support.model_requests import SECRET_KEY, UrlStyle
from tests.support.sample_images import draw


@asynccontextmanager
async def open_model(
    style: UrlStyle, *, key: str = SECRET_KEY, **faults: Any
) -> AsyncIterator[tuple[ResponsesModel, RunningSimulator]]:
    async with running_simulator(faults={**QUICK, **faults}) as simulator:
        model = open_azure_model(ModelSettings(endpoint=simulator.url, api_key=key, api_version=style.api_version))
        try:
            yield model, simulator
        finally:
            await model.close()


async def test_images_are_images_and_are_billed_as_the_adapter_is_reported(url_style: UrlStyle) -> None:
    async with open_model(url_style) as (model, simulator):
        answer = await model.generate_image(IMAGE)
        stats = simulator.stats()
    with Image.open(io.BytesIO(answer.data)) as image:
        assert (image.format, image.size) == ("PNG", (256, 256))
    assert stats["billedImageCount"] == 1
    assert answer.usage is not None
    assert (stats["inputTokens"], stats["outputTokens"]) == (answer.usage.input_tokens, answer.usage.output_tokens)
    assert answer.usage.output_tokens > 0
    assert load_prices().is_priced(answer.model)
    assert answer.request_id


async def test_references_are_sent_as_an_edit_and_their_tokens_are_reported_and_priced(url_style: UrlStyle) -> None:
    references = tuple(
        ReferenceImage(f"{number}.jpg", draw((20, 40, 240), size=(64, 96), kind="JPEG"), "image/jpeg")
        for number in range(2)
    )
    async with open_model(url_style) as (model, simulator):
        answer = await model.generate_image(replace(IMAGE, references=references))
        stats = simulator.stats()
    with Image.open(io.BytesIO(answer.data)) as image:
        red, _, blue = ImageStat.Stat(image.convert("RGB")).mean
    assert blue > 2 * red  # the simulator draws with the colors of the references
    assert answer.usage is not None
    assert answer.usage.image_input_tokens == 2 * 2 * 3
    assert stats["billedImageCount"] == 1
    cost = load_prices().calculate_image_cost(answer.model, answer.usage)
    assert float(cost) == pytest.approx(stats["costUsd"])


@every_question
async def test_the_products_questions_are_answered(
    url_style: UrlStyle, answer_type: type[BaseModel], schema_name: str, task: Mapping[str, Any]
) -> None:
    async with open_model(url_style) as (model, _):
        answer = await model.answer(text_request(answer_type, schema_name, task))
    assert isinstance(answer.value, answer_type)
    assert answer.usage is not None
    assert answer.usage.output_tokens > 0
    assert load_prices().is_priced(answer.model)


async def test_a_probe_is_answered_and_counted_nowhere(url_style: UrlStyle) -> None:
    async with open_model(url_style) as (model, simulator):
        before = simulator.stats()
        await model.probe()
        assert simulator.stats() == before


@every_image_fault
async def test_a_fault_of_an_image_call_arrives_as_its_reason(url_style: UrlStyle, fault: str, reason: Reason) -> None:
    async with open_model(url_style, rates={fault: 1}) as (model, _):
        with pytest.raises(ModelError) as raised:
            await model.generate_image(IMAGE)
    assert raised.value.reason is reason
    assert (raised.value.retry_after_seconds is not None) is (reason is Reason.RATE_LIMITED)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("truncated_json", {Reason.MALFORMED_ANSWER, Reason.INCOMPLETE_ANSWER}),
        ("refusal", {Reason.REFUSAL}),
    ],
)
async def test_a_fault_of_a_text_call_arrives_as_its_reason(
    url_style: UrlStyle, fault: str, reason: set[Reason]
) -> None:
    async with open_model(url_style, rates={fault: 1}) as (model, _):
        with pytest.raises(ModelError) as raised:
            await model.answer(text_request(DraftBatch, "item_batch", ITEMS_TASK))
    assert raised.value.reason in reason
    assert raised.value.usage is not None


async def test_the_quota_says_how_long_to_wait(url_style: UrlStyle) -> None:
    async with open_model(url_style, imageRequestsPerMinute=6) as (model, _):
        results = await asyncio.gather(*[model.generate_image(IMAGE) for _ in range(3)], return_exceptions=True)
    failures = [result for result in results if isinstance(result, ModelError)]
    assert len(failures) == 2
    for failure in failures:
        assert failure.reason is Reason.RATE_LIMITED
        assert failure.retry_after_seconds is not None
        assert 0 < failure.retry_after_seconds <= 11


async def test_a_blocked_prompt_is_refused_by_the_content_policy(url_style: UrlStyle) -> None:
    async with open_model(url_style, blockedPrompts=["baker"]) as (model, _):
        with pytest.raises(ModelError) as raised:
            await model.generate_image(IMAGE)
    assert raised.value.reason is Reason.CONTENT_POLICY


async def test_a_blocked_account_is_reported_apart_from_a_wrong_key(url_style: UrlStyle) -> None:
    async with open_model(url_style, accountBlockAfter=1) as (model, _):
        await model.generate_image(IMAGE)
        with pytest.raises(ModelError) as raised:
            await model.generate_image(IMAGE)
    assert raised.value.reason is Reason.ACCOUNT_BLOCKED
    async with open_model(url_style, apiKey="another key than ours") as (model, _):
        with pytest.raises(ModelError) as raised:
            await model.probe()
    assert raised.value.reason is Reason.AUTHENTICATION
    assert SECRET_KEY[:4] not in raised.value.message
