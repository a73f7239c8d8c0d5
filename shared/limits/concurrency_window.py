"""The concurrency window of an image worker: which image job may start now? Pure: time is passed in.

The window adapts like TCP's congestion window (additive increase, multiplicative decrease: Chiu and Jain, 1989). Each
full window of successes adds a slot, and a 429 multiplies the window by MULTIPLICATIVE_DECREASE, so that image workers
and runs converge to even shares of a quota. The window depends only on results and their times, so it replays.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.messages.images import ImageAction, ImageJob

ADDITIVE_INCREASE_SLOTS = 1
"""Added for each full window of successes."""

MULTIPLICATIVE_DECREASE = 0.7
"""The share of the window that is left after a 429, as in TCP CUBIC (RFC 9438)."""

START_AHEAD = timedelta(seconds=1)
"""Jobs whose turn comes within this time start together on one timer, and their activities wait for the rest: calls are
evenly spaced, and the orchestrator does not wake for each of them."""


@dataclass(slots=True)
class ConcurrencyWindow:
    """At most ``width`` jobs run at a time, fewer while the provider refuses calls.

    A job that waits for a retry holds no slot. A job that waits for its turn under a known quota keeps its slot: a new
    job in that slot would only be deferred as well, and with more waiting jobs than slots, turns would pass unused.

    A 429 applies to all calls to the provider, so it pauses every start until the time that the provider named. Images
    and texts have separate quotas: a 429 to a step without an image call pauses only such steps, and leaves the size.

    Attributes:
        width: the maximum number of jobs at a time.
        size: the adapted size, 1 to ``width``; its whole part is the number of slots.
        running: jobs that hold a slot.
        paused_until: no image call starts before this time.
        texts_paused_until: no other step starts before this time.
        held_until: no new job starts before this time, because the rate limiter has no turn for it.
        keeps_slots: whether a job that waits for its turn keeps its slot, because the quota is known.
    """

    width: int
    size: float = 0.0
    running: int = 0
    paused_until: datetime | None = None
    texts_paused_until: datetime | None = None
    held_until: datetime | None = None
    keeps_slots: bool = False
    _next_steps: deque[ImageJob] = field(default_factory=deque)
    _ready: deque[ImageJob] = field(default_factory=deque)
    _waiting: list[ImageJob] = field(default_factory=list)
    _shrunk_until: datetime | None = None
    _is_quota_reported: bool = False
    _size_before_pause: float | None = None

    def __post_init__(self) -> None:
        if not self.size:
            self.size = float(self.width)

    def add(self, jobs: Iterable[ImageJob]) -> None:
        """Queue jobs; a job with a ``due`` time waits for it. Only image calls need a turn under the quota."""
        for job in jobs:
            if job.due is not None:
                self._waiting.append(job)
            elif job.step.action is ImageAction.GENERATE:
                self._ready.append(job)
            else:
                self._next_steps.append(job)

    def add_next_step(self, job: ImageJob) -> None:
        """Queue the next step of a job before the jobs that have not started."""
        if job.step.action is ImageAction.GENERATE:
            self._ready.appendleft(job)
        else:
            self._next_steps.append(job)

    def acquire(self, now: datetime) -> ImageJob | None:
        """Give the next job a slot and return it; None if no slot is free or no job is due."""
        is_paused = _is_ahead(self.paused_until, now)
        if self.running >= self.count_slots():
            return None
        job = self._take_due(now)
        if job is None and self._next_steps and not _is_ahead(self.texts_paused_until, now):
            job = self._next_steps.popleft()
        if job is None and self._may_begin() and not is_paused and not _is_ahead(self.held_until, now):
            job = self._ready.popleft()
        if job is not None:
            self.running += 1
        return job

    def release(self, *, is_quota_reported: bool = False) -> None:
        """Free the slot of a job that has ended or has to be retried.

        Once the provider reports its quota, the window opens to its whole width: the rate limiter keeps to the quota.
        """
        self.running -= 1
        if is_quota_reported and self._size_before_pause is None:
            self.size, self._is_quota_reported = float(self.width), True

    @property
    def size_to_keep(self) -> float:
        """The adapted size, without the temporary reduction to one slot after a lost worker."""
        return self._size_before_pause or self.size

    def on_success(self, job: ImageJob) -> None:
        """Increase the window additively; only a successful image call says anything about the image quota."""
        if self._size_before_pause is not None:
            self.size, self._size_before_pause = self._size_before_pause, None
        if job.step.action is ImageAction.GENERATE:
            self.size = min(float(self.width), self.size + ADDITIVE_INCREASE_SLOTS / self.size)

    def on_text_throttled(self, until: datetime) -> None:
        """Pause steps without an image call until ``until``, after a 429 to one of them."""
        paused = self.texts_paused_until
        self.texts_paused_until = until if paused is None else max(until, paused)

    def on_throttled(self, now: datetime, until: datetime, *, is_quota: bool = True) -> None:
        """Decrease the window multiplicatively after a 429 to an image call, and pause image calls until ``until``.

        Several calls in flight that are refused together are one sign: the window decreases once for each pause. If the
        provider reports its quota, the rate limiter decides which call waits, and a 429 delays only its own job.
        """
        if is_quota and self._is_quota_reported:
            return
        if not _is_ahead(self._shrunk_until, now):
            self.size = max(1.0, self.size * MULTIPLICATIVE_DECREASE)
            self._shrunk_until = until
        self.paused_until = until if self.paused_until is None else max(until, self.paused_until)

    def pause_all(self, until: datetime, *, is_narrow: bool) -> None:
        """Start nothing before ``until``: a worker was lost, or the run is suspended.

        ``is_narrow`` reduces the window to one slot until a job succeeds.
        """
        if is_narrow:
            self._size_before_pause = self.size_to_keep
            self.size = 1.0
        self.paused_until = until if self.paused_until is None else max(until, self.paused_until)
        self.on_text_throttled(until)

    def hold_new_jobs(self, now: datetime, until: datetime) -> None:
        """Start no new job before ``until``: a deferred job has the next turn only then."""
        held = self.held_until
        self.held_until = until if held is None or held <= now else min(held, until)

    def find_next_wake(self, now: datetime) -> datetime | None:
        """Return when a free slot could next be filled if no job ends; None if time alone changes nothing."""
        if self.running >= self.count_slots():
            return None
        starts = [_latest(_due(job), self._find_pause(job)) for job in self._waiting]
        if self._next_steps:
            starts.append(_latest(now, self.texts_paused_until))
        if self._may_begin():
            starts.append(_latest(now, self.held_until, self.paused_until))
        return min(starts, default=None)

    def count_slots(self) -> int:
        """Return how many jobs may run at a time."""
        return int(self.size)

    def count_taken(self) -> int:
        """Return how many slots are in use or kept for jobs that wait for their turn."""
        return self.running + (sum(1 for job in self._waiting if job.deferrals) if self.keeps_slots else 0)

    def count_queued(self) -> int:
        """Return how many jobs are ready or wait."""
        return len(self._next_steps) + len(self._ready) + len(self._waiting)

    def count_ready(self, now: datetime) -> int:
        """Return how many jobs could start as soon as a slot is free, without regard to a pause of image calls."""
        return len(self._ready) + (0 if _is_ahead(self.texts_paused_until, now) else len(self._next_steps))

    def list_queued(self, now: datetime) -> tuple[ImageJob, ...]:
        """Return the queued jobs, for the next generation; a pause is kept as their due time."""
        if not _is_ahead(self.paused_until, now):
            self.paused_until = None
        return tuple(self._delay(job) for job in (*self._next_steps, *self._ready, *self._waiting))

    def _may_begin(self) -> bool:
        return bool(self._ready) and self.count_taken() < self.count_slots()

    def _find_pause(self, job: ImageJob) -> datetime | None:
        """Return the time before which no job of this kind starts."""
        return self.paused_until if job.step.action is ImageAction.GENERATE else self.texts_paused_until

    def _delay(self, job: ImageJob) -> ImageJob:
        until = self._find_pause(job)
        if until is None or (job.due is not None and _due(job) >= until):
            return job
        return replace(job, due=until.isoformat())

    def _take_due(self, now: datetime) -> ImageJob | None:
        """Remove and return the waiting job that is due first and is not paused."""
        waiting = (job for job in self._waiting if not _is_ahead(self._find_pause(job), now))
        first = min(waiting, key=_due, default=None)
        if first is None or _due(first) > now + (START_AHEAD if first.deferrals else timedelta()):
            return None
        self._waiting.remove(first)
        return replace(first, due=None)


def postpone(job: ImageJob, now: datetime, seconds: float) -> ImageJob:
    """Return the job with a due time in a number of seconds."""
    return replace(job, due=(now + timedelta(seconds=seconds)).isoformat())


def _latest(time: datetime, *others: datetime | None) -> datetime:
    return max((time, *(other for other in others if other is not None)))


def _is_ahead(time: datetime | None, now: datetime) -> bool:
    return time is not None and now < time


def _due(job: ImageJob) -> datetime:
    if job.due is None:
        raise ValueError(f"Image job {job.product_id!r} has no due time; a waiting job needs one.")
    return datetime.fromisoformat(job.due)
