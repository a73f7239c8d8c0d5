"""The sliding window of an image worker, run on a clock of its own through random latencies and outcomes."""

import heapq
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.limits.concurrency_window import ConcurrencyWindow, postpone
from shared.messages.base import FailureCounts
from shared.messages.images import ImageAction, ImageJob, ImageStep
from tests.strategies import THOROUGH, image_jobs

START = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Attempt:
    """The outcome of one call: its duration, and whether it fails with a wait or ends the job; a 429 pauses."""

    seconds: float
    wait: float | None = None
    is_rate_limited: bool = False


successes = st.builds(Attempt, st.integers(0, 9).map(float))
failures_ = st.builds(Attempt, st.integers(0, 9).map(float), st.integers(0, 20).map(float), st.booleans())
histories = st.lists(failures_, max_size=3).flatmap(lambda failed: successes.map(lambda last: [*failed, last]))


@dataclass
class Lane:
    """Drives a window the way `generate_images` does, and checks it at every moment."""

    width: int
    script: dict[str, list[Attempt]]
    now: datetime = START
    window: ConcurrencyWindow = field(init=False)
    starts: Counter[str] = field(default_factory=Counter)
    running: list[tuple[datetime, int, str]] = field(default_factory=list)
    jobs: dict[str, ImageJob] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    pause_ends: datetime = START
    generations: int = 1

    def __post_init__(self) -> None:
        self.window = ConcurrencyWindow(self.width)

    def run(self, hand_over_after: int) -> None:
        self.window.add(image_jobs(len(self.script)))
        started = 0
        while len(self.done) < len(self.script):
            while started < hand_over_after and (job := self.window.acquire(self.now)) is not None:
                self.start(job)
                started += 1
            if started >= hand_over_after and not self.running:
                self.begin_generation()
                started = 0
                continue
            if started < hand_over_after:
                self.check_no_slot_is_idle()
            self.move_on(may_wake=started < hand_over_after)

    def start(self, job: ImageJob) -> None:
        assert self.now >= self.pause_ends, "nothing starts during a pause"
        attempt = self.script[job.product_id][self.starts[job.product_id]]
        assert job.failure_counts.calls == self.starts[job.product_id], "a job carries its tries"
        self.starts[job.product_id] += 1
        self.jobs[job.product_id] = job
        ends = self.now + timedelta(seconds=attempt.seconds)
        heapq.heappush(self.running, (ends, sum(self.starts.values()), job.product_id))
        assert len(self.running) <= self.width, "never more than the width at a time"
        assert self.window.running == len(self.running)

    def check_no_slot_is_idle(self) -> None:
        assert 1 <= self.window.count_slots() <= self.width
        is_free = len(self.running) < self.window.count_slots()
        assert not (is_free and self.now >= self.pause_ends and self.window.count_ready(self.now)), (
            "a free slot is filled"
        )

    def move_on(self, *, may_wake: bool) -> None:
        wake = self.window.find_next_wake(self.now) if may_wake else None
        ends = self.running[0][0] if self.running else None
        moments = [moment for moment in (wake, ends) if moment is not None]
        assert moments, "an image worker with jobs knows what it waits for"
        assert min(moments) >= self.now
        assert wake is None or ends is not None or wake > self.now, "waiting helps"
        self.now = max(self.now, min(moments))
        if ends is not None and ends <= self.now:
            self.finish(heapq.heappop(self.running)[2])

    def finish(self, product_id: str) -> None:
        job = self.jobs.pop(product_id)
        attempt = self.script[product_id][self.starts[product_id] - 1]
        self.window.release()
        if attempt.wait is None:
            self.done.add(product_id)
            self.window.on_success(job)
            return
        if attempt.is_rate_limited:
            self.pause_ends = max(self.pause_ends, self.now + timedelta(seconds=attempt.wait))
            self.window.on_throttled(self.now, self.now + timedelta(seconds=attempt.wait))
        failed = replace(job, failure_counts=FailureCounts(calls=job.failure_counts.calls + 1))
        self.window.add([postpone(failed, self.now, attempt.wait)])

    def begin_generation(self) -> None:
        handed = self.window.list_queued(self.now)
        assert len(handed) == self.window.count_queued()
        assert {job.product_id for job in handed} == set(self.script) - self.done, "nothing is lost, nothing twice"
        handed = tuple(ImageJob.from_json(job.to_json()) for job in handed)
        self.window = ConcurrencyWindow(self.width, self.window.size)
        self.window.add(handed)
        self.generations += 1


