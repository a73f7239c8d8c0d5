"""Whole runs through every fault of the service, with the real SDK."""

import shutil
from pathlib import Path

import pytest

from tests.support.running_app import FAST, run_app

RATES = {
    "rate_limited": 0.2,
    "server_error": 0.05,
    "dropped": 0.05,
    "bad_image": 0.03,
    "truncated_json": 0.1,
    "duplicate_names": 0.2,
    "forbidden_words": 0.1,
}


@pytest.mark.slow
async def test_every_item_and_image_is_generated_through_all_transient_faults(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": RATES, "retryAfterSeconds": 1}) as app:
        status = await app.run(targetCount=40, categoryCount=5, batchSize=10)
        assert len(app.read("catalogs/toys/catalog.json")) == 40
    assert (status["status"], status["failures"]) == ("Completed", {})


@pytest.mark.slow
async def test_refused_images_are_reported_and_a_repair_bills_only_them(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": {"content_policy": 0.3}}) as app:
        status = await app.run(targetCount=20, categoryCount=4)
        failed = app.read(f"runs/{status['runId']}/failed_images.json")
        assert status["status"] == "CompletedWithFailures"
        assert 0 < len(failed) < 20
        assert {row["reason"] for row in failed} == {"content_policy"}
        assert status["failures"] == {"content_policy": len(failed)}
        assert len(app.read("catalogs/toys/catalog.json")) == 20 - len(failed)
        paid = app.simulator.stats()["billedImageCount"]

        app.simulator.set_faults({"latencySeconds": FAST})
        repair = await app.call("POST", "/api/catalogs/toys/repair")
        repaired = await app.wait(repair.body["runId"])
        assert app.simulator.stats()["billedImageCount"] == paid + len(failed)
    assert (repair.status, repaired["status"], repaired["imagesMade"]) == (202, "Completed", len(failed))
    assert repaired["cost"]["textCalls"] == 0


@pytest.mark.slow
async def test_prune_leaves_a_catalog_without_gaps_and_a_backup(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": {"content_policy": 0.3}}) as app:
        status = await app.run(targetCount=20, categoryCount=4)
        missing = {row["productId"] for row in app.read(f"runs/{status['runId']}/failed_images.json")}
        pruned = await app.call("POST", "/api/catalogs/toys/prune")
        again = await app.call("POST", "/api/catalogs/toys/prune")
        repair = await app.wait((await app.call("POST", "/api/catalogs/toys/repair")).body["runId"])
    assert pruned.status == 200
    assert {row["productId"] for row in pruned.body["pruned"]} == missing
    assert pruned.body["items"] == 20 - len(missing)
    assert list((tmp_path / pruned.body["backup"]).rglob("0*.json"))
    assert (again.body["pruned"], again.body["backup"]) == ([], None)
    assert (repair["status"], repair["imagesMade"]) == ("Completed", 0)


async def test_a_blocked_account_stops_the_run_within_the_window(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"accountBlockAfter": 10}) as app:
        status = await app.run(targetCount=60, categoryCount=4)
        stats = app.simulator.stats()
        failed = app.read(f"runs/{status['runId']}/failed_images.json")
    assert (status["status"], status["error"]["reason"]) == ("Failed", "account_blocked")
    assert sum(stats["requests"]["images"].values()) <= 10 + 8
    assert {row["reason"] for row in failed} == {"account_blocked"}
    assert not (tmp_path / "catalogs/toys/catalog.json").exists()


@pytest.mark.slow
async def test_the_next_run_keeps_what_a_blocked_run_generated(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"accountBlockAfter": 10}) as app:
        await app.run(targetCount=20, categoryCount=4)
        app.simulator.set_faults({"latencySeconds": FAST})
        status = await app.run(targetCount=20, categoryCount=4)
        assert set(app.simulator.stats()["billedImagesByPrompt"].values()) == {1}
    assert status["status"] == "Completed"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"apiKey": "another-key"}, "authentication"),
        ({"rates": {"refusal": 1}}, "refusal"),
        ({"rates": {"truncated_json": 1}}, None),
    ],
)
async def test_a_service_that_gives_no_categories_fails_the_run_with_the_reason(
    tmp_path: Path,
    fault: dict[str, object],
    reason: str | None,
) -> None:
    async with run_app(tmp_path, faults=fault) as app:
        status = await app.run(targetCount=4, categoryCount=2, maxRetries=1)
    assert status["status"] == "Failed"
    assert status["error"]["reason"] == reason or reason is None
    assert "a-test-key" not in str(status)


