"""``GET /api/runs/{runId}/audit``: the file, or why there is none."""

import json
from pathlib import Path

import pytest

from shared.audit.read_audit import MAX_AUDIT_BYTES
from tests.support.image_gate import ImageGate
from tests.support.running_app import RunningApp, run_app

LEFT_RUN = "8204736755521-af1e9c55"


async def explain(app: RunningApp, run_id: str) -> str:
    """Return why a run has no audit."""
    answer = await app.call("GET", f"/api/runs/{run_id}/audit")
    assert (answer.status, answer.body["type"]) == (404, "urn:catalog-seeder:problem:no-audit")
    return str(answer.body["detail"])


async def test_a_run_that_is_under_way_has_none_yet(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        gate = ImageGate(app.simulator)
        run_id = await app.start(targetCount=2, categoryCount=2)
        assert "the audit is written when it ends" in await explain(app, run_id)
        await app.call("POST", f"/api/runs/{run_id}/cancel")
        gate.open()
        await app.wait(run_id)


async def test_a_run_whose_host_is_gone_says_when_it_gets_one(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        app.write(f"runs/{LEFT_RUN}/request.json", {"catalog": "toys", "targetCount": 3})
        assert "its host stopped; the audit is written when the run or the next run of 'toys' ends" in await explain(
            app, LEFT_RUN
        )


@pytest.mark.parametrize(
    ("has_calls", "why"),
    [
        (False, "no calls of it were recorded; versions up to 0.2.0 did not record calls"),
        (True, "writing it failed when the run ended; the next run of 'toys' writes it"),
    ],
)
async def test_a_run_that_ended_without_one_reports_why(tmp_path: Path, *, has_calls: bool, why: str) -> None:
    async with run_app(tmp_path) as app:
        run_id = (await app.run(targetCount=2, categoryCount=2))["runId"]
        folder = tmp_path / "runs" / run_id
        (folder / "audit.sqlite").unlink()
        if not has_calls:
            for record in (folder / "calls").iterdir():
                record.unlink()
        assert await explain(app, run_id) == f"run {run_id} has no audit: {why}"


async def test_one_that_is_too_large_for_an_answer_is_reported_with_its_place(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        status = await app.run(targetCount=2, categoryCount=2)
        with (tmp_path / status["outputs"]["audit"]).open("r+b") as audit:
            audit.truncate(MAX_AUDIT_BYTES + 1)  # it takes no room on the disk
        answer = await app.call("GET", f"/api/runs/{status['runId']}/audit")
    problem = {name: answer.body[name] for name in ("type", "path", "bytes")}
    assert (answer.status, problem) == (
        413,
        {
            "type": "urn:catalog-seeder:problem:audit-too-large",
            "path": status["outputs"]["audit"],
            "bytes": MAX_AUDIT_BYTES + 1,
        },
    )


async def test_an_unknown_run_has_none(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        answer = await app.call("GET", f"/api/runs/{LEFT_RUN}/audit")
        odd = await app.call("GET", "/api/runs/keys/audit")
    assert (answer.status, answer.body["type"]) == (404, "urn:catalog-seeder:problem:unknown-run")
    assert odd.status == 404


async def test_it_takes_the_function_key(tmp_path: Path) -> None:
    async with run_app(tmp_path, functions_key="a-secret-functions-key") as app:
        url = f"{app.host.url}/api/runs/{LEFT_RUN}/audit"
        async with app.session.get(url) as refused:
            assert refused.status == 401
        async with app.session.get(url, headers={"x-functions-key": "a-secret-functions-key"}) as known:
            assert json.loads(await known.text())["type"].endswith("unknown-run")
