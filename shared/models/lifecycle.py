"""Shutdown dates of models, and their successors. Pure.

The dates come from the provider's list of models, which is not billed. The list does not name successors: SUCCESSORS
are from the deprecation pages of OpenAI and Azure, read 2026-11.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

WARNING_DAYS: Final = 60
"""Warn this long before a model shuts down: time to deploy and test another one."""

SUCCESSORS: Final = {
    "dall-e-2": "gpt-image-2",
    "dall-e-3": "gpt-image-2",
    "gpt-image-1": "gpt-image-2",
    "gpt-image-1-mini": "gpt-image-2",
    "gpt-image-1.5": "gpt-image-2",
    "gpt-4": "gpt-6-luna",
    "gpt-4-turbo": "gpt-6-luna",
    "gpt-4.1": "gpt-6-luna",
    "gpt-4.1-mini": "gpt-6-luna",
    "gpt-4.1-nano": "gpt-6-luna",
    "gpt-4o": "gpt-6-luna",
    "gpt-4o-mini": "gpt-6-luna",
    "gpt-5": "gpt-6-luna",
    "gpt-5-mini": "gpt-6-luna",
    "gpt-5-nano": "gpt-6-luna",
    "gpt-5.1": "gpt-6-luna",
    "o1": "gpt-6-sol",
    "o3": "gpt-6-sol",
    "o3-mini": "gpt-6-luna",
    "o4-mini": "gpt-6-luna",
}
"""By model name without version."""

_VERSION: Final = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def read_shutdown_dates(models: Iterable[object]) -> dict[str, date]:
    """Return the shutdown dates in a list of models, by model name in lower case.

    Args:
        models: the list as the provider sends it: ``id`` and ``shutdown_date`` ("YYYY-MM-DD", OpenAI), or
            ``deprecation.inference`` (Unix seconds, Azure).
    """
    dates: dict[str, date] = {}
    for model in models:
        if not isinstance(model, Mapping) or not isinstance(model.get("id"), str):
            continue
        shutdown = _read_date(model)
        if shutdown is not None:
            dates[model["id"].casefold()] = shutdown
    return dates


def find_shutdown(model: str, dates: Mapping[str, date]) -> date | None:
    """Return the shutdown date of a model, or of its last version; None = unknown."""
    name = model.casefold()
    versions = [day for listed, day in dates.items() if _VERSION.sub("", listed) == name]
    return dates.get(name) or max(versions, default=None)


def find_successor(model: str) -> str | None:
    """Return the successor of a model, or None if it is unknown."""
    return SUCCESSORS.get(_VERSION.sub("", model.casefold()))


def warn_of_shutdowns(models: Mapping[str, str], dates: Mapping[str, date], today: date) -> Iterator[str]:
    """Yield a warning for each model that has shut down or will do so within WARNING_DAYS.

    Args:
        models: the models in use, by purpose.
        dates: see ``read_shutdown_dates``.
        today: in UTC.
    """
    used: dict[str, list[str]] = {}
    for purpose, model in models.items():
        used.setdefault(model, []).append(purpose)
    for model, purposes in used.items():
        shutdown = find_shutdown(model, dates)
        if shutdown is None or shutdown - today > timedelta(days=WARNING_DAYS):
            continue
        when = f"shuts down on {shutdown}" if shutdown > today else f"was to shut down on {shutdown}"
        successor = find_successor(model)
        instead = f"; deploy {successor} instead" if successor else "; deploy another model"
        yield f"the {' and '.join(purposes)} model {model!r} {when}{instead}"


def _read_date(model: Mapping[str, Any]) -> date | None:
    listed = model.get("shutdown_date")
    deprecation = model.get("deprecation")
    seconds = deprecation.get("inference") if isinstance(deprecation, Mapping) else None
    try:
        if isinstance(listed, str):
            return date.fromisoformat(listed[:10])
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0:
            return datetime.fromtimestamp(seconds, UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
    return None
