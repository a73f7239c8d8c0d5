"""Read what a provider says about its rate limits: how long to wait, and the quota per minute."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

MAX_QUOTA_PERIOD_SECONDS = 90.0
"""Some providers report a daily quota under the same header; the time until its reset distinguishes them."""

QUOTA_KINDS = ("requests", "images")
"""OpenAI may report the image quota under its own name."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?([a-z]*)")
_SECONDS_BY_UNIT = {"ms": 0.001, "h": 3600.0, "m": 60.0}
_RETRY_DELAY_PHRASE = re.compile(
    r"(?:try|retry)(?: again)? (?:in|after) "
    r"((?:\d+(?:\.\d+)? ?(?:ms|milliseconds?|h|hours?|m|minutes?|s|sec|seconds?)?\b ?)+)"
)


def read_retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Return the seconds that the provider asks callers to wait, never negative; None if it does not say.

    Reads ``retry-after-ms`` (Azure), then ``retry-after`` as seconds or as an HTTP date (RFC 9110, section 10.2.3).

    Args:
        headers: of the answer.
        now: compared with an HTTP date; None = the clock.
    """
    milliseconds = _read_number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _read_number(text)
    if seconds is not None or text is None:
        return seconds
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:  # "-0000" is UTC
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def estimate_retry_delay(headers: Mapping[str, str], body: Any, message: str) -> float | None:
    """Return the seconds to wait if the answer has no Retry-After header; None if nothing in it says.

    Gemini sends ``RetryInfo`` in the body (``{"retryDelay": "34s"}``), gateways keep only the words ("Please try again
    in 1.5s"), and OpenAI sends the time until its quota resets.
    """
    details = body.get("details") if isinstance(body, dict) else None
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str):
            return _read_number(delay.removesuffix("s"))
    words = _RETRY_DELAY_PHRASE.search(message.casefold())
    return parse_duration(words[1]) if words else parse_duration(headers.get("x-ratelimit-reset-requests", ""))


def read_request_quota(headers: Mapping[str, str]) -> float | None:
    """Return the quota in requests per minute; None if the answer reports none, or one for a longer period."""
    quotas = [quota for kind in QUOTA_KINDS if (quota := _read_quota(headers, kind)) is not None]
    return min(quotas, default=None)


def parse_duration(text: str) -> float | None:
    """Return the seconds of a duration such as ``6ms``, ``1h2m59.56s``, ``12 seconds`` or ``3``; else None."""
    spans = _DURATION.findall(text.casefold())
    if not spans:
        return None
    return sum(float(number) * _find_unit(unit) for number, unit in spans)


def _read_quota(headers: Mapping[str, str], kind: str) -> float | None:
    limit = _read_count(headers.get(f"x-ratelimit-limit-{kind}"))
    if not limit:
        return None
    seconds = parse_duration(headers.get(f"x-ratelimit-reset-{kind}", ""))
    if seconds is not None and seconds > MAX_QUOTA_PERIOD_SECONDS:
        return None
    return float(limit)


def _read_count(text: str | None) -> int | None:
    """Return a count; None for -1, which Azure sends if it does not know the count."""
    return int(text) if text is not None and text.strip().isdecimal() else None


def _read_number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _find_unit(unit: str) -> float:
    if unit.startswith("mi") and not unit.startswith("min"):
        return _SECONDS_BY_UNIT["ms"]
    return _SECONDS_BY_UNIT.get(unit if unit == "ms" else unit[:1], 1.0)
