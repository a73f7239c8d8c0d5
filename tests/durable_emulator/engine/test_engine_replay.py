"""Replay: determinism, retry policies, unsupported features."""

import json
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.durable_functions import EntityId, RetryOptions

from durable_emulator.engine import Instance, ManualClock, RuntimeStatus
from durable_emulator.engine.testing import finish, run_engine

Steps = Generator[Any, Any, Any]


async def double(value: int) -> int:
    return 2 * value


def first_version(context: Any) -> Steps:
    yield context.call_activity("double", 1)
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=5))


def other_activity(context: Any) -> Steps:
    yield context.call_activity("treble", 1)


def other_kind(context: Any) -> Steps:
    yield context.create_timer(context.current_utc_datetime)


def less(context: Any) -> Steps:
    yield context.call_activity("double", 1)
    yield context.wait_for_external_event("go")


def raises_at_once(context: Any) -> Steps:
    if context.instance_id:
        raise LookupError("a new check")
    yield  # an orchestrator is a generator


def same_name_and_more(context: Any) -> Steps:
    yield context.call_activity("double", 500)  # another input is allowed, as in Azure
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=9))
    yield context.call_activity("double", 2)


async def run_two_versions(folder: Path, second_version: Any) -> Instance:
    """Stop an instance of ``first_version`` in the middle, and finish it with another version."""
    clock = ManualClock()
    async with run_engine(folder / "j", clock, {"work": first_version}, {"double": double}) as engine:
        engine.start_instance("work", None, "one")
        await engine.wait_until_idle()
    async with run_engine(folder / "j", clock, {"work": second_version}, {"double": double}) as engine:
        return await finish(engine, clock, "one")


@pytest.mark.filterwarnings("ignore:Potential duplicate Task completion")  # the SDK's own hint, before the engine's
@pytest.mark.parametrize(
    ("second_version", "complaint"),
    [
        (other_activity, ("activity task with sequence ID 0 and name 'double'", "an activity task named 'treble'")),
        (other_kind, ("activity task with sequence ID 0 and name 'double'", "a CreateTimerOrchestratorAction")),
        (less, ("a timer task with sequence number 1", "hasn't (yet?) scheduled this task")),
        (raises_at_once, ("activity task with sequence ID 0 and name 'double'", "hasn't (yet?) scheduled this task")),
    ],
)
async def test_an_orchestrator_that_differs_from_its_history_fails_with_both_actions_named(
    tmp_path: Path,
    second_version: Any,
    complaint: tuple[str, str],
) -> None:
    instance = await run_two_versions(tmp_path, second_version)
    assert instance.status is RuntimeStatus.FAILED
    assert instance.output is not None
    assert json.loads(instance.output).startswith("Non-Deterministic workflow detected: ")
    assert all(words in instance.output for words in complaint)


async def test_an_orchestrator_may_change_inputs_and_grow(tmp_path: Path) -> None:
    instance = await run_two_versions(tmp_path, same_name_and_more)
    assert instance.status is RuntimeStatus.COMPLETED


