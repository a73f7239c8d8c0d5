"""History events: the protocol between a durable host and the SDK's executor.

Field names and numbers are those of ``azure.durable_functions.models.history`` 1.7. An event is the JSON object that
the executor reads; ``EventId`` numbers what was scheduled, 0, 1, 2, ... within a generation, and a completion names it
(``TaskScheduledId``, ``TimerId``).
"""

import json
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

Event = dict[str, Any]

_COMPACT = json.JSONEncoder(separators=(",", ":"))


class EventType(IntEnum):
    """The event types that this engine writes."""

    EXECUTION_STARTED = 0
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_CREATED = 7
    SUB_ORCHESTRATION_COMPLETED = 8
    SUB_ORCHESTRATION_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_RAISED = 15


SCHEDULING_TYPES = frozenset(
    {EventType.TASK_SCHEDULED, EventType.SUB_ORCHESTRATION_CREATED, EventType.TIMER_CREATED},
)
FAILURE_TYPES = frozenset({EventType.TASK_FAILED, EventType.SUB_ORCHESTRATION_FAILED})


def format_time(at: datetime) -> str:
    """Write a moment as the protocol does: UTC, microseconds, ``Z``. As text, moments sort in time."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_time(text: str) -> datetime:
    """Read what ``format_time`` wrote; a moment without a zone is UTC.

    Raises:
        ValueError: the text is no ISO 8601 moment.
    """
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def encode_event(event: Event) -> str:
    """Write an event as compact JSON text."""
    return _COMPACT.encode(event)


def started_episode(at: datetime) -> Event:
    """Every episode begins with one; its timestamp is the orchestrator's ``current_utc_datetime``."""
    return _event(EventType.ORCHESTRATOR_STARTED, at)


def completed_episode(at: datetime) -> Event:
    """Every recorded episode ends with one."""
    return _event(EventType.ORCHESTRATOR_COMPLETED, at)


def started_execution(at: datetime, name: str, input_: str | None) -> Event:
    """A generation begins with one, right after its first episode's start."""
    return _event(EventType.EXECUTION_STARTED, at, Name=name, Version="", Input=input_)


def scheduled_activity(at: datetime, task_id: int, name: str, input_: str | None) -> Event:
    """An activity was asked for."""
    return _event(EventType.TASK_SCHEDULED, at, EventId=task_id, Name=name, Input=input_)


def created_sub_orchestration(at: datetime, task_id: int, name: str, instance_id: str, input_: str | None) -> Event:
    """A child instance was asked for."""
    return _event(
        EventType.SUB_ORCHESTRATION_CREATED,
        at,
        EventId=task_id,
        Name=name,
        InstanceId=instance_id,
        Input=input_,
    )


def created_timer(at: datetime, task_id: int, fire_at: str) -> Event:
    """A timer was asked for."""
    return _event(EventType.TIMER_CREATED, at, EventId=task_id, FireAt=fire_at)


def completed_activity(at: datetime, task_id: int, result: str) -> Event:
    """An activity returned; ``result`` is JSON text."""
    return _event(EventType.TASK_COMPLETED, at, TaskScheduledId=task_id, Result=result)


def failed_activity(at: datetime, task_id: int, reason: str, details: str) -> Event:
    r"""An activity raised. The orchestrator gets ``Exception("<reason> \n <details>")``."""
    return _event(EventType.TASK_FAILED, at, TaskScheduledId=task_id, Reason=reason, Details=details)


def completed_sub_orchestration(at: datetime, task_id: int, result: str) -> Event:
    """A child completed; ``result`` is JSON text."""
    return _event(EventType.SUB_ORCHESTRATION_COMPLETED, at, TaskScheduledId=task_id, Result=result)


def failed_sub_orchestration(at: datetime, task_id: int, reason: str, details: str) -> Event:
    """A child failed or was terminated."""
    return _event(EventType.SUB_ORCHESTRATION_FAILED, at, TaskScheduledId=task_id, Reason=reason, Details=details)


def fired_timer(at: datetime, task_id: int, fire_at: str) -> Event:
    """A timer's moment came."""
    return _event(EventType.TIMER_FIRED, at, TimerId=task_id, FireAt=fire_at)


def raised_event(at: datetime, name: str, data: str) -> Event:
    """Somebody raised an external event; ``data`` is JSON text."""
    return _event(EventType.EVENT_RAISED, at, Name=name, Input=data)


def _event(kind: EventType, at: datetime, **fields: Any) -> Event:
    return {"EventType": int(kind), "EventId": -1, "IsPlayed": False, "Timestamp": format_time(at)} | fields
