"""``audit.sqlite`` lists the rounds, evaluations and prompts of each item."""

from pathlib import Path

from shared.images.refinement_policy import RefinementEnd
from shared.images.round_files import RoundFiles
from shared.reasons import Reason
from shared.storage import paths
from tests.support.audit_queries import Rows, query_audit
from tests.support.audit_records import ANN, RUN, make_audit, make_call, write_calls
from tests.support.catalogs import make_item, write_batches
from tests.support.memory_store import RecordingStore
from tests.support.refined_items import write_refined, write_rewrite

BOB, CID = make_item("Bob"), make_item("Cid")
PROMPTS = "SELECT name, prompt, model, iteration, rewrites FROM prompts ORDER BY name"


async def test_every_round_is_listed_and_the_promoted_one_is_marked(store: RecordingStore, tmp_path: Path) -> None:
    await write_refined(store, RUN, ANN.product_id, [50, 80, 65], halt=RefinementEnd.NO_IMPROVEMENT)
    file = await make_audit(store, tmp_path)
    rows = query_audit(file, "SELECT * FROM iterations ORDER BY iteration")
    assert [(row["iteration"], row["prompt"], row["is_shipped"]) for row in rows] == [
        (1, "prompt 1", 0),
        (2, "prompt 2", 1),
        (3, "prompt 3", 0),
    ]
    assert rows[1] == {
        "product_id": ANN.product_id,
        "iteration": 2,
        "prompt": "prompt 2",
        "rewrites": 0,
        "file": "iteration_2.png",
        "model": "gpt-image-2",
        "bytes": 7,
        "width": 1024,
        "height": 768,
        "sha256": "00ff",
        "nano_usd": 40_000_000,
        "request_id": "drawn-2",
        "is_shipped": 1,
    }
    assert query_audit(file, "SELECT * FROM refinements") == [
        {
            "product_id": ANN.product_id,
            "iterations": 3,
            "first_score": 50,
            "best_score": 80,
            "first_likeness": None,
            "best_likeness": None,
            "shipped_iteration": 2,
            "stopped_because": "no_improvement",
            "reason": None,
            "nano_usd": 125_000_000,
        }
    ]


async def test_the_likeness_to_references_is_listed_and_decides_which_round_is_the_best(
    store: RecordingStore, tmp_path: Path
) -> None:
    await write_refined(store, RUN, ANN.product_id, [70, 95], likenesses=[90, 60], halt=None)
    file = await make_audit(store, tmp_path)
    rows = query_audit(file, "SELECT score, likeness, unlike FROM evaluations ORDER BY iteration")
    assert rows == [
        {"score": 70, "likeness": 90, "unlike": '["darker light"]'},
        {"score": 95, "likeness": 60, "unlike": '["darker light"]'},
    ]
    query = "SELECT first_score, best_score, first_likeness, best_likeness, shipped_iteration FROM refinements"
    (row,) = query_audit(file, query)
    assert list(row.values()) == [70, 70, 90, 90, 1]


async def test_findings_are_json_that_sqlite_reads(store: RecordingStore, tmp_path: Path) -> None:
    await write_refined(store, RUN, ANN.product_id, [50])
    file = await make_audit(store, tmp_path)
    (row,) = query_audit(file, "SELECT score, missing, wrong, unwanted, model, nano_usd, request_id FROM evaluations")
    assert row == {
        "score": 50,
        "missing": '["a hat"]',
        "wrong": "[]",
        "unwanted": '["text", "größer"]',
        "model": "gpt-5-vision",
        "nano_usd": 1_000_000,
        "request_id": "seen-1",
    }
    found = query_audit(file, "SELECT value FROM evaluations, json_each(unwanted)")
    assert [row["value"] for row in found] == ["text", "größer"]


async def test_prompts_that_were_written_again_are_reported_with_why(store: RecordingStore, tmp_path: Path) -> None:
    await write_refined(store, RUN, ANN.product_id, [50, 80])
    await write_rewrite(RoundFiles(store, RUN, ANN.product_id), 1, round_=2)
    rows = query_audit(await make_audit(store, tmp_path), "SELECT * FROM rewrites ORDER BY rewrite")
    assert [(row["iteration"], row["rewrite"], row["source"], row["prompt"]) for row in rows] == [
        (2, 0, "evaluation", "prompt 2"),
        (2, 1, "refusal", "neutral words 1"),
    ]
    assert (rows[0]["previous"], rows[0]["model"], rows[0]["nano_usd"], rows[0]["request_id"]) == (
        "the one before",
        "gpt-5",
        1_000_000,
        "written",
    )


