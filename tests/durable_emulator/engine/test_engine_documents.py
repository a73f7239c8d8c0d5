"""The documents that orchestrators get have the fields and formats that the Durable extension 3.19 sends.

The table was derived from documents of that extension (Azure Storage backend, SDK 1.7.0), but for one row: no recording
has a failed child, so ``SUB_ORCHESTRATION_FAILED`` is like ``TASK_FAILED``.
"""

import json
import re
from collections.abc import Generator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.durable_functions import Orchestrator

from durable_emulator.engine import Engine, ManualClock
from durable_emulator.engine.events import PLAYED_TYPES, EventType
from durable_emulator.engine.testing import adapt_activity, finish

Steps = Generator[Any, Any, Any]

NULL = "null"
BOOL = "true or false"
NUMBER = r"number -?\d+"
TEXT = r"text [\s\S]*"
JSON_TEXT = r'text (null|-?\d+|[{\["][\s\S]*)'
NAME = r"text \w+"
TIME = r"text \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?Z"
OFFSET_TIME = r"text \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6,7}\+00:00"
EXECUTION, SPAN = r"text ([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", r"text [0-9a-f]{16}"
TRACE = r"text 00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]"

COMMON = {"EventType": NUMBER, "EventId": NUMBER, "IsPlayed": BOOL, "Timestamp": TIME}
NO_SPAN = {"TraceParent": TRACE, "TraceState": NULL, "Id": NULL, "SpanId": NULL, "ActivityStartTime": NULL}
INSTANCE = {"InstanceId": TEXT, "ExecutionId": EXECUTION}
FAILURE = {"TaskScheduledId": NUMBER, "Reason": TEXT, "Details": r"text \{.*\}", "FailureDetails": NULL}

FIELDS: dict[EventType, dict[str, Any]] = {
    EventType.EXECUTION_STARTED: {
        "OrchestrationInstance": INSTANCE,
        "ParentInstance": {
            "Name": NAME,
            "OrchestrationInstance": INSTANCE,
            "TaskScheduleId": NUMBER,
            "Version": r"text 1\.0",
        },
        "Name": NAME,
        "Version": r"text 1\.0",
        "Input": r'text "[\s\S]*"',
        "Tags": NULL,
        "Correlation": NULL,
        "ParentTraceContext": NO_SPAN | {"Id": TRACE, "SpanId": SPAN, "ActivityStartTime": OFFSET_TIME},
        "ScheduledStartTime": NULL,
        "Generation": NULL,
        "GenerateNewTrace": BOOL,
    },
    EventType.TASK_SCHEDULED: {
        "Name": NAME,
        "Version": "text ",
        "Input": NULL,
        "ParentTraceContext": NO_SPAN,
        "Tags": NULL,
    },
    EventType.TASK_COMPLETED: {"TaskScheduledId": NUMBER, "Result": JSON_TEXT},
    EventType.TASK_FAILED: FAILURE,
    EventType.SUB_ORCHESTRATION_CREATED: {
        "Name": NAME,
        "Version": r"text 1\.0",
        "InstanceId": TEXT,
        "Input": NULL,
        "ClientSpanId": SPAN,
        "Tags": NULL,
    },
    EventType.SUB_ORCHESTRATION_COMPLETED: {"TaskScheduledId": NUMBER, "Result": JSON_TEXT},
    EventType.SUB_ORCHESTRATION_FAILED: FAILURE,
    EventType.TIMER_CREATED: {"FireAt": TIME},
    EventType.TIMER_FIRED: {"TimerId": NUMBER, "FireAt": TIME},
    EventType.ORCHESTRATOR_STARTED: {},
    EventType.ORCHESTRATOR_COMPLETED: {},
    EventType.EVENT_RAISED: {"Name": TEXT, "Input": JSON_TEXT, "ParentTraceContext": NULL},
}
ROOT = {"ParentInstance": NULL, "Generation": NUMBER}
"""In the first event of an instance without a parent."""

DOCUMENT = {
    "input": TEXT,
    "instanceId": TEXT,
    "isReplaying": BOOL,
    "parentInstanceId": TEXT,
    "sourceInstanceId": NULL,
    "upperSchemaVersion": "number 1",
    "upperSchemaVersionNew": "number 3",
    "longRunningTimerIntervalDuration": r"text 3\.00:00:00",
    "maximumShortTimerDuration": r"text 6\.00:00:00",
    "defaultHttpAsyncRequestSleepTimeMillseconds": "number 30000",
}


