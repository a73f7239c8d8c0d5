import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from model_simulator.child_process import SimulatorProcess, SimulatorStartError
from tests.support.simulator_calls import IMAGES_PATH, QUICK, image_body

pytestmark = pytest.mark.processes

COMMAND = [sys.executable, "-m", "model_simulator", "--port", "0", "--seed", "7"]


async def test_a_simulator_process_answers_until_it_is_stopped(tmp_path: Path) -> None:
    faults_file = tmp_path / "faults.json"
    faults_file.write_text(json.dumps({**QUICK, "blockedPrompts": ["ghost"]}))
    with SimulatorProcess(seed=7, faults_file=faults_file) as simulator:
        url = simulator.url
        async with aiohttp.ClientSession() as session:
            statuses = []
            for prompt in ("a boat", "a ghost"):
                async with session.post(url + IMAGES_PATH, json=image_body(prompt)) as answer:
                    statuses.append(answer.status)
            assert statuses == [200, 400]
            process = simulator._process
    assert simulator.url == ""
    assert process is not None
    assert process.returncode is not None, "it has not ended"


def test_a_simulator_process_that_cannot_start_reports_its_exit_status(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    faults_file = tmp_path / "faults.json"
    faults_file.write_text('{"rates": {"dropped": 2}}')
    with pytest.raises(SimulatorStartError) as caught:
        SimulatorProcess(seed=7, faults_file=faults_file).start()
    assert caught.value.exit_status == 2
    message = capfd.readouterr().err
    assert message == f"{faults_file}: rates.dropped is 2; expected less than or equal to 1\n"


def test_stopping_a_stopped_process_has_no_effect() -> None:
    SimulatorProcess(seed=7).stop()


def test_a_simulator_ends_when_its_parents_end_of_the_pipe_is_closed() -> None:
    with subprocess.Popen([*COMMAND, "--exit-with-stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        process.stdin.close()
        assert process.wait(timeout=300) == 0
        assert process.stdout.read() == b""
    assert list(json.loads(line)) == ["url"]
    assert json.loads(line)["url"].startswith("http://127.0.0.1:")


def test_a_simulator_exits_cleanly_on_a_signal() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=300) == 0


def test_a_taken_port_is_reported_in_one_line() -> None:
    with SimulatorProcess(seed=7) as simulator:
        port = simulator.url.rpartition(":")[2]
        second = subprocess.run(
            [*COMMAND[:3], "--port", port], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr.startswith(f"port {port} cannot be listened on: ")
    assert second.stderr.count("\n") == 1