async def test_a_missing_endpoint_is_a_connection_failure(tmp_path: Path) -> None:
    async with run_app(tmp_path, endpoint="http://127.0.0.1:9") as app:
        status = await app.run(targetCount=4, categoryCount=2, maxRetries=0)
    assert (status["status"], status["error"]["reason"]) == ("Failed", "connection")


async def test_five_batches_without_a_new_item_end_the_run_after_one_retry_each(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=2, categoryCount=2)
        before = app.simulator.stats()["requests"]["responses"]["200"]
        app.simulator.set_faults({"latencySeconds": FAST, "rates": {"refusal": 1}})
        status = await app.run(targetCount=5, categoryCount=2)
        answers = app.simulator.stats()["requests"]["responses"]["200"] - before
        assert len(app.read("catalogs/toys/catalog.json")) == 2
    assert (status["status"], status["error"]["reason"]) == ("CompletedWithFailures", "no_new_items")
    assert answers == 5 * 2
    assert status["cost"]["textCalls"] == answers


@pytest.mark.slow
async def test_rejected_drafts_are_kept_with_their_reasons_and_generated_again(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": {"forbidden_words": 0.5}}) as app:
        status = await app.run(targetCount=30, categoryCount=2, batchSize=5)
        rejected = app.read(f"runs/{status['runId']}/rejected_items.json")
        assert len(app.read("catalogs/toys/catalog.json")) == 30
    assert status["status"] == "Completed"
    assert rejected
    assert all(row["reasons"] == ["forbidden_word"] and row["name"] for row in rejected)
    assert status["progress"]["items"]["rejected"] == len(rejected)


async def test_a_forced_image_that_was_not_generated_is_reported(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=8, categoryCount=2)
        app.simulator.set_faults({"latencySeconds": FAST, "rates": {"content_policy": 0.5}})
        status = await app.run(targetCount=8, categoryCount=2, forceImages=True)
        failed = app.read(f"runs/{status['runId']}/failed_images.json")
        assert len(app.read("catalogs/toys/catalog.json")) == 8
    assert status["status"] == "CompletedWithFailures"
    assert 0 < len(failed) < 8
    assert status["imagesMade"] == 8 - len(failed)


async def test_a_catalog_without_items_is_not_published_and_an_earlier_one_stays(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=4, categoryCount=2)
        shutil.rmtree(tmp_path / "catalogs" / "toys" / "state" / "batches")
        app.simulator.set_faults({"latencySeconds": FAST, "rates": {"refusal": 1}})
        status = await app.run(targetCount=4, categoryCount=2, maxRetries=0)
        refused = await app.call("POST", "/api/catalogs/toys/publish")
        assert len(app.read("catalogs/toys/catalog.json")) == 4
    assert (status["status"], status["error"]["reason"]) == ("Failed", "refusal")
    assert (refused.status, refused.body["type"]) == (404, "urn:catalog-seeder:problem:unknown-catalog")


async def test_prune_does_not_empty_a_catalog_without_images(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=4, categoryCount=2, dryRun=True)
        refused = await app.call("POST", "/api/catalogs/toys/prune")
        assert len(app.read("catalogs/toys/catalog.json")) == 4
    assert (refused.status, refused.body["type"]) == (409, "urn:catalog-seeder:problem:nothing-to-keep")
