"""``refinements.json`` has a row for each refined item, and a line sums them up."""

from typing import Any

import pytest

from shared.catalog.publish import read_catalog_view
from shared.images.refined_items import RefinementResult
from shared.images.refinement_policy import RefinementEnd
from shared.images.refinements_file import RefinementTotals, write_refinements
from shared.images.round_files import RoundFiles
from tests.support.catalogs import CATALOG, read_data, write_batches, write_images
from tests.support.memory_store import RecordingStore
from tests.support.refined_items import write_refined, write_rewrite

RUN = "8203891199999-0a1b2c3d"


async def write_list(store: RecordingStore) -> tuple[list[dict[str, Any]], str | None]:
    view = await read_catalog_view(store, CATALOG, with_images=True)
    output, totals = await write_refinements(store, RUN, view)
    assert output == {"refinements": f"runs/{RUN}/refinements.json"}
    return await read_data(store, output["refinements"]), totals.describe()


async def test_rows_are_in_the_order_of_the_catalog(store: RecordingStore) -> None:
    ann, bob, cid, dan = await write_batches(store, ["Ann", "Bob"], ["Cid", "Dan"])
    await write_images(store, [ann, bob, cid])
    await write_refined(store, RUN, dan.product_id, [], halt=RefinementEnd.FAILED, reason="content_policy")
    await write_refined(store, RUN, cid.product_id, [60, None], halt=None)
    await write_refined(store, RUN, ann.product_id, [50, 80, 65], halt=RefinementEnd.NO_IMPROVEMENT)
    await write_rewrite(RoundFiles(store, RUN, bob.product_id), 1)
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
        "likeness": None,
        "firstLikeness": None,
        "stoppedBecause": "no_improvement",
        "reason": None,
    }
    assert [(row["iterations"], row["stoppedBecause"], row["reason"]) for row in rows[1:]] == [
        (2, None, None),
        (0, "failed", "content_policy"),
    ]
    assert note == "images evaluated: 2 (kept the first 1, the second 1; mean score 55 -> 70)"


async def test_rows_and_the_note_have_the_likeness_to_style_references(store: RecordingStore) -> None:
    ann, bob = await write_batches(store, ["Ann", "Bob"])
    await write_images(store, [ann, bob])
    await write_refined(store, RUN, ann.product_id, [50, 80], likenesses=[60, 70], halt=None)
    await write_refined(store, RUN, bob.product_id, [90, 95], likenesses=[80, 50])
    rows, note = await write_list(store)
    names = ("shippedIteration", "firstScore", "score", "firstLikeness", "likeness")
    assert [[row[name] for name in names] for row in rows] == [[2, 50, 80, 60, 70], [1, 90, 90, 80, 80]]
    assert note == ("images evaluated: 2 (kept the first 1, the second 1; mean score 70 -> 85, mean likeness 70 -> 75)")


async def test_without_any_the_list_is_there_and_empty(store: RecordingStore) -> None:
    await write_batches(store, ["Ann"])
    assert await write_list(store) == ([], None)


LOOKED_AT, UNSEEN = RefinementResult(2, 60, 90, 2, "accepted", None), RefinementResult(1, None, None, 1, "failed", "x")


@pytest.mark.parametrize(
    ("outcomes", "line"),
    [
        ([RefinementResult(0, None, None, None, "failed", "content_policy")], None),
        ([UNSEEN], "images evaluated: 0 of 1"),
        ([RefinementResult(1, 90, 90, 1, "accepted", None)], "images evaluated: 1 (kept the first 1; mean score 90)"),
        ([UNSEEN, LOOKED_AT], "images evaluated: 1 of 2 (kept the second 1; mean score 60 -> 90)"),
        (
            [RefinementResult(3, 40, 95, 3, "iterations_used", None), LOOKED_AT, LOOKED_AT],
            "images evaluated: 3 (kept the second 2, the third 1; mean score 53 -> 92)",
        ),
    ],
)
def test_a_line_says_what_it_came_to(outcomes: list[RefinementResult], line: str | None) -> None:
    totals = RefinementTotals()
    for outcome in outcomes:
        totals.count(outcome)
    assert totals.describe() == line


def test_a_line_reports_why_refinements_failed() -> None:
    totals = RefinementTotals()
    totals.count(LOOKED_AT)
    totals.count(RefinementResult(0, None, None, None, "failed", "server_error", "HTTP 500"))
    assert totals.describe_failures() is None
    totals.count(RefinementResult(2, 60, 60, 1, "failed", "content_policy", "HTTP 400; refused"))
    for number in range(2):
        totals.count(RefinementResult(1, None, None, 1, "failed", "bad_request", f"HTTP 400; no images, {number}"))
    assert totals.describe_failures() == (
        "refinements that failed: 2 x bad_request, 1 x content_policy; for example: HTTP 400; no images, 0"
    )
