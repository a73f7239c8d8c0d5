"""A run from a source: the rows become items once, nobody writes any, and all else is as ever."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.domain.image_messages import ImageCall
from shared.domain.messages import Failure, Plan, Restart
from shared.domain.source_messages import InputTaken
from shared.reasons import Reason
from tests.support.scripted_course import Course, follow

PRODUCTS: dict[str, Any] = {"source": "products", "takes_input": True}


async def test_rows_are_taken_once_and_get_their_images_without_a_text_call(tmp_path: Path) -> None:
    course = Course()
    ended = await follow(course, tmp_path / "journal", target=70, **PRODUCTS)
    assert (ended.instance.output, ended.left_running) == ('"Closed"', [])
    assert course.calls["take_input"] == course.calls["close_items"] == 1
    assert course.calls["make_categories"] == course.calls["write_batch"] == 0
    tally = course.ending_tally()
    assert (tally.accepted, tally.made, tally.rejected) == (70, 70, {"bad_row": 2})
    assert set(course.paid.values()) == {1}


async def test_a_dry_run_takes_the_rows_and_makes_no_image(tmp_path: Path) -> None:
    course = Course()
    await follow(course, tmp_path / "journal", target=30, dry_run=True, **PRODUCTS)
    assert (course.ending_tally().accepted, course.calls["make_image"]) == (30, 0)


async def test_an_input_that_cannot_be_used_ends_the_run_before_anything_is_paid(tmp_path: Path) -> None:
    course = Course(on_input=Failure(Reason.BAD_INPUT, "row 3: is no JSON"))
    await follow(course, tmp_path / "journal", **PRODUCTS)
    assert course.ending is not None
    assert course.ending.failure == course.on_input
    assert course.calls["take_input"] == 1
    assert course.calls["make_image"] == 0


async def test_a_paused_run_goes_on_without_taking_the_input_again(tmp_path: Path) -> None:
    refused: Counter[str] = Counter()

    def block_once(call: ImageCall) -> Failure | None:
        refused[call.product_id] += 1
        return Failure(Reason.SERVER_ERROR, "oops") if refused[call.product_id] == 1 else None

    course = Course(on_image=block_once)
    await follow(course, tmp_path / "journal", target=20, pause_limit_minutes=60, **PRODUCTS)
    assert course.calls["take_input"] == 1
    assert course.ending_tally().made == 20


class ChangedRows(Course):
    """A catalog of ten images, of which three are of rows that have changed; a lost root has recorded that before."""

    async def _take_input(self, data: Any) -> InputTaken:
        return replace(await super()._take_input(data), outdated=3)

    async def _restart_run(self, _: Any) -> Plan:
        return Plan(categories=3, items=10, images=7, next_batch=2)


async def test_a_restarted_run_counts_the_images_of_changed_rows_as_missing_only_once(tmp_path: Path) -> None:
    restart = Restart(leg=1, found=Plan(categories=3, items=10, images=10))
    ended = await follow(ChangedRows(), tmp_path / "journal", target=10, restart=restart, **PRODUCTS)
    found = json.loads(ended.instance.custom_status or "{}")["found"]
    assert found["images"] == 7
