"""Long waits that a service asks for, as callers see them: until when, and in whose words. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from shared.messages.runs import Failure, Message

LONG_WAIT_SECONDS = 60.0
"""A shorter wait is over before anybody wonders."""


@dataclass(frozen=True, slots=True)
class Wait(Message):
    """A wait that a service asked for.

    Attributes:
        until: when the next call is made, ISO 8601.
        message: what the service said.
    """

    until: str
    message: str

    @classmethod
    def from_failure(cls, failure: Failure, now: datetime, seconds: float) -> Self | None:
        """Return the wait after a failure; None for a short one, or where it is not the service that asks for it."""
        if (failure.retry_after_seconds or 0) <= LONG_WAIT_SECONDS or seconds <= LONG_WAIT_SECONDS:
            return None
        return cls((now + timedelta(seconds=seconds)).isoformat(), failure.message)

    def is_over(self, now: datetime) -> bool:
        """Tell whether the wait is over."""
        return datetime.fromisoformat(self.until) <= now


def describe_wait(wait: Wait | None) -> dict[str, Any]:
    """Return what an instance says of its wait in its custom status."""
    return {} if wait is None else {"wait": wait.to_json()}


def find_longest_wait(statuses: Iterable[Mapping[str, Any]], now: datetime) -> Wait | None:
    """Return the wait of a run's instances that ends last, by their custom statuses; None if none waits long."""
    waits = [Wait.from_json(status["wait"]) for status in statuses if status.get("wait")]
    return max((wait for wait in waits if not wait.is_over(now)), key=lambda wait: wait.until, default=None)
