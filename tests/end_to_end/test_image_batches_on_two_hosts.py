"""Two hosts with one store: one dies while the provider has its batches, and the other one goes on or cancels."""

import asyncio
import json
import signal
import time
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared.config import StoreSettings
from shared.messages.base import NANO_PER_USD
from tests.cli.command_line import RunningCommand
from tests.support.azurite import Azurite
from tests.support.batch_lab import IMAGES_PER_BATCH, ITEMS, REQUEST, Lab, Moment, lab
from tests.support.fault_injection import FaultInjection, KillAtReturn, Side
from tests.support.simulator_calls import QUICK


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.images.image_batch_size.MAX_BATCH_IMAGES", IMAGES_PER_BATCH)


async def lose_host(here: Lab, faults: FaultInjection) -> Lab:
    """Kill the host of a run for good; return another one with the same store, and a run of its own."""
    assert await here.run_process(faults)
    folder = here.folder / "other"
    folder.mkdir()
    return replace(here, folder=folder, processes=10, key="two")


async def check_two_runs(first: Lab, second: Lab) -> dict[str, Any]:
    """Check that the second run is complete, each image was billed once, and both audits add up to the bill."""
    summary, stats = await second.read_summary(), first.simulator.stats()
    calls = await first.list_calls() + await second.list_calls()
    assert summary["status"] == "Completed"
    assert summary["progress"]["images"]["done"] == ITEMS
    assert sorted(stats["billedImagesByPrompt"].values()) == [1] * ITEMS
    assert sum(call.cost.nano_usd for call in calls) / NANO_PER_USD == pytest.approx(stats["costUsd"], abs=0.0001)
    return summary


async def test_a_run_collects_the_batches_of_a_host_that_is_gone(tmp_path: Path) -> None:
    store = StoreSettings(folder=str(tmp_path / "store"))
    async with lab(tmp_path, batches={"seconds": 4}, store=store) as here:
        other = await lose_host(here, Moment("iterate_newest", Side.BEFORE))
        await other.run()
        summary = await check_two_runs(here, other)
    assert (summary["imagesMade"], summary["imagesKept"], summary["cost"]["usd"]) == (0, ITEMS, 0)


@pytest.mark.azurite
async def test_a_run_collects_the_batches_of_a_host_that_is_gone_in_blob_storage(
    tmp_path: Path, azurite: Azurite
) -> None:
    async with lab(tmp_path, batches={"seconds": 4}, store=azurite.make_settings()) as here:
        other = await lose_host(here, Moment("create", Side.AFTER))
        await other.run()
        await check_two_runs(here, other)


@pytest.mark.parametrize("fallback", ["normal", "next-batch"])
async def test_a_run_generates_what_expired_batches_of_a_host_that_is_gone_left_out(
    tmp_path: Path, fallback: str
) -> None:
    store, request = StoreSettings(folder=str(tmp_path / "store")), {"batchFallback": fallback}
    batches = {"seconds": 4, "expiresAfterSeconds": 3}
    async with lab(tmp_path, batches=batches, store=store, request=request) as here:
        other = await lose_host(here, KillAtReturn("check_image_batches"))
        await asyncio.sleep(3)
        async with aiohttp.ClientSession() as session, session.get(f"{here.simulator.url}/v1/batches") as response:
            found = await response.json()
        assert {batch["status"] for batch in found["data"]} == {"expired"}
        here.simulator.set_faults({**QUICK, "batches": {"seconds": 1}})
        await other.run()
        summary = await check_two_runs(here, other)
    assert 0 < summary["imagesMade"] < ITEMS


@pytest.mark.azurite
@pytest.mark.processes
def test_a_cancel_from_another_host_keeps_what_the_batches_have_finished(
    tmp_path: Path, azurite: Azurite, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({**QUICK, "batches": {"seconds": 10}}))
    with RunningCommand(tmp_path, ["simulate", "--faults", faults], seconds=600) as simulating:
        simulator = json.loads(simulating.read_line())["url"]
        set_environment(monkeypatch, azurite, simulator)
        with start_host(tmp_path / "one") as one, start_host(tmp_path / "two") as two:
            first, second = find_url(one), find_url(two)
            rows = json.dumps([f"a red toy boat number {number} on a lake" for number in range(ITEMS)])
            call("PUT", f"{first}/inputs/rows.json", rows.encode())
            url = f"/runs/{call('POST', f'{first}/runs', json.dumps(REQUEST).encode())['runId']}"
            wait_until(lambda: call("GET", f"{first}{url}").get("imageBatches", {}).get("done"))
            stopped = json.dumps({**QUICK, "batches": {"seconds": 1e6}})
            call("PUT", f"{simulator}/_faults", stopped.encode())  # no line is done until the cancel
            one.send(signal.SIGKILL)
            one.wait()
            assert call("GET", f"{second}{url}")["status"] == "Interrupted"
            call("POST", f"{second}{url}/cancel")
            with start_host(tmp_path / "one") as again:
                first = find_url(again)
                wait_until(lambda: call("GET", f"{second}{url}").get("completedAt"))
                again.send(signal.SIGTERM)
                again.wait()
            run, stats = call("GET", f"{second}{url}"), call("GET", f"{simulator}/_stats")
    assert run["status"] == "Cancelled"
    assert run["imagesMade"] == stats["billedImageCount"] > 0
    assert run["cost"]["usd"] == pytest.approx(stats["costUsd"], abs=0.0001)


def set_environment(monkeypatch: pytest.MonkeyPatch, azurite: Azurite, simulator: str) -> None:
    store = azurite.make_settings()
    settings = {
        "STORE": "blob",
        "CATALOG_STORAGE_CONNECTION_STRING": store.connection_string,
        "IMAGE_PROVIDER": "openai",
        "TEXT_PROVIDER": "openai",
        "OPENAI_BASE_URL": f"{simulator}/v1",
        "OPENAI_API_KEY": "a-key",
        "IMAGE_MODEL": "gpt-image-2",
        "TEXT_MODEL": "gpt-6-luna",
        "IMAGE_BATCH_CHECK_SECONDS": "1",
    }
    settings |= {f"{name.upper()}_CONTAINER": container for name, container in store.containers.items()}
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))


def start_host(folder: Path) -> RunningCommand:
    folder.mkdir(exist_ok=True)
    return RunningCommand(folder, ["serve", "--port", "0"], seconds=600)


def find_url(host: RunningCommand) -> str:
    host.wait_for_error_line("Press Ctrl-C to stop")
    assert [host.read_line(), host.read_line()] == ["Functions:", ""]
    lines = iter(host.read_line, "")
    return next(line.split()[-1].removesuffix("/health") for line in lines if line.split()[-1].endswith("/health"))


def call(method: str, url: str, body: bytes | None = None) -> dict[str, Any]:
    request = urllib.request.Request(url, body, method=method)
    with urllib.request.urlopen(request, timeout=300) as response:
        answer: dict[str, Any] = json.loads(response.read() or b"{}")
    return answer


def wait_until(is_reached: Callable[[], Any]) -> None:
    end = time.monotonic() + 300
    while not is_reached():
        assert time.monotonic() < end
        time.sleep(0.1)
