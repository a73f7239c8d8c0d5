import contextlib
import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command_line import SMALL, CommandLine, RunningCommand


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="signals of this kind are for POSIX")
def test_the_served_app_works_like_a_deployed_one(
    seeder: CommandLine,
    write_faults: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FUNCTIONS_KEY", "the-key")
    with RunningCommand(tmp_path, ["serve", "--port", "0", "--offline", "--faults", write_faults()]) as serving:
        serving.wait_for_error_line("Press Ctrl-C to stop")
        assert [serving.read_line(), serving.read_line()] == ["Functions:", ""]
        routes = [line.split(maxsplit=2) for line in iter(serving.read_line, "")]
        calls = {name.removesuffix(":"): (methods, url) for name, methods, url in routes}
        assert calls["post_run"][0] == "[POST]"
        methods, health = calls["get_health"]
        assert methods == "[GET]"
        url = health.removesuffix("/api/health")
        with urllib.request.urlopen(health, timeout=300) as answer:
            assert json.load(answer)["status"] == "ok"

        ended = seeder("run", "--url", url, "--target-count", "2", *SMALL, "--json")
        assert (ended.status, ended.document["status"]) == (0, "Completed")
        assert ended.document["outputs"]["catalog"] == "catalogs/lego/catalog.json"
        assert seeder("status", "--url", url, "--key", "wrong").status == 1

        busy = seeder("publish")
        assert busy.status == 1
        assert busy.err.startswith("error: data_seed is in use by process ")
        assert f"--url {url} " in busy.err
        taken = seeder("serve", "--port", url.rpartition(":")[2], "--output-dir", "other", "--offline")
        assert (taken.status, len(taken.error_lines)) == (1, 1)
        assert taken.err.startswith(f"error: port {url.rpartition(':')[2]} cannot be listened on")

        serving.send(signal.SIGTERM)
        ended = serving.wait()
    assert (ended.status, ended.error_lines[-1]) == (130, "stopped")


@pytest.mark.processes
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="counts wake-ups as Linux does")
def test_a_host_without_a_run_sleeps(tmp_path: Path) -> None:
    with RunningCommand(tmp_path, ["serve", "--port", "0", "--offline"]) as serving:
        serving.wait_for_error_line("Press Ctrl-C to stop")
        counts = [count_wake_ups_in(4, serving.process_id)]
        while min(counts) >= 4 and len(counts) < 40:  # the connections of the start end, late on a busy machine
            counts.append(count_wake_ups_in(4, serving.process_id))
        assert min(counts) < 4, counts
        serving.send(signal.SIGTERM)
        serving.wait()


def count_wake_ups_in(seconds: float, process: int) -> int:
    before = count_wake_ups(process)
    time.sleep(seconds)
    return count_wake_ups(process) - before


def count_wake_ups(process: int) -> int:
    statuses = []
    for task in Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended meanwhile
            statuses.append(task.joinpath("status").read_text())
    lines = [line for status in statuses for line in status.splitlines() if line.startswith("voluntary_ctxt_switches")]
    return sum(int(line.split()[1]) for line in lines)


def test_the_simulator_in_the_foreground_refuses_a_bad_faults_file(
    seeder: CommandLine, write_faults: Callable[..., Path]
) -> None:
    ended = seeder("simulate", "--faults", write_faults(rates={"gremlins": 1}))
    assert (ended.status, len(ended.error_lines)) == (2, 1)


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="signals of this kind are for POSIX")
def test_the_simulator_in_the_foreground_prints_its_address(tmp_path: Path) -> None:
    with RunningCommand(tmp_path, ["simulate", "--seed", "3"]) as simulating:
        url = json.loads(simulating.read_line())["url"]
        with urllib.request.urlopen(f"{url}/_stats", timeout=300) as answer:
            assert json.load(answer)["billedImageCount"] == 0
        simulating.send(signal.SIGTERM)
        assert simulating.wait().status == 0
