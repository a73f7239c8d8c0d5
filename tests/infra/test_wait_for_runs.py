"""The script that holds a deployment back, run as azd does: as a process, with an `az` of ours and a loopback app."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.http_service import serve
from tests.support.infra_checks import REPOSITORY

pytestmark = pytest.mark.processes

SCRIPT = REPOSITORY / "infra" / "hooks" / "wait_for_runs.py"
KEY = "a-function-key"

AZ = """#!{python}
import json, sys
words = sys.argv[1:]
if words[:2] == ["resource", "list"]:
    print(json.dumps({found}))
elif words[:2] == ["functionapp", "show"]:
    print(json.dumps("{host}"))
elif words[:3] == ["functionapp", "keys", "list"]:
    print(json.dumps("{key}"))
else:
    sys.exit("unexpected: " + " ".join(words))
"""


@dataclass
class FakeApp:
    """An app that answers each look at its running runs with the next list of ids; the last one stays."""

    looks: list[list[str]] = field(default_factory=lambda: [[]])
    health_status: int = 200
    runs_status: int = 200
    keys: list[str | None] = field(default_factory=list)
    statuses: set[str] = field(default_factory=set)
    uri: str = ""

    def answer(self, path: str, key: str | None) -> tuple[int, dict[str, Any]]:
        url = urlsplit(path)
        if url.path == "/api/health":
            return self.health_status, {"status": "ok"}
        self.keys.append(key)
        query = parse_qs(url.query)
        self.statuses.update(query["status"])
        if query["status"] != ["Running"]:
            return self.runs_status, {"runs": [], "continuation": None}
        ids = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        page = int(query.get("continuation", ["0"])[0])
        further = str(page + 1) if page + 1 < len(ids) else None
        return self.runs_status, {"runs": [{"runId": ids[page]}] if ids else [], "continuation": further}


@pytest.fixture
def app() -> Iterator[FakeApp]:
    fake = FakeApp()

    with serve(lambda request: fake.answer(request.path, request.headers.get("x-functions-key"))) as port:
        fake.uri = f"http://127.0.0.1:{port}"
        yield fake


def write_az(folder: Path, *, host: str = "", found: list[dict[str, str]] | None = None) -> None:
    program = folder / "az"
    program.write_text(AZ.format(python=sys.executable, host=host, key=KEY, found=repr(found or [])))
    program.chmod(0o755)


def run_script(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--pause-seconds", "0.01", *arguments],
        env={"PATH": str(folder), "no_proxy": "127.0.0.1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert KEY not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def name_outputs(app: FakeApp) -> dict[str, str]:
    return {"SERVICE_API_NAME": "func-x", "AZURE_RESOURCE_GROUP": "rg-x", "SERVICE_API_URI": app.uri}


def test_a_first_deployment_waits_for_nothing_and_needs_no_az(tmp_path: Path) -> None:
    status, reported = run_script(tmp_path)
    assert status == 0
    assert "nothing is deployed yet" in reported


def test_an_app_without_code_is_not_waited_for_and_needs_no_az(tmp_path: Path, app: FakeApp) -> None:
    app.health_status = 404
    status, reported = run_script(tmp_path, **name_outputs(app))
    assert (status, app.keys) == (0, [])
    assert "nothing is deployed yet" in reported


def test_a_deployment_continues_when_the_last_run_has_ended(tmp_path: Path, app: FakeApp) -> None:
    write_az(tmp_path)
    app.looks = [["run-1"], ["run-1"], []]
    status, reported = run_script(tmp_path, **name_outputs(app))
    assert status == 0
    assert reported.count("active: run-1") == 2
    assert "no run is active on func-x" in reported
    assert set(app.keys) == {KEY}


def test_a_paused_run_is_not_waited_for(tmp_path: Path, app: FakeApp) -> None:
    write_az(tmp_path)
    status, _ = run_script(tmp_path, **name_outputs(app))
    assert (status, app.statuses) == (0, {"Pending", "Running"})


def test_every_page_of_active_runs_is_read(tmp_path: Path, app: FakeApp) -> None:
    write_az(tmp_path)
    app.looks = [["run-1", "run-2"], ["run-1", "run-2"], []]  # one list a page, and two pages
    _, reported = run_script(tmp_path, **name_outputs(app))
    assert "active: run-1, run-2" in reported


def test_a_run_that_does_not_end_stops_the_deployment(tmp_path: Path, app: FakeApp) -> None:
    write_az(tmp_path)
    app.looks = [["run-1"]]
    status, reported = run_script(tmp_path, "--minutes", "0", **name_outputs(app))
    assert status == 1
    assert "FORCE_DEPLOY=true" in reported


def test_force_needs_no_answer(tmp_path: Path, app: FakeApp) -> None:
    app.looks = [["run-1"]]
    status, reported = run_script(tmp_path, FORCE_DEPLOY="true", **name_outputs(app))
    assert (status, app.keys) == (0, [])
    assert "not waiting" in reported


def test_an_app_that_cannot_answer_stops_the_deployment_and_says_how_to_continue(tmp_path: Path, app: FakeApp) -> None:
    write_az(tmp_path)
    app.health_status, app.runs_status = 503, 500
    status, reported = run_script(tmp_path, **name_outputs(app))
    assert status == 1
    assert "answered 500; expected 200" in reported
    assert "FORCE_DEPLOY=true" in reported


def test_a_missing_az_is_named(tmp_path: Path, app: FakeApp) -> None:
    status, reported = run_script(tmp_path, **name_outputs(app))
    assert status == 1
    assert "Azure CLI (az) is not installed" in reported


def test_the_workflow_finds_the_app_by_its_tag(tmp_path: Path) -> None:
    write_az(tmp_path, host="127.0.0.1:1", found=[{"name": "func-x", "group": "rg-x"}])
    status, reported = run_script(tmp_path, "--find-by-tag", AZURE_ENV_NAME="x")
    assert status == 0
    assert "nothing is deployed yet" in reported  # no process listens at port 1


def test_the_workflow_finds_no_app_before_the_first_deployment(tmp_path: Path) -> None:
    write_az(tmp_path)
    status, _ = run_script(tmp_path, "--find-by-tag", AZURE_ENV_NAME="x")
    assert status == 0
