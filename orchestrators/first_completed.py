"""Waits for the first of several tasks. Only this module calls ``task_any`` and uses private parts of the SDK.

The Durable extension (3.19) awaits the top-level actions of an orchestrator's answer one after the other. The Python
SDK adds to a new group only the tasks that no earlier group contains. In a sliding window, task n+1 would therefore not
be scheduled before task n has ended. So each group gets one more action that ends at once, an empty ``WhenAll``: the
extension schedules the group's tasks and continues with the next group. The orchestrator still waits for a real task,
because it never receives that action. The action adds no event to the history and takes no task number.

The private parts were checked with azure-functions-durable 1.7.0; importing this module checks them again. The 2.x line
uses gRPC, where actions are scheduled as they arrive, and needs none of this.
"""

from collections.abc import Collection, Generator
from importlib import metadata
from typing import Any

import azure.durable_functions as df

SDK = "azure-functions-durable"
CHECKED_VERSION = "1.7.0"


def _awaits_actions_in_order(version: str) -> bool:
    return int(version.partition(".")[0]) < 2  # noqa: PLR2004 - the 2.x line


def _check_private_parts(version: str) -> None:
    """Raise ImportError unless a group has exactly the form that the extension expects."""
    needed = f"{__name__} needs private parts of {SDK} {CHECKED_VERSION}; got {version}"
    advice = "Install the pinned version, or adapt this module."
    try:
        task = AtomicTask(0, CallActivityAction("check", ""))
        group = WhenAnyTask([task], ReplaySchema.V2)
        _add_completed_action(group)
        found = group.action_repr.to_json()
    except Exception as error:
        raise ImportError(f"{needed}, which fails with {error!r}. {advice}") from error
    expected = [task.action_repr.to_json(), {"actionType": 12, "compoundActions": []}]
    if found != {"actionType": 11, "compoundActions": expected}:
        raise ImportError(f"{needed}, where a group is {found!r}. {advice}")


def _add_completed_action(group: Any) -> None:
    # A group without a new task is not sent. The oldest schema is a flat list of actions and cannot nest any.
    if not group._is_scheduled and not isinstance(group.action_repr, list):  # noqa: SLF001 - see the module
        group.action_repr.compound_tasks.append(WhenAllAction([]))


_VERSION = metadata.version(SDK)
AWAITS_ACTIONS_IN_ORDER = _awaits_actions_in_order(_VERSION)
"""Whether the host of the installed SDK awaits actions in order."""

if AWAITS_ACTIONS_IN_ORDER:
    try:
        from azure.durable_functions.models.actions.CallActivityAction import CallActivityAction
        from azure.durable_functions.models.actions.WhenAllAction import WhenAllAction
        from azure.durable_functions.models.ReplaySchema import ReplaySchema
        from azure.durable_functions.models.Task import AtomicTask, WhenAnyTask
    except ImportError as error:
        raise ImportError(
            f"{__name__} needs private parts of {SDK} {CHECKED_VERSION}; got {_VERSION}, which fails with {error}. "
            "Install the pinned version, or adapt this module.",
        ) from error
    _check_private_parts(_VERSION)


def wait_for_first(context: df.DurableOrchestrationContext, tasks: Collection[Any]) -> Generator[Any, Any, Any]:
    """Schedule all new tasks, wait until one of the tasks has ended, and return it.

    The ``result`` of a failed task is its exception. The other tasks stay open: wait for them again, or cancel them if
    they are timers.
    """
    group = context.task_any(list(tasks))
    if AWAITS_ACTIONS_IN_ORDER:
        _add_completed_action(group)
    first = yield group
    return first
