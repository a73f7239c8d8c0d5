"""Holds an orchestrator to its history: on replay it must ask for what it asked for before."""

from local.engine.actions import ActivityRequest, Decision, SubOrchestrationRequest, TaskRequest
from local.engine.errors import NonDeterminismError
from local.engine.events import Event, EventType
from local.engine.history import FOLLOW_UP_KEY, History
from local.engine.instances import Instance


def find_new_requests(instance: Instance, history: History, decision: Decision) -> tuple[TaskRequest, ...]:
    """Return the requests that the history does not know yet.

    Type and function name are compared, as the Azure host does; inputs may differ.

    Raises:
        NonDeterminismError: a request differs from the history, or is missing; names the instance and both actions.
    """
    known = [event for event in history.scheduled if FOLLOW_UP_KEY not in event]
    for index, event in enumerate(known):
        before = _describe_event(event)
        now = _describe_request(decision.requests[index]) if index < len(decision.requests) else "nothing"
        if before != now:
            raise NonDeterminismError(
                f"Non-deterministic orchestrator {instance.name!r}, instance {instance.id!r}: as task "
                f"{event['EventId']} its history has {before}, but on replay it asks for {now}",
            )
    return decision.requests[len(known) :]


def _describe_event(event: Event) -> str:
    match event["EventType"]:
        case EventType.TASK_SCHEDULED:
            return f"activity {event['Name']!r}"
        case EventType.SUB_ORCHESTRATION_CREATED:
            return f"sub-orchestration {event['Name']!r}"
        case _:
            return "a timer"


def _describe_request(request: TaskRequest) -> str:
    match request:
        case ActivityRequest():
            return f"activity {request.name!r}"
        case SubOrchestrationRequest():
            return f"sub-orchestration {request.name!r}"
        case _:
            return "a timer"
