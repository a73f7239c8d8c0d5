"""Plan one episode: choose its messages, replay the orchestrator, and conclude what follows. Pure; writes nothing.

An episode ends in one of three outcomes: the instance `Continues` and waits, it `ContinuesAsNew`, or it `Ends`.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from durable_emulator.engine import events
from durable_emulator.engine.action_schedule import Schedule, make_schedule
from durable_emulator.engine.actions import (
    ActivityRequest,
    Decision,
    SubOrchestrationRequest,
    TaskRequest,
    TimerRequest,
)
from durable_emulator.engine.events import Event, EventType, InboxMessage, encode_event, mark_played
from durable_emulator.engine.instances import Instance, RuntimeStatus
from durable_emulator.engine.replay import Orchestrator, replay
from durable_emulator.errors import ReplayError, UnknownOrchestratorError

logger = logging.getLogger("durable_emulator.engine")


class History:
    """The events of an instance's current generation, in order.

    Attributes:
        events: as later episodes see them.
        texts: each event as JSON text.
        raised: number of external events delivered, by name.
        cancelled: numbers of the timers whose cancellation is recorded (known to this process only).
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.events: list[Event] = []
        self.texts: list[str] = []
        self.raised: Counter[str] = Counter()
        self.cancelled: set[int] = set()
        for text in texts:
            self._add(json.loads(text), text)

    def extend(self, new_events: Iterable[Event]) -> None:
        """Append the events of a committed episode."""
        for event in map(mark_played, new_events):
            self._add(event, encode_event(event))

    def _add(self, event: Event, text: str) -> None:
        self.events.append(event)
        self.texts.append(text)
        if event["EventType"] == EventType.EVENT_RAISED:
            self.raised[event["Name"]] += 1


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task that an episode schedules.

    Attributes:
        event: the scheduling event, as recorded in the history.
        input: JSON text; the history does not hold it.
        is_cancelled: a timer that was cancelled before it started.
    """

    event: Event
    input: str | None = None
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Continues:
    """The instance waits for its open tasks.

    Attributes:
        scheduled: new tasks, in the order of their numbers.
        cancelled: numbers of running timers that were cancelled.
        waits: how many events of each name the instance can take.
        custom_status: JSON text; None if the orchestrator set none.
        is_returned: the orchestrator has returned, and only open tasks keep the instance Running.
    """

    scheduled: tuple[NewTask, ...]
    cancelled: frozenset[int]
    waits: Mapping[str, int]
    custom_status: str | None
    is_returned: bool = False


@dataclass(frozen=True, slots=True)
class ContinuesAsNew:
    """A new generation follows, with this input (JSON text)."""

    next_input: str | None
    custom_status: str | None


@dataclass(frozen=True, slots=True)
class Ends:
    """The instance is finished; ``output`` is JSON text."""

    status: RuntimeStatus
    output: str
    custom_status: str | None


Outcome = Continues | ContinuesAsNew | Ends


@dataclass(frozen=True, slots=True)
class Episode:
    """A planned episode that is not written yet.

    Attributes:
        at: the orchestrator's ``current_utc_datetime``.
        messages: the messages it takes from the inbox.
        new_events: events that the orchestrator sees for the first time.
        outcome: what follows.
    """

    at: datetime
    messages: list[InboxMessage]
    new_events: list[Event]
    outcome: Outcome


def choose_messages(waits: Mapping[str, int], inbox: Iterable[InboxMessage]) -> list[InboxMessage]:
    """Return the messages of the next episode, in order.

    An external event stays in the inbox until the orchestrator waits for its name: the SDK would pass an early event to
    every later wait, and lose all but one. An event is always the first message of its episode: behind another message,
    the generation might end before the event's turn and lose it.
    """
    chosen: list[InboxMessage] = []
    for message in inbox:
        is_event = message.event["EventType"] == EventType.EVENT_RAISED
        if is_event and waits.get(message.event["Name"], 0) <= 0:
            continue
        if chosen and is_event:
            break
        chosen.append(message)
    return chosen


def plan_episode(
    orchestrators: Mapping[str, Orchestrator],
    instance: Instance,
    history: History,
    messages: list[InboxMessage],
    at: datetime,
    *,
    lost_worker_message: str | None = None,
) -> Episode:
    """Return an instance's next episode. If the orchestrator cannot be replayed, the episode ends the instance Failed.

    Args:
        orchestrators: registered handlers by function name.
        instance: the instance before the episode.
        history: events up to the previous episode.
        messages: what happened since.
        at: the time of the episode.
        lost_worker_message: why the worker process died in this episode; None = it did not.
    """
    new_events = [events.make_orchestrator_started(at)]
    if not history.texts:
        new_events.append(events.make_execution_started(at, instance))
    new_events += [message.event for message in messages]
    try:
        orchestrator = orchestrators.get(instance.name)
        if orchestrator is None:
            raise UnknownOrchestratorError(instance.name, sorted(orchestrators))  # noqa: TRY301 - one exit for all
        texts = [*history.texts, *map(encode_event, new_events)]
        is_replaying = bool(history.texts)
        decision = (
            Decision(error=lost_worker_message)
            if lost_worker_message
            else replay(orchestrator, instance, texts, is_replaying=is_replaying)
        )
        outcome = _conclude(instance, history, new_events, decision, at)
    except (ReplayError, UnknownOrchestratorError) as error:
        logger.warning("Instance %s failed: %s", instance.id, error)
        return Episode(at, messages, new_events, Ends(RuntimeStatus.FAILED, json.dumps(str(error)), None))
    if isinstance(outcome, Continues) and outcome.is_returned:
        logger.info("Instance %s (%s) returned; it stays Running until its tasks end", instance.id, instance.name)
    return Episode(at, messages, new_events, outcome)


def _conclude(
    instance: Instance,
    history: History,
    new_events: list[Event],
    decision: Decision,
    at: datetime,
) -> Outcome:
    """Return the outcome of an orchestrator's answer. An instance or generation ends only when no task is open.

    Raises:
        NonDeterminismError: the answer does not match the history.
    """
    schedule = make_schedule(decision.actions, [*history.events, *new_events])
    custom_status = None if decision.custom_status is None else json.dumps(decision.custom_status)
    is_returned = (decision.is_done or decision.error is not None) and schedule.has_ended
    if not is_returned or schedule.open:
        return Continues(
            scheduled=tuple(_schedule(instance, schedule, number, at) for number in schedule.new_tasks),
            cancelled=frozenset(schedule.cancelled - schedule.new_tasks.keys() - history.cancelled),
            waits={} if is_returned else _count_open_waits(history, new_events, decision),
            custom_status=custom_status,
            is_returned=is_returned,
        )
    if decision.error is not None:
        message = f"Orchestrator function '{instance.name}' failed: {decision.error}"
        return Ends(RuntimeStatus.FAILED, json.dumps(message), custom_status)
    if schedule.next_generation is not None:
        return ContinuesAsNew(schedule.next_generation.input, custom_status)
    return Ends(RuntimeStatus.COMPLETED, json.dumps(decision.output), custom_status)


def _schedule(instance: Instance, schedule: Schedule, number: int, at: datetime) -> NewTask:
    request: TaskRequest = schedule.new_tasks[number]
    match request:
        case ActivityRequest():
            return NewTask(events.make_task_scheduled(at, instance, number, request.name), request.input)
        case SubOrchestrationRequest():
            child_id = request.instance_id or f"{instance.id}:{uuid4().hex[:12]}"
            created = events.make_sub_orchestration_created(at, instance, number, request.name, child_id)
            return NewTask(created, request.input)
        case TimerRequest():
            is_cancelled = number in schedule.cancelled
            return NewTask(events.make_timer_created(at, number, request.fire_at), is_cancelled=is_cancelled)


def _count_open_waits(history: History, new_events: list[Event], decision: Decision) -> dict[str, int]:
    taken = history.raised.copy()
    taken.update(event["Name"] for event in new_events if event["EventType"] == EventType.EVENT_RAISED)
    return {name: count - taken[name] for name, count in (decision.waits or {}).items() if count > taken[name]}
