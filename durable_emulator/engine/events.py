"""History events: the protocol between a durable host and the SDK's executor.

Fields have the names, types and formats that the Durable extension 3.19 sends; ``test_engine_documents.py`` compares
them. ``EventId`` numbers the scheduled tasks of a generation 0, 1, 2, ...; a completion refers to it as
``TaskScheduledId`` or ``TimerId``. The history does not hold inputs of tasks and children: their ``Input`` is null.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from durable_emulator.engine.instances import Instance

Event = dict[str, Any]

ORCHESTRATION_VERSION = "1.0"
"""``defaultVersion`` of host.json: the version of every orchestration. Activities have none."""

_COMPACT = json.JSONEncoder(separators=(",", ":"))


class EventType(IntEnum):
    """Event types that this engine writes."""

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
COMPLETION_TYPES = FAILURE_TYPES | {
    EventType.TASK_COMPLETED,
    EventType.SUB_ORCHESTRATION_COMPLETED,
    EventType.TIMER_FIRED,
}
PLAYED_TYPES = COMPLETION_TYPES | {EventType.EXECUTION_STARTED, EventType.EVENT_RAISED}
"""Events that later episodes see as played: the orchestrator has reacted to them."""


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """An event in an instance's inbox that no episode has taken yet; ``number`` orders all messages."""

    number: int
    event: Event


def format_time(at: datetime) -> str:
    """Format a time so that times sort as text: UTC, six digits of a second, ``Z``."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def write_timestamp(at: datetime) -> str:
    """Format a time as the protocol does: UTC, the fraction without trailing zeros, ``Z``."""
    return format_time(at)[:-1].rstrip("0").removesuffix(".") + "Z"


def parse_time(text: str) -> datetime:
    """Parse the text of ``format_time`` or ``write_timestamp``; a time without a zone is UTC.

    Raises:
        ValueError: the text is not an ISO 8601 time.
    """
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def encode_event(event: Event) -> str:
    """Return an event as compact JSON text."""
    return _COMPACT.encode(event)


def mark_played(event: Event) -> Event:
    """Return an event as later episodes see it."""
    return event | {"IsPlayed": True} if event["EventType"] in PLAYED_TYPES else event


def get_task_number(completion: Event) -> int:
    """Return the number of the task that a completion event completes."""
    key = "TimerId" if completion["EventType"] == EventType.TIMER_FIRED else "TaskScheduledId"
    number: int = completion[key]
    return number


def make_orchestrator_started(at: datetime) -> Event:
    """Return the first event of an episode; its timestamp is the orchestrator's ``current_utc_datetime``."""
    return _make_event(EventType.ORCHESTRATOR_STARTED, at)


def make_orchestrator_completed(at: datetime) -> Event:
    """Return the last event of a recorded episode."""
    return _make_event(EventType.ORCHESTRATOR_COMPLETED, at)


def make_execution_started(at: datetime, instance: Instance) -> Event:
    """Return the second event of a generation, right after the start of its first episode."""
    started = at.astimezone(UTC).isoformat(timespec="microseconds")
    parent, span = _make_trace(instance, "start"), _make_span(instance, "execution")
    return _make_event(
        EventType.EXECUTION_STARTED,
        at,
        OrchestrationInstance={"InstanceId": instance.id, "ExecutionId": instance.execution_id},
        ParentInstance=instance.parent,
        Name=instance.name,
        Version=ORCHESTRATION_VERSION,
        Input=None if instance.input is None else json.dumps(instance.input),
        Tags=None,
        Correlation=None,
        ParentTraceContext=parent
        | {"Id": f"00-{_get_trace_id(instance)}-{span}-00", "SpanId": span, "ActivityStartTime": started},
        ScheduledStartTime=None,
        Generation=None if instance.parent_id else instance.generation,
        GenerateNewTrace=False,
    )


def describe_parent(instance: Instance, task_number: int) -> Event:
    """Return how a child's first event describes the instance that started it."""
    return {
        "Name": instance.name,
        "OrchestrationInstance": {"InstanceId": instance.id, "ExecutionId": instance.execution_id},
        "TaskScheduleId": task_number,
        "Version": ORCHESTRATION_VERSION,
    }


