import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command_line import SMALL, CommandLine, RunningCommand

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(os.name == "nt", reason="signals of this kind are for POSIX"),
]

NEVER = {"latencySeconds": {"text": 0.01, "image": 3600}}
"""Faults of a run that is certainly still busy when it is stopped."""

HANGING_HOST = """
import asyncio
from durable_emulator.engine.engine import Engine

async def hang(*_):
    await asyncio.Event().wait()

Engine.stop = hang
"""
"""Code of a process whose host does not end by itself once it is stopped."""

WriteFaults = Callable[..., Path]


def command(faults: Path, target_count: int = 3) -> list[str | Path]:
    return ["run", "--offline", "--faults", faults, "--target-count", str(target_count), *SMALL]


def start(folder: Path, faults: Path, *more: str) -> RunningCommand:
    return RunningCommand(folder, [*command(faults), *more])


def kill_busy_run(folder: Path, write_faults: WriteFaults) -> None:
    with start(folder, write_faults(**NEVER)) as running:
        running.wait_for_error_line("lego ")
        running.send(signal.SIGKILL)
        assert running.wait().status == -signal.SIGKILL


def test_ctrl_c_stops_the_host_and_the_same_command_continues(
    seeder: CommandLine, write_faults: WriteFaults, tmp_path: Path
) -> None:
    with start(tmp_path, write_faults(**NEVER), "--json") as running:
        running.wait_for_error_line("lego ")
        running.send(signal.SIGINT)
        ended = running.wait()
    document = ended.document
    assert (ended.status, document["status"], document["error"]["reason"]) == (130, "Interrupted", "interrupted")
    line = f"interrupted; run the same command again to resume run {document['runId']}"
    assert ended.error_lines[-2:] == ["stopping; press Ctrl-C again to exit at once", line]

    again = seeder(*command(write_faults()), "--json")
    assert (again.status, again.document["runId"]) == (0, document["runId"])
    assert f"resumed unfinished run {document['runId']}" in again.error_lines


def test_a_killed_run_ends_before_the_one_requested_now(
    seeder: CommandLine, write_faults: WriteFaults, tmp_path: Path
) -> None:
    kill_busy_run(tmp_path, write_faults)
    killed = seeder("status", "--json").document["runs"][0]
    assert killed["status"] == "Interrupted"

    ended = seeder(*command(write_faults(), target_count=4), "--json")
    assert (ended.status, ended.document["items"]) == (0, 4)
    assert ended.document["images"] == {"made": 1, "kept": 3, "failed": 0}
    assert ended.document["runId"] != killed["runId"]
    assert f"run {killed['runId']} ended as Completed; starting the requested run" in ended.error_lines


def test_after_a_cancel_the_same_command_is_a_new_run(
    seeder: CommandLine, write_faults: WriteFaults, tmp_path: Path
) -> None:
    kill_busy_run(tmp_path, write_faults)
    (run_folder,) = (tmp_path / "data_seed" / "runs").iterdir()
    assert "it ends when its host starts again" in seeder("cancel", run_folder.name).out

    ended = seeder(*command(write_faults()), "--json")
    assert (ended.status, ended.document["status"]) == (0, "Completed")
    assert ended.document["runId"] != run_folder.name
    assert json.loads((run_folder / "summary.json").read_text())["status"] == "Cancelled"


def test_prune_without_a_model_leaves_an_unfinished_run_alone(
    seeder: CommandLine, write_faults: WriteFaults, tmp_path: Path
) -> None:
    kill_busy_run(tmp_path, write_faults)
    ended = seeder("prune", "--json")
    assert (ended.status, ended.document["error"]["reason"]) == (1, "not_configured")
    assert "1 unfinished run would resume and fail" in ended.err
    assert seeder("status", "--json").document["runs"][0]["status"] == "Interrupted"


def test_a_second_ctrl_c_leaves_at_once(write_faults: WriteFaults, tmp_path: Path) -> None:
    with RunningCommand(tmp_path, command(write_faults(**NEVER)), preparation=HANGING_HOST) as running:
        running.wait_for_error_line("lego ")
        running.send(signal.SIGINT)
        running.wait_for_error_line("stopping")
        running.send(signal.SIGINT)
        ended = running.wait()
    assert ended.status == 130
    assert "the same command" not in ended.err
