"""What was paid and could not be stored waits in the process, once, and not without bound."""

from shared.models.pending_writes import MAX_PENDING_WRITES, PendingWrites


def test_an_answer_is_handed_out_once() -> None:
    answers = PendingWrites()
    answers.add("run/image/ann", b"picture")
    assert answers.take("run/image/bob", bytes) is None
    assert answers.take("run/image/ann", bytes) == b"picture"
    assert answers.take("run/image/ann", bytes) is None


def test_the_oldest_answer_goes_where_there_are_too_many() -> None:
    answers = PendingWrites()
    for number in range(MAX_PENDING_WRITES + 1):
        answers.add(str(number), number)
    assert answers.take("0", int) is None
    assert answers.take("1", int) == 1
