"""Waiting for the first of several tasks: the only module that calls ``task_any``.

The Durable extension (3.19) takes the top-level actions of an orchestrator's answer in order and awaits each. The
Python SDK puts only those tasks into a new group that no earlier group holds. Of a sliding window, replacement n+1
would therefore not be scheduled before replacement n is done. So each group gets one more action that is done at once,
a ``WhenAll`` of nothing: the extension schedules the group's tasks and goes on to the next group. The orchestrator
still waits for a real task, because it never sees that action; it adds no event to the history and takes no number.

This relies on internals of azure-functions-durable 1.7.0, which the import checks. The 2.x line speaks gRPC, where
actions are scheduled as they come; there, ``task_any`` is left as it is.
"""

from collections.abc import Collection, Generator
from importlib import metadata
from typing import Any

import azure.durable_functions as df

SDK = "azure-functions-durable"
CHECKED_VERSION = "1.7.0"
"""The version of the SDK that this was written against."""


def _uses_ordered_actions(version: str) -> bool:
    return int(version.partition(".")[0]) < 2  # noqa: PLR2004 - the 2.x line


def _check_internals(version: str) -> None:
    """Raise ImportError unless a marked group has exactly the form that the extension expects."""
    needed = f"{__name__} needs the internals of {SDK} {CHECKED_VERSION}; got {version}"
    advice = "install the pinned version, or adapt this module to the new one"
    try:
        task = AtomicTask(0, CallActivityAction("check", ""))
        group = WhenAnyTask([task], ReplaySchema.V2)
        _add_done_action(group)
        found = group.action_repr.to_json()
    except Exception as error:
        raise ImportError(f"{needed}, where {error!r}: {advice}") from error
    expected = [task.action_repr.to_json(), {"actionType": 12, "compoundActions": []}]
    if found != {"actionType": 11, "compoundActions": expected}:
        raise ImportError(f"{needed}, where a group reads {found!r}: {advice}")


def _add_done_action(group: Any) -> None:
    # A group without a new task is not sent at all. In a list of actions, the oldest schema, nothing can be nested.
    if not group._is_scheduled and not isinstance(group.action_repr, list):  # noqa: SLF001 - see the module
        group.action_repr.compound_tasks.append(WhenAllAction([]))


_VERSION = metadata.version(SDK)
IS_NEEDED = _uses_ordered_actions(_VERSION)
"""Whether the installed SDK is of the line whose host awaits actions in order."""

if IS_NEEDED:
    try:
        from azure.durable_functions.models.actions.CallActivityAction import CallActivityAction
        from azure.durable_functions.models.actions.WhenAllAction import WhenAllAction
        from azure.durable_functions.models.ReplaySchema import ReplaySchema
        from azure.durable_functions.models.Task import AtomicTask, WhenAnyTask
    except ImportError as error:
        raise ImportError(
            f"{__name__} needs the internals of {SDK} {CHECKED_VERSION}; got {_VERSION}, where {error}: "
            "install the pinned version, or adapt this module to the new one",
        ) from error
    _check_internals(_VERSION)


def wait_for_first(
    context: df.DurableOrchestrationContext,
    tasks: Collection[Any],
) -> Generator[Any, Any, Any]:
    """Wait until one of the tasks is done and return it; new ones among them are all scheduled at once.

    A failed task's ``result`` is the exception. The tasks that are not done stay as they are: wait for them again, or
    cancel them where they are timers.
    """
    group = context.task_any(list(tasks))
    if IS_NEEDED:
        _add_done_action(group)
    first = yield group
    return first
