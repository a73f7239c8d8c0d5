"""The sliding window of a lane: which image job starts now, and when to look again. Pure: time comes in as a value."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.image_messages import ImageJob


@dataclass(slots=True)
class ImageWindow:
    """At most ``width`` jobs run at a time; a slot that comes free is filled at once.

    A job that waits for another try holds no slot. A 429 speaks for the whole service, so it pauses every start of
    the lane until the moment that the service named.
    """

    width: int
    running: int = 0
    paused_until: datetime | None = None
    _ready: deque[ImageJob] = field(default_factory=deque)
    _waiting: list[ImageJob] = field(default_factory=list)

    def add(self, jobs: Iterable[ImageJob]) -> None:
        """Queue jobs; those with a ``due`` wait for it."""
        for job in jobs:
            if job.due is None:
                self._ready.append(job)
            else:
                self._waiting.append(job)

    def take(self, now: datetime) -> ImageJob | None:
        """Return the next job to start and count it as running; None if no slot is free or nothing is due."""
        if self.running >= self.width or self._is_paused(now):
            return None
        self._release_due(now)
        if not self._ready:
            return None
        self.running += 1
        return self._ready.popleft()

    def finish(self) -> None:
        """Free the slot of a job that ended, for good or for now."""
        self.running -= 1

    def pause(self, until: datetime) -> None:
        """Start nothing before ``until``."""
        self.paused_until = until if self.paused_until is None else max(until, self.paused_until)

    def find_next_wake(self, now: datetime) -> datetime | None:
        """Return when a free slot could next be filled without any job ending; None if time alone changes nothing."""
        if self.running >= self.width or not (self._ready or self._waiting):
            return None
        wake = now if self._ready else min(_due(job) for job in self._waiting)
        return max(wake, self.paused_until) if self.paused_until is not None else wake

    def count_queued(self) -> int:
        """Return how many jobs are ready or wait."""
        return len(self._ready) + len(self._waiting)

    def count_ready(self) -> int:
        """Return how many jobs could start as soon as a slot is free."""
        return len(self._ready)

    def hand_over(self) -> tuple[ImageJob, ...]:
        """Return what is queued, for the next generation; a pause is kept as the jobs' due time."""
        return tuple(self._delay(job) for job in (*self._ready, *self._waiting))

    def _delay(self, job: ImageJob) -> ImageJob:
        if self.paused_until is None or (job.due is not None and _due(job) >= self.paused_until):
            return job
        return replace(job, due=self.paused_until.isoformat())

    def _is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and now < self.paused_until

    def _release_due(self, now: datetime) -> None:
        due = [job for job in self._waiting if _due(job) <= now]
        if due:
            self._waiting = [job for job in self._waiting if _due(job) > now]
            self._ready.extend(replace(job, due=None) for job in sorted(due, key=_due))


def postpone(job: ImageJob, now: datetime, seconds: float) -> ImageJob:
    """Return the job, due in so many seconds."""
    return replace(job, due=(now + timedelta(seconds=seconds)).isoformat())


def _due(job: ImageJob) -> datetime:
    if job.due is None:
        raise ValueError(f"image job {job.product_id!r} has no due time; expected one while it waits")
    return datetime.fromisoformat(job.due)
