"""The pure middle of an episode: which messages it takes, and what follows from an orchestrator's answer."""

import json
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
from durable_emulator.engine.events import Event, EventType
from durable_emulator.engine.history import History
from durable_emulator.engine.instances import Instance, RuntimeStatus


@dataclass(frozen=True, slots=True)
class Message:
    """Something that happened and that its instance has not seen yet; ``number`` orders all messages."""

    number: int
    event: Event


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task that an episode schedules.

    Attributes:
        event: as it stands in the history.
        input: JSON text, which is not in the history.
        is_cancelled: a timer that was cancelled before it was started.
    """

    event: Event
    input: str | None = None
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Continues:
    """The instance waits for what it asked for.

    Attributes:
        scheduled: new tasks, in the order of their numbers.
        cancelled: numbers of running timers that were cancelled.
        waits: how many events of each name it can take.
        custom_status: JSON text; None if it set none.
        is_returned: the orchestrator has ended, and only open tasks keep its instance Running.
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


def choose_messages(waits: Mapping[str, int], inbox: Iterable[Message]) -> list[Message]:
    """Return the messages of the next episode, in order.

    An external event stays in the inbox until the orchestrator waits for its name: the SDK would hand an event that
    came too early to every later wait, and forget all but one of them. And it can only be the first of an episode:
    behind another message the generation might end before its turn, and it would be lost.
    """
    chosen: list[Message] = []
    for message in inbox:
        is_event = message.event["EventType"] == EventType.EVENT_RAISED
        if is_event and waits.get(message.event["Name"], 0) <= 0:
            continue
        if chosen and is_event:
            break
        chosen.append(message)
    return chosen


def conclude(
    instance: Instance,
    history: History,
    new_events: list[Event],
    decision: Decision,
    at: datetime,
) -> Outcome:
    """Return what follows from an orchestrator's answer.

    An instance ends, for good or for another generation, only when none of its tasks is open.

    Args:
        instance: whose episode it is.
        history: up to the episode before.
        new_events: what the orchestrator saw for the first time.
        decision: the answer.
        at: the episode's moment.

    Raises:
        NonDeterminismError: the answer does not follow the history.
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
