"""Errors mean the same behind a gateway, where only a status, a generic code and the wording survive."""

from typing import Any

import pytest

from shared.models.providers.error_reasons import classify_status, find_reason, read_message
from shared.models.providers.rate_limit_headers import parse_duration, read_request_quota
from shared.models.providers.unsupported_parameters import SCHEMA_LIMITS, find_unsupported_parameter

GEMINI_DAY = {
    "code": 429,
    "message": "You exceeded your current quota, please check your plan.",
    "status": "RESOURCE_EXHAUSTED",
    "details": [{"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}],
}
GEMINI_MINUTE = {
    "code": 429,
    "message": "You exceeded your current quota, please check your plan. Please retry in 34.2s.",
    "details": [{"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]}],
}


def generic(message: str, code: str = "400") -> dict[str, Any]:
    return {"message": message, "type": "api_error", "code": code}


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (
            400,
            generic("litellm.BadRequestError: AzureException - Your task failed as a result of our safety system."),
            "content_policy",
        ),
        (400, generic("litellm.ContentPolicyViolationError: The prompt was flagged."), "content_policy"),
        (
            400,
            generic("This prompt contains sensitive words that violate Google's Responsible AI practices."),
            "content_policy",
        ),
        (
            500,
            {"message": "Rejected.", "type": "image_generation_user_error", "code": "moderation_blocked"},
            "content_policy",
        ),
        (400, {"code": "content_safety_violation", "message": "Blocked."}, "content_policy"),
        (
            400,
            {"message": {"error": {"code": "contentFilter", "message": "x"}}, "error": {"code": "contentFilter"}},
            "content_policy",
        ),
        (400, generic("Error code: 404 - {'error': {'message': 'The model `x` does not exist'}}"), "model_not_found"),
        (400, generic("Invalid model name passed in model=x. Call `/v1/models`"), "model_not_found"),
        (
            400,
            {"code": "OperationNotSupported", "message": "It does not work with the specified model, x."},
            "model_not_found",
        ),
        (404, {"object": "error", "message": "The model `x` does not exist.", "code": 404}, "model_not_found"),
        (400, generic("Your resource has been temporarily blocked because of our content policy."), "account_blocked"),
        (403, {"message": "Your account has been deactivated."}, "account_blocked"),
        (400, generic("This model's maximum context length is 4096 tokens."), "context_overflow"),
        (400, {"code": "context_length_exceeded", "message": "Too long."}, "context_overflow"),
        (
            429,
            generic("You exceeded your quota of images per day. Please retry after 41000 seconds.", "429"),
            "quota_exhausted",
        ),
        (429, GEMINI_DAY, "quota_exhausted"),
        (429, GEMINI_MINUTE, "rate_limited"),
        (429, generic("Quota exceeded for metric: free_tier_requests, limit: 0", "429"), "quota_exhausted"),
        (
            403,
            {"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 02:11:03."},
            "quota_exhausted",
        ),
        (400, generic("Budget has been exceeded! Current cost: 5.1, Max budget: 5.0"), "quota_exhausted"),
        (429, {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 12 seconds."}, "rate_limited"),
        (400, generic("Too many requests", "429"), "rate_limited"),
        (
            400,
            {"type": "image_generation_user_error", "code": "invalid_value", "message": "Invalid size."},
            "bad_request",
        ),
        (400, generic("The request payload is malformed or invalid."), "bad_request"),
        (403, generic("Your organization must be verified to use the model `gpt-image-1`.", "403"), "authentication"),
        (401, generic("The content policy does not matter here."), "authentication"),
        (500, "<html>nginx</html>", "server_error"),
    ],
)
def test_an_error_has_the_reason_that_it_means(status: int, body: Any, reason: str) -> None:
    assert classify_status(status, body, read_message(body)) == reason


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"detail": "Size is not supported"}, "Size is not supported"),
        ({"detail": [{"loc": ["body", "n"], "msg": "field required"}]}, "body.n: field required"),
        ({"message": "flat"}, "flat"),
        ({"error": "only a text"}, "only a text"),
        ([{"error": {"message": "in a list"}}], "in a list"),
        ({"error": {"error": {"message": "wrapped"}}}, "wrapped"),
        ("bare", "bare"),
        ({"message": {"text": "odd"}}, ""),
        (None, ""),
        (7, ""),
    ],
)
def test_what_an_error_says_is_found_wherever_it_stands(body: Any, said: str) -> None:
    assert read_message(body) == said


def test_an_unknown_error_names_no_reason() -> None:
    assert find_reason({"code": "odd", "message": "Something else."}) is None
    assert find_reason(None) is None


@pytest.mark.parametrize(
    ("status", "body", "refused"),
    [
        (400, {"param": "response_format", "message": "Unknown parameter."}, "response_format"),
        (400, {"message": "openai does not support parameters: ['response_format'], for model=x."}, "response_format"),
        (422, {"detail": [{"loc": ["body", "quality"], "msg": "Extra inputs are not permitted"}]}, "quality"),
        (
            400,
            {"message": "In context=('properties', 'items'), 'maxItems' is not permitted.", "param": "response_format"},
            SCHEMA_LIMITS,
        ),
        (400, {"message": "This response_format type is unavailable now"}, "response_format"),
        (
            400,
            {"param": "max_tokens", "message": "'max_tokens' is not supported. Use 'max_completion_tokens'."},
            "max_tokens",
        ),
        (500, {"message": "Unrecognized request argument supplied: max_completion_tokens"}, "max_completion_tokens"),
        (400, {"param": "quality", "message": "Invalid value: 'low'. Supported values are: 'hd'."}, None),
        (400, {"message": "Blocked: quality", "code": "content_policy_violation"}, None),
        (429, {"message": "quality"}, None),
        (400, {"message": "The inequality does not hold."}, None),
        (400, {"param": "size", "message": "Invalid size."}, None),
    ],
)
def test_a_refusal_names_the_parameter_that_it_is_about(status: int, body: Any, refused: str | None) -> None:
    optional = [SCHEMA_LIMITS, "max_completion_tokens", "max_tokens", "response_format", "quality"]
    assert find_unsupported_parameter(status, body, optional) == refused


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6ms", 0.006),
        ("1.5s", 1.5),
        ("1h2m59.56s", 3779.56),
        ("12 seconds", 12),
        ("3", 3),
        ("2 minutes", 120),
        ("soon", None),
    ],
)
def test_a_span_is_read_in_seconds(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "quota"),
    [
        ({"limit-requests": "6", "remaining-requests": "5"}, 6),
        ({"limit-requests": "60", "remaining-requests": "59", "reset-requests": "1s"}, 60),
        ({"limit-images": "5"}, 5),
        ({"limit-requests": "60", "limit-images": "5"}, 5),
        ({"limit-requests": "-1"}, None),
        ({"limit-requests": "0"}, None),
        ({"limit-requests": "1000", "remaining-requests": "1", "reset-requests": "23h59m"}, None),
        ({}, None),
    ],
)
def test_the_quota_of_a_minute_is_read_from_the_headers(headers: dict[str, str], quota: float | None) -> None:
    assert read_request_quota({f"x-ratelimit-{name}": value for name, value in headers.items()}) == quota
