"""What callers see of runs that did not go the usual way."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from durable_emulator.engine.instances import InstanceFilter
from shared.runs.request import SeedRequest
from shared.runs.run_claim import make_local_host_id
from tests.support.image_gate import ImageGate
from tests.support.running_app import RunningApp, run_app

DEAD_HOST = f"local:{socket.gethostname()}:999999999"
PROBLEM = "urn:catalog-seeder:problem:"
LEFT_RUN = "8204736755521-af1e9c55"


def leave_run(app: RunningApp, *, host_id: str = DEAD_HOST, age: timedelta = timedelta()) -> str:
    """Leave what a run leaves whose host went away before its orchestration was started."""
    claim = {"runId": LEFT_RUN, "hostId": host_id, "heartbeatAt": (datetime.now(UTC) - age).isoformat()}
    app.write(f"runs/{LEFT_RUN}/request.json", {"catalog": "toys", "targetCount": 3, "imageSize": "64x64"})
    app.write("catalogs/toys/state/active.json", claim)
    return LEFT_RUN


async def test_a_run_whose_host_is_gone_is_interrupted_and_a_cancel_ends_it_permanently(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id = leave_run(app)
        left = await app.call("GET", f"/api/runs/{run_id}")
        cancel = await app.call("POST", f"/api/runs/{run_id}/cancel")
        cancelled = await app.call("GET", f"/api/runs/{run_id}")
        again = await app.call("POST", f"/api/runs/{run_id}/cancel")
        next_run = await app.run(targetCount=3)
    assert (left.body["status"], left.body["error"]["reason"]) == ("Interrupted", "interrupted")
    assert "Retry-After" not in left.headers
    assert cancel.status == 202
    assert (cancelled.body["status"], cancelled.body["error"]["reason"]) == ("Cancelled", "cancelled")
    assert (again.status, again.body["type"]) == (409, PROBLEM + "run-ended")
    assert next_run["status"] == "Completed"


@pytest.mark.parametrize(
    ("host_id", "age", "status"),
    [
        (make_local_host_id(), timedelta(seconds=1), "Pending"),
        (make_local_host_id(), timedelta(seconds=61), "Interrupted"),
        ("azure:elsewhere", timedelta(minutes=14), "Pending"),
        ("azure:elsewhere", timedelta(minutes=16), "Interrupted"),
        (DEAD_HOST, timedelta(seconds=1), "Interrupted"),
    ],
    ids=[
        "this host, 1 s",
        "this host, 61 s",
        "Azure, 14 min",
        "Azure, 16 min",
        "dead host",
    ],  # the same in every process
)
async def test_a_run_without_an_orchestration_is_what_its_claim_says(
    tmp_path: Path,
    host_id: str,
    age: timedelta,
    status: str,
) -> None:
    async with run_app(tmp_path) as app:
        answer = await app.call("GET", f"/api/runs/{leave_run(app, host_id=host_id, age=age)}")
    assert answer.body["status"] == status


async def test_a_run_that_is_cancelled_before_its_orchestration_starts_ends_cancelled_and_bills_nothing(
    tmp_path: Path,
) -> None:
    body = {"catalog": "toys", "targetCount": 3, "imageSize": "64x64"}
    async with run_app(tmp_path) as app:
        run_id = leave_run(app, host_id=make_local_host_id())
        cancel = await app.call("POST", f"/api/runs/{run_id}/cancel")
        seed = {"run_id": run_id, "catalog": "toys", "target_count": 3, "parallel_image_requests": 1, "max_retries": 0}
        app.start_instance("seed_catalog", seed, run_id)
        status = await app.wait(run_id)
        stats = app.simulator.stats()
        following = await app.call("POST", "/api/runs", body)
    assert (cancel.status, cancel.body["status"]) == (202, "Pending")
    assert (status["status"], status["cost"]["calls"]) == ("Cancelled", 0)
    assert stats["requests"] == {"images": {}, "responses": {}}
    assert following.status == 202


async def test_a_run_is_reported_from_its_summary_when_its_history_was_purged(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        ended = await app.run(targetCount=2)
        app.host.engine.purge(InstanceFilter())
        purged = await app.call("GET", f"/api/runs/{ended['runId']}")
        cancel = await app.call("POST", f"/api/runs/{ended['runId']}/cancel")
    assert purged.body == ended
    assert cancel.status == 409


@pytest.mark.slow
async def test_runs_are_listed_by_status_page_by_page_and_a_damaged_file_hides_no_other_run(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        left = leave_run(app)
        done = [(await app.run(catalog=f"games-{number}", targetCount=1))["runId"] for number in range(3)]
        app.simulator.set_faults({"apiKey": "another"})
        failed = (await app.run(catalog="others"))["runId"]
        listed = await app.call("GET", "/api/runs?limit=100")
        by_status = {
            status: [run["runId"] for run in (await app.call("GET", f"/api/runs?status={status}")).body["runs"]]
            for status in ("Completed", "failed", "Interrupted", "Cancelled")
        }
        pages: list[str] = []
        continuation = ""
        while True:
            page = await app.call("GET", f"/api/runs?status=completed&limit=1&continuation={continuation}")
            pages.extend(run["runId"] for run in page.body["runs"])
            continuation = page.body["continuation"] or ""
            if not continuation:
                break
        (tmp_path / f"runs/{done[1]}/summary.json").write_text("{", encoding="utf-8")
        without = await app.call("GET", "/api/runs")
    newest_first = [failed, *reversed(done), left]
    assert sorted(newest_first) == [run["runId"] for run in listed.body["runs"]]
    assert by_status == {
        "Completed": sorted(done),
        "failed": [failed],
        "Interrupted": [left],
        "Cancelled": [],
    }
    assert pages == sorted(done)
    assert {run["runId"] for run in without.body["runs"]} == {failed, done[0], done[2], left}


@pytest.mark.parametrize("limit", ["0", "101", "1.5", "5_0", "%205", "%2B5", "five"])
async def test_a_limit_other_than_a_whole_number_up_to_100_is_refused(tmp_path: Path, limit: str) -> None:
    async with run_app(tmp_path) as app:
        answer = await app.call("GET", f"/api/runs?limit={limit}")
    assert answer.status == 422
    assert [problem["field"] for problem in answer.body["errors"]] == ["limit"]


async def test_nothing_changes_a_catalog_under_a_run(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"rates": {"content_policy": 0.4}}) as app:
        await app.run(targetCount=8)
        app.simulator.set_faults({})
        gate = ImageGate(app.simulator)
        run_id = await app.start(targetCount=8)
        answers = [
            await app.call("POST", f"/api/catalogs/toys/{operation}") for operation in ("prune", "publish", "repair")
        ]
        gate.open()
        status = await app.wait(run_id)
        published = await app.call("POST", "/api/catalogs/toys/publish")
    assert [answer.status for answer in answers] == [409, 409, 409]
    assert {answer.body["runId"] for answer in answers} == {run_id}
    assert (status["status"], status["progress"]["images"]["done"]) == ("Completed", 8)
    assert published.status == 200


async def test_repair_takes_the_catalogs_last_request_and_no_other_theme(tmp_path: Path) -> None:
    theme = {"subject": "garden tools", "openings": ["Studio photo of"], "tail": "white background"}
    async with run_app(tmp_path, faults={"rates": {"content_policy": 0.4}}) as app:
        first = await app.run(targetCount=8, theme=theme, forceImages=True, publish=False)
        app.simulator.set_faults({})
        other = await app.call("POST", "/api/catalogs/toys/repair", {"theme": {"subject": "cars"}})
        start = await app.call("POST", "/api/catalogs/toys/repair", {"parallelImageRequests": 2})
        repaired = await app.wait(start.body["runId"])
        request = app.read(f"runs/{start.body['runId']}/request.json")
        rows = app.read("catalogs/toys/catalog.json")
    missing = first["progress"]["images"]["failed"]
    assert other.status == 422
    assert [problem["field"] for problem in other.body["errors"]] == ["theme"]
    assert (repaired["status"], repaired["imagesMade"], repaired["imagesKept"]) == ("Completed", missing, 8 - missing)
    assert (request["theme"]["subject"], request["parallelImageRequests"]) == ("garden tools", 2)
    assert all(row["imagePrompt"].startswith("Studio photo of") for row in rows)


async def test_a_catalog_whose_every_draft_was_rejected_cannot_be_repaired(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        app.write("catalogs/toys/state/batches/00001.json", {"batch": 1, "runId": LEFT_RUN, "items": [], "asked": 4})
        repair = await app.call("POST", "/api/catalogs/toys/repair")
    assert (repair.status, repair.body["type"]) == (404, PROBLEM + "unknown-catalog")


@pytest.mark.parametrize("body", [b'{"catalog": "toys", "\\ud800": 1}', b'{"catalog": "\\ud800"}', b'{"catalog": NaN}'])
async def test_a_body_of_odd_characters_is_a_problem_and_not_a_crash(tmp_path: Path, body: bytes) -> None:
    async with run_app(tmp_path) as app:
        answer = await app.call("POST", "/api/runs", body)
    assert answer.status == 422
    assert answer.body["type"] == PROBLEM + "invalid-request"


async def test_the_request_of_a_run_is_returned_with_the_defaults_that_were_in_force(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        found = await app.call("GET", f"/api/runs/{leave_run(app)}/request")
        unknown = [await app.call("GET", f"/api/runs/{name}/request") for name in ("8204736755521-ffffffff", "keys")]
    assert found.status == 200
    assert found.body == SeedRequest(catalog="toys", target_count=3, image_size="64x64").to_json()
    assert {(answer.status, answer.body["type"]) for answer in unknown} == {(404, PROBLEM + "unknown-run")}


async def test_runs_are_listed_by_catalog(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        run_id = leave_run(app)
        own = await app.call("GET", "/api/runs?catalog=toys")
        other = await app.call("GET", "/api/runs?catalog=lego")
        wrong = await app.call("GET", "/api/runs?catalog=No%20name")
    assert [run["runId"] for run in own.body["runs"]] == [run_id]
    assert other.body == {"runs": [], "continuation": None}
    assert (wrong.status, wrong.body["errors"][0]["field"]) == (422, "catalog")