@THOROUGH
@given(st.integers(1, 6), st.lists(histories, min_size=1, max_size=14), st.integers(1, 40))
def test_every_job_is_started_as_often_as_it_failed_and_once_more_within_the_window(
    width: int, scripts: list[list[Attempt]], hand_over_after: int
) -> None:
    worker = Lane(width, {f"item-{place}": script for place, script in enumerate(scripts)})
    worker.run(hand_over_after)
    assert worker.starts == {product_id: len(script) for product_id, script in worker.script.items()}
    assert worker.window.running == 0
    assert worker.window.count_queued() == 0


def test_equal_jobs_keep_the_window_full_to_the_end() -> None:
    worker = Lane(4, {f"item-{place}": [Attempt(10.0)] for place in range(40)})
    worker.run(hand_over_after=1000)
    assert worker.now - START == timedelta(seconds=100)


def test_a_job_that_waits_holds_no_slot() -> None:
    window = ConcurrencyWindow(1)
    first, second = image_jobs(2)
    window.add([postpone(first, START, 60), second])
    assert window.acquire(START) == second
    window.release()
    assert window.acquire(START) is None
    assert window.find_next_wake(START) == START + timedelta(seconds=60)
    assert window.acquire(START + timedelta(seconds=60)) == first


def test_jobs_that_waited_start_in_the_order_they_became_due() -> None:
    window = ConcurrencyWindow(3)
    first, second, third = image_jobs(3)
    window.add([postpone(first, START, 9), postpone(second, START, 3), postpone(third, START, 6)])
    later = START + timedelta(seconds=10)
    assert [window.acquire(later) for _ in range(3)] == [second, third, first]


def test_a_pause_is_never_shortened() -> None:
    window = ConcurrencyWindow(1)
    window.add(image_jobs(1))
    window.on_throttled(START, START + timedelta(seconds=30))
    window.on_throttled(START, START + timedelta(seconds=10))
    assert window.acquire(START + timedelta(seconds=29)) is None
    assert window.find_next_wake(START) == START + timedelta(seconds=30)
    assert window.acquire(START + timedelta(seconds=30)) is not None


def test_a_full_window_waits_for_a_job_to_end_and_not_for_the_clock() -> None:
    window = ConcurrencyWindow(1)
    window.add(image_jobs(2))
    window.acquire(START)
    assert window.acquire(START) is None
    assert window.find_next_wake(START) is None
    assert (window.count_ready(START), window.count_queued()) == (1, 1)


def test_an_empty_window_waits_for_nothing() -> None:
    assert ConcurrencyWindow(4).find_next_wake(START) is None


def test_a_pause_outlives_the_generation_as_the_due_time_of_its_jobs() -> None:
    window = ConcurrencyWindow(2)
    soon, late = image_jobs(2)
    window.add([soon, postpone(late, START, 90)])
    window.on_throttled(START, START + timedelta(seconds=60))
    assert [job.due for job in window.list_queued(START)] == [
        (START + timedelta(seconds=60)).isoformat(),
        (START + timedelta(seconds=90)).isoformat(),
    ]


def test_a_job_without_a_due_time_cannot_be_compared_with_one() -> None:
    window = ConcurrencyWindow(1)
    window._waiting.append(ImageJob("item-1", 1))
    with pytest.raises(ValueError, match="'item-1' has no due time"):
        window.acquire(START)


def test_a_429_shrinks_the_window_once_a_pause_and_successes_widen_it_again() -> None:
    window = ConcurrencyWindow(8)
    until = START + timedelta(seconds=10)
    for _ in range(3):
        window.on_throttled(START, until)
    assert window.count_slots() == 5
    window.on_throttled(until, until + timedelta(seconds=10))
    assert window.count_slots() == 3
    (job,) = image_jobs(1)
    for _ in range(100):
        window.on_success(replace(job, step=ImageStep(ImageAction.EVALUATE)))
    assert window.count_slots() == 3
    for _ in range(100):
        window.on_success(job)
    assert window.count_slots() == 8


