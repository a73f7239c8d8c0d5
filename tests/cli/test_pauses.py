"""A paused run ends the command, and another one lets it go on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.follow_run import Polling
from tests.cli.command_line import SMALL, CommandLine, RunningCommand
from tests.cli.deployed_app import RUN_ID, DeployedApp, describe_problem, describe_run

WriteFaults = Callable[..., Path]

ERROR = {"reason": "account_blocked", "message": "the account is blocked"}
PAUSED = describe_run("Paused", stage="paused", error=ERROR, pausedUntil="2026-11-22T12:00:00Z")
RUN = f"/api/runs/{RUN_ID}"


def command(faults: Path) -> list[str | Path]:
    return ["run", "--offline", "--faults", faults, "--target-count", "8", *SMALL, "--pause-on-block"]


@pytest.fixture
def paused(seeder: CommandLine, write_faults: WriteFaults) -> str:
    """Pauses a run that has made three images, and gives its id."""
    ended = seeder(*command(write_faults(accountBlockAfter=3)), "--json")
    assert (ended.status, ended.document["status"], ended.document["images"]["made"]) == (1, "Paused", 3)
    return str(ended.document["runId"])


@pytest.mark.processes
def test_a_run_that_pauses_reports_why_and_how_to_continue(seeder: CommandLine, write_faults: WriteFaults) -> None:
    faults = write_faults(accountBlockAfter=3)
    ended = seeder(*command(faults), "--pause-limit-minutes", "30")
    rows = [line.split(maxsplit=1) for line in ended.out.splitlines()]
    reported = {row[0]: row[1] for row in rows if len(row) > 1}
    assert ended.status == 1
    assert reported["status"].startswith("Paused, until ")
    assert reported["error"].startswith("account_blocked: ")
    where = f"{reported['run']} --offline --faults {faults}"
    assert ["next", f"seeder resume {where}  (once the cause is fixed)"] in rows


@pytest.mark.processes
def test_json_names_reason_and_command_of_a_pause(seeder: CommandLine, write_faults: WriteFaults) -> None:
    faults = write_faults(accountBlockAfter=3)
    document = seeder(*command(faults), "--json").document
    assert document["error"]["reason"] == "account_blocked"
    hint = f"; to resume: seeder resume {document['runId']} --offline --faults {faults}"
    assert document["error"]["message"].endswith(hint)


@pytest.mark.processes
def test_a_paused_run_is_reported_without_its_host(seeder: CommandLine, paused: str) -> None:
    shown = seeder("status", paused)
    assert shown.status == 0
    assert "status        Paused, until " in shown.out
    assert [run["status"] for run in seeder("status", "--json").document["runs"]] == ["Paused"]
    watched = seeder("watch", paused)
    assert watched.status == 1
    assert f"seeder resume {paused}" in watched.out


@pytest.mark.processes
def test_the_same_command_sees_the_pause_and_bills_nothing(
    seeder: CommandLine, write_faults: WriteFaults, paused: str
) -> None:
    again = seeder(*command(write_faults()), "--json")
    assert (again.status, again.document["runId"], again.document["status"]) == (1, paused, "Paused")
    assert again.document["images"]["made"] == 3
    assert "resuming" not in again.err


@pytest.mark.processes
def test_resume_continues_to_the_end(seeder: CommandLine, write_faults: WriteFaults, paused: str) -> None:
    ended = seeder("resume", paused, "--offline", "--faults", write_faults(), "--json")
    assert (ended.status, ended.document["runId"], ended.document["status"]) == (0, paused, "Completed")
    assert ended.document["images"] == {"made": 8, "kept": 0, "failed": 0}
    late = seeder("resume", paused, "--offline")
    message = f"error: run {paused} is Completed; expected a paused run"
    assert (late.status, late.error_lines[-1]) == (1, message)


@pytest.mark.processes
def test_resume_into_the_block_pauses_again(seeder: CommandLine, write_faults: WriteFaults, paused: str) -> None:
    ended = seeder("resume", paused, "--offline", "--faults", write_faults(accountBlockAfter=0), "--json")
    assert (ended.status, ended.document["status"]) == (1, "Paused")
    assert ended.document["billedCalls"]["image"] == 3


@pytest.mark.processes
def test_a_run_that_is_not_there_cannot_be_resumed(seeder: CommandLine) -> None:
    ended = seeder("resume", RUN_ID, "--offline", "--json")
    assert (ended.status, ended.document["error"]["reason"]) == (1, "unknown_run")
    elsewhere = seeder("resume", "lego", "--offline", "--output-dir", "elsewhere")
    assert (elsewhere.status, "folder elsewhere" in elsewhere.error_lines[-1]) == (1, True)


@pytest.mark.processes
def test_a_paused_run_is_cancelled_without_its_host(
    seeder: CommandLine, write_faults: WriteFaults, tmp_path: Path
) -> None:
    with RunningCommand(tmp_path, [*command(write_faults(accountBlockAfter=3)), "--json"]) as running:
        paused = running.wait().document["runId"]
    cancelled = seeder("cancel", paused)
    assert cancelled.out == (f"run {paused} is cancelled; it ends when its host runs. Finished work stays.\n")
    assert seeder("status", paused, "--json").document["status"] == "Cancelled"

    again = seeder(*command(write_faults()), "--json")
    assert (again.status, again.document["status"]) == (0, "Completed")
    assert again.document["images"] == {"made": 5, "kept": 3, "failed": 0}
    assert f"run {paused} ended as Cancelled; starting the requested run" in again.error_lines


@pytest.mark.processes
def test_another_command_beside_a_paused_run_needs_no_model(seeder: CommandLine, paused: str) -> None:
    ended = seeder("prune", "--catalog", "other", "--json")
    assert (ended.status, ended.document["error"]["reason"]) == (1, "unknown_catalog")
    assert seeder("status", paused, "--json").document["status"] == "Paused"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls without pause."""
    monkeypatch.setattr(
        "cli.start_and_follow.REMOTE_POLLING", Polling(poll_interval_seconds=0, max_unreachable_seconds=0)
    )


