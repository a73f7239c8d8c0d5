import json
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.messages.run import StartInventory
from shared.runs.request import SeedRequest
from shared.runs.status import Status
from shared.runs.status_rules import compose_status
from tests.cli.command_line import CommandLine

NO_PROCESS = 2**22 + 1
"""Above the largest process id that Linux gives."""

RUNS = ("8204735747064-aaaaaaaa", "8204735747065-bbbbbbbb")
"""The newer one first."""


@pytest.fixture
def write_run(tmp_path: Path) -> Callable[..., str]:
    """Leaves in the folder what a host writes of a run, and the claim of its catalog."""

    def write(status: Status, *, run_id: str = RUNS[0], process: int | None = None) -> str:
        request = SeedRequest(catalog="lego", target_count=6)
        view = compose_status(
            run_id,
            request,
            status=status,
            stage="items and images",
            found=StartInventory(categories=2, items=4, images=1),
            counters_by_instance=[],
            updated_at=datetime.now(UTC),
        )
        folder = tmp_path / "data_seed" / "runs" / run_id
        folder.mkdir(parents=True)
        (folder / "request.json").write_text(json.dumps(request.to_json()))
        name = "progress.json" if view.is_active else "summary.json"
        (folder / name).write_text(json.dumps(view.to_json()))
        if process is not None:
            claim = {
                "runId": run_id,
                "hostId": f"local:{socket.gethostname()}:{process}",
                "heartbeatAt": datetime.now(UTC).isoformat(),
            }
            state = tmp_path / "data_seed" / "catalogs" / "lego" / "state"
            state.mkdir(parents=True)
            (state / "active.json").write_text(json.dumps(claim))
        return run_id

    return write


def test_the_newest_runs_are_listed_first(seeder: CommandLine, write_run: Callable[..., str], tmp_path: Path) -> None:
    write_run(Status.FAILED, run_id=RUNS[1])
    write_run(Status.COMPLETED, run_id=RUNS[0])
    (tmp_path / "data_seed" / "runs" / "keys").mkdir()
    (tmp_path / "data_seed" / "runs" / "keys" / "0.json").write_text("{}")
    assert [run["runId"] for run in seeder("status", "--json").document["runs"]] == list(RUNS)
    assert [run["runId"] for run in seeder("status", "--json", "--limit", "1").document["runs"]] == [RUNS[0]]
    assert seeder("status", "--json").document["runId"] == RUNS[0]
    heading, *rows = seeder("status").out.split("\n\n")[0].splitlines()
    assert heading.split() == ["run", "catalog", "status", "items", "images", "started"]
    assert [row.split()[:5] for row in rows] == [
        [RUNS[0], "lego", "Completed", "4/6", "1/6"],
        [RUNS[1], "lego", "Failed", "4/6", "1/6"],
    ]


def test_no_run_yet_is_reported_and_nothing_is_made(seeder: CommandLine, tmp_path: Path) -> None:
    ended = seeder("status")
    assert (ended.status, ended.out) == (0, "no runs\n")
    assert (seeder("watch").status, list(tmp_path.iterdir())) == (1, [])


def test_a_run_is_running_while_its_host_lives(seeder: CommandLine, write_run: Callable[..., str]) -> None:
    run_id = write_run(Status.RUNNING, process=os.getppid())
    ended = seeder("status", run_id)
    assert ended.status == 0
    assert "status        Running, items and images" in ended.out


def test_a_run_whose_host_is_gone_is_interrupted_and_says_how_to_continue(
    seeder: CommandLine, write_run: Callable[..., str]
) -> None:
    run_id = write_run(Status.RUNNING, process=NO_PROCESS)
    document = seeder("status", run_id, "--json").document
    assert document["status"] == "Interrupted"
    assert "repeat the command" in document["error"]["message"]
    assert seeder("watch").status == 1


@pytest.mark.parametrize("command", ["status", "watch"])
def test_a_catalog_s_name_stands_for_its_latest_run(
    seeder: CommandLine, write_run: Callable[..., str], command: str
) -> None:
    for run_id in RUNS:
        write_run(Status.COMPLETED, run_id=run_id)
    assert seeder(command, "lego", "--json").document["runId"] == RUNS[0]
    unknown = seeder(command, "toys", "--json")
    assert (unknown.status, unknown.document["error"]["reason"]) == (1, "unknown_run")


def test_watch_without_a_run_follows_the_newest(seeder: CommandLine, write_run: Callable[..., str]) -> None:
    write_run(Status.FAILED, run_id=RUNS[1])
    write_run(Status.COMPLETED_WITH_FAILURES, run_id=RUNS[0])
    ended = seeder("watch", "--json")
    assert (ended.status, ended.document["runId"]) == (3, RUNS[0])


def test_cancel_leaves_the_stop_record_that_the_host_looks_for(
    seeder: CommandLine, write_run: Callable[..., str], tmp_path: Path
) -> None:
    run_id = write_run(Status.RUNNING, process=os.getppid())
    stop = tmp_path / "data_seed" / "runs" / run_id / "stop.json"
    assert seeder("cancel", run_id).status == 0
    first = stop.read_text()
    assert json.loads(first)["reason"] == "cancelled"
    assert seeder("cancel", run_id).status == 0
    assert seeder("cancel", "lego", "--json").document["runId"] == run_id
    assert stop.read_text() == first


def test_an_ended_run_cannot_be_cancelled(seeder: CommandLine, write_run: Callable[..., str], tmp_path: Path) -> None:
    run_id = write_run(Status.COMPLETED)
    ended = seeder("cancel", run_id)
    assert (ended.status, ended.error_lines) == (
        1,
        [f"error: run {run_id} has ended as Completed; expected an active run"],
    )
    assert not (tmp_path / "data_seed" / "runs" / run_id / "stop.json").exists()


def test_a_damaged_status_file_is_named(seeder: CommandLine, write_run: Callable[..., str], tmp_path: Path) -> None:
    run_id = write_run(Status.COMPLETED)
    (tmp_path / "data_seed" / "runs" / run_id / "summary.json").write_text("{")
    ended = seeder("status", run_id, "--json")
    assert (ended.status, ended.document["error"]["reason"]) == (1, "damaged_file")
    assert f"runs/{run_id}/summary.json is damaged" in ended.err
