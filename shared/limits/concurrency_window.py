"""The concurrency window of an image worker: which image job starts now. Pure: time is passed in.

It adapts as TCP's congestion window does (additive increase, multiplicative decrease: Chiu and Jain, 1989): every
window of successes adds a slot, a 429 takes a share away, so that image workers and runs that share a quota come to
share it
evenly. All follows from results and their times, so it comes out the same at every replay.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.messages.images import ImageAction, ImageJob

SHRINK_FACTOR = 0.7
"""What is left of the window after a 429: TCP's CUBIC (RFC 9438) keeps 0.7, too."""

START_AHEAD = timedelta(seconds=1)
"""Jobs whose turn comes within this time start together, on one timer: the activity waits out the rest, so that the
service sees even starts and the orchestrator is not woken for each of them."""


@dataclass(slots=True)
class ConcurrencyWindow:
    """At most ``width`` jobs run at a time, fewer while the service refuses some; a slot that comes free is filled.

    A job that waits for another try holds no slot. One that waits for its turn under a known quota keeps its own: a
    new job in that slot would only be sent back too, and with more jobs waiting than slots, turns pass unused because
    their jobs find no slot. A 429 speaks for the whole service, so it pauses every start of
    the image worker until the moment that the service named. Images and texts have quotas of their own: a 429 to a
    step that
    draws nothing pauses only such steps, and the window, which is that of the images, keeps its size.

    Attributes:
        width: most jobs at a time.
        size: what the window has adapted to, 1 to ``width``; whole slots count.
        running: jobs that hold a slot.
        paused_until: nothing is drawn before.
        texts_paused_until: no other step starts before.
        keeps_slots: whether a job that waits for its turn keeps its slot, as the quota is known.
        held_until: new jobs do not start before, as the pace has no turn for them; those with a turn do.
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
        """Queue jobs; those with a ``due`` wait for it. A step that draws nothing needs no turn under the quota."""
        for job in jobs:
            if job.due is not None:
                self._waiting.append(job)
            elif job.step.action is ImageAction.GENERATE:
                self._ready.append(job)
            else:
                self._next_steps.append(job)

    def add_next_step(self, job: ImageJob) -> None:
        """Queue a job's next step before the jobs that are not begun."""
        if job.step.action is ImageAction.GENERATE:
            self._ready.appendleft(job)
        else:
            self._next_steps.append(job)

    def take_next(self, now: datetime) -> ImageJob | None:
        """Return the next job to start and count it as running; None if no slot is free or nothing is due."""
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

    def finish(self, *, is_quota_reported: bool = False) -> None:
        """Free the slot of a job that ended, for good or for now.

        From the first job on that was paced by a known quota, the whole width is used: the rate limiter keeps to it.
        """
        self.running -= 1
        if is_quota_reported and self._size_before_pause is None:
            self.size, self._is_quota_reported = float(self.width), True

    @property
    def size_to_keep(self) -> float:
        """What the window has adapted to, apart from a narrow slot after lost workers."""
        return self._size_before_pause or self.size

    def grow(self, job: ImageJob) -> None:
        """Take a success into account; that of a step that draws nothing says nothing of the images' quota."""
        if self._size_before_pause is not None:
            self.size, self._size_before_pause = self._size_before_pause, None
        if job.step.action is ImageAction.GENERATE:
            self.size = min(float(self.width), self.size + 1 / self.size)

    def pause_texts(self, until: datetime) -> None:
        """Take a 429 to a step that draws nothing into account: start no such step before ``until``."""
        paused = self.texts_paused_until
        self.texts_paused_until = until if paused is None else max(until, paused)

    def pause(self, now: datetime, until: datetime, *, is_quota: bool = True) -> None:
        """Take a 429 to an image into account: draw nothing before ``until``, and fewer from then on.

        Refusals of calls that were under way together are one sign, not several: the window shrinks once a pause. Where
        the rate limiter knows the quota, it decides who waits, and a single refusal holds back its own job only.
        """
        if is_quota and self._is_quota_reported:
            return
        if not _is_ahead(self._shrunk_until, now):
            self.size = max(1.0, self.size * SHRINK_FACTOR)
            self._shrunk_until = until
        self.paused_until = until if self.paused_until is None else max(until, self.paused_until)

    def pause_all(self, until: datetime, *, is_narrow: bool) -> None:
        """Start nothing before ``until``: the worker was lost, or the run is suspended.

        ``is_narrow`` leaves one slot until a job succeeds.
        """
        if is_narrow:
            self._size_before_pause = self.size_to_keep
            self.size = 1.0
        self.paused_until = until if self.paused_until is None else max(until, self.paused_until)
        self.pause_texts(until)

    def hold_new_jobs(self, now: datetime, until: datetime) -> None:
        """Start no new job before ``until``: a job was told that its turn comes only then."""
        held = self.held_until
        self.held_until = until if held is None or held <= now else min(held, until)

    def find_next_wake(self, now: datetime) -> datetime | None:
        """Return when a free slot could next be filled without any job ending; None if time alone changes nothing."""
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
        """Return how many slots are in use, or kept for a job that waits for its turn."""
        return self.running + (sum(1 for job in self._waiting if job.deferrals) if self.keeps_slots else 0)

    def count_queued(self) -> int:
        """Return how many jobs are ready or wait."""
        return len(self._next_steps) + len(self._ready) + len(self._waiting)

    def count_ready(self, now: datetime) -> int:
        """Return how many jobs could start as soon as a slot is free; a pause of all images is not looked at."""
        return len(self._ready) + (0 if _is_ahead(self.texts_paused_until, now) else len(self._next_steps))

    def list_queued(self, now: datetime) -> tuple[ImageJob, ...]:
        """Return what is queued, for the next generation; a pause is kept as the jobs' due time."""
        if not _is_ahead(self.paused_until, now):
            self.paused_until = None  # it is over
        return tuple(self._delay(job) for job in (*self._next_steps, *self._ready, *self._waiting))

    def _may_begin(self) -> bool:
        return bool(self._ready) and self.count_taken() < self.count_slots()

    def _find_pause(self, job: ImageJob) -> datetime | None:
        """Return the moment before which a job of this kind does not start."""
        return self.paused_until if job.step.action is ImageAction.GENERATE else self.texts_paused_until

    def _delay(self, job: ImageJob) -> ImageJob:
        until = self._find_pause(job)
        if until is None or (job.due is not None and _due(job) >= until):
            return job
        return replace(job, due=until.isoformat())

    def _take_due(self, now: datetime) -> ImageJob | None:
        """Take the job that waits and is due first, of those that are not paused."""
        waiting = (job for job in self._waiting if not _is_ahead(self._find_pause(job), now))
        first = min(waiting, key=_due, default=None)
        if first is None or _due(first) > now + (START_AHEAD if first.deferrals else timedelta()):
            return None
        self._waiting.remove(first)
        return replace(first, due=None)


def postpone(job: ImageJob, now: datetime, seconds: float) -> ImageJob:
    """Return the job, due in so many seconds."""
    return replace(job, due=(now + timedelta(seconds=seconds)).isoformat())


def _latest(moment: datetime, *others: datetime | None) -> datetime:
    return max((moment, *(other for other in others if other is not None)))


def _is_ahead(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now < moment


def _due(job: ImageJob) -> datetime:
    if job.due is None:
        raise ValueError(f"image job {job.product_id!r} has no due time; expected one while it waits")
    return datetime.fromisoformat(job.due)
