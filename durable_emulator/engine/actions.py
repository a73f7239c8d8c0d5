"""Parse the executor's answer into typed actions.

The answer repeats every action of the generation, completed ones too, grouped by ``task_all`` and ``task_any``. Leaves
are numbered in order, as the executor numbers its tasks; a wait for an external event takes no number.
Action types: ``azure.durable_functions.models.actions.ActionType`` 1.7.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from durable_emulator.engine.events import parse_time
from durable_emulator.errors import UnsupportedActionError


class ActionType(IntEnum):
    """Action types of the out-of-process protocol."""

    CALL_ACTIVITY = 0
    CALL_ACTIVITY_WITH_RETRY = 1
    CALL_SUB_ORCHESTRATOR = 2
    CALL_SUB_ORCHESTRATOR_WITH_RETRY = 3
    CONTINUE_AS_NEW = 4
    CREATE_TIMER = 5
    WAIT_FOR_EXTERNAL_EVENT = 6
    CALL_ENTITY = 7
    CALL_HTTP = 8
    SIGNAL_ENTITY = 9
    WHEN_ANY = 11
    WHEN_ALL = 12


@dataclass(frozen=True, slots=True)
class RetryOptions:
    """Retry policy of a call: a constant interval; the first call counts as an attempt."""

    interval_milliseconds: int
    max_attempts: int


@dataclass(frozen=True, slots=True)
class ActivityRequest:
    """Call an activity; ``input`` is JSON text."""

    name: str
    input: str | None
    retry: RetryOptions | None = None


@dataclass(frozen=True, slots=True)
class SubOrchestrationRequest:
    """Start a child and wait for its end; the engine chooses an ``instance_id`` if it is None."""

    name: str
    input: str | None
    instance_id: str | None
    retry: RetryOptions | None = None


@dataclass(frozen=True, slots=True)
class TimerRequest:
    """Wait until a time. A cancelled timer stays in the list, so that the other tasks keep their numbers."""

    fire_at: datetime
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class EventWait:
    """Wait for an external event."""

    name: str


@dataclass(frozen=True, slots=True)
class NextGeneration:
    """Continue as new; ``input`` is JSON text."""

    input: str | None


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Wait for any, or for all, of several actions."""

    members: "tuple[Action, ...]"
    needs_all: bool


TaskRequest = ActivityRequest | SubOrchestrationRequest | TimerRequest
Action = TaskRequest | EventWait | NextGeneration | TaskGroup


@dataclass(frozen=True, slots=True)
class Decision:
    """The parsed answer of an orchestrator.

    Attributes:
        actions: all top-level actions of the generation, in order.
        waits: how many external events of each name this generation has waited for.
        is_done: whether the orchestrator returned or continues as new.
        output: its return value.
        error: why it failed; None if it did not.
        custom_status: its custom status; None if it set none, or a falsy one, which the SDK does not send.
    """

    actions: tuple[Action, ...] = ()
    waits: Mapping[str, int] | None = None
    is_done: bool = False
    output: Any = None
    error: str | None = None
    custom_status: Any = None


def read_decision(answer: Mapping[str, Any], *, error: str | None = None) -> Decision:
    """Parse the executor's answer, a JSON object ``{isDone, actions, output, error, customStatus}``.

    Raises:
        UnsupportedActionError: an action calls an entity or HTTP, or is unknown.
    """
    actions = tuple(_read_action(action) for group in answer["actions"] for action in group)
    return Decision(
        actions=actions,
        waits=Counter(_list_waits(actions)),
        is_done=bool(answer["isDone"]),
        output=answer.get("output"),
        error=error,
        custom_status=answer.get("customStatus"),
    )


def _list_waits(actions: Iterable[Action]) -> Iterator[str]:
    for action in actions:
        if isinstance(action, EventWait):
            yield action.name
        elif isinstance(action, TaskGroup):
            yield from _list_waits(action.members)


def _read_action(action: Mapping[str, Any]) -> Action:
    match action["actionType"]:
        case ActionType.WHEN_ANY | ActionType.WHEN_ALL as kind:
            return TaskGroup(tuple(map(_read_action, action["compoundActions"])), needs_all=kind == ActionType.WHEN_ALL)
        case ActionType.CONTINUE_AS_NEW:
            return NextGeneration(action.get("input"))
        case ActionType.WAIT_FOR_EXTERNAL_EVENT:
            return EventWait(action["externalEventName"])
        case ActionType.CALL_ACTIVITY | ActionType.CALL_ACTIVITY_WITH_RETRY:
            return ActivityRequest(action["functionName"], action.get("input"), _read_retry(action))
        case ActionType.CALL_SUB_ORCHESTRATOR | ActionType.CALL_SUB_ORCHESTRATOR_WITH_RETRY:
            return SubOrchestrationRequest(
                action["functionName"],
                action.get("input"),
                action.get("instanceId"),
                _read_retry(action),
            )
        case ActionType.CREATE_TIMER:
            return TimerRequest(parse_time(action["fireAt"]), bool(action.get("isCanceled")))
        case ActionType.CALL_ENTITY | ActionType.SIGNAL_ENTITY | ActionType.CALL_HTTP as kind:
            name = ActionType(kind).name.lower()
            raise UnsupportedActionError(f"the durable emulator does not support {name}; call an activity instead")
        case other:
            raise UnsupportedActionError(f"the durable emulator does not support action type {other!r}")


def _read_retry(action: Mapping[str, Any]) -> RetryOptions | None:
    options = action.get("retryOptions")
    if options is None:
        return None
    return RetryOptions(options["firstRetryIntervalInMilliseconds"], options["maxNumberOfAttempts"])
