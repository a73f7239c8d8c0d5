"""Images from FAL, through its real client: ordered once, waited for, and found again."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import fal_client.client
import pytest
from PIL import Image, ImageStat

from model_simulator.in_process import RunningSimulator, running_simulator
from shared.config import ModelSettings
from shared.errors import ModelError
from shared.models.price_files import load_prices
from shared.models.protocol import ImageRequest, ReferenceImage
from shared.models.provider_names import Provider
from shared.models.providers.data_url import encode_data_url
from shared.models.providers.fal import FalModel
from shared.reasons import Reason
from tests.models.providers.provider_services import IMAGE, QUICK
from tests.support.image_gate import ImageGate
from tests.support.memory_request_log import MemoryRequestLog
from tests.support.model_requests import SECRET_KEY
from tests.support.sample_images import draw
from tests.support.scripted_service import Answer, ScriptedService

JOB = "run-1/item-1"
ORDERED = replace(IMAGE, job=JOB)
SETTINGS = ModelSettings(image_provider=Provider.FAL, image_deployment="fal-ai/fast-lightning-sdxl", fal_key=SECRET_KEY)


@pytest.fixture
def request_log() -> MemoryRequestLog:
    return MemoryRequestLog()


@asynccontextmanager
async def open_model(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog, *, settings: ModelSettings = SETTINGS, **faults: Any
) -> AsyncIterator[tuple[FalModel, RunningSimulator]]:
    async with running_simulator(faults={**QUICK, **faults}) as simulator:
        for name in ("QUEUE_URL_FORMAT", "RUN_URL_FORMAT"):
            monkeypatch.setattr(fal_client.client, name, f"{simulator.url}/fal/")
        model = FalModel(settings, request_log, poll_seconds=0.005)
        try:
            yield model, simulator
        finally:
            await model.close()


async def fail_to_draw(model: FalModel, request: ImageRequest = ORDERED) -> ModelError:
    with pytest.raises(ModelError) as raised:
        await model.generate_image(request)
    return raised.value


@pytest.mark.parametrize("image_format", ["png", "jpeg"])
async def test_an_image_is_one_and_is_billed_once_by_the_price_of_an_image(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog, image_format: str
) -> None:
    async with open_model(monkeypatch, request_log) as (model, simulator):
        answer = await model.generate_image(replace(ORDERED, format=image_format))
        stats = simulator.stats()
    with Image.open(io.BytesIO(answer.data)) as image:
        assert (image.format, image.size) == (image_format.upper(), (256, 256))
    assert stats["billedImageCount"] == 1
    assert stats["requests"]["images"] == {"200": 1}
    assert request_log.request_log == {JOB: answer.request_id}
    assert answer.usage is not None
    assert float(load_prices().calculate_image_cost(answer.model, answer.usage)) == stats["costUsd"] == 0.0025


async def test_a_model_with_another_name_for_the_format_is_reported_it_by_that(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog
) -> None:
    settings = replace(SETTINGS, image_deployment="fal-ai/flux/dev")
    async with open_model(monkeypatch, request_log, settings=settings) as (model, _):
        answer = await model.generate_image(ORDERED)
    with Image.open(io.BytesIO(answer.data)) as image:
        assert image.format == "PNG"


async def test_a_request_that_outlives_its_activity_is_found_again_and_not_ordered_twice(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog
) -> None:
    async with open_model(monkeypatch, request_log, latencySeconds={"text": 0, "image": 0.2}) as (model, simulator):
        killed = asyncio.create_task(model.generate_image(ORDERED))
        await asyncio.wait_for(request_log.entered.wait(), 300)
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        first = request_log.request_log[JOB]
        again = FalModel(SETTINGS, request_log, poll_seconds=0.005)
        answer = await again.generate_image(ORDERED)
        await again.close()
        stats = simulator.stats()
    assert answer.request_id == first
    assert stats["billedImageCount"] == 1


async def test_another_item_is_another_order_and_so_is_a_request_without_a_job(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog
) -> None:
    async with open_model(monkeypatch, request_log) as (model, simulator):
        await model.generate_image(ORDERED)
        await model.generate_image(replace(ORDERED, job="run-1/item-2"))
        await model.generate_image(IMAGE)
        assert simulator.stats()["billedImageCount"] == 3
    assert set(request_log.request_log) == {JOB, "run-1/item-2"}


async def test_an_image_that_takes_too_long_is_waited_for_by_the_next_try(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog
) -> None:
    settings = replace(SETTINGS, image_timeout_seconds=0.01)
    async with open_model(monkeypatch, request_log, settings=settings) as (model, simulator):
        gate = ImageGate(simulator)
        failure = await fail_to_draw(model)
        assert failure.reason is Reason.SERVER_ERROR
        assert "continues to wait" in failure.message
        gate.open()
        patient = FalModel(SETTINGS, request_log, poll_seconds=0.005)
        answer = await patient.generate_image(ORDERED)
        await patient.close()
        assert simulator.stats()["billedImageCount"] == 1
    assert answer.data


async def test_without_a_job_an_image_that_takes_too_long_may_have_been_billed(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog
) -> None:
    settings = replace(SETTINGS, image_timeout_seconds=0.01)
    async with open_model(monkeypatch, request_log, settings=settings) as (model, simulator):
        gate = ImageGate(simulator)
        failure = await fail_to_draw(model, IMAGE)
        gate.open()
    assert failure.reason is Reason.TIMEOUT_AMBIGUOUS


@pytest.mark.parametrize(
    ("fault", "reason", "outcome"),
    [
        ("rate_limited", Reason.RATE_LIMITED, "429"),
        ("server_error", Reason.SERVER_ERROR, "5"),
        ("dropped", Reason.TIMEOUT_AMBIGUOUS, "dropped"),
        ("timeout", Reason.TIMEOUT_AMBIGUOUS, "timeout"),
    ],
)
async def test_an_order_that_is_not_taken_is_tried_once_and_not_remembered(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog, fault: str, reason: Reason, outcome: str
) -> None:
    async with open_model(monkeypatch, request_log, rates={fault: 1}, retryAfterSeconds=7) as (model, simulator):
        failure = await fail_to_draw(model)
        [(counted, count)] = simulator.stats()["requests"]["images"].items()
    assert failure.reason is reason
    assert counted.startswith(outcome)
    assert count == 1
    assert failure.retry_after_seconds == (7 if reason is Reason.RATE_LIMITED else None)
    assert request_log.request_log == {}


async def test_a_refused_prompt_is_content_policy_and_its_order_is_struck(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog
) -> None:
    async with open_model(monkeypatch, request_log, blockedPrompts=["baker"]) as (model, simulator):
        failure = await fail_to_draw(model)
        assert simulator.stats()["billedImageCount"] == 0
    assert failure.reason is Reason.CONTENT_POLICY
    assert request_log.removed == [JOB]
    assert IMAGE.prompt not in failure.message


async def test_an_order_that_the_service_forgot_is_sent_again_by_the_next_try(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog
) -> None:
    request_log.request_log[JOB] = "764cabcf-b745-4b3e-ae38-1200304cf45b"
    async with open_model(monkeypatch, request_log) as (model, simulator):
        failure = await fail_to_draw(model)
        assert failure.reason is Reason.SERVER_ERROR
        await model.generate_image(ORDERED)
        assert simulator.stats()["billedImageCount"] == 1


async def test_a_wrong_key_names_its_setting_and_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog
) -> None:
    async with open_model(monkeypatch, request_log, apiKey="another key than ours") as (model, _):
        failure = await fail_to_draw(model)
        with pytest.raises(ModelError) as probed:
            await model.probe()
    for error in (failure, probed.value):
        assert error.reason is Reason.AUTHENTICATION
        assert "FAL_AI_API_KEY" in error.message
        assert SECRET_KEY[:6] not in error.message


async def test_a_size_that_the_model_does_not_make_is_a_bad_request(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog
) -> None:
    async with open_model(monkeypatch, request_log) as (model, _):
        failure = await fail_to_draw(model, replace(ORDERED, size="65x65"))
    assert failure.reason is Reason.BAD_REQUEST


async def test_a_probe_is_answered_and_counted_nowhere(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog
) -> None:
    async with open_model(monkeypatch, request_log) as (model, simulator):
        before = simulator.stats()
        await model.probe()
        assert simulator.stats() == before


async def test_a_service_that_is_not_there_was_sent_nothing(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog
) -> None:
    async with open_model(monkeypatch, request_log) as (model, _):
        monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", "http://127.0.0.1:9/fal/")
        failure = await fail_to_draw(model)
    assert failure.reason is Reason.CONNECTION


@pytest.mark.parametrize(("key", "reason"), [(None, Reason.NOT_CONFIGURED), ("two words", Reason.AUTHENTICATION)])
async def test_a_key_that_cannot_be_one_is_refused_before_it_is_sent(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog, tmp_path: Path, key: str | None, reason: Reason
) -> None:
    monkeypatch.setenv("FAL_HOME_DIR", str(tmp_path))  # the client looks for credentials of its own there
    settings = replace(SETTINGS, fal_key=key)
    async with open_model(monkeypatch, request_log, settings=settings) as (model, simulator):
        failure = await fail_to_draw(model)
        assert simulator.stats()["requests"]["images"] == {}
    assert failure.reason is reason
    assert "FAL_AI_API_KEY" in failure.message


SEEDREAM = replace(SETTINGS, image_deployment="fal-ai/bytedance/seedream/v4/text-to-image")
STYLED = replace(
    ORDERED,
    size="1024x1024",
    references=tuple(
        ReferenceImage(f"reference-{number}.jpg", draw(color, kind="JPEG"), "image/jpeg")
        for number, color in enumerate([(20, 20, 200), (40, 40, 220)])
    ),
)


async def test_references_go_to_the_edit_route_and_cost_the_price_of_an_image(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog
) -> None:
    async with open_model(monkeypatch, request_log, settings=SEEDREAM) as (model, simulator):
        plain = await model.generate_image(replace(STYLED, references=(), job="run-1/item-2"))
        styled = await model.generate_image(STYLED)
        again = await model.generate_image(STYLED)
        stats = simulator.stats()
    assert styled.data == again.data != plain.data
    with Image.open(io.BytesIO(styled.data)) as image:
        assert image.size == (1024, 1024)
        red, _, blue = ImageStat.Stat(image.convert("RGB")).mean
    assert blue > red * 2, "it has the colors of the references"
    assert stats["billedImageCount"] == 2
    assert styled.usage is not None
    assert float(load_prices().calculate_image_cost(styled.model, styled.usage)) * 2 == stats["costUsd"] == 0.06


async def test_an_edit_sends_data_urls_and_no_format(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog, service: ScriptedService
) -> None:
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{service.endpoint}/")
    links = dict.fromkeys(("response_url", "status_url", "cancel_url"), f"{service.endpoint}/elsewhere")
    done = Answer({"status": "COMPLETED", "logs": None, "metrics": {}})
    result = Answer({"images": [{"url": f"{service.endpoint}/file"}]})
    service.plan(Answer({"request_id": "7", **links}), done, done, result, Answer(b"image", content_type="image/png"))
    model = FalModel(SEEDREAM, request_log, poll_seconds=0)
    await model.generate_image(STYLED)
    await model.close()
    order, *_ = service.requests
    assert (order.method, order.path) == ("POST", "/fal-ai/bytedance/seedream/v4/edit")
    urls = [encode_data_url(one.data, one.content_type) for one in STYLED.references]
    assert order.body == {
        "prompt": STYLED.prompt,
        "image_size": {"width": 1024, "height": 1024},
        "num_images": 1,
        "enable_safety_checker": True,
        "image_urls": urls,
    }


async def test_a_refused_reference_is_not_quoted(
    monkeypatch: pytest.MonkeyPatch, request_log: MemoryRequestLog, service: ScriptedService
) -> None:
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{service.endpoint}/")
    url = encode_data_url(STYLED.references[0].data, "image/jpeg")
    detail = [
        {"loc": ["body", "image_urls", 0], "msg": "Failed to load the image", "type": "image_load_error", "input": url}
    ]
    service.plan(Answer({"detail": detail}, status=422))
    model = FalModel(SEEDREAM, request_log, poll_seconds=0)
    error = await fail_to_draw(model, STYLED)
    await model.close()
    assert error.reason is Reason.BAD_REQUEST
    assert url[:60] not in str(error)
    assert request_log.request_log == {}
