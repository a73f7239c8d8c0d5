"""How a run gets its categories from the text model."""

from dataclasses import dataclass, field

import azure.durable_functions as df

from orchestrators.activity_retry import RunStoppedError, Steps, call_text_activity
from orchestrators.run_progress import RunProgress
from shared.limits.retry_policy import TOO_LONG_REASONS, UNUSABLE_ANSWER_REASONS
from shared.messages.base import Counters, Failure
from shared.messages.custom_status import Stage
from shared.messages.run import SeedInput
from shared.messages.text import TextCall, TextResult, describe_rejected
from shared.reasons import Reason

ATTEMPTS_PER_RESUME = 10_000
"""More calls for categories than a run makes before it is resumed or ends, so that attempt numbers never repeat."""

MAX_SAME_FAILURES = 3
"""As many answers in a row that fail in the same way end the run: the next one would cost as much."""


@dataclass(slots=True)
class _AnswerHistory:
    """Which requests for categories are worth sending, by the answers so far.

    Attributes:
        halvings: how often the number of entries to request was halved.
    """

    halvings: int = 0
    _is_single_entry: bool = False
    _failures: list[str] = field(default_factory=list)

    def may_succeed_after(self, result: TextResult) -> bool:
        """Take an answer into account, and return whether another request may succeed."""
        failure = result.failure
        if failure is None:
            return True
        if failure.reason not in UNUSABLE_ANSWER_REASONS:
            return False
        if failure.reason in TOO_LONG_REASONS:
            if result.asked <= 1 and self._is_single_entry:  # requested twice: the connection may have cut it
                return False
            self._is_single_entry = result.asked <= 1
            self.halvings += 1
            return True
        self._failures.append(f"{failure.reason}: {failure.message}")
        return self._failures[-MAX_SAME_FAILURES:] != MAX_SAME_FAILURES * self._failures[-1:]


def request_categories(
    context: df.DurableOrchestrationContext, seed: SeedInput, progress: RunProgress
) -> Steps[tuple[int, Counters]]:
    """Request categories until the catalog has enough; each answer may bring some of them.

    Returns:
        The number of categories, and what they cost.

    Raises:
        RunStoppedError: the run was stopped, or the model did not give enough.
    """
    progress.publish(Stage.CATEGORIES)
    result, spent, history = TextResult(), Counters(), _AnswerHistory()
    attempt = ATTEMPTS_PER_RESUME * progress.resume_count
    for retry in range(seed.max_retries + 1):
        call = TextCall(
            seed.run_id,
            seed.catalog,
            attempt=attempt,
            stricter=retry > 0,
            rejected_last_time=result.rejected,
            halvings=history.halvings,
        )
        result, calls = yield from call_text_activity(
            context,
            "write_categories",
            call,
            max_retries=seed.max_retries,
            publish_wait=lambda wait: progress.publish(Stage.CATEGORIES, wait=wait),
        )
        attempt += calls  # an answered attempt is not sent again
        spent += Counters(cost=result.cost, rate_limited=result.rate_limited)
        if result.failure is None and result.total >= result.asked:
            return result.total, spent
        if not history.may_succeed_after(result):
            break
    raise RunStoppedError(result.failure or _make_shortage_failure(result), spent)


def _make_shortage_failure(result: TextResult) -> Failure:
    return Failure(
        Reason.MALFORMED_ANSWER,
        f"the model returned {result.total} usable categories; expected {result.asked}"
        f"{describe_rejected(result.rejected)}",
    )
