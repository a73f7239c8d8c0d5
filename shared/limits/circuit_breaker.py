"""The breaker: tells from the latest image calls of a run that more of them would be wasted. Pure, and in memory.

What it has seen lives in one process. After a restart it begins anew, and of several workers each judges its own calls:
a run is stopped by the first of them that has seen enough.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from shared.errors import Mismatch
from shared.messages.base import Failure
from shared.reasons import Reason

MIN_WATCHED_CALLS = 50
"""So many outcomes are judged, and none before there are as many: a bad start proves nothing."""

MAX_REFUSED_CALLS, MAX_FAILED_CALLS = 25, 30
"""More than half of the watched calls refused by the content policy, or more than 60 % failed in any way."""

MAX_MISMATCHES_BEFORE_SUCCESS, MAX_MISMATCHES_AFTER_SUCCESS = 2, 4
"""So many answers in a row of the same wrong form stop a run: few where the service has shown nothing better, more
where it has, as single bad images happen."""

MAX_WATCHED_RUNS = 64
"""Runs of this process whose outcomes are kept; the one that was not heard of for longest goes first."""


class CircuitBreaker:
    """Watches one leg of a run: from its start, or from its latest resumption."""

    def __init__(self) -> None:
        self._outcomes: deque[Reason | None] = deque(maxlen=MIN_WATCHED_CALLS)
        self._has_good_image = False
        self._latest_mismatch = ""
        self._mismatches = 0

    def record_outcome(self, reason: Reason | None, mismatch: Mismatch | None = None) -> Failure | None:
        """Count how an image call went (None = well), and return why the run should stop, if it should.

        A 429 is no outcome: it says when to come again, not that the call is wrong.
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
            what = f"{refused} of the last {MIN_WATCHED_CALLS} image calls were refused by the content policy"
            return Failure(Reason.TOO_MANY_REFUSALS, f"{what}; expected at most {MAX_REFUSED_CALLS}")
        if failed > MAX_FAILED_CALLS:
            latest = _describe_latest_failure(self._outcomes)
            what = f"{failed} of the last {MIN_WATCHED_CALLS} image calls failed, {latest}"
            return Failure(Reason.TOO_MANY_ERRORS, f"{what}; expected at most {MAX_FAILED_CALLS}")
        return None

    def _record_mismatch(self, reason: Reason | None, mismatch: Mismatch | None) -> Failure | None:
        """Return why the run should stop for the form of its images: all of them are paid, and none can be used."""
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
            f"{self._mismatches} image answers in a row were {mismatch.received}; {mismatch.advice}",
        )


@dataclass(slots=True)
class RunCircuitBreakers:
    """The breakers of the runs that a process works on."""

    _circuit_breakers: OrderedDict[str, tuple[int, CircuitBreaker]] = field(default_factory=OrderedDict)

    def record_outcome(
        self, run_id: str, resume_count: int, reason: Reason | None, mismatch: Mismatch | None = None
    ) -> Failure | None:
        """Count how an image call of a run's leg went, and return why the run should stop, if it should.

        What came before a resumption is forgotten; what a call of an earlier leg tells late is not heard.
        """
        latest, breaker = self._circuit_breakers.get(run_id, (resume_count, None))
        if resume_count < latest:
            return None
        if breaker is None or resume_count > latest:
            breaker = CircuitBreaker()
        self._circuit_breakers[run_id] = (resume_count, breaker)
        self._circuit_breakers.move_to_end(run_id)
        while len(self._circuit_breakers) > MAX_WATCHED_RUNS:
            self._circuit_breakers.popitem(last=False)
        return breaker.record_outcome(reason, mismatch)

    def forget(self, run_id: str) -> None:
        """Free what is kept of a run."""
        self._circuit_breakers.pop(run_id, None)


def _describe_latest_failure(outcomes: deque[Reason | None]) -> str:
    """Name the latest failure: the one that somebody can look into."""
    last = next(outcome for outcome in reversed(outcomes) if outcome is not None)
    return f"the latest with {last}"
