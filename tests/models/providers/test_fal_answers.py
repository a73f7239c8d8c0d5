"""What FAL can answer, and what becomes of the order then: waited for by the next try, or struck."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import fal_client.client
import pytest

from shared.errors import ModelError
from shared.models.providers.fal import FalModel
from shared.reasons import Reason
from tests.models.providers.test_fal_contract import JOB, ORDERED, SETTINGS
from tests.support.memory_request_log import MemoryRequestLog
from tests.support.scripted_service import Answer, CutOff, HangUp, ScriptedService

ORDER_ID = "764cabcf-b745-4b3e-ae38-1200304cf45b"
WAITING = Answer({"status": "IN_QUEUE", "queue_position": 3}, status=202)
WORKING = Answer({"status": "IN_PROGRESS", "logs": None}, status=202)
DONE = Answer({"status": "COMPLETED", "logs": None, "metrics": {}})
FAILED = Answer({"status": "COMPLETED", "logs": None, "metrics": {}, "error": "worker died", "error_type": "internal"})
IMAGE = Answer(b"image bytes", content_type="image/png")


@pytest.fixture
def request_log() -> MemoryRequestLog:
    """An order that was sent before; the test begins with polling it."""
    return MemoryRequestLog({JOB: ORDER_ID})


@pytest.fixture
async def model(
    service: ScriptedService, request_log: MemoryRequestLog, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FalModel]:
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{service.endpoint}/")
    opened = FalModel(SETTINGS, request_log, poll_seconds=0)
    yield opened
    await opened.close()


def describe(url: str, **more: Any) -> Answer:
    return Answer({"images": [{"url": url}], **more})


async def fail(model: FalModel) -> ModelError:
    with pytest.raises(ModelError) as raised:
        await model.generate_image(ORDERED)
    return raised.value


async def test_an_order_names_prompt_size_and_format_and_carries_the_key(
    service: ScriptedService, model: FalModel, request_log: MemoryRequestLog
) -> None:
    request_log.request_log.clear()
    links = dict.fromkeys(("response_url", "status_url", "cancel_url"), f"{service.endpoint}/elsewhere")
    service.plan(Answer({"request_id": ORDER_ID, **links}), DONE, DONE, describe(f"{service.endpoint}/file"), IMAGE)
    await model.generate_image(ORDERED)
    order, *_, file = service.requests
    assert (order.method, order.path) == ("POST", "/fal-ai/fast-lightning-sdxl")
    assert order.body == {
        "prompt": ORDERED.prompt,
        "image_size": {"width": 256, "height": 256},
        "num_images": 1,
        "enable_safety_checker": True,
        "format": "png",
    }
    assert order.headers["Authorization"] == f"Key {SETTINGS.fal_key}"
    assert "Authorization" not in file.headers


async def test_an_order_is_polled_until_it_is_done(service: ScriptedService, model: FalModel) -> None:
    service.plan(WAITING, WORKING, DONE, DONE, describe(f"{service.endpoint}/file"), IMAGE)
    answer = await model.generate_image(ORDERED)
    assert (answer.data, answer.request_id) == (b"image bytes", ORDER_ID)
    place = f"/fal-ai/fast-lightning-sdxl/requests/{ORDER_ID}"
    assert [request.path.partition("?")[0] for request in service.requests[3:5]] == [f"{place}/status", place]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([HangUp()], Reason.CONNECTION),
        ([Answer(status=500)], Reason.SERVER_ERROR),
        ([Answer({"detail": "slow down"}, status=429)], Reason.RATE_LIMITED),
        ([Answer(b"<html>")], Reason.SERVER_ERROR),
        ([Answer({"status": "ODD"})], Reason.SERVER_ERROR),
        ([DONE, DONE, Answer(status=502)], Reason.SERVER_ERROR),
        ([DONE, DONE, HangUp()], Reason.CONNECTION),
        ([DONE, DONE, describe("{service}/file"), HangUp()], Reason.CONNECTION),
        ([DONE, DONE, describe("{service}/file"), CutOff(b"half")], Reason.CONNECTION),
        ([DONE, DONE, describe("{service}/file"), Answer(status=503)], Reason.CONNECTION),
    ],
)
async def test_what_may_be_better_in_a_moment_leaves_the_order_to_the_next_try(
    service: ScriptedService, model: FalModel, request_log: MemoryRequestLog, script: list[Any], reason: Reason
) -> None:
    plan_with_address(service, script)
    failure = await fail(model)
    assert (failure.reason, failure.usage) == (reason, None)
    assert request_log.request_log == {JOB: ORDER_ID}
    assert service.script == []


@pytest.mark.parametrize(
    ("script", "reason", "was_billed"),
    [
        ([Answer({"detail": "Request not found"}, status=404)], Reason.SERVER_ERROR, False),
        ([FAILED, FAILED, Answer({"detail": "worker died"}, status=500)], Reason.SERVER_ERROR, False),
        (
            [DONE, DONE, Answer({"detail": [{"type": "value_error", "msg": "no"}]}, status=422)],
            Reason.BAD_REQUEST,
            False,
        ),
        ([DONE, DONE, describe("{service}/file", has_nsfw_concepts=[True])], Reason.CONTENT_POLICY, True),
        ([DONE, DONE, Answer({"images": []})], Reason.BAD_IMAGE, True),
        ([DONE, DONE, Answer([])], Reason.BAD_IMAGE, True),
        ([DONE, DONE, describe("http://files.example.com/a.png")], Reason.BAD_IMAGE, True),
        ([DONE, DONE, describe("file:///etc/passwd")], Reason.BAD_IMAGE, True),
        ([DONE, DONE, describe("{service}/file"), Answer(status=404)], Reason.SERVER_ERROR, False),
    ],
)
async def test_an_order_of_which_nothing_will_come_is_struck(
    service: ScriptedService,
    model: FalModel,
    request_log: MemoryRequestLog,
    *,
    script: list[Any],
    reason: Reason,
    was_billed: bool,
) -> None:
    plan_with_address(service, script)
    failure = await fail(model)
    assert (failure.reason, failure.usage is not None) == (reason, was_billed)
    assert request_log.request_log == {}
    assert service.script == []


async def test_an_image_that_is_too_large_is_not_read_to_its_end(
    service: ScriptedService, model: FalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.models.providers.image_download.MAX_IMAGE_BYTES", 5)
    service.plan(DONE, DONE, describe(f"{service.endpoint}/file"), IMAGE)
    assert (await fail(model)).reason is Reason.BAD_IMAGE


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer({"detail": "User is locked. Reason: Exhausted balance."}, status=403), Reason.QUOTA_EXHAUSTED),
        (Answer({"detail": "no access"}, status=403), Reason.AUTHENTICATION),
        (Answer({"detail": "Application not found"}, status=404), Reason.MODEL_NOT_FOUND),
        (Answer({"detail": [{"msg": "no", "type": "content_policy_violation"}]}, status=422), Reason.CONTENT_POLICY),
        (Answer({"no": "request id"}), Reason.TIMEOUT_AMBIGUOUS),
    ],
)
async def test_a_refused_order_is_not_sent_again(
    service: ScriptedService, model: FalModel, request_log: MemoryRequestLog, answer: Answer, reason: Reason
) -> None:
    request_log.request_log.clear()
    service.plan(answer)
    assert (await fail(model)).reason is reason
    assert len(service.requests) == 1
    assert request_log.request_log == {}


async def test_a_message_that_repeats_the_prompt_is_not_quoted(service: ScriptedService, model: FalModel) -> None:
    service.plan(DONE, DONE, Answer({"detail": f"cannot draw {ORDERED.prompt}"}, status=422))
    assert ORDERED.prompt not in (await fail(model)).message


async def test_a_closed_model_connects_again_when_it_is_used(service: ScriptedService, model: FalModel) -> None:
    for _ in range(2):
        service.plan(DONE, DONE, describe(f"{service.endpoint}/file"), IMAGE)
        await model.generate_image(ORDERED)
        await model.close()
        await model.close()
    assert len(service.requests) == 8


@pytest.mark.parametrize("status", [404, 422])
async def test_a_probe_reads_an_order_that_does_not_exist(
    service: ScriptedService, model: FalModel, status: int
) -> None:
    service.plan(Answer({"detail": "Request not found"}, status=status))
    await model.probe()
    [request] = service.requests
    assert request.method == "GET"


@pytest.mark.parametrize("step", [HangUp(), Answer(b"<html>")])
async def test_a_probe_bills_nothing_so_its_failure_is_never_ambiguous(
    service: ScriptedService, model: FalModel, step: Any
) -> None:
    service.plan(step)
    with pytest.raises(ModelError) as raised:
        await model.probe()
    assert raised.value.reason is Reason.CONNECTION


def plan_with_address(service: ScriptedService, script: list[Any]) -> None:
    """Plan a script, with the service's own address in the place of ``{service}``."""
    for step in script:
        if isinstance(step, Answer) and isinstance(step.body, dict) and step.body.get("images"):
            images = [{"url": image["url"].replace("{service}", service.endpoint)} for image in step.body["images"]]
            service.plan(replace(step, body={**step.body, "images": images}))
        else:
            service.plan(step)
