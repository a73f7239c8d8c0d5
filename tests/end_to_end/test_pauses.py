"""A blocked run stops its billed calls at once; with `pauseOnBlock` it can be resumed."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from durable_emulator.engine.clock import ManualClock
from model_simulator.in_process import RunningSimulator, running_simulator
from tests.end_to_end.test_kill import read_url
from tests.end_to_end.test_refining import read_summaries
from tests.support.running_app import FAST, RunningApp, run_app
from tests.support.seeder_process import start_seeder

LIFTED = {"latencySeconds": FAST}
BLOCKED = {"accountBlockAfter": 10}
WAITS: dict[str, Any] = {"pauseOnBlock": True, "targetCount": 24, "categoryCount": 4, "parallelImageRequests": 4}


def count_image_requests(simulator: RunningSimulator) -> int:
    return sum(simulator.stats()["requests"]["images"].values())


async def pause(app: RunningApp, **request: Any) -> str:
    """Start a run, wait until it has paused, and return its id."""
    status = await app.run(**WAITS | request)
    assert status["status"] == "Paused", status
    return str(status["runId"])


async def resume(app: RunningApp, run_id: str) -> dict[str, Any]:
    """Resume a run, wait until it has ended or paused again, and return its status."""
    answer = await app.call("POST", f"/api/runs/{run_id}/resume")
    assert answer.status == 202, answer
    return await app.wait(run_id)


def assert_complete(app: RunningApp, status: dict[str, Any], items: int = 24) -> None:
    assert (status["status"], status["error"], status["pausedUntil"]) == ("Completed", None, None)
    assert status["progress"]["images"] == {"done": items, "failed": 0, "total": items}
    assert (status["imagesMade"], status["failures"]) == (items, {})
    assert len(app.read("catalogs/toys/catalog.json")) == items
    billed = app.simulator.stats()["billedImagesByPrompt"]
    assert len(billed) == items
    assert set(billed.values()) == {1}


@pytest.mark.slow
async def test_a_block_after_fifty_images_costs_at_most_one_call_a_slot(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"accountBlockAfter": 50}) as app:
        status = await app.run(targetCount=120, categoryCount=4, parallelImageRequests=16)
        requests = count_image_requests(app.simulator)
        failed = app.read(f"runs/{status['runId']}/failed_images.json")
    assert (status["status"], status["error"]["reason"]) == ("Failed", "account_blocked")
    assert 50 <= requests <= 50 + 16
    assert {row["reason"] for row in failed} == {"account_blocked"}


async def test_a_blocked_run_with_pause_on_block_is_paused_and_bills_nothing(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=BLOCKED) as app:
        run_id = await pause(app, pauseLimitMinutes=90)
        status = (await app.call("GET", f"/api/runs/{run_id}")).body
        kept = app.read(f"runs/{run_id}/progress.json")
        listed = await app.call("GET", "/api/runs?status=paused")
        busy = await app.call("POST", "/api/runs", {"catalog": "toys"})
        requests = count_image_requests(app.simulator)
    assert (status["stage"], status["error"]["reason"]) == ("paused", "account_blocked")
    until, since = (datetime.fromisoformat(moment) for moment in (status["pausedUntil"], status["createdAt"]))
    assert timedelta(minutes=90) <= until - since < timedelta(minutes=95)
    assert (kept["status"], kept["pausedUntil"]) == ("Paused", status["pausedUntil"])
    assert [run["runId"] for run in listed.body["runs"]] == [run_id]
    assert (busy.status, busy.body["runId"]) == (409, run_id)
    assert requests <= 10 + 4
    assert not (tmp_path / "catalogs/toys/catalog.json").exists()


@pytest.mark.slow
async def test_a_resumed_run_generates_the_rest_and_bills_nothing_twice(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=BLOCKED) as app:
        run_id = await pause(app)
        app.simulator.set_faults(LIFTED)
        status = await resume(app, run_id)
        late = await app.call("POST", f"/api/runs/{run_id}/resume")
        assert_complete(app, status)
    assert (late.status, late.body["type"]) == (409, "urn:catalog-seeder:problem:run-not-paused")
    assert late.body["runStatus"] == "Completed"


@pytest.mark.slow
async def test_resuming_into_the_block_costs_one_call_and_pauses_again(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=BLOCKED) as app:
        run_id = await pause(app)
        for _ in range(2):
            before = count_image_requests(app.simulator)
            again = await resume(app, run_id)
            assert (again["status"], again["error"]["reason"]) == ("Paused", "account_blocked")
            assert count_image_requests(app.simulator) == before + 1
        app.simulator.set_faults(LIFTED)
        assert_complete(app, await resume(app, run_id))


@pytest.mark.slow
async def test_two_resumes_at_once_are_one(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=BLOCKED) as app:
        run_id = await pause(app)
        app.simulator.set_faults(LIFTED)
        answers = await asyncio.gather(*(app.call("POST", f"/api/runs/{run_id}/resume") for _ in range(2)))
        assert 202 in {answer.status for answer in answers} <= {202, 409}
        assert_complete(app, await app.wait(run_id))


@pytest.mark.slow
async def test_a_paused_run_is_cancelled_and_keeps_what_it_made(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults=BLOCKED) as app:
        run_id = await pause(app)
        cancel = await app.call("POST", f"/api/runs/{run_id}/cancel")
        resumed = await app.call("POST", f"/api/runs/{run_id}/resume")
        status = await app.wait(run_id)
        app.simulator.set_faults(LIFTED)
        following = await app.run(**WAITS)
        assert set(app.simulator.stats()["billedImagesByPrompt"].values()) == {1}
    assert (cancel.status, cancel.body["status"], resumed.status) == (202, "Running", 409)
    assert (status["status"], status["error"]["reason"]) == ("Cancelled", "cancelled")
    assert following["status"] == "Completed"
    assert following["imagesKept"] == status["imagesMade"] == 10


@pytest.mark.slow
async def test_a_paused_run_that_is_not_resumed_fails_at_the_pause_limit(tmp_path: Path) -> None:
    clock = ManualClock()

    async def look_until(*statuses: str) -> dict[str, Any]:
        async with asyncio.timeout(300):
            while True:
                status = (await app.call("GET", f"/api/runs/{run_id}")).body
                if status["status"] in statuses:
                    return dict(status)
                clock.advance(1)

    async with run_app(tmp_path, faults=BLOCKED, clock=clock) as app:
        run_id = await app.start(**WAITS | {"pauseLimitMinutes": 60})
        paused = await look_until("Paused")
        clock.jump_to(datetime.fromisoformat(paused["pausedUntil"]) - timedelta(seconds=1))
        waiting = (await app.call("GET", f"/api/runs/{run_id}")).body
        clock.advance(1)
        ended = await look_until("Failed", "Completed")
        late = await app.call("POST", f"/api/runs/{run_id}/resume")
        failed = app.read(f"runs/{run_id}/failed_images.json")
    assert waiting["status"] == "Paused"
    assert (ended["status"], ended["error"]["reason"]) == ("Failed", "account_blocked")
    assert {row["reason"] for row in failed} == {"account_blocked"}
    assert late.status == 409


@pytest.mark.slow
async def test_a_run_that_is_refused_from_the_first_call_on_pauses_too(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"apiKey": "another"}) as app:
        run_id = await pause(app)
        status = (await app.call("GET", f"/api/runs/{run_id}")).body
        app.simulator.set_faults(LIFTED)
        assert_complete(app, await resume(app, run_id))
    assert status["error"]["reason"] == "authentication"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "reason"), [("content_policy", "too_many_refusals"), ("server_error", "too_many_errors")]
)
async def test_calls_that_mostly_fail_pause_a_run_too(tmp_path: Path, fault: str, reason: str) -> None:
    many = {"targetCount": 80, "parallelImageRequests": 16, "maxRetries": 0}
    async with run_app(tmp_path) as app:
        await app.run(**WAITS | many | {"dryRun": True})  # so that it is image calls that fail
        app.simulator.set_faults(LIFTED | {"rates": {fault: 0.9}})
        status = await app.run(**WAITS | many)
        assert (status["status"], status["error"]["reason"]) == ("Paused", reason), status
        assert count_image_requests(app.simulator) <= 50 + 16
        app.simulator.set_faults(LIFTED)
        ended = await resume(app, status["runId"])
        assert set(app.simulator.stats()["billedImagesByPrompt"].values()) == {1}
    refused = ended["failures"].get("content_policy", 0)
    assert ended["progress"]["images"]["done"] == 80 - refused
    assert (refused > 0) == (fault == "content_policy")


@pytest.mark.processes
async def test_a_paused_run_survives_a_kill_of_its_host(tmp_path: Path) -> None:
    serve = ("serve", "--port=0", "--output-dir=out")
    async with running_simulator(faults=LIFTED | BLOCKED) as simulator, aiohttp.ClientSession() as session:

        async def ask(method: str, path: str, body: object = None) -> Any:
            async with session.request(method, f"{url}{path}", json=body) as response:
                return await response.json()

        async def wait_until(status: str) -> dict[str, Any]:
            async with asyncio.timeout(300):
                while (run := await ask("GET", f"/api/runs/{run_id}"))["status"] != status:
                    assert run["status"] in {"Pending", "Running", "Paused"}, run
                    await asyncio.sleep(0.02)
            return dict(run)

        async with start_seeder(*serve, cwd=tmp_path, endpoint=simulator.url) as first:
            url = await read_url(first.process)
            body = {"catalog": "toys", "imageSize": "64x64"} | WAITS
            run_id = (await ask("POST", "/api/runs", body))["runId"]
            paused = await wait_until("Paused")
            await first.kill()
        simulator.set_faults(LIFTED)
        async with start_seeder(*serve, cwd=tmp_path, endpoint=simulator.url) as second:
            url = await read_url(second.process)
            waiting = await wait_until("Paused")
            await ask("POST", f"/api/runs/{run_id}/resume")
            ended = await wait_until("Completed")
        billed = simulator.stats()["billedImagesByPrompt"]
    assert waiting["pausedUntil"] == paused["pausedUntil"]
    assert ended["progress"]["images"]["done"] == 24
    assert set(billed.values()) == {1}


@pytest.mark.slow
async def test_a_resumed_refinement_continues_and_counts_each_image_once(tmp_path: Path) -> None:
    refine = {"iterations": 3, "acceptScore": 100}
    best = {"secondRoundBest": 1}
    async with run_app(tmp_path, faults={"accountBlockAfter": 9} | best) as app:
        run_id = await pause(app, targetCount=8, categoryCount=2, refine=refine)
        app.simulator.set_faults({**LIFTED, **best, "accountBlockAfter": 14})
        again = await resume(app, run_id)
        app.simulator.set_faults(LIFTED | best)
        status = await resume(app, run_id)
        bill = app.simulator.stats()
        summaries = read_summaries(app, run_id)
    assert (again["status"], status["status"]) == ("Paused", "Completed")
    assert (status["imagesMade"], status["progress"]["images"]["done"]) == (8, 8)
    assert {(summary["iterations"], summary["shippedIteration"]) for summary in summaries} == {(3, 2)}
    assert len(summaries) == 8
    assert set(bill["billedImagesByPrompt"].values()) == {1}
    assert status["cost"]["imageCalls"] == bill["billedImageCount"] == 24
    assert status["cost"]["textCalls"] == bill["requests"]["responses"]["200"]
    assert status["cost"]["usd"] == pytest.approx(bill["costUsd"], abs=0.0001)
