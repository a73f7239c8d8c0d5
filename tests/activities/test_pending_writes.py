"""Answers that the store has not accepted are kept, up to a bound."""

from shared.messages.base import Cost
from shared.models.billed_task import BilledAnswer
from shared.models.pending_writes import MAX_PENDING_WRITES, PendingWrites


def make_answer(number: int = 0) -> BilledAnswer[int]:
    return BilledAnswer(number, Cost(text_calls=1), "gpt-6-luna", None)


def test_a_kept_answer_is_returned_once() -> None:
    pending_writes = PendingWrites()
    pending_writes.add("run/image/1", make_answer())
    assert pending_writes.take("run/image/2") is None
    assert pending_writes.take("run/image/1") == make_answer()
    assert pending_writes.take("run/image/1") is None


def test_a_discarded_answer_is_gone() -> None:
    pending_writes = PendingWrites()
    pending_writes.add("run/image/1", make_answer())
    pending_writes.discard("run/image/1")
    pending_writes.discard("run/image/2")
    assert pending_writes.take("run/image/1") is None


def test_the_oldest_of_too_many_answers_is_dropped() -> None:
    pending_writes = PendingWrites()
    for number in range(MAX_PENDING_WRITES + 1):
        pending_writes.add(str(number), make_answer(number))
    assert pending_writes.take("0") is None
    assert pending_writes.take("1") == make_answer(1)