def test_the_window_never_shrinks_below_one() -> None:
    window = ConcurrencyWindow(2)
    for number in range(20):
        window.on_throttled(START + timedelta(minutes=number), START + timedelta(minutes=number, seconds=1))
    assert window.count_slots() == 1


def test_a_job_with_a_turn_starts_a_little_early_and_one_that_failed_does_not() -> None:
    window = ConcurrencyWindow(4)
    failed, turned, later = image_jobs(3)
    window.add(
        [
            postpone(failed, START, 0.5),
            postpone(replace(turned, deferrals=1), START, 0.9),
            postpone(replace(later, deferrals=1), START, 2.5),
        ]
    )
    assert window.acquire(START) is None  # the job that failed is due first, and it is not early
    assert window.find_next_wake(START) == START + timedelta(seconds=0.5)
    now = START + timedelta(seconds=0.5)
    assert [job.product_id for job in (window.acquire(now), window.acquire(now)) if job] == ["item-0", "item-1"]
    assert window.acquire(now) is None


@THOROUGH
@given(st.integers(1, 8), st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=30))
def test_no_more_jobs_wait_for_turns_than_there_are_slots(width: int, waits: list[tuple[int, bool]]) -> None:
    window, now = ConcurrencyWindow(width, keeps_slots=True), START
    window.add(image_jobs(3 * width))
    for wait, is_sent_back in waits:
        job = window.acquire(now)
        if job is None:
            now += timedelta(seconds=1)
            continue
        if is_sent_back:
            window.release()
            window.add([postpone(replace(job, deferrals=job.deferrals + 1), now, 2 + wait)])
        assert window.running <= window.count_taken() <= width


def test_under_a_known_quota_a_job_that_waits_for_its_turn_keeps_its_slot_and_one_that_failed_does_not() -> None:
    window = ConcurrencyWindow(2, keeps_slots=True)
    turned, failed, new, last = image_jobs(4)
    window.add([postpone(replace(turned, deferrals=1), START, 30), postpone(failed, START, 20), new, last])
    assert window.acquire(START) == new
    assert window.acquire(START) is None
    assert window.find_next_wake(START) == START + timedelta(seconds=20)


def test_new_jobs_are_held_until_the_first_turn() -> None:
    window = ConcurrencyWindow(4)
    window.add(image_jobs(1))
    window.hold_new_jobs(START, START + timedelta(seconds=9))
    window.hold_new_jobs(START, START + timedelta(seconds=5))
    window.hold_new_jobs(START, START + timedelta(seconds=7))
    assert window.acquire(START + timedelta(seconds=4)) is None
    assert window.find_next_wake(START) == START + timedelta(seconds=5)
    assert window.acquire(START + timedelta(seconds=5)) is not None


def test_image_calls_and_evaluations_pause_separately_and_jobs_wait_for_their_own() -> None:
    window = ConcurrencyWindow(4)
    first, second = image_jobs(2)
    look = replace(second, step=ImageStep(ImageAction.EVALUATE))
    window.add([look])
    window.on_text_throttled(START + timedelta(seconds=60))
    window.on_text_throttled(START + timedelta(seconds=10))
    assert (window.count_ready(START), window.count_slots()) == (0, 4)
    assert window.acquire(START) is None
    assert window.find_next_wake(START) == START + timedelta(seconds=60)
    window.add([first])
    assert window.find_next_wake(START) == START
    window.on_throttled(START, START + timedelta(seconds=90))
    handed = window.list_queued(START)
    assert [datetime.fromisoformat(str(job.due)) - START for job in handed] == [
        timedelta(seconds=60),
        timedelta(seconds=90),
    ]
    assert window.acquire(START + timedelta(seconds=60)) == look
    assert window.acquire(START + timedelta(seconds=60)) is None
    assert window.acquire(START + timedelta(seconds=90)) == first


def test_where_the_rate_limiter_knows_the_quota_a_429_holds_back_its_own_job_only() -> None:
    window = ConcurrencyWindow(8, 3.0)
    window.running = 2
    window.release(is_quota_reported=True)
    assert window.count_slots() == 8
    window.on_throttled(START, START + timedelta(seconds=60))
    assert (window.count_slots(), window.paused_until) == (8, None)
    window.on_throttled(START, START + timedelta(seconds=60), is_quota=False)
    assert window.paused_until == START + timedelta(seconds=60)
