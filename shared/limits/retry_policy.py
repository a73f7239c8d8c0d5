"""The retry policy, the only one: what is tried again, when, and for how long. Pure, so that it replays.

| reason | again |
| --- | --- |
| rate_limited | after Retry-After, for ever; given up after 30 minutes awake without any success |
| server_error, connection, bad_image | after 1.5 s x 2^n with jitter, up to maxRetries |
| timeout_ambiguous | the same, at most twice: it may have been billed each time |
| store_unavailable | the same, capped at 30 s, 8 times: rides out two minutes |
| worker_lost | after 5, 20, 60, 100 and 130 s: five minutes |
| anything else, and what was retried already (``is_final``) | never as it is |
"""

import zlib
from datetime import datetime, timedelta

from shared.messages.base import Failure, FailureCounts
from shared.reasons import PAUSING_REASONS, Reason

RETRY_BASE_SECONDS = 1.5
RETRY_JITTER = 0.25
"""Up to this share is added, so that what failed together does not come back together."""

DEFAULT_RETRY_AFTER_SECONDS = 10.0
"""A 429 without Retry-After: Azure OpenAI counts requests in windows of 10 seconds."""

MAX_RETRY_AFTER_SECONDS = 86_400.0
"""A service that asks for more than a day is not believed; a moment too far away is no date, either."""

MAX_RATE_LIMITED_TIME = timedelta(minutes=30)
MAX_AMBIGUOUS_RETRIES = 2
MAX_STORE_RETRIES, MAX_STORE_RETRY_SECONDS = 8, 30.0

LOST_WORKER_WAITS_SECONDS = (5.0, 20.0, 60.0, 100.0, 130.0)
"""Waits before the second to the sixth try of what was lost with a worker, 315 s in all: a worker is back within
seconds, a deployment takes a minute or two, and a fault that comes each time should end the run soon after that."""

COUNTED_REASONS = frozenset({Reason.SERVER_ERROR, Reason.CONNECTION, Reason.BAD_IMAGE, Reason.TIMEOUT_AMBIGUOUS})
RETRIED_ON_RESUME_REASONS = PAUSING_REASONS | COUNTED_REASONS | {Reason.RATE_LIMITED}
"""Images that failed for one of these are tried again when a run goes on after a pause: the trouble is said to be over.
A prompt that was refused would be refused again: that one stays failed, and ``repair`` is there for it."""

TOO_LONG_REASONS = frozenset({Reason.INCOMPLETE_ANSWER, Reason.CONTEXT_OVERFLOW})
"""The answer, or the question, is too long: the same request would fail again, so fewer entries are asked for."""

UNUSABLE_ANSWER_REASONS = TOO_LONG_REASONS | {Reason.MALFORMED_ANSWER, Reason.REFUSAL}
"""Asked once more with a stricter instruction."""


def count_failure(failure_counts: FailureCounts, failure: Failure) -> FailureCounts:
    """Return the tries with one more failure."""
    return FailureCounts(
        calls=failure_counts.calls + 1,
        counted=failure_counts.counted + (failure.reason in COUNTED_REASONS),
        ambiguous=failure_counts.ambiguous + (failure.reason is Reason.TIMEOUT_AMBIGUOUS),
        store=failure_counts.store + (failure.reason is Reason.STORE_UNAVAILABLE),
        lost=failure_counts.lost + 1 if failure.reason is Reason.WORKER_LOST else 0,  # losses in a row
    )


def decide_retry(
    failure: Failure,
    failure_counts: FailureCounts,
    *,
    max_retries: int,
    seed: str,
    since_success: timedelta,
) -> float | None:
    """Return after how many seconds to try again, or None to give up.

    Args:
        failure: what happened.
        failure_counts: failures so far, this one included.
        max_retries: how many retries of counted reasons the request allows.
        seed: what the jitter follows from, such as the item's id: equal at every replay.
        since_success: how long ago any call of the run last succeeded (or the run began).
    """
    wait: float | None = None
    match failure.reason:
        case Reason.RATE_LIMITED if since_success <= MAX_RATE_LIMITED_TIME:
            wait = clamp_retry_after(failure.retry_after_seconds)
        case Reason.STORE_UNAVAILABLE if failure_counts.store <= MAX_STORE_RETRIES:
            wait = min(MAX_STORE_RETRY_SECONDS, _back_off(failure_counts.store, seed))
        case Reason.WORKER_LOST:
            wait = decide_lost_worker_wait(failure_counts.lost)
        case reason if (
            reason in COUNTED_REASONS
            and not failure.is_final
            and failure_counts.counted <= max_retries
            and failure_counts.ambiguous <= MAX_AMBIGUOUS_RETRIES
        ):
            wait = max(_back_off(failure_counts.counted, seed), _clamp(failure.retry_after_seconds or 0.0))
    return wait


def decide_lost_worker_wait(losses: int) -> float | None:
    """Return the seconds to wait after so many losses in a row without a success, or None to stop trying."""
    return LOST_WORKER_WAITS_SECONDS[losses - 1] if losses <= len(LOST_WORKER_WAITS_SECONDS) else None


def find_time_since(now: datetime, *moments: str | None) -> timedelta:
    """Return the time since the latest of some ISO 8601 moments; absent ones do not count."""
    latest = max((datetime.fromisoformat(moment) for moment in moments if moment), default=now)
    return now - latest


def clamp_retry_after(asked_seconds: float | None) -> float:
    """Return how long a 429 keeps calls back: what the service asked for, within reason."""
    return DEFAULT_RETRY_AFTER_SECONDS if asked_seconds is None else _clamp(asked_seconds)


def _clamp(asked_seconds: float) -> float:
    return min(MAX_RETRY_AFTER_SECONDS, max(0.0, asked_seconds))


def _back_off(failures: int, seed: str) -> float:
    jitter = zlib.crc32(f"{seed}/{failures}".encode()) / 2**32
    return float(RETRY_BASE_SECONDS * 2 ** max(0, failures - 1) * (1 + RETRY_JITTER * jitter))
