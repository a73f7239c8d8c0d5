"""Histories of real runs, of this version and of those since 1.0, replay through the current orchestrators.

A running instance survives a deployment only if its orchestrator schedules the same tasks in the same order again. If
a test here fails, the change breaks running instances: CONTRIBUTING.md says what to do. Record new histories with
``python -m tests.support.record_histories``.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import function_app
from durable_emulator.engine.action_schedule import make_schedule
from durable_emulator.engine.events import EventType
from durable_emulator.engine.instances import Instance, RuntimeStatus, make_instance
from durable_emulator.engine.replay import replay
from durable_emulator.errors import NonDeterminismError
from durable_emulator.sdk_internals import list_functions

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))
FUNCTIONS = {function.get_function_name(): function for function in list_functions(function_app.app)}
STARTS = {EventType.ORCHESTRATOR_STARTED}


def read_instance(saved: dict[str, Any]) -> Instance:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    instance = make_instance(
        saved["instanceId"], saved["orchestrator"], saved["input"], moment, parent_id=saved["parentId"]
    )
    return replace(instance, status=RuntimeStatus.RUNNING)


def count_episodes(events: list[dict[str, Any]]) -> int:
    return sum(event["EventType"] in STARTS for event in events)


def check_replay(saved: dict[str, Any]) -> None:
    """Replay a saved history as the host would at its last episode; raises NonDeterminismError."""
    instance = read_instance(saved)
    texts = [json.dumps(event) for event in saved["events"]]
    handler = FUNCTIONS[saved["orchestrator"]].get_user_function()
    decision = replay(handler, instance, texts, is_replaying=count_episodes(saved["events"]) > 1)
    assert decision.error is None, decision.error
    make_schedule(decision.actions, saved["events"])
    assert decision.is_done == saved["isDone"]


def test_there_are_histories_of_every_orchestrator() -> None:
    recorded = {json.loads(path.read_text(encoding="utf-8"))["orchestrator"] for path in HISTORIES}
    triggers = {name: function.get_trigger().type for name, function in FUNCTIONS.items()}
    orchestrators = {name for name, trigger in triggers.items() if trigger == "orchestrationTrigger"}
    assert recorded == orchestrators


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_saved_history_replays(path: Path) -> None:
    check_replay(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("orchestrator", ["seed_catalog", "write_items", "generate_images"])
def test_a_history_with_other_tasks_does_not_replay(orchestrator: str) -> None:
    path = next(path for path in HISTORIES if orchestrator in path.stem)
    saved = json.loads(path.read_text(encoding="utf-8"))
    scheduled = next(event for event in saved["events"] if event["EventType"] == EventType.TASK_SCHEDULED)
    scheduled["Name"] = "an_activity_of_another_version"
    with pytest.raises(NonDeterminismError):
        check_replay(saved)
