"""The circuit breaker: stops a run when its latest image calls show that further ones would be wasted. Pure.

The outcomes are those of one process. A restarted process starts with none, and of several worker processes, the first
one that has seen enough failures stops the run.
"""

from collections import deque
from dataclasses import dataclass, field

from shared.bounded_cache import BoundedCache
from shared.errors import Mismatch
from shared.messages.base import Failure
from shared.reasons import Reason

MIN_WATCHED_CALLS = 50
"""The latest outcomes that are counted. With fewer outcomes the breaker stays closed: a bad start proves nothing."""

MAX_REFUSED_CALLS, MAX_FAILED_CALLS = 25, 30
"""The breaker opens above these: half of the calls refused by the content policy, or 60 % failed for any reason."""

MAX_MISMATCHES_BEFORE_SUCCESS, MAX_MISMATCHES_AFTER_SUCCESS = 2, 4
"""The number of consecutive answers of the same wrong form that opens the breaker: low if the provider has sent no
usable image yet, higher if it has, because single bad images happen."""

MAX_WATCHED_RUNS = 64
"""Runs whose outcomes a process keeps; a further one evicts the run without an outcome for longest."""


class CircuitBreaker:
    """Counts the image calls of a run since it was started or last resumed."""

    def __init__(self) -> None:
        self._outcomes: deque[Reason | None] = deque(maxlen=MIN_WATCHED_CALLS)
        self._has_good_image = False
        self._latest_mismatch = ""
        self._mismatches = 0

    def record_outcome(self, reason: Reason | None, mismatch: Mismatch | None = None) -> Failure | None:
        """Count the outcome of an image call (None = success), and return why the run should stop, if it should.

        A 429 does not count: it says when to retry, not that the call is wrong.
        """
        if reason is Reason.RATE_LIMITED:
            return None
        unusable = self._record_mismatch(reason, mismatch)
        if unusable is not None:
            return unusable
        self._outcomes.append(reason)
        if len(self._outcomes) < MIN_WATCHED_CALLS:
            return None
        refused = sum(outcome is Reason.CONTENT_POLICY for outcome in self._outcomes)
        failed = sum(outcome is not None for outcome in self._outcomes)
        if refused > MAX_REFUSED_CALLS:
            what = f"The content policy refused {refused} of the last {MIN_WATCHED_CALLS} image calls"
            return Failure(Reason.TOO_MANY_REFUSALS, f"{what}; expected at most {MAX_REFUSED_CALLS}.")
        if failed > MAX_FAILED_CALLS:
            latest = _describe_latest_failure(self._outcomes)
            what = f"{failed} of the last {MIN_WATCHED_CALLS} image calls failed, {latest}"
            return Failure(Reason.TOO_MANY_ERRORS, f"{what}; expected at most {MAX_FAILED_CALLS}.")
        return None

    def _record_mismatch(self, reason: Reason | None, mismatch: Mismatch | None) -> Failure | None:
        """Return why the run should stop for the form of its images: each is billed, and none can be used."""
        if mismatch is None:
            if reason is None:
                self._has_good_image, self._mismatches = True, 0
            return None
        self._mismatches = self._mismatches + 1 if mismatch.received == self._latest_mismatch else 1
        self._latest_mismatch = mismatch.received
        if self._mismatches < (MAX_MISMATCHES_AFTER_SUCCESS if self._has_good_image else MAX_MISMATCHES_BEFORE_SUCCESS):
            return None
        return Failure(
            Reason.UNUSABLE_IMAGES,
            f"{self._mismatches} consecutive image answers were {mismatch.received}; {mismatch.advice}",
        )


@dataclass(slots=True)
class RunCircuitBreakers:
    """The circuit breakers of the runs that a process works on."""

    _circuit_breakers: BoundedCache[str, tuple[int, CircuitBreaker]] = field(
        default_factory=lambda: BoundedCache(MAX_WATCHED_RUNS)
    )

    def record_outcome(
        self, run_id: str, resume_count: int, reason: Reason | None, mismatch: Mismatch | None = None
    ) -> Failure | None:
        """Count the outcome of an image call, and return why the run should stop, if it should.

        A resumed run starts with a new breaker; late outcomes of calls from before the resume are ignored.
        """
        latest, breaker = self._circuit_breakers.get(run_id, (resume_count, None))
        if resume_count < latest:
            return None
        if breaker is None or resume_count > latest:
            breaker = CircuitBreaker()
        self._circuit_breakers[run_id] = (resume_count, breaker)
        return breaker.record_outcome(reason, mismatch)

    def forget(self, run_id: str) -> None:
        """Free the circuit breaker of a run that has ended."""
        self._circuit_breakers.pop(run_id, None)


def _describe_latest_failure(outcomes: deque[Reason | None]) -> str:
    """Return the reason of the latest failure, which is the easiest one to investigate."""
    last = next(outcome for outcome in reversed(outcomes) if outcome is not None)
    return f"the latest with {last}"
