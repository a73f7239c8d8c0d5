"""Pending writes: answers that were billed and that the store has not accepted yet.

The process keeps them for the activity's next attempt, which the orchestrator schedules on a durable timer, so that no
function waits for the store. If the process dies first, or another process gets the next attempt, the call is billed
again.
"""

from typing import TYPE_CHECKING, Any

from shared.bounded_cache import BoundedCache

if TYPE_CHECKING:
    from shared.models.billed_task import BilledAnswer

MAX_PENDING_WRITES = 80
"""As many as the largest windows of image and text calls have in flight: 120 MB at most."""


class PendingWrites:
    """The answers of this process that wait for the store, by the key of their task."""

    def __init__(self) -> None:
        self._answers: BoundedCache[str, BilledAnswer[Any]] = BoundedCache(MAX_PENDING_WRITES)

    def add(self, key: str, answer: "BilledAnswer[Any]") -> None:
        """Keep the answer of a task; the oldest answer goes where there are too many."""
        self._answers[key] = answer

    def take(self, key: str) -> "BilledAnswer[Any] | None":
        """Remove and return the answer of a task; None if there is none."""
        return self._answers.pop(key, None)

    def discard(self, key: str) -> None:
        """Drop the answer of a task that is stored."""
        self._answers.pop(key, None)
