"""The words of the host distinguish a lost worker from a fault of ours; its work is tried for five minutes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.limits.retry_policy import LOST_WORKER_WAITS_SECONDS, count_failure, decide_lost_worker_wait
from shared.messages.base import Failure, FailureCounts
from shared.reasons import Reason
from shared.runs.lost_workers import (
    LOST_WORKER_PHRASES,
    MAX_MESSAGE_CHARACTERS,
    is_worker_lost,
    make_lost_worker_failure,
)

LOST = Failure(Reason.WORKER_LOST)
TIMEOUT_TEXT = (
    "Activity function 'generate_image' failed: Timeout value of 00:30:00 was exceeded by function: "
    "Functions.generate_image"
)
TEXTS = [
    "Orchestrator function 'seed_catalog' failed: python exited with code 137 (0x89)",
    "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled an activity task",
    TIMEOUT_TEXT,
    "Activity function 'generate_image' failed: A task was canceled.",
    "Did not find any initialized language workers",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_words_of_the_host_say_that_a_worker_was_lost(text: str) -> None:
    assert is_worker_lost(text)


@pytest.mark.parametrize("text", ["", "Orchestrator function 'seed_catalog' failed: 'categories'", "KeyError: 'made'"])
def test_what_our_code_raised_is_no_lost_worker(text: str) -> None:
    assert not is_worker_lost(text)


@given(before=st.text(), after=st.text(), words=st.sampled_from(LOST_WORKER_PHRASES))
def test_words_count_wherever_they_stand_and_however_they_are_written(before: str, after: str, words: str) -> None:
    assert is_worker_lost(f"{before}{words.upper()}{after}")


@given(text=st.text())
def test_a_loss_is_described_in_one_short_line_that_names_what_was_lost(text: str) -> None:
    failure = make_lost_worker_failure("generate_image", RuntimeError(text))
    assert failure.reason is Reason.WORKER_LOST
    assert failure.message.startswith("generate_image failed: ")
    assert len(failure.message.splitlines()) == 1
    assert len(failure.message) <= len("generate_image failed: ") + MAX_MESSAGE_CHARACTERS


def test_losses_in_a_row_are_tried_again_four_times_at_least_over_five_minutes_with_growing_waits() -> None:
    waits = [decide_lost_worker_wait(losses) for losses in range(1, len(LOST_WORKER_WAITS_SECONDS) + 2)]
    assert waits == [*sorted(LOST_WORKER_WAITS_SECONDS), None]
    assert len(LOST_WORKER_WAITS_SECONDS) >= 4
    assert sum(LOST_WORKER_WAITS_SECONDS) >= 300


def test_any_answer_ends_a_row_of_losses() -> None:
    lost = count_failure(count_failure(FailureCounts(), LOST), LOST)
    assert (lost.lost, lost.calls) == (2, 2)
    assert count_failure(lost, Failure(Reason.SERVER_ERROR)).lost == 0
