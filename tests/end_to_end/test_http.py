"""The HTTP contract, served by the durable emulator."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from shared.config import RequestDefaults
from tests.support.image_gate import ImageGate
from tests.support.running_app import run_app

PROBLEM = "urn:catalog-seeder:problem:"


async def test_a_start_answers_202_with_links_and_the_run_can_be_polled_and_listed(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        answer = await app.call("POST", "/api/runs", {"catalog": "toys", "targetCount": 4, "imageSize": "64x64"})
        assert answer.status == 202
        assert answer.headers["Location"] == answer.body["links"]["self"]
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.body["catalog"] == "toys"
        done = await app.wait(answer.body["runId"])
        polled = await app.call("GET", answer.headers["Location"])
        assert "Retry-After" not in polled.headers
        second = await app.run(catalog="games", targetCount=2)
        page = await app.call("GET", "/api/runs?limit=1")
        rest = await app.call("GET", f"/api/runs?limit=5&continuation={page.body['continuation']}")
        failed = await app.call("GET", "/api/runs?status=failed")
    assert done["status"] == "Completed"
    assert [run["runId"] for run in page.body["runs"]] == [second["runId"]]
    assert [run["runId"] for run in rest.body["runs"]] == [done["runId"]]
    assert (failed.body["runs"], failed.body["continuation"]) == ([], None)


@pytest.mark.slow
async def test_twenty_simultaneous_starts_with_one_key_are_one_run(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        body = {"catalog": "toys", "targetCount": 3, "imageSize": "64x64"}
        answers = await asyncio.gather(
            *(app.call("POST", "/api/runs", body, **{"Idempotency-Key": "k-1"}) for _ in range(20)),
        )
        runs = {answer.body["runId"] for answer in answers}
        assert {answer.status for answer in answers} == {202}
        assert len(runs) == 1
        await app.wait(runs.pop())
        later = await app.call("POST", "/api/runs", body, **{"Idempotency-Key": "k-1"})
        other = await app.call("POST", "/api/runs", body | {"targetCount": 4}, **{"Idempotency-Key": "k-1"})
        assert app.simulator.stats()["billedImageCount"] == 3
        assert "k-1" not in "".join(path.name for path in (tmp_path / "runs/keys").iterdir())
    assert (later.status, later.body["runId"]) == (202, answers[0].body["runId"])
    assert (other.status, other.body["type"]) == (422, PROBLEM + "idempotency-key-reused")


@pytest.mark.slow
async def test_a_busy_catalog_answers_409_with_the_active_run_and_another_catalog_does_not(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        gate = ImageGate(app.simulator)
        first = await app.start(targetCount=20)
        busy = await app.call("POST", "/api/runs", {"catalog": "toys"})
        keyed = await app.call("POST", "/api/runs", {"catalog": "toys"}, **{"Idempotency-Key": "later"})
        prune = await app.call("POST", "/api/catalogs/toys/prune")
        other = await app.call("POST", "/api/runs", {"catalog": "games", "targetCount": 1, "imageSize": "64x64"})
        gate.open()
        await app.wait(other.body["runId"])
        await app.wait(first)
        retried = await app.call("POST", "/api/runs", {"catalog": "toys"}, **{"Idempotency-Key": "later"})
        await app.call("POST", f"/api/runs/{retried.body['runId']}/cancel")
        await app.wait(retried.body["runId"])
    assert (busy.status, busy.body["type"], busy.body["runId"]) == (409, PROBLEM + "catalog-busy", first)
    assert busy.body["links"]["self"].endswith(first)
    assert keyed.status == 409
    # a catalog may have no items yet at this moment; then it is unknown rather than busy
    assert prune.status in {404, 409}
    assert (other.status, retried.status) == (202, 202)


@pytest.mark.slow
async def test_cancel_in_the_middle_keeps_what_is_done_and_publishes_nothing(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        gate = ImageGate(app.simulator, answers=5)
        run_id = await app.start(targetCount=60)
        await app.wait_until_billed(6)
        first = await app.call("POST", f"/api/runs/{run_id}/cancel")
        second = await app.call("POST", f"/api/runs/{run_id}/cancel")
        gate.open()
        status = await app.wait(run_id)
        billed = app.simulator.stats()["billedImageCount"]
        ended = await app.call("POST", f"/api/runs/{run_id}/cancel")
        assert not (tmp_path / "catalogs/toys/catalog.json").exists()
        assert len(app.read(f"runs/{run_id}/catalog.partial.json")) == billed
        resumed = await app.run(targetCount=60)
        assert app.simulator.stats()["billedImageCount"] == 60
    assert (first.status, second.status, ended.status) == (202, 202, 409)
    assert status["status"] == "Cancelled"
    assert billed < 60
    assert (resumed["status"], resumed["imagesKept"]) == ("Completed", billed)


async def test_a_run_that_does_not_publish_is_published_after_review(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        status = await app.run(targetCount=4, publish=False)
        assert status["status"] == "Completed"
        assert not (tmp_path / "catalogs/toys/catalog.json").exists()
        assert len(app.read(status["outputs"]["partialCatalog"])) == 4
        published = await app.call("POST", "/api/catalogs/toys/publish")
        assert len(app.read("catalogs/toys/catalog.json")) == 4
    assert (published.status, published.body["items"], published.body["missing"]) == (200, 4, 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "catalog"),
        ({"catalog": "toys", "colour": "red"}, "colour"),
        ({"catalog": "toys", "targetCount": "5"}, "targetCount"),
        ({"catalog": "toys", "targetCount": True}, "targetCount"),
        ({"catalog": "toys", "targetCount": 50_001}, "targetCount"),
        ({"catalog": "toys", "batchSize": 0}, "batchSize"),
        ({"catalog": "toys", "imageFormat": "webp"}, "imageFormat"),
        ({"catalog": "toys", "imageSize": "big"}, "imageSize"),
        ({"catalog": ""}, "catalog"),
        ({"catalog": "../x"}, "catalog"),
        ({"catalog": "a/b"}, "catalog"),
        ({"catalog": "CON"}, "catalog"),
        ({"catalog": "con"}, "catalog"),
        ({"catalog": "x" * 300}, "catalog"),
        ({"catalog": "toys", "theme": {"subject": ""}}, "theme.subject"),
        ({"catalog": "toys", "theme": {"mood": "x"}}, "theme.mood"),
    ],
)
async def test_a_request_that_breaks_the_schema_names_the_field(
    tmp_path: Path,
    body: dict[str, Any],
    field: str,
) -> None:
    async with run_app(tmp_path) as app:
        answer = await app.call("POST", "/api/runs", body)
    assert (answer.status, answer.body["type"]) == (422, PROBLEM + "invalid-request")
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert [problem["field"] for problem in answer.body["errors"]] == [field]
    assert not (tmp_path / "runs").exists()


async def test_bad_calls_are_problems_without_a_trace(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        answers = {
            "no JSON": await app.call("POST", "/api/runs", b"{catalog"),
            "not UTF-8": await app.call("POST", "/api/runs", b"\xff\xfe{"),
            "no object": await app.call("POST", "/api/runs", [1]),
            "unknown run": await app.call("GET", "/api/runs/8204736755521-af1e9c55"),
            "no run id": await app.call("GET", "/api/runs/..%2F..%2Fetc"),
            "cancel unknown": await app.call("POST", "/api/runs/8204736755521-af1e9c55/cancel"),
            "repair unknown": await app.call("POST", "/api/catalogs/nothing/repair"),
            "repair nonsense": await app.call("POST", "/api/catalogs/A..B/repair"),
            "repair bad body": await app.call("POST", "/api/catalogs/toys/repair", {"x": 1}),
            "bad status": await app.call("GET", "/api/runs?status=Sleeping"),
            "bad limit": await app.call("GET", "/api/runs?limit=0"),
            "bad continuation": await app.call("GET", "/api/runs?continuation=%00nope"),
            "blank key": await app.call("POST", "/api/runs", {"catalog": "toys"}, **{"Idempotency-Key": " "}),
        }
    assert {name: answer.status for name, answer in answers.items()} == {
        "no JSON": 400,
        "not UTF-8": 400,
        "no object": 422,
        "unknown run": 404,
        "no run id": 404,
        "cancel unknown": 404,
        "repair unknown": 404,
        "repair nonsense": 422,
        "repair bad body": 422,
        "bad status": 422,
        "bad limit": 422,
        "bad continuation": 422,
        "blank key": 422,
    }
    for answer in answers.values():
        assert answer.body["type"].startswith(PROBLEM)
        assert "Traceback" not in answer.body["detail"]


async def test_health_is_open_and_its_details_need_the_key(tmp_path: Path) -> None:
    async with run_app(tmp_path, functions_key="open-sesame") as app:
        health = await app.call("GET", "/api/health")
        closed = await app.call("GET", "/api/health/details")
        start = await app.call("POST", "/api/runs", {"catalog": "toys"})
        details = await app.call("GET", "/api/health/details", **{"x-functions-key": "open-sesame"})
    assert (health.status, health.body["status"]) == (200, "ok")
    assert (closed.status, start.status) == (401, 401)
    assert details.body["store"] == {"kind": "folder", "probe": "reached", "tried": "write"}
    assert details.body["model"]["probe"] == "reached"
    assert "a-test-key" not in str(details.body)


async def test_absent_fields_take_the_settings_defaults(tmp_path: Path) -> None:
    defaults = RequestDefaults(target_count=3, image_size="64x64", dry_run=True)
    async with run_app(tmp_path, defaults=defaults) as app:
        answer = await app.call("POST", "/api/runs", {"catalog": "toys"})
        status = await app.wait(answer.body["runId"])
    assert (status["progress"]["items"]["accepted"], status["progress"]["images"]["total"]) == (3, 0)


@pytest.mark.slow
async def test_a_damaged_file_is_kept_aside_reported_and_rebuilt_by_the_next_run(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=4, categoryCount=2)
        for name in ("catalog.json", "categories.json", "state/batches/00001.json"):
            path = tmp_path / "catalogs/toys" / name
            good = path.read_bytes()
            path.write_bytes(good[:20])
            failed = await app.run(targetCount=4, categoryCount=2)
            assert (failed["status"], failed["error"]["reason"]) == ("Failed", "damaged_file")
            assert (path.parent / f"{path.name}.damaged-{failed['runId']}").read_bytes() == good[:20]
            mended = await app.run(targetCount=4, categoryCount=2)
            assert mended["status"] == "Completed"
        rows = app.read("catalogs/toys/catalog.json")
    assert len(rows) == 4
