"""Messages survive JSON, stay small, and are understood across versions."""

import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from shared.messages import base, custom_status, images, run, text
from shared.messages.base import Cost, Counters, FailureCounts, Message
from shared.messages.images import ImageJob, ImageWorkerInput
from shared.messages.run import SeedInput
from shared.messages.text import TextCall
from tests.strategies import QUICK, list_fields, messages

ALL = sorted(
    {
        kind
        for module in (base, custom_status, images, run, text)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Message) and kind != Message
    },
    key=lambda kind: kind.__name__,
)


def pass_through_json(message: Message) -> Any:
    return type(message).from_json(json.loads(json.dumps(message.to_json())))


@pytest.mark.parametrize("kind", ALL)
def test_a_message_survives_json(kind: type[Message]) -> None:
    @QUICK
    @given(messages(kind))
    def check(message: Message) -> None:
        assert pass_through_json(message) == message

    check()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ALL)
def test_fields_that_a_newer_version_sends_are_ignored(kind: type[Message]) -> None:
    @QUICK
    @given(messages(kind))
    def check(message: Message) -> None:
        assert kind.from_json(message.to_json() | {"from_the_future": {"a": [1]}}) == message

    check()


@pytest.mark.parametrize("kind", ALL)
def test_fields_with_their_default_are_left_out_and_come_back(kind: type[Message]) -> None:
    required = {field.name for field in list_fields(kind) if field.default is field.default_factory}

    @QUICK
    @given(messages(kind))
    def check(message: Message) -> None:
        smallest = kind.from_json({name: value for name, value in message.to_json().items() if name in required})
        assert set(smallest.to_json()) == required

    check()


@pytest.mark.parametrize("kind", ALL)
def test_a_message_without_a_required_field_is_refused(kind: type[Message]) -> None:
    required = [field.name for field in list_fields(kind) if field.default is field.default_factory]
    if not required:
        assert kind.from_json({}).to_json() == {}
        return
    with pytest.raises(ValidationError, match=required[0]):
        kind.from_json({})


def test_an_image_job_is_smaller_than_200_bytes_even_after_many_tries() -> None:
    job = ImageJob(str(uuid.uuid4()), 50_000, FailureCounts(10_000, 10, 2, 8), due="2026-12-01T00:00:00.123456+00:00")
    assert len(json.dumps(job.to_json())) < 200


def test_the_widest_image_worker_hands_over_far_less_than_a_large_message() -> None:
    job = ImageJob(str(uuid.uuid4()), 50_000, FailureCounts(100, 10, 2, 8), due="2026-12-01T00:00:00.123456+00:00")
    worker = ImageWorkerInput("9" * 13 + "-01234567", "a" * 40, 7, 8, 10, jobs=(job,) * 80)
    assert len(json.dumps(worker.to_json())) < 20_000


@QUICK
@given(messages(Counters), messages(Counters), messages(Counters))
def test_counters_add_up_in_any_order(first: Counters, second: Counters, third: Counters) -> None:
    counts = [Counters(rejected={"a": 1}), Counters(rejected={"a": 2, "b": 1}), Counters(failed={"c": 1})]
    assert sum(counts, Counters()) == Counters(rejected={"a": 3, "b": 1}, failed={"c": 1})
    left, right = (first + second) + third, first + (second + third)
    assert (left.accepted, left.cost, left.made) == (right.accepted, right.cost, right.made)
    assert (first + second).cost == (second + first).cost
    assert first + second == second + first


def test_costs_add_up_exactly() -> None:
    tenth = Cost(text_calls=1, nano_usd=100_000_000)
    assert sum([tenth] * 10, Cost()) == Cost(text_calls=10, nano_usd=1_000_000_000)


def test_costs_are_read_in_both_spellings() -> None:
    assert Cost.from_json({"textCalls": 2}) == Cost.from_json({"text_calls": 2}) == Cost(text_calls=2)


def test_values_of_another_type_are_refused() -> None:
    with pytest.raises(ValidationError):
        SeedInput.from_json({"run_id": "r", "catalog": "c", "target_count": "many"})
    with pytest.raises(ValidationError):
        TextCall.from_json([1, 2])
