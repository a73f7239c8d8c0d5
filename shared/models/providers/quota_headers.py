"""The image quota, as a service reports it in the headers of its answers."""

import re
from collections.abc import Mapping

MAX_QUOTA_PERIOD_SECONDS = 90.0
"""Some services report a quota of a day under the same name; how soon it is full again distinguishes them."""

QUOTA_KINDS = ("requests", "images")
"""OpenAI may report an image quota under a name of its own."""


_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?([a-z]*)")
_SECONDS_BY_UNIT = {"ms": 0.001, "h": 3600.0, "m": 60.0}


def read_request_quota(headers: Mapping[str, str]) -> float | None:
    """Return how many requests a minute the service takes; None where it does not say, or means another period."""
    quotas = [quota for kind in QUOTA_KINDS if (quota := _read_quota(headers, kind)) is not None]
    return min(quotas, default=None)


def _read_quota(headers: Mapping[str, str], kind: str) -> float | None:
    limit = _read_count(headers.get(f"x-ratelimit-limit-{kind}"))
    if not limit:
        return None
    seconds = parse_duration(headers.get(f"x-ratelimit-reset-{kind}", ""))
    if seconds is not None and seconds > MAX_QUOTA_PERIOD_SECONDS:
        return None
    return float(limit)


def _read_count(text: str | None) -> int | None:
    """Return a count; -1, which Azure sends for what it does not know, is none."""
    return int(text) if text is not None and text.strip().isdecimal() else None


def parse_duration(text: str) -> float | None:
    """Return the seconds of a time span such as ``6ms``, ``1h2m59.56s``, ``12 seconds`` or ``3``; else None."""
    spans = _DURATION.findall(text.casefold())
    if not spans:
        return None
    return sum(float(number) * _find_unit(unit) for number, unit in spans)


def _find_unit(unit: str) -> float:
    if unit.startswith("mi") and not unit.startswith("min"):
        return _SECONDS_BY_UNIT["ms"]
    return _SECONDS_BY_UNIT.get(unit if unit == "ms" else unit[:1], 1.0)