class Flaky:
    """Fails a number of times, then works."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    async def call(self, value: Any) -> Any:
        self.calls += 1
        if self.calls <= self.failures:
            raise ConnectionError(f"attempt {self.calls}")
        return value


def persist(context: Any) -> Steps:
    """Retries beside other work, so that numbers of hidden and asked-for tasks mix."""
    retried = context.call_activity_with_retry("flaky", RetryOptions(60_000, 3), "done")
    first, result = yield context.task_all([context.call_activity("double", 4), retried])
    again = yield context.call_activity_with_retry("double", RetryOptions(60_000, 3), 5)
    last = yield context.call_activity("double", 6)
    return [first, again, result, last]


@pytest.mark.parametrize("failures", [0, 1, 2])
async def test_a_retried_activity_is_called_until_it_works(tmp_path: Path, failures: int) -> None:
    clock, flaky = ManualClock(), Flaky(failures)
    start = clock.now()
    async with run_engine(
        tmp_path / "j", clock, {"persist": persist}, {"double": double, "flaky": flaky.call}
    ) as engine:
        instance = await finish(engine, clock, engine.start_instance("persist"))

    assert json.loads(instance.output or "") == [8, 10, "done", 12]
    assert flaky.calls == failures + 1
    assert 60 * failures <= (clock.now() - start).total_seconds() < 60 * failures + 1


async def test_a_retried_activity_fails_after_its_last_attempt(tmp_path: Path) -> None:
    clock, flaky = ManualClock(), Flaky(99)
    async with run_engine(
        tmp_path / "j", clock, {"persist": persist}, {"double": double, "flaky": flaky.call}
    ) as engine:
        instance = await finish(engine, clock, engine.start_instance("persist"))

    assert instance.status is RuntimeStatus.FAILED
    assert "ConnectionError: attempt 3" in (instance.output or "")
    assert flaky.calls == 3


async def test_several_retried_activities_that_fail_together_all_get_their_attempts(tmp_path: Path) -> None:
    attempts: dict[int, int] = {}

    async def flaky(value: int) -> int:
        attempts[value] = attempts.get(value, 0) + 1
        if attempts[value] <= value:
            raise ConnectionError("again")
        return value

    def persist_all(context: Any) -> Steps:
        options = RetryOptions(1000, 5)
        return (yield context.task_all([context.call_activity_with_retry("flaky", options, n) for n in range(4)]))

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"all": persist_all}, {"flaky": flaky}) as engine:
        instance = await finish(engine, clock, engine.start_instance("all"))

    assert instance.output == "[0, 1, 2, 3]"
    assert attempts == {0: 1, 1: 2, 2: 3, 3: 4}


async def test_a_retried_sub_orchestration_is_started_again_under_its_id(tmp_path: Path) -> None:
    flaky = Flaky(1)

    def child(context: Any) -> Steps:
        return (yield context.call_activity("flaky", "done"))

    def parent(context: Any) -> Steps:
        return (yield context.call_sub_orchestrator_with_retry("child", RetryOptions(1000, 3), None, "the-child"))

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"parent": parent, "child": child}, {"flaky": flaky.call}) as engine:
        instance = await finish(engine, clock, engine.start_instance("parent"))

    assert instance.output == '"done"'
    assert flaky.calls == 2


def call_web(context: Any) -> Steps:
    yield context.call_http("GET", "http://localhost")


def call_entity(context: Any) -> Steps:
    yield context.call_entity(EntityId("counter", "one"), "get")


def signal_entity(context: Any) -> Steps:
    context.signal_entity(EntityId("counter", "one"), "add")
    yield context.call_activity("double", 1)


@pytest.mark.parametrize("function", [call_web, call_entity, signal_entity])
async def test_unsupported_features_are_refused_by_name(tmp_path: Path, function: Any) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"work": function}, {"double": double}) as engine:
        instance = await finish(engine, clock, engine.start_instance("work"))

    name = {"call_web": "call_http"}.get(function.__name__, function.__name__)
    assert instance.status is RuntimeStatus.FAILED
    assert f"the durable emulator does not support {name}" in (instance.output or "")


async def test_an_output_that_is_not_json_fails_the_instance(tmp_path: Path) -> None:
    def work(context: Any) -> Steps:
        yield context.call_activity("double", 1)
        return object()

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"work": work}, {"double": double}) as engine:
        instance = await finish(engine, clock, engine.start_instance("work"))

    assert instance.status is RuntimeStatus.FAILED
    assert "not JSON serializable" in (instance.output or "")


async def test_an_orchestrator_without_a_step_completes(tmp_path: Path) -> None:
    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"work": lambda context: context.instance_id}) as engine:
        instance = await finish(engine, clock, engine.start_instance("work", None, "me"))

    assert instance.output == '"me"'


async def test_histories_stay_short_when_work_is_split_into_generations(tmp_path: Path) -> None:
    def worker(context: Any) -> Steps:
        left, window = context.get_input(), []
        for n in range(20):
            window.append(context.call_activity("double", n))
            if len(window) == 4:
                window.remove((yield context.task_any(window)))
        while window:
            window.remove((yield context.task_any(window)))
        if left > 1:
            context.continue_as_new(left - 1)

    clock = ManualClock()
    async with run_engine(tmp_path / "j", clock, {"worker": worker}, {"double": double}) as engine:
        await finish(engine, clock, engine.start_instance("worker", "5"))

    assert engine.statistics.activities == 100
    assert 40 < engine.statistics.max_history_events < 90
    assert engine.statistics.orchestrator_cpu_seconds > 0