def describe(value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOL
    return f"number {value}" if isinstance(value, int) else f"text {value}"


def find_differences(value: Any, expected: Any, place: str) -> Iterator[str]:
    """Yield where a value differs from the table, field by field."""
    if isinstance(expected, dict):
        if not isinstance(value, dict) or value.keys() != expected.keys():
            yield f"{place}: expected {sorted(expected)}; got {value!r}"
            return
        for key, pattern in expected.items():
            yield from find_differences(value[key], pattern, f"{place}.{key}")
    elif not re.fullmatch(expected, describe(value)):
        yield f"{place}: expected {expected}; got {describe(value)}"


async def work(value: Any) -> Any:
    if value == "fail":
        raise ValueError("no")
    return {"value": value}


def child(context: Any) -> Steps:
    yield context.call_activity("work", context.get_input())
    return 1


def parent(context: Any) -> Steps:
    yield context.call_activity("work", 1)
    yield context.call_sub_orchestrator("child", "good", "c-1")
    try:
        yield context.call_sub_orchestrator("child", "fail", "c-2")
    except Exception:  # noqa: BLE001 - the SDK raises bare exceptions
        yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=20))
    yield context.wait_for_external_event("go")
    return (yield context.call_activity("work", 2))


@pytest.fixture(name="documents")
async def record_documents(tmp_path: Path) -> list[dict[str, Any]]:
    """Return what the orchestrators of a run with every kind of event were given, episode by episode."""
    documents: list[dict[str, Any]] = []

    def listen(function: Any) -> Any:
        handler = Orchestrator.create(function)

        def handle(context: Any) -> str:
            documents.append(json.loads(context.body))
            answer: str = handler(context)
            return answer

        return handle

    clock = ManualClock()
    engine = Engine(
        tmp_path / "j",
        {"parent": listen(parent), "child": listen(child)},
        {"work": adapt_activity(work)},
        clock=clock,
    )
    engine.start()
    engine.start_instance("parent", '{"size": 3}', "p")
    engine.raise_event("p", "go", '"now"')
    await finish(engine, clock, "p")
    await engine.stop(grace_seconds=0)
    return documents


async def test_every_event_has_the_fields_and_formats_of_the_table(documents: list[dict[str, Any]]) -> None:
    seen: set[EventType] = set()
    differences: list[str] = []
    for document in documents:
        for event in document["history"]:
            kind = EventType(event["EventType"])
            seen.add(kind)
            fields = COMMON | FIELDS[kind]
            if kind is EventType.EXECUTION_STARTED and document["parentInstanceId"] is None:
                fields |= ROOT
            differences += find_differences(event, fields, kind.name)
    assert differences == []
    assert seen == set(EventType)


async def test_every_document_has_the_fields_and_formats_of_the_table(documents: list[dict[str, Any]]) -> None:
    differences: list[str] = []
    for document in documents:
        head = {key: value for key, value in document.items() if key != "history"}
        expected = DOCUMENT | ({"parentInstanceId": NULL} if head["instanceId"] == "p" else {})
        differences += find_differences(head, expected, head["instanceId"])
    assert differences == []


async def test_an_event_is_played_once_its_episode_is_over(documents: list[dict[str, Any]]) -> None:
    for document in documents:
        starts = [n for n, event in enumerate(document["history"]) if event["EventType"] == 12]
        assert document["isReplaying"] == (len(starts) > 1)
        for number, event in enumerate(document["history"]):
            is_old = number < starts[-1]
            assert event["IsPlayed"] == (is_old and event["EventType"] in PLAYED_TYPES)


async def test_a_child_names_the_task_and_the_execution_that_started_it(documents: list[dict[str, Any]]) -> None:
    whole = [document["history"] for document in documents if document["instanceId"] == "p"][-1]
    for document in documents:
        if document["instanceId"] == "p":
            continue
        (created,) = [event for event in whole if event.get("InstanceId") == document["instanceId"]]
        link = document["history"][1]["ParentInstance"]
        assert link["TaskScheduleId"] == created["EventId"]
        assert link["OrchestrationInstance"] == whole[1]["OrchestrationInstance"]


@pytest.mark.parametrize("change", [{"Tags": 1}, {"Extra": None}, {"Timestamp": "2030-01-01T00:00:00.100Z"}])
async def test_the_comparison_notices_another_field_or_format(
    documents: list[dict[str, Any]], change: dict[str, Any]
) -> None:
    scheduled = next(event for event in documents[-1]["history"] if event["EventType"] == EventType.TASK_SCHEDULED)
    assert list(find_differences(scheduled | change, COMMON | FIELDS[EventType.TASK_SCHEDULED], "event")) != []
