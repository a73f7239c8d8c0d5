"""What of host.json matters to the embedded host."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEFAULT_ROUTE_PREFIX = "api"


@dataclass(frozen=True, slots=True)
class HostSettings:
    """The part of host.json that the embedded host follows.

    Attributes:
        route_prefix: first segments of every HTTP trigger's path; may be empty.
        max_concurrent_activities: how many activities run at the same time; None = no limit.
    """

    route_prefix: str = DEFAULT_ROUTE_PREFIX
    max_concurrent_activities: int | None = None


def read_host_settings(path: Path) -> HostSettings:
    """Read ``extensions.http.routePrefix`` and ``extensions.durableTask.maxConcurrentActivityFunctions``.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no JSON object.
    """
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ValueError(f"{path} holds {type(document).__name__}; expected a JSON object")  # noqa: TRY004 - as bad JSON
    extensions = document.get("extensions", {})
    http: dict[str, Any] = extensions.get("http", {})
    durable: dict[str, Any] = extensions.get("durableTask", {})
    return HostSettings(
        route_prefix=http.get("routePrefix", DEFAULT_ROUTE_PREFIX).strip("/"),
        max_concurrent_activities=durable.get("maxConcurrentActivityFunctions"),
    )
