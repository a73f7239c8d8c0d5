"""The base class of messages, and the values that many messages hold."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel

from shared.reasons import Reason

LONG_WAIT_SECONDS = 60.0
"""Callers see only longer waits: a shorter one is over before they look."""

NANO_PER_USD = 10**9

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _find_adapter(message_type: type[Any]) -> TypeAdapter[Any]:
    if message_type not in _ADAPTERS:
        _ADAPTERS[message_type] = TypeAdapter(message_type)
    return _ADAPTERS[message_type]


class Message:
    """Converts a dataclass to JSON data and back."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return JSON data without the fields that have their default."""
        data: dict[str, Any] = _find_adapter(type(self)).dump_python(self, mode="json", exclude_defaults=True)
        return data

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Return the message that `to_json` wrote.

        Raises:
            ValidationError: a required field is missing, or a value has another type.
        """
        message: Self = _find_adapter(cls).validate_python(data)
        return message


@dataclass(frozen=True, slots=True)
class Cost(Message):
    """The sum of some billed calls.

    Attributes:
        text_calls: text calls that were answered or may have been billed.
        image_calls: the same of image calls.
        input_tokens: as the provider counted them.
        output_tokens: as the provider counted them.
        nano_usd: 10^-9 US dollars: exact, since list prices are cents per million tokens.
        saved_nano_usd: what the calls cost less because a provider's batch made them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    text_calls: int = 0
    image_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    nano_usd: int = 0
    saved_nano_usd: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.text_calls + other.text_calls,
            self.image_calls + other.image_calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.nano_usd + other.nano_usd,
            self.saved_nano_usd + other.saved_nano_usd,
        )

    def raise_to(self, other: "Cost") -> "Cost":
        """Return the higher value of each field."""
        return Cost(
            max(self.text_calls, other.text_calls),
            max(self.image_calls, other.image_calls),
            max(self.input_tokens, other.input_tokens),
            max(self.output_tokens, other.output_tokens),
            max(self.nano_usd, other.nano_usd),
            max(self.saved_nano_usd, other.saved_nano_usd),
        )


@dataclass(frozen=True, slots=True)
class Counters(Message):
    """What an orchestration has done so far; the counters of a run's orchestrations add up to its progress.

    Attributes:
        accepted: items written to the store.
        rejected: rejected drafts by reason code.
        made: images that the run generated and stored.
        kept: images that the store already had.
        failed: images that the run gave up, by reason code.
        rate_limited: responses 429.
        cost: of all calls.
        refined: images whose refinement has ended.
        lost: worker processes that died with work of this orchestration.
    """

    accepted: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    made: int = 0
    kept: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    rate_limited: int = 0
    cost: Cost = Cost()
    refined: int = 0
    lost: int = 0

    def __add__(self, other: "Counters") -> "Counters":
        return Counters(
            self.accepted + other.accepted,
            dict(Counter(self.rejected) + Counter(other.rejected)),
            self.made + other.made,
            self.kept + other.kept,
            dict(Counter(self.failed) + Counter(other.failed)),
            self.rate_limited + other.rate_limited,
            self.cost + other.cost,
            self.refined + other.refined,
            self.lost + other.lost,
        )

    def raise_to(self, other: "Counters") -> "Counters":
        """Return the higher value of each field: a restarted instance has done at least what the lost one had."""
        return Counters(
            max(self.accepted, other.accepted),
            dict(Counter(self.rejected) | Counter(other.rejected)),
            max(self.made, other.made),
            max(self.kept, other.kept),
            dict(Counter(self.failed) | Counter(other.failed)),
            max(self.rate_limited, other.rate_limited),
            self.cost.raise_to(other.cost),
            max(self.refined, other.refined),
            max(self.lost, other.lost),
        )


@dataclass(frozen=True, slots=True)
class Failure(Message):
    """Why a call has no result.

    Attributes:
        reason: from the closed list of reason codes.
        message: one line for people.
        retry_after_seconds: the wait that the provider asked for.
        request_id: the provider's id of the call.
        is_final: the call was already retried as often as the policy allows.
        cause: of a failure that sums up several, the reason of the latest.
    """

    reason: Reason
    message: str = ""
    retry_after_seconds: float | None = None
    request_id: str | None = None
    is_final: bool = False
    cause: Reason | None = None


@dataclass(frozen=True, slots=True)
class FailureCounts(Message):
    """How often one piece of work has failed so far.

    Attributes:
        calls: all failed calls.
        counted: of them, those that count against ``maxRetries``.
        ambiguous: of them, those that may have been billed.
        store: of them, those that failed because the store was unavailable.
        lost: of them, those that were lost with their worker process.
    """

    calls: int = 0
    counted: int = 0
    ambiguous: int = 0
    store: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Wait(Message):
    """A long wait that a provider asked for, as callers see it.

    Attributes:
        until: when the next call is sent, ISO 8601.
        message: the provider's message.
    """

    until: str
    message: str

    @classmethod
    def from_failure(cls, failure: Failure, now: datetime, seconds: float) -> Self | None:
        """Return the wait of ``seconds`` after a failure; None unless the provider asked for it and it is long."""
        if (failure.retry_after_seconds or 0) <= LONG_WAIT_SECONDS or seconds <= LONG_WAIT_SECONDS:
            return None
        return cls((now + timedelta(seconds=seconds)).isoformat(), failure.message)

    def is_over(self, now: datetime) -> bool:
        """Return whether the wait has ended."""
        return datetime.fromisoformat(self.until) <= now


def find_longest_wait(waits: Iterable[Wait | None], now: datetime) -> Wait | None:
    """Return the wait that ends last; None if all have ended."""
    active = [wait for wait in waits if wait is not None and not wait.is_over(now)]
    return max(active, key=lambda wait: wait.until, default=None)