def test_a_pause_there_names_the_command_with_its_address(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    deployed_app.answer(f"GET {RUN}", (200, PAUSED))
    ended = seeder("run", "--url", deployed_app.url, "--pause-on-block", "--pause-limit-minutes", "30", "--json")
    assert (ended.status, ended.document["status"]) == (1, "Paused")
    message = f"the account is blocked; to resume: seeder resume {RUN_ID} --url {deployed_app.url}"
    assert ended.document["error"] == {"reason": "account_blocked", "message": message}
    assert deployed_app.started_body() == {"catalog": "lego", "pauseOnBlock": True, "pauseLimitMinutes": 30}


@pytest.mark.usefixtures("at_once")
def test_a_run_there_is_resumed_and_followed(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    deployed_app.answer(f"POST {RUN}/resume", (202, {"runId": RUN_ID}))
    deployed_app.answer(f"GET {RUN}", (200, describe_run("Running")), (200, describe_run()))
    assert seeder("resume", RUN_ID, "--url", deployed_app.url).status == 0


@pytest.mark.usefixtures("at_once")
def test_a_deployed_run_that_is_not_paused_is_followed(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    problem = describe_problem(409, "run-not-paused", "it is Running", runStatus="Running")
    deployed_app.answer(f"POST {RUN}/resume", problem)
    ended = seeder("resume", RUN_ID, "--url", deployed_app.url)
    assert ended.status == 0
    assert f"run {RUN_ID} is not paused; following it" in ended.error_lines


@pytest.mark.parametrize("status", ["Completed", "Interrupted", "Paused"])
def test_a_run_there_that_cannot_be_resumed_is_reported(
    status: str, seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    problem = describe_problem(409, "run-not-paused", f"it is {status}", runStatus=status)
    deployed_app.answer(f"POST {RUN}/resume", problem)
    ended = seeder("resume", RUN_ID, "--url", deployed_app.url, "--json")
    assert (ended.status, ended.document["error"]["reason"]) == (1, "run_not_paused")
