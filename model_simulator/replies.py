"""HTTP replies: errors in the formats of OpenAI and Azure, and closed connections."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP response."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """Name of this outcome in the statistics."""
        return str(self.status)


@dataclass(frozen=True, slots=True)
class HangUp:
    """The connection is closed without a response."""

    outcome: Literal["dropped", "timeout"]


class BadRequestError(Exception):
    """The request is invalid; becomes a 400 in OpenAI's format.

    Attributes:
        param: the invalid parameter, if known.
        code: OpenAI's error code, if any.
    """

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code

    def to_reply(self) -> Reply:
        """Return the 400 reply."""
        return _openai_error(400, str(self), kind="invalid_request_error", param=self.param, code=self.code)


def json_reply(document: Mapping[str, Any], *, status: int = 200) -> Reply:
    """Return a JSON reply."""
    return Reply(status, json.dumps(document).encode())


def invalid_key(key: str, *, is_dated_style: bool) -> Reply:
    """Return a 401: in Azure's format for dated URLs, in OpenAI's, which repeats part of the key, for v1 URLs."""
    if is_dated_style:
        return _azure_error(
            401,
            "401",
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key "
            "for an active subscription and use a correct regional API endpoint for your resource.",
        )
    shown = f"{key[:4]}{'*' * 8}{key[-4:]}" if len(key) >= 16 else "*" * len(key)  # noqa: PLR2004 - a shorter key would be shown whole
    message = f"Incorrect API key provided: {shown}. You can find your API key at https://platform.openai.com/account/api-keys."
    return _openai_error(401, message, kind="invalid_request_error", code="invalid_api_key")


def account_blocked() -> Reply:
    """Return the 403 with which Azure refuses every call after too many suspicious prompts."""
    return _azure_error(
        403,
        "Forbidden",
        "Your resource has been temporarily blocked because we detected behavior that may violate our content policy. "
        "For more details on Azure OpenAI service content policy, please visit https://aka.ms/aoaicodeofconduct",
    )


def not_found() -> Reply:
    """Return the 404 of an unknown path."""
    return _azure_error(404, "404", "Resource not found")


def refused_by_policy(*, is_moderation: bool) -> Reply:
    """Return the 400 of a refused prompt, with one of the two codes that the service uses."""
    if is_moderation:
        message = "Your request was rejected by the safety system. safety_violations=[other]."
        return _openai_error(400, message, kind="image_generation_user_error", code="moderation_blocked")
    message = (
        "Your request was rejected as a result of our safety system. Your prompt may contain text that is not allowed."
    )
    return _openai_error(400, message, kind="invalid_request_error", code="content_policy_violation")


def rate_limited(wait_seconds: float, quota: Mapping[str, str]) -> Reply:
    """Return a 429. Retry-After is rounded up to whole seconds, because an early retry is refused again.

    Args:
        wait_seconds: time until the quota has room.
        quota: headers that report the quota.
    """
    seconds = math.ceil(wait_seconds)
    reply = _openai_error(
        429,
        f"Rate limit reached for requests. Please try again in {seconds} seconds.",
        kind="requests",
        code="rate_limit_exceeded",
    )
    headers = {
        **quota,
        "Retry-After": str(seconds),
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": f"{seconds}s",
    }
    return Reply(reply.status, reply.body, headers=headers)


def server_error() -> Reply:
    """Return a 500 in OpenAI's format."""
    message = "The server had an error while processing your request. Sorry about that!"
    return _openai_error(500, message, kind="server_error")


def bad_gateway() -> Reply:
    """Return the HTML 502 of a gateway in front of the service."""
    title = "502 Bad Gateway"
    page = f"<html>\n<head><title>{title}</title></head>\n<body><center><h1>{title}</h1></center></body>\n</html>\n"
    return Reply(502, page.encode(), content_type="text/html")


def _openai_error(status: int, message: str, *, kind: str, param: str | None = None, code: str | None = None) -> Reply:
    return json_reply({"error": {"message": message, "type": kind, "param": param, "code": code}}, status=status)


def _azure_error(status: int, code: str, message: str) -> Reply:
    return json_reply({"error": {"code": code, "message": message}}, status=status)
