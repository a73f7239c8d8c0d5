"""The pure middle of an episode: which messages it takes, and what follows from an orchestrator's answer."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from local.engine import events
from local.engine.actions import ActivityRequest, Decision, SubOrchestrationRequest, TaskRequest, TimerRequest
from local.engine.determinism import find_new_requests
from local.engine.events import Event, EventType
from local.engine.history import FOLLOW_UP_KEY, History
from local.engine.instances import Instance, RuntimeStatus
from local.engine.retries import find_policy, follow_up, mark_for_retry


@dataclass(frozen=True, slots=True)
class Message:
    """Something that happened and that its instance has not seen yet; ``number`` orders all messages."""

    number: int
    event: Event


@dataclass(frozen=True, slots=True)
class Continues:
    """The instance waits for what it asked for.

    Attributes:
        scheduled: new scheduling events, in the order of their numbers.
        not_started: numbers among them of timers that were cancelled before they were started.
        cancelled: numbers of running timers that were cancelled.
        waits: how many events of each name it can take.
    """

    scheduled: tuple[Event, ...]
    not_started: frozenset[int]
    cancelled: frozenset[int]
    waits: Mapping[str, int]
    custom_status: str | None


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


def choose_messages(history: History, waits: Mapping[str, int], inbox: Iterable[Message]) -> list[Message]:
    """Return the messages of the next episode, in order.

    An external event stays in the inbox until the orchestrator waits for its name: the SDK would hand an event that
    came too early to every later wait, and forget all but one of them.

    Some messages can only be the first of an episode. An event, because behind another message the generation might
    end before its turn, and it would be lost. A completion that a retry policy decides on, because that fixes which
    number the SDK gives to what follows.
    """
    chosen: list[Message] = []
    for message in inbox:
        is_event = message.event["EventType"] == EventType.EVENT_RAISED
        if is_event and waits.get(message.event["Name"], 0) <= 0:
            continue
        if chosen and (is_event or find_policy(history, message.event)):
            break
        chosen.append(message)
    return chosen


def conclude(
    instance: Instance,
    history: History,
    messages: list[Message],
    decision: Decision,
    at: datetime,
) -> Outcome:
    """Return what follows from an orchestrator's answer.

    Args:
        instance: whose episode it is.
        history: up to the episode before.
        messages: what this episode was about.
        decision: the answer.
        at: the episode's moment.

    Raises:
        NonDeterminismError: the answer does not follow the history.
    """
    custom_status = None if decision.custom_status is None else json.dumps(decision.custom_status)
    if decision.error is not None:
        return Ends(RuntimeStatus.FAILED, json.dumps(decision.error), custom_status)
    fresh = find_new_requests(instance, history, decision)
    if decision.continues_as_new:
        return ContinuesAsNew(decision.next_input, custom_status)
    if decision.is_done:
        return Ends(RuntimeStatus.COMPLETED, json.dumps(decision.output), custom_status)

    repeated = follow_up(history, messages[0].event, at) if messages else None
    scheduled = [] if repeated is None else [repeated]
    first = len(history.scheduled) + len(scheduled)
    scheduled += [_schedule(instance, request, number, at) for number, request in enumerate(fresh, first)]
    cancelled = _find_cancelled(history, decision)
    return Continues(
        scheduled=tuple(scheduled),
        not_started=frozenset(
            number
            for number, request in enumerate(fresh, first)
            if isinstance(request, TimerRequest) and request.is_cancelled
        ),
        cancelled=cancelled,
        waits=_count_open_waits(history, messages, decision),
        custom_status=custom_status,
    )


def find_forgotten_timers(history: History, messages: list[Message], decision: Decision) -> list[int]:
    """Return the numbers of timers that an ended instance neither awaited nor cancelled."""
    fired = history.fired | {m.event["TimerId"] for m in messages if m.event["EventType"] == EventType.TIMER_FIRED}
    return [
        event["EventId"]
        for event, request in _pair_with_requests(history, decision)
        if isinstance(request, TimerRequest) and not request.is_cancelled and event["EventId"] not in fired
    ]


def _schedule(instance: Instance, request: TaskRequest, number: int, at: datetime) -> Event:
    match request:
        case ActivityRequest():
            return mark_for_retry(events.scheduled_activity(at, number, request.name, request.input), request.retry)
        case SubOrchestrationRequest():
            child_id = request.instance_id or f"{instance.id}:{uuid4().hex[:12]}"
            created = events.created_sub_orchestration(at, number, request.name, child_id, request.input)
            return mark_for_retry(created, request.retry)
        case TimerRequest():
            return events.created_timer(at, number, request.fire_at)


def _find_cancelled(history: History, decision: Decision) -> frozenset[int]:
    return frozenset(
        event["EventId"]
        for event, request in _pair_with_requests(history, decision)
        if isinstance(request, TimerRequest) and request.is_cancelled and event["EventId"] not in history.cancelled
    )


def _pair_with_requests(history: History, decision: Decision) -> Iterator[tuple[Event, TaskRequest]]:
    asked_for = (event for event in history.scheduled if FOLLOW_UP_KEY not in event)
    return zip(asked_for, decision.requests, strict=False)


def _count_open_waits(history: History, messages: list[Message], decision: Decision) -> dict[str, int]:
    taken = history.raised.copy()
    taken.update(m.event["Name"] for m in messages if m.event["EventType"] == EventType.EVENT_RAISED)
    return {name: count - taken[name] for name, count in (decision.waits or {}).items() if count > taken[name]}
