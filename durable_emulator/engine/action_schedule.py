"""Schedule an answer's actions as the Durable extension does: in order, each awaited before the next.

In every episode the extension replays the generation from its start. It takes the first top-level action of the answer,
numbers its tasks, and continues with the next action only when the first one is done. An action behind an unfinished
one is therefore not scheduled. A failed task counts as done, and so does a timer that the orchestrator has cancelled.
"""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from durable_emulator.engine.actions import (
    Action,
    ActivityRequest,
    EventWait,
    NextGeneration,
    RetryOptions,
    SubOrchestrationRequest,
    TaskGroup,
    TaskRequest,
    TimerRequest,
)
from durable_emulator.engine.determinism import check_request
from durable_emulator.engine.events import (
    COMPLETION_TYPES,
    FAILURE_TYPES,
    SCHEDULING_TYPES,
    Event,
    EventType,
    get_task_number,
    parse_time,
)


@dataclass(slots=True, eq=False)
class _Awaited:
    """An action that the extension awaits."""

    is_done: bool = False

    def has_ended(self) -> bool:
        return self.is_done


@dataclass(slots=True, eq=False)
class _AwaitedGroup(_Awaited):
    members: Sequence[_Awaited] = ()
    needs_all: bool = False

    def has_ended(self) -> bool:
        combine = all if self.needs_all else any
        self.is_done = self.is_done or combine(member.has_ended() for member in self.members)
        return self.is_done


@dataclass(slots=True, eq=False)
class _AwaitedRetries(_Awaited):
    """A call with a retry policy. Pauses and further attempts take their numbers when they start.

    Attributes:
        request: a single attempt.
        options: the retry policy.
        attempts: attempts made so far.
        is_pausing: whether a pause runs, not an attempt. A pause follows the last failure, too.
    """

    request: TaskRequest = field(kw_only=True)
    options: RetryOptions = field(kw_only=True)
    attempts: int = 1
    is_pausing: bool = False


@dataclass(slots=True)
class Schedule:
    """The schedule of an answer's actions.

    Attributes:
        new_tasks: tasks that the history does not hold yet, by number.
        open: unfinished tasks, by number.
        cancelled: numbers of cancelled timers.
        has_ended: whether every action is done.
        next_generation: the continue-as-new action, once it is reached.
    """

    new_tasks: dict[int, TaskRequest] = field(default_factory=dict)
    open: dict[int, _Awaited] = field(default_factory=dict)
    cancelled: set[int] = field(default_factory=set)
    has_ended: bool = False
    next_generation: NextGeneration | None = None


def make_schedule(actions: Iterable[Action], history: Iterable[Event]) -> Schedule:
    """Return the schedule of an answer's actions after these events, which include those of the new episode.

    Raises:
        NonDeterminismError: the history holds tasks that the actions do not ask for, or not yet.
    """
    scheduler = _Scheduler(actions)
    for event in history:
        scheduler.apply_event(event)
    return scheduler.schedule


class _Scheduler:
    def __init__(self, actions: Iterable[Action]) -> None:
        self.schedule = Schedule()
        self._actions = deque(actions)
        self._current = _Awaited(is_done=True)
        self._now: datetime | None = None
        self._next_number = 0
        self._waiting: dict[str, list[_Awaited]] = {}
        self._raised: Counter[str] = Counter()

    def apply_event(self, event: Event) -> None:
        kind = event["EventType"]
        if kind == EventType.ORCHESTRATOR_STARTED:
            self._now = parse_time(event["Timestamp"])
        elif kind == EventType.EXECUTION_STARTED:
            self._advance()
        elif kind in SCHEDULING_TYPES:
            check_request(event, self.schedule.new_tasks.pop(event["EventId"], None))
        elif kind in COMPLETION_TYPES:
            self._complete(get_task_number(event), failed=kind in FAILURE_TYPES)
            self._advance()
        elif kind == EventType.EVENT_RAISED:
            self._raise_event(event["Name"])
            self._advance()

    def _advance(self) -> None:
        while self._current.has_ended():
            if not self._actions:
                self.schedule.has_ended = True
                return
            self._current = self._start(self._actions.popleft())

    def _start(self, action: Action) -> _Awaited:
        match action:
            case TaskGroup():
                return _AwaitedGroup(
                    members=[self._start(member) for member in action.members], needs_all=action.needs_all
                )
            case NextGeneration():
                self.schedule.next_generation = action
                return _Awaited(is_done=True)
            case EventWait():
                return self._wait(action.name)
            case TimerRequest():
                awaited = _Awaited(is_done=action.is_cancelled)
            case (
                ActivityRequest(retry=RetryOptions() as options)
                | SubOrchestrationRequest(retry=RetryOptions() as options)
            ):
                action = replace(action, retry=None)
                awaited = _AwaitedRetries(request=action, options=options)
            case _:
                awaited = _Awaited()
        self._assign_number(action, awaited)
        return awaited

    def _assign_number(self, request: TaskRequest, awaited: _Awaited) -> None:
        number = self._next_number
        self._next_number += 1
        self.schedule.new_tasks[number] = request
        if awaited.is_done:
            self.schedule.cancelled.add(number)
        else:
            self.schedule.open[number] = awaited

    def _complete(self, number: int, *, failed: bool) -> None:
        awaited = self.schedule.open.pop(number, None)
        if isinstance(awaited, _AwaitedRetries):
            self._retry(awaited, failed=failed)
        elif awaited is not None:
            awaited.is_done = True

    def _retry(self, call: _AwaitedRetries, *, failed: bool) -> None:
        if call.is_pausing and call.attempts < call.options.max_attempts:
            call.attempts += 1
            call.is_pausing = False
            self._assign_number(call.request, call)
        elif failed and self._now is not None:
            call.is_pausing = True
            due = self._now + timedelta(milliseconds=call.options.interval_milliseconds)
            self._assign_number(TimerRequest(due), call)
        else:
            call.is_done = True

    def _wait(self, name: str) -> _Awaited:
        if self._raised[name]:
            self._raised[name] -= 1
            return _Awaited(is_done=True)
        awaited = _Awaited()
        self._waiting.setdefault(name, []).append(awaited)
        return awaited

    def _raise_event(self, name: str) -> None:
        if waiting := self._waiting.get(name):
            waiting.pop().is_done = True  # the last waiter gets the event, as in the extension and in the SDK
        else:
            self._raised[name] += 1
