"""Check that a replayed orchestrator asks for the tasks in its history.

Like DurableTask.Core 3, whose error messages it repeats, the check compares kind and name of a task, not its input.
"""

from durable_emulator.engine.actions import ActivityRequest, SubOrchestrationRequest, TaskRequest
from durable_emulator.engine.events import Event, EventType
from durable_emulator.errors import NonDeterminismError

_ACTIONS = {
    EventType.TASK_SCHEDULED: "ScheduleTaskOrchestratorAction",
    EventType.SUB_ORCHESTRATION_CREATED: "CreateSubOrchestrationAction",
    EventType.TIMER_CREATED: "CreateTimerOrchestratorAction",
}


def check_request(event: Event, request: TaskRequest | None) -> None:
    """Compare a scheduling event with the request that the replay has made under the same number.

    Raises:
        NonDeterminismError: the replay asked for another task, or has not asked yet.
    """
    if request is None:
        raise _make_error(event, "the current replay execution hasn't (yet?) scheduled this task")
    kind, name = _classify(request)
    if kind != event["EventType"]:
        instead = f"produced a {_ACTIONS[kind]} action with this sequence number"
        raise _make_error(event, f"the current orchestration replay instead {instead}")
    if name.lower() != event.get("Name", "").lower():
        what = "an activity task" if kind == EventType.TASK_SCHEDULED else "a sub-orchestration task"
        instead = f"scheduled {what} named '{name}' with this sequence number"
        raise _make_error(event, f"the current orchestration replay instead {instead}")


def _classify(request: TaskRequest) -> tuple[EventType, str]:
    match request:
        case ActivityRequest():
            return EventType.TASK_SCHEDULED, request.name
        case SubOrchestrationRequest():
            return EventType.SUB_ORCHESTRATION_CREATED, request.name
        case _:
            return EventType.TIMER_CREATED, ""


def _make_error(event: Event, finding: str) -> NonDeterminismError:
    return NonDeterminismError(
        "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled "
        f"{_describe(event)}, but {finding}. Was a change made to the orchestrator code after this instance had "
        "already started running?"
    )


def _describe(event: Event) -> str:
    number = event["EventId"]
    match event["EventType"]:
        case EventType.TASK_SCHEDULED:
            name, version = event["Name"], event["Version"]
            return f"an activity task with sequence ID {number} and name '{name}' (version '{version}')"
        case EventType.SUB_ORCHESTRATION_CREATED:
            name, version, child = event["Name"], event["Version"], event["InstanceId"]
            return (
                f"a sub-orchestration task with sequence ID {number} and name '{name}' "
                f"(version '{version}', instance ID '{child}')"
            )
        case _:
            return f"a timer task with sequence number {number}"
