"""What the service says when it fails: a reason code, how long to wait, which call it was, and no secrets."""

import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from shared.errors import ModelError
from shared.models.providers.rate_limit_headers import read_retry_after
from shared.models.providers.responses_model import ResponsesModel
from shared.reasons import Reason
from tests.support.model_answers import error
from tests.support.model_requests import FIGURE_REQUEST, IMAGE_REQUEST, SECRET_KEY
from tests.support.scripted_service import Answer, ScriptedService

BLOCKED_ACCOUNT = (
    "Your resource has been temporarily blocked because we detected behavior that may violate our content policy."
)
FILTERED = "The response was filtered due to the prompt triggering our content management policy."

ROWS: list[tuple[int, Any, Reason]] = [
    (429, error("Rate limit reached.", code="rate_limit_exceeded"), Reason.RATE_LIMITED),
    (429, error("Requests have exceeded the call rate limit.", code="429"), Reason.RATE_LIMITED),
    (429, {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 4 seconds."}, Reason.RATE_LIMITED),
    (429, b"", Reason.RATE_LIMITED),
    (429, b"<html>Too many requests</html>", Reason.RATE_LIMITED),
    (429, error("You exceeded your current quota.", code="insufficient_quota"), Reason.QUOTA_EXHAUSTED),
    (429, error("You exceeded your current quota.", kind="insufficient_quota"), Reason.QUOTA_EXHAUSTED),
    (400, error("Billing hard limit has been reached.", code="billing_hard_limit_reached"), Reason.QUOTA_EXHAUSTED),
    (402, error("Payment required."), Reason.QUOTA_EXHAUSTED),
    (401, error("Incorrect API key provided.", code="invalid_api_key"), Reason.AUTHENTICATION),
    (401, {"statusCode": 401, "message": "Access denied due to invalid subscription key."}, Reason.AUTHENTICATION),
    (401, b"", Reason.AUTHENTICATION),
    (403, error(BLOCKED_ACCOUNT, code="Forbidden"), Reason.ACCOUNT_BLOCKED),
    (403, error("Access denied due to Virtual Network/Firewall rules.", code="403"), Reason.AUTHENTICATION),
    (403, b"<html>Forbidden</html>", Reason.AUTHENTICATION),
    (403, error("Your project does not have access to it.", code="model_not_found"), Reason.MODEL_NOT_FOUND),
    (404, error("The API deployment does not exist.", code="DeploymentNotFound"), Reason.MODEL_NOT_FOUND),
    (404, error("Resource not found", code="404"), Reason.MODEL_NOT_FOUND),
    (400, error("No such model.", code="model_not_found"), Reason.MODEL_NOT_FOUND),
    (400, error(FILTERED, code="content_filter"), Reason.CONTENT_POLICY),
    (400, error(FILTERED, code="contentFilter"), Reason.CONTENT_POLICY),
    (400, error(FILTERED, code="ContentFilter"), Reason.CONTENT_POLICY),
    (400, error(FILTERED, code="Content_Policy_Violation"), Reason.CONTENT_POLICY),
    (400, error(FILTERED, code="moderation_blocked"), Reason.CONTENT_POLICY),
    (400, error(FILTERED, kind="image_generation_user_error"), Reason.CONTENT_POLICY),
    (400, error("Invalid value.", kind="image_generation_user_error"), Reason.BAD_REQUEST),
    (400, error("The model 'x' does not exist.", kind="image_generation_user_error"), Reason.MODEL_NOT_FOUND),
    (400, error(FILTERED, innererror={"code": "ResponsibleAIPolicyViolation"}), Reason.CONTENT_POLICY),
    (400, error(FILTERED, inner_error={"code": "content_policy_violation"}), Reason.CONTENT_POLICY),
    (400, error(FILTERED, inner_error={"innererror": {"code": "CONTENT_FILTER"}}), Reason.CONTENT_POLICY),
    (422, error(FILTERED, code="content_policy_violation"), Reason.CONTENT_POLICY),
    (400, error("Unknown parameter: 'n'.", code="unknown_parameter"), Reason.BAD_REQUEST),
    (400, b"<html>Bad request</html>", Reason.BAD_REQUEST),
    (400, b'["odd"]', Reason.BAD_REQUEST),
    (400, {"error": "just a sentence"}, Reason.BAD_REQUEST),
    (400, {"error": {"code": 7, "type": None, "message": {"text": "odd"}}}, Reason.BAD_REQUEST),
    (413, b"", Reason.BAD_REQUEST),
    (422, error("Invalid size."), Reason.BAD_REQUEST),
    (408, error("The operation was timeout.", code="Timeout"), Reason.SERVER_ERROR),
    (409, error("Conflict."), Reason.SERVER_ERROR),
    (424, error("The model failed."), Reason.SERVER_ERROR),
    (500, error("The server had an error."), Reason.SERVER_ERROR),
    (500, error("Confused.", code="content_filter"), Reason.CONTENT_POLICY),
    (503, error("Back-end pool has no active member."), Reason.SERVER_ERROR),
    (502, b"<html><h1>502 Bad Gateway</h1></html>", Reason.SERVER_ERROR),
    (503, b"", Reason.SERVER_ERROR),
    (529, b"overloaded", Reason.SERVER_ERROR),
]


async def draw_in_vain(service: ScriptedService, model: ResponsesModel, answer: Answer) -> ModelError:
    service.plan(answer)
    with pytest.raises(ModelError) as raised:
        await model.generate_image(IMAGE_REQUEST)
    assert len(service.requests) == 1
    return raised.value


@pytest.mark.parametrize(("status", "body", "reason"), ROWS)
async def test_an_error_answer_has_a_reason(
    service: ScriptedService, styled_model: ResponsesModel, status: int, body: Any, reason: Reason
) -> None:
    failure = await draw_in_vain(service, styled_model, Answer(body, status=status))
    assert failure.reason is reason
    assert failure.message.startswith(f"image call to deployment 'gpt-image-2': HTTP {status}")
    assert "<" not in failure.message


@pytest.mark.parametrize(("status", "body", "reason"), [ROWS[0], ROWS[10], ROWS[19], ROWS[-6]])
async def test_text_calls_and_probes_fail_with_the_same_reasons(
    service: ScriptedService, styled_model: ResponsesModel, status: int, body: Any, reason: Reason
) -> None:
    service.plan(*[Answer(body, status=status)] * 2)
    with pytest.raises(ModelError) as raised:
        await styled_model.answer(FIGURE_REQUEST)
    assert raised.value.reason is reason
    with pytest.raises(ModelError) as raised:
        await styled_model.probe()
    assert raised.value.reason is reason


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "86400"}, 86400.0),
        ({"retry-after-ms": "1500", "Retry-After": "2"}, 1.5),
        ({"retry-after-ms": "soon", "Retry-After": "2"}, 2.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": ""}, None),
    ],
)
async def test_how_long_to_wait_is_reported(
    service: ScriptedService, model: ResponsesModel, headers: dict[str, str], seconds: float | None
) -> None:
    failure = await draw_in_vain(service, model, Answer(status=429, headers=headers))
    assert failure.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 13:00:30 +0100", 30.0),
        ("Sat, 21 Nov 2026 12:00:30 -0000", 30.0),
        ("Sat, 21 Nov 2026 11:59:00 GMT", 0.0),
        ("Sat, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_a_date_to_wait_for_counts_from_now(text: str, seconds: float | None) -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert read_retry_after({"retry-after": text}, now=now) == seconds


async def test_a_date_to_wait_for_is_read_from_an_answer(service: ScriptedService, model: ResponsesModel) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    failure = await draw_in_vain(service, model, Answer(status=503, headers={"Retry-After": until}))
    assert failure.retry_after_seconds == pytest.approx(3600, abs=60)


@pytest.mark.parametrize("name", ["x-request-id", "apim-request-id", "x-ms-request-id", "x-litellm-call-id"])
async def test_the_id_of_the_failed_call_is_kept(service: ScriptedService, model: ResponsesModel, name: str) -> None:
    failure = await draw_in_vain(service, model, Answer(status=500, headers={name: "req-7"}))
    assert failure.request_id == "req-7"


async def test_a_refused_key_is_not_repeated(service: ScriptedService, styled_model: ResponsesModel) -> None:
    masked = f"{SECRET_KEY[:4]}****{SECRET_KEY[-4:]}"
    said = f"Incorrect API key provided: {masked}. (Authorization: Bearer {SECRET_KEY}; api-key: {SECRET_KEY})"
    failure = await draw_in_vain(service, styled_model, Answer(error(said), status=401))
    printed = "".join(traceback.format_exception(failure))
    for piece in (SECRET_KEY, SECRET_KEY[:6], masked, "Bearer"):
        assert piece not in printed
    assert "AZURE_OPENAI_API_KEY" in failure.message


async def test_a_prompt_that_the_service_quotes_is_not_repeated(
    service: ScriptedService, model: ResponsesModel
) -> None:
    said = f"Your prompt {IMAGE_REQUEST.prompt[10:70]!r} was rejected."
    failure = await draw_in_vain(service, model, Answer(error(said, code="moderation_blocked"), status=400))
    assert "lighthouse" not in "".join(traceback.format_exception(failure))
    assert failure.reason is Reason.CONTENT_POLICY


async def test_a_long_message_is_cut_to_one_short_line(service: ScriptedService, model: ResponsesModel) -> None:
    failure = await draw_in_vain(service, model, Answer(error("Something\nwent\x1b[31m wrong. " * 200), status=500))
    assert len(failure.message) == 300
    assert failure.message.isprintable()
    assert "Something went" in failure.message


async def test_logs_hold_neither_key_nor_prompt(
    service: ScriptedService, styled_model: ResponsesModel, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "openai", "httpx2"):  # whatever a test before made of their levels
        caplog.set_level("DEBUG", logger=name)
    await draw_in_vain(service, styled_model, Answer(error("No."), status=500))
    assert caplog.records
    assert SECRET_KEY not in caplog.text
    assert "lighthouse" not in caplog.text
