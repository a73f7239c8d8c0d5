"""Replay an orchestrator with the SDK's executor."""

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from azure.functions import OrchestrationContext

from durable_emulator.engine.actions import Decision, read_decision
from durable_emulator.engine.instances import Instance

Orchestrator = Callable[[Any], str]
"""A handler that ``orchestration_trigger`` registers: takes an ``OrchestrationContext``, returns the answer as JSON."""

FAILURE_LABEL = "\n\n$OutOfProcData$:"
"""Separates message and answer in the exception that the executor raises for a failed orchestrator."""

logger = logging.getLogger("durable_emulator.engine")


def replay(orchestrator: Orchestrator, instance: Instance, events: Sequence[str], *, is_replaying: bool) -> Decision:
    """Return the decision of the orchestrator after these events.

    Args:
        orchestrator: the registered handler.
        instance: owner of the history.
        events: JSON texts: the history of the generation, then the events of the new episode.
        is_replaying: whether there were earlier episodes.

    Raises:
        ReplayError: an action is not supported.
    """
    context = OrchestrationContext(body=_write_context(instance, events, is_replaying=is_replaying))
    try:
        answer = orchestrator(context)
    except Exception as error:
        logger.info("Orchestrator %s of instance %s raised", instance.name, instance.id, exc_info=error)
        message, label, state = str(error).rpartition(FAILURE_LABEL)
        if not label:
            return Decision(error=f"{type(error).__name__}: {error}")
        failed = json.loads(state)
        return read_decision(failed, error=failed.get("error") or message)
    return read_decision(json.loads(answer))


def _write_context(instance: Instance, events: Sequence[str], *, is_replaying: bool) -> str:
    """Return the JSON text that the Durable extension 3.19 passes to an orchestration trigger."""
    head = json.dumps(
        {
            "input": instance.input,
            "instanceId": instance.id,
            "isReplaying": is_replaying,
            "parentInstanceId": instance.parent_id,
            "sourceInstanceId": None,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 3,
            "longRunningTimerIntervalDuration": "3.00:00:00",
            "maximumShortTimerDuration": "6.00:00:00",
            "defaultHttpAsyncRequestSleepTimeMillseconds": 30_000,
        },
    )
    return f'{head[:-1]}, "history": [{",".join(events)}]}}'