def make_task_scheduled(at: datetime, instance: Instance, number: int, name: str) -> Event:
    """Return the event that schedules an activity."""
    return _make_event(
        EventType.TASK_SCHEDULED,
        at,
        event_id=number,
        Name=name,
        Version="",
        Input=None,
        ParentTraceContext=_make_trace(instance, f"task {number}"),
        Tags=None,
    )


def make_sub_orchestration_created(at: datetime, instance: Instance, number: int, name: str, child_id: str) -> Event:
    """Return the event that starts a child instance."""
    return _make_event(
        EventType.SUB_ORCHESTRATION_CREATED,
        at,
        event_id=number,
        Name=name,
        Version=ORCHESTRATION_VERSION,
        InstanceId=child_id,
        Input=None,
        ClientSpanId=_make_span(instance, f"task {number}"),
        Tags=None,
    )


def make_timer_created(at: datetime, number: int, fire_at: datetime) -> Event:
    """Return the event that starts a timer."""
    return _make_event(EventType.TIMER_CREATED, at, event_id=number, FireAt=write_timestamp(fire_at))


def make_task_completed(at: datetime, number: int, result: str) -> Event:
    """Return the completion of an activity; ``result`` is JSON text."""
    return _make_event(EventType.TASK_COMPLETED, at, TaskScheduledId=number, Result=result)


def make_task_failed(at: datetime, number: int, name: str, message: str) -> Event:
    r"""Return the failure of an activity or of its worker; it reaches the orchestrator as ``<reason> \n <details>``."""
    reason = f"Activity function '{name}' failed: {message}"
    return _make_event(EventType.TASK_FAILED, at, TaskScheduledId=number, **_describe_failure(reason, message))


def make_sub_orchestration_completed(at: datetime, number: int, result: str) -> Event:
    """Return the completion of a child; ``result`` is JSON text."""
    return _make_event(EventType.SUB_ORCHESTRATION_COMPLETED, at, TaskScheduledId=number, Result=result)


def make_sub_orchestration_failed(at: datetime, number: int, reason: str) -> Event:
    """Return the event of a child that failed or was terminated."""
    return _make_event(
        EventType.SUB_ORCHESTRATION_FAILED, at, TaskScheduledId=number, **_describe_failure(reason, reason)
    )


def make_timer_fired(at: datetime, number: int, fire_at: str) -> Event:
    """Return the completion of a timer."""
    return _make_event(EventType.TIMER_FIRED, at, TimerId=number, FireAt=fire_at)


def make_event_raised(at: datetime, name: str, data: str) -> Event:
    """Return an external event; ``data`` is JSON text."""
    return _make_event(EventType.EVENT_RAISED, at, Name=name, Input=data, ParentTraceContext=None)


def _make_event(kind: EventType, at: datetime, *, event_id: int = -1, **fields: Any) -> Event:
    common = {"EventId": event_id, "IsPlayed": False, "Timestamp": write_timestamp(at)}
    return {"EventType": int(kind), **fields, **common}


def _describe_failure(reason: str, message: str) -> Event:
    """Return the fields of a failure. Its details are a serialized .NET exception without a stack trace."""
    details = {
        "$type": "System.InvalidOperationException, System.Private.CoreLib",
        "ClassName": "System.InvalidOperationException",
        "Message": message,
        "Data": None,
        "InnerException": None,
        "HelpURL": None,
        "StackTraceString": None,
        "RemoteStackTraceString": None,
        "RemoteStackIndex": 0,
        "ExceptionMethod": None,
        "HResult": -2146233079,
        "Source": "durable_emulator.engine",
        "WatsonBuckets": None,
    }
    return {"Reason": reason, "Details": json.dumps(details), "FailureDetails": None}


def _make_trace(instance: Instance, span_key: str) -> Event:
    return {
        "TraceParent": f"00-{_get_trace_id(instance)}-{_make_span(instance, span_key)}-00",
        "TraceState": None,
        "Id": None,
        "SpanId": None,
        "ActivityStartTime": None,
    }


def _get_trace_id(instance: Instance) -> str:
    if instance.trace_parent is None:
        return hashlib.blake2b(instance.id.encode(), digest_size=16).hexdigest()
    return instance.trace_parent.split("-")[1]


def _make_span(instance: Instance, span_key: str) -> str:
    return hashlib.blake2b(f"{instance.execution_id} {span_key}".encode(), digest_size=8).hexdigest()
