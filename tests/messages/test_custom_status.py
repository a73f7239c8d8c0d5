"""What the root of a run and its children publish, and how a status query reads it."""

import json
from datetime import UTC, datetime

import pytest

from shared.messages.base import Counters, Failure
from shared.messages.custom_status import (
    Children,
    ChildStatus,
    PauseStatus,
    RootStatus,
    Stage,
    read_child_status,
    read_root_status,
    sum_counters,
)
from shared.messages.instance_ids import (
    find_resume_count,
    make_finish_id,
    make_image_worker_id,
    make_probe_id,
    make_restart_id,
    make_writer_id,
)
from shared.reasons import Reason

RUN = "8204736755521-af1e9c55"


def test_the_instances_of_a_run_have_different_ids() -> None:
    first_ids = [
        name
        for resume_count in range(3)
        for name in (
            make_probe_id(RUN, resume_count),
            *(make_writer_id(RUN, index, resume_count) for index in range(3)),
            *(make_image_worker_id(RUN, index, resume_count) for index in range(3)),
        )
    ]
    ids = {make_finish_id(RUN), *(make_restart_id(name, restarts) for name in first_ids for restarts in range(3))}
    assert len(ids) == 1 + 3 * len(first_ids)
    assert all(one.startswith(f"{RUN}:") and len(one) < 100 for one in ids)


@pytest.mark.parametrize("resume_count", [0, 1, 12])
def test_the_resume_count_is_read_from_the_id_of_a_child(resume_count: int) -> None:
    assert find_resume_count(make_restart_id(make_image_worker_id(RUN, 7, resume_count), 3)) == resume_count
    assert find_resume_count(make_probe_id(RUN, resume_count)) == resume_count


def test_children_are_listed_by_what_the_root_publishes() -> None:
    restarts = {make_image_worker_id(RUN, 1, 3).removeprefix(RUN): 2}
    root = RootStatus(
        Stage.ITEMS_AND_IMAGES, resume_count=3, children=Children(image_workers=2, writers=2, restarts=restarts)
    )
    writers = [make_writer_id(RUN, index, 3) for index in range(3)]  # one more than published: the final writer
    assert root.list_writers(RUN) == writers
    assert root.list_children(RUN) == [
        *writers,
        make_image_worker_id(RUN, 0, 3),
        make_restart_id(make_image_worker_id(RUN, 1, 3), 2),
    ]


def test_a_probing_image_worker_is_the_only_child() -> None:
    restarts = {make_probe_id(RUN, 2).removeprefix(RUN): 1}
    root = RootStatus(Stage.ITEMS_AND_IMAGES, resume_count=2, children=Children(has_probe=True, restarts=restarts))
    assert root.list_children(RUN) == [make_restart_id(make_probe_id(RUN, 2), 1)]
    assert root.list_writers(RUN) == []


def test_a_root_that_plans_has_no_children() -> None:
    assert RootStatus(Stage.PLANNING).list_children(RUN) == []


def test_a_restarted_child_counts_at_least_what_the_lost_instance_had() -> None:
    first, second = (make_image_worker_id(RUN, index, 0) for index in range(2))
    restarted = make_restart_id(second, 1)
    root = RootStatus(
        Stage.ITEMS_AND_IMAGES,
        Counters(made=1),
        children=Children(image_workers=2, restarts={second.removeprefix(RUN): 1}),
    )
    lost = root.list_lost_children(RUN)
    published = {
        first: ChildStatus(Counters(made=5)),
        second: ChildStatus(Counters(made=7, rate_limited=1)),
        restarted: ChildStatus(Counters(made=2, kept=3)),
    }
    assert lost == {restarted: second}
    assert sum_counters(root, published, lost) == Counters(made=1 + 5 + 7, kept=3, rate_limited=1)
    assert sum_counters(root, {}, lost) == Counters(made=1)


def test_a_pause_survives_the_way_through_json() -> None:
    pause = PauseStatus(Failure(Reason.ACCOUNT_BLOCKED, "blocked"), datetime(2026, 12, 1, 12, tzinfo=UTC))
    root = RootStatus(Stage.PAUSED, resume_count=1, pause=pause)
    assert read_root_status(json.loads(json.dumps(root.to_json()))) == root


@pytest.mark.parametrize("value", [None, "", "text", 5, [], {}])
def test_a_custom_status_of_another_form_is_ignored(value: object) -> None:
    assert read_root_status(value) is None
    assert read_child_status(value) == ChildStatus()
