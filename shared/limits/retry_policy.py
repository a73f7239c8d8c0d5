"""The retry policy: which failures are retried, when, and for how long. Pure, so that it replays.

| reason | retried |
| --- | --- |
| rate_limited | after Retry-After, until the run had no success for 30 minutes |
| server_error, connection, bad_image | after 1.5 s x 2^n with jitter, up to maxRetries times |
| timeout_ambiguous | the same, at most twice, because each call may have been billed |
| store_unavailable | the same, after at most 30 s, 8 times: two minutes in total |
| worker_lost | after 5, 20, 60, 100 and 130 s: five minutes in total |
| any other reason, and a failure with ``is_final`` | never |
"""

import zlib
from datetime import datetime, timedelta

from shared.messages.base import Failure, FailureCounts
from shared.reasons import BLOCKING_REASONS, Reason

RETRY_BASE_SECONDS = 1.5
RETRY_JITTER = 0.25
"""At most this share is added, so that calls that failed together are not retried together."""

DEFAULT_RETRY_AFTER_SECONDS = 10.0
"""A 429 without Retry-After: Azure OpenAI counts requests in windows of 10 seconds."""

MAX_RETRY_AFTER_SECONDS = 86_400.0
"""A Retry-After of more than a day is not plausible, and may be too far away for a date."""

MAX_RATE_LIMITED_TIME = timedelta(minutes=30)
MAX_AMBIGUOUS_RETRIES = 2
MAX_STORE_RETRIES, MAX_STORE_RETRY_SECONDS = 8, 30.0

LOST_WORKER_WAITS_SECONDS = (5.0, 20.0, 60.0, 100.0, 130.0)
"""Waits before the second to the sixth attempt of an activity that was lost with its worker, 315 s in total. A worker
restarts within seconds, a deployment takes a minute or two, and a permanent fault should end the run soon after."""

COUNTED_REASONS = frozenset({Reason.SERVER_ERROR, Reason.CONNECTION, Reason.BAD_IMAGE, Reason.TIMEOUT_AMBIGUOUS})
RETRIED_ON_RESUME_REASONS = BLOCKING_REASONS | COUNTED_REASONS | {Reason.RATE_LIMITED}
"""Images that failed for one of these are retried when a paused run is resumed, because its cause is said to be fixed.
An image whose prompt was refused stays failed; ``repair`` retries it."""

TOO_LONG_REASONS = frozenset({Reason.INCOMPLETE_ANSWER, Reason.CONTEXT_OVERFLOW})
"""The answer or the question is too long. The same request would fail again, so fewer entries are requested."""

UNUSABLE_ANSWER_REASONS = TOO_LONG_REASONS | {Reason.MALFORMED_ANSWER, Reason.REFUSAL}
"""Requested once more with a stricter instruction."""


def count_failure(failure_counts: FailureCounts, failure: Failure) -> FailureCounts:
    """Return the counts with one more failure."""
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
    """Return the seconds to wait before the next attempt, or None to give up.

    Args:
        failure: the latest failure.
        failure_counts: the failures so far, this one included.
        max_retries: the request's maximum number of retries for COUNTED_REASONS.
        seed: the jitter is derived from it, such as the item's id, so that it replays.
        since_success: the time since any call of the run last succeeded, or the run started.
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
    """Return the seconds to wait after a number of consecutive losses, or None to give up."""
    return LOST_WORKER_WAITS_SECONDS[losses - 1] if losses <= len(LOST_WORKER_WAITS_SECONDS) else None


def find_time_since(now: datetime, *times: str | None) -> timedelta:
    """Return the time since the latest of some ISO 8601 times; absent ones do not count."""
    latest = max((datetime.fromisoformat(time) for time in times if time), default=now)
    return now - latest


def clamp_retry_after(asked_seconds: float | None) -> float:
    """Return how long a 429 delays calls, in seconds: the provider's Retry-After within bounds."""
    return DEFAULT_RETRY_AFTER_SECONDS if asked_seconds is None else _clamp(asked_seconds)


def _clamp(asked_seconds: float) -> float:
    return min(MAX_RETRY_AFTER_SECONDS, max(0.0, asked_seconds))


def _back_off(failures: int, seed: str) -> float:
    jitter = zlib.crc32(f"{seed}/{failures}".encode()) / 2**32
    return float(RETRY_BASE_SECONDS * 2 ** max(0, failures - 1) * (1 + RETRY_JITTER * jitter))
