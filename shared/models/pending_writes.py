"""Answers that were paid and that the store did not take: kept in this process for the next try, which pays nothing.

A store can be away for a while. The orchestrator then tries again later, on a durable timer, so that nobody sleeps with
a paid answer in hand. Where the process dies meanwhile, or another one gets the next try, the answer is paid again.
"""

from typing import TypeVar

from shared.bounded_cache import BoundedCache

MAX_PENDING_WRITES = 80
"""As many as the largest windows of image and text calls have in flight: some 120 MB at the very most."""

AnswerT = TypeVar("AnswerT")


class PendingWrites:
    """The answers of this process that wait for the store."""

    def __init__(self) -> None:
        self._answers: BoundedCache[str, object] = BoundedCache(MAX_PENDING_WRITES)

    def add(self, call: str, answer: object) -> None:
        """Keep the answer of a call; the oldest one goes where there are too many."""
        self._answers[call] = answer

    def take(self, call: str, kind: type[AnswerT]) -> AnswerT | None:
        """Return the answer that was kept of a call, once; None if there is none of this kind."""
        answer = self._answers.pop(call, None)
        return answer if isinstance(answer, kind) else None