async def test_the_prompt_of_an_image_is_the_one_that_it_was_generated_from(
    store: RecordingStore, tmp_path: Path
) -> None:
    await write_batches(store, ["Ann", "Bob", "Cid"])
    await write_refined(store, RUN, ANN.product_id, [50, 80, 65])
    for item, reason in ((BOB, None), (CID, Reason.CONTENT_POLICY)):
        for rewrite in (1, 2):
            await write_rewrite(RoundFiles(store, RUN, item.product_id), rewrite)
        refused = make_call(1, call_id=f"{item.name}-1", subject=item.product_id, reason=Reason.CONTENT_POLICY)
        await write_calls(
            store, refused, make_call(2, call_id=f"{item.name}-2", subject=item.product_id, reason=reason)
        )
    assert query_audit(await make_audit(store, tmp_path), PROMPTS) == [
        {"name": "Ann", "prompt": "prompt 2", "model": "gpt-image-2", "iteration": 2, "rewrites": 0},
        {"name": "Bob", "prompt": "neutral words 2", "model": "gpt-image-2", "iteration": 1, "rewrites": 2},
        {"name": "Cid", "prompt": CID.image_prompt, "model": "gpt-image-2", "iteration": None, "rewrites": 0},
    ]


async def test_an_image_is_listed_with_the_model_that_generated_it(store: RecordingStore, tmp_path: Path) -> None:
    await write_batches(store, ["Ann"])
    looked = make_call(2, kind="vision", model="gpt-5-vision", started_at=make_call().started_at.replace(year=2027))
    await write_calls(store, make_call(), looked)
    file = await make_audit(store, tmp_path)
    assert [row["model"] for row in query_audit(file, PROMPTS)] == ["gpt-image-2"]
    calls = query_audit(file, "SELECT kind, product_id, batch, iteration FROM api_calls ORDER BY kind")
    assert calls == [
        {"kind": kind, "product_id": ANN.product_id, "batch": None, "iteration": 1} for kind in ("image", "vision")
    ]


async def test_a_text_call_for_an_item_is_reported_with_its_product(store: RecordingStore, tmp_path: Path) -> None:
    await write_calls(store, make_call(kind="text", iteration=2, reason=Reason.REFUSAL))
    file = await make_audit(store, tmp_path)
    expected: Rows = [{"product_id": ANN.product_id}]
    assert query_audit(file, "SELECT product_id FROM api_calls WHERE batch IS NULL AND iteration = 2") == expected
    assert query_audit(file, "SELECT product_id FROM errors") == expected


async def test_a_record_that_cannot_be_read_is_an_error_of_its_item(store: RecordingStore, tmp_path: Path) -> None:
    await write_refined(store, RUN, ANN.product_id, [50, 80])
    await write_refined(store, RUN, BOB.product_id, [90])
    damaged = paths.result_file(RUN, ANN.product_id, "iteration_2_results.json")
    await store.write(damaged, b"[]", content_type="application/json")
    file = await make_audit(store, tmp_path)
    (error,) = query_audit(file, "SELECT scope, product_id, reason, message FROM errors")
    assert (error["scope"], error["product_id"], error["reason"]) == ("audit", ANN.product_id, "damaged_file")
    assert damaged in error["message"]
    assert (
        len(query_audit(file, "SELECT * FROM iterations")) == len(query_audit(file, "SELECT * FROM refinements")) == 2
    )


async def test_a_run_without_refinement_has_no_rounds(store: RecordingStore, tmp_path: Path) -> None:
    await write_rewrite(RoundFiles(store, RUN, ANN.product_id), 1)
    file = await make_audit(store, tmp_path)
    counts = "SELECT (SELECT COUNT(*) FROM iterations) AS images, (SELECT COUNT(*) FROM refinements) AS items"
    assert query_audit(file, counts) == [{"images": 0, "items": 0}]
    assert len(query_audit(file, "SELECT * FROM rewrites")) == 1
