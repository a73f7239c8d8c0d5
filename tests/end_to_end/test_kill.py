"""After a kill at any moment the same command completes the run, and no finished call is billed again."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from model_simulator.in_process import RunningSimulator, running_simulator
from tests.support.image_gate import ImageGate
from tests.support.importer import import_catalog
from tests.support.seeder_process import start_seeder

pytestmark = pytest.mark.processes

PARALLEL = 4
FAULTS = {"latencySeconds": {"text": 0.05, "image": 0.1}}
COMMAND = (
    "run",
    "--target-count=24",
    "--category-count=4",
    "--batch-size=6",
    f"--parallel-image-requests={PARALLEL}",
    "--image-size=64x64",
    "--output-dir=out",
    "--json",
)


async def wait_for(simulator: RunningSimulator, *, texts: int = 0, images: int = 0) -> None:
    async with asyncio.timeout(300):
        while True:
            requests = simulator.stats()["requests"]
            if requests["responses"].get("200", 0) >= texts and requests["images"].get("200", 0) >= images:
                return
            await asyncio.sleep(0.005)


def list_temporary_files(folder: Path) -> list[Path]:
    tmp = folder / ".seeder/tmp"
    return [path for path in tmp.rglob("*") if path.is_file()] if tmp.exists() else []


@pytest.mark.parametrize("moment", [{"texts": 1}, {"images": 1}, {"images": 23}])
async def test_a_killed_run_is_completed_by_the_same_command(tmp_path: Path, moment: dict[str, int]) -> None:
    async with running_simulator(faults=FAULTS) as simulator:
        gate = ImageGate(simulator, moment.get("images", 0))  # so that the run does not end before it is killed
        async with start_seeder(*COMMAND, cwd=tmp_path, endpoint=simulator.url) as first:
            await wait_for(simulator, **moment)
            await first.kill()
        gate.open()
        async with start_seeder(*COMMAND, cwd=tmp_path, endpoint=simulator.url) as second:
            status, reported, _ = await second.finish()
        by_prompt = simulator.stats()["billedImagesByPrompt"]
    assert (status, reported["status"], reported["items"]) == (0, "Completed", 24)
    assert len(import_catalog(tmp_path / "out/catalogs/lego")) == 24
    assert len(by_prompt) == 24
    assert sum(by_prompt.values()) <= 24 + PARALLEL
    assert list_temporary_files(tmp_path / "out") == []


async def test_a_run_killed_three_times_completes_and_bills_again_at_most_what_was_in_flight(tmp_path: Path) -> None:
    async with running_simulator(faults=FAULTS) as simulator:
        for images in (4, 10, 16):
            async with start_seeder(*COMMAND, cwd=tmp_path, endpoint=simulator.url) as victim:
                await wait_for(simulator, images=images)
                await victim.kill()
        async with start_seeder(*COMMAND, cwd=tmp_path, endpoint=simulator.url) as last:
            status, reported, _ = await last.finish()
        by_prompt = simulator.stats()["billedImagesByPrompt"]
    assert (status, reported["status"]) == (0, "Completed")
    assert len(by_prompt) == 24
    assert sum(by_prompt.values()) <= 24 + 3 * PARALLEL


async def test_the_runs_of_a_killed_server_resume_by_themselves(tmp_path: Path) -> None:
    serve = ("serve", "--port=0", "--output-dir=out")
    body = {
        "catalog": "toys",
        "targetCount": 24,
        "batchSize": 6,
        "imageSize": "64x64",
        "parallelImageRequests": PARALLEL,
    }
    async with running_simulator(faults=FAULTS) as simulator, aiohttp.ClientSession() as session:
        async with start_seeder(*serve, cwd=tmp_path, endpoint=simulator.url) as first:
            url = await read_url(first.process)
            async with session.post(f"{url}/api/runs", json=body) as response:
                run_id = (await response.json())["runId"]
            await wait_for(simulator, images=5)
            await first.kill()
        async with start_seeder(*serve, cwd=tmp_path, endpoint=simulator.url) as second:
            url = await read_url(second.process)
            status = {"status": "Running"}
            async with asyncio.timeout(300):
                while status["status"] in {"Pending", "Running"}:
                    async with session.get(f"{url}/api/runs/{run_id}") as response:
                        status = await response.json()
                    await asyncio.sleep(0.05)
        billed = simulator.stats()["billedImageCount"]
    assert status["status"] == "Completed"
    assert billed <= 24 + PARALLEL


async def read_url(process: asyncio.subprocess.Process) -> str:
    """Return the address that ``seeder serve`` prints with its routes."""
    assert process.stdout is not None
    assert process.stderr is not None
    async with asyncio.timeout(300):
        while True:
            for stream in (process.stdout, process.stderr):
                try:
                    line = (await asyncio.wait_for(stream.readline(), 0.2)).decode()
                except TimeoutError:
                    continue
                if "http://127.0.0.1:" in line:
                    return "http://127.0.0.1:" + line.partition("http://127.0.0.1:")[2].partition("/")[0].strip()
