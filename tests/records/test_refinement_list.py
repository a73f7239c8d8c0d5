"""``refinements.json`` has a row for each item that was looked at, and a line says what they come to."""

from typing import Any

import pytest

from shared.domain.refinement import Halt
from shared.records.publication import view_catalog
from shared.records.refined_items import Outcome
from shared.records.refinement_list import RefinementTally, write_refinements
from shared.records.refinements import Results
from tests.support.catalogs import CATALOG, read_data, write_batches, write_images
from tests.support.memory_store import WatchedStore
from tests.support.refined import write_refined, write_rewrite

RUN = "8203891199999-0a1b2c3d"


async def write_list(store: WatchedStore) -> tuple[list[dict[str, Any]], str | None]:
    view = await view_catalog(store, CATALOG, with_images=True)
    output, tally = await write_refinements(store, RUN, view)
    assert output == {"refinements": f"runs/{RUN}/refinements.json"}
    return await read_data(store, output["refinements"]), tally.describe()


async def test_rows_are_in_the_order_of_the_catalog(store: WatchedStore) -> None:
    ann, bob, cid, dan = await write_batches(store, ["Ann", "Bob"], ["Cid", "Dan"])
    await write_images(store, [ann, bob, cid])
    await write_refined(store, RUN, dan.product_id, [], halt=Halt.FAILED, reason="content_policy")
    await write_refined(store, RUN, cid.product_id, [60, None], halt=None)
    await write_refined(store, RUN, ann.product_id, [50, 80, 65], halt=Halt.NO_IMPROVEMENT)
    await write_rewrite(Results(store, RUN, bob.product_id), 1)
    rows, note = await write_list(store)
    assert [row["name"] for row in rows] == ["Ann", "Cid", "Dan"]
    assert rows[0] == {
        "productId": ann.product_id,
        "name": "Ann",
        "filename": ann.filename,
        "iterations": 3,
        "shippedIteration": 2,
        "score": 80,
        "firstScore": 50,
        "stoppedBecause": "no_improvement",
        "reason": None,
    }
    assert [(row["iterations"], row["stoppedBecause"], row["reason"]) for row in rows[1:]] == [
        (2, None, None),
        (0, "failed", "content_policy"),
    ]
    assert note == "pictures looked at: 2 (kept the first 1, the second 1; mean score 55 -> 70)"


async def test_without_any_the_list_is_there_and_empty(store: WatchedStore) -> None:
    await write_batches(store, ["Ann"])
    assert await write_list(store) == ([], None)


LOOKED_AT, UNSEEN = Outcome(2, 60, 90, 2, "accepted", None), Outcome(1, None, None, 1, "failed", "x")


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ([Outcome(0, None, None, None, "failed", "content_policy")], None),
        ([UNSEEN], "pictures looked at: 0 of 1"),
        ([Outcome(1, 90, 90, 1, "accepted", None)], "pictures looked at: 1 (kept the first 1; mean score 90)"),
        ([UNSEEN, LOOKED_AT], "pictures looked at: 1 of 2 (kept the second 1; mean score 60 -> 90)"),
        (
            [Outcome(3, 40, 95, 3, "iterations_used", None), LOOKED_AT, LOOKED_AT],
            "pictures looked at: 3 (kept the second 2, the third 1; mean score 53 -> 92)",
        ),
    ],
)
def test_a_line_says_what_it_came_to(outcomes: list[Outcome], told: str | None) -> None:
    tally = RefinementTally()
    for outcome in outcomes:
        tally.count(outcome)
    assert tally.describe() == told


def test_a_line_says_why_pictures_were_not_looked_at_to_the_end() -> None:
    tally = RefinementTally()
    tally.count(LOOKED_AT)
    tally.count(Outcome(0, None, None, None, "failed", "server_error", "HTTP 500"))
    assert tally.describe_failures() is None
    tally.count(Outcome(2, 60, 60, 1, "failed", "content_policy", "HTTP 400; refused"))
    for number in range(2):
        tally.count(Outcome(1, None, None, 1, "failed", "bad_request", f"HTTP 400; no pictures, {number}"))
    assert tally.describe_failures() == (
        "pictures not looked at to the end: 2 x bad_request, 1 x content_policy; such as: HTTP 400; no pictures, 0"
    )
