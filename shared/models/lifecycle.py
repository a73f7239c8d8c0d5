"""When models shut down, and what takes their place. Pure.

The dates are what a service's own list of models has, which is free to read. No list has what has taken the place of a
model that is gone: SUCCESSORS are from OpenAI's and Azure's pages of deprecations, read 2026-11.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

WARNING_DAYS: Final = 60
"""So long before a model shuts down people are warned: time to deploy and try another one."""

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
"""By the name of the model without its version."""

_VERSION: Final = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def read_shutdown_dates(models: Iterable[object]) -> dict[str, date]:
    """Return the dates that a list of models has, by model in lower case; a model without one has none.

    Args:
        models: the list as the service sends it: ``id`` and ``shutdown_date`` ("YYYY-MM-DD", OpenAI), or
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
    """Return when a model shuts down: that of its exact name, or else the last of its versions; None = not known."""
    name = model.casefold()
    versions = [day for listed, day in dates.items() if _VERSION.sub("", listed) == name]
    return dates.get(name) or max(versions, default=None)


def find_successor(model: str) -> str | None:
    """Return the model that has taken the place of another, or None if that is not known."""
    return SUCCESSORS.get(_VERSION.sub("", model.casefold()))


def warn_of_shutdowns(models: Mapping[str, str], dates: Mapping[str, date], today: date) -> Iterator[str]:
    """Yield a warning for each model that shuts down within WARNING_DAYS, or has done so.

    Args:
        models: the names of the models in use, by what they are used for.
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
    told = model.get("shutdown_date")
    deprecation = model.get("deprecation")
    seconds = deprecation.get("inference") if isinstance(deprecation, Mapping) else None
    try:
        if isinstance(told, str):
            return date.fromisoformat(told[:10])
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0:
            return datetime.fromtimestamp(seconds, UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
    return None
