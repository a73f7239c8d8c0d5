"""The actions that the host gets when an orchestrator waits for the first of several tasks."""

import ast
import importlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest
from azure.durable_functions.models.Task import WhenAnyTask

from durable_emulator.engine.actions import ActionType
from orchestrators import first_completed

ROOT = Path(__file__).resolve().parents[2]
COMPLETED_AT_ONCE = {"actionType": ActionType.WHEN_ALL, "compoundActions": []}


def make_context() -> df.DurableOrchestrationContext:
    started = {"EventType": 12, "EventId": -1, "IsPlayed": False, "Timestamp": datetime.now(UTC).isoformat()}
    return df.DurableOrchestrationContext.from_json(
        json.dumps(
            {
                "history": [started],
                "instanceId": "one",
                "isReplaying": False,
                "parentInstanceId": None,
                "upperSchemaVersion": 1,
                "upperSchemaVersionNew": 2,
            }
        )
    )


def group_tasks(context: df.DurableOrchestrationContext, tasks: list[Any]) -> WhenAnyTask:
    """Return the group that an orchestrator yields when it waits for the first of the tasks."""
    return next(first_completed.wait_for_first(context, tasks))


@pytest.fixture
def reloaded() -> Iterator[None]:
    """Import the module again after a test that has changed the SDK."""
    yield
    importlib.reload(first_completed)


def test_a_group_with_new_tasks_ends_with_an_action_that_completes_at_once() -> None:
    context = make_context()
    group = group_tasks(context, [context.call_activity("generate", number) for number in range(3)])
    *calls, last = group.action_repr.to_json()["compoundActions"]
    assert [call["functionName"] for call in calls] == ["generate"] * 3
    assert last == COMPLETED_AT_ONCE


def test_a_group_of_scheduled_tasks_adds_no_action() -> None:
    context = make_context()
    tasks = [context.call_activity("generate", number) for number in range(2)]
    for task in tasks:
        task._set_is_scheduled(is_scheduled=True)
    assert group_tasks(context, tasks).action_repr.to_json()["compoundActions"] == []


def test_the_orchestrator_gets_the_task_that_has_ended() -> None:
    context = make_context()
    waiting = first_completed.wait_for_first(context, [context.call_activity("generate", 1)])
    next(waiting)
    with pytest.raises(StopIteration) as stopped:
        waiting.send("the task")
    assert stopped.value.value == "the task"


@pytest.mark.usefixtures("reloaded")
def test_an_sdk_of_the_2_x_line_gets_no_extra_action(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "2.0.0rc3")
    module = importlib.reload(first_completed)
    context = make_context()
    group = next(module.wait_for_first(context, [context.call_activity("generate", 1)]))
    assert [action["actionType"] for action in group.action_repr.to_json()["compoundActions"]] == [0]


@pytest.mark.usefixtures("reloaded")
def test_an_sdk_without_the_action_fails_at_import_and_names_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("azure.durable_functions.models.actions.WhenAllAction")
    monkeypatch.delattr(module, "WhenAllAction")
    monkeypatch.setattr(metadata, "version", lambda _: "1.9.4")
    with pytest.raises(ImportError, match=r"azure-functions-durable 1\.7\.0; got 1\.9\.4.*WhenAllAction"):
        importlib.reload(first_completed)


@pytest.mark.usefixtures("reloaded")
def test_an_sdk_with_other_groups_fails_at_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WhenAnyTask, "_is_scheduled", True)
    with pytest.raises(ImportError, match="where a group is"):
        importlib.reload(first_completed)


def test_no_other_deployed_module_calls_task_any_or_imports_private_parts() -> None:
    users = {
        str(path.relative_to(ROOT))
        for folder in ("activities", "orchestrators", "shared", "triggers")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr == "task_any")
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("azure.durable_functions."))
    }
    assert users == {"orchestrators/first_completed.py"}
