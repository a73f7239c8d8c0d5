"""Runs with style references that are killed, shared by hosts, cancelled, paused and repaired while the input changes.

Every image is billed once, has the look of the references of its run, and costs what was reported.
"""

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from durable_emulator.host.emulator import DurableEmulator
from model_simulator.in_process import RunningSimulator, running_simulator
from shared.audit.write_audit import audit_path
from shared.config import StoreSettings
from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.images.list_images import iterate_image_files
from shared.images.style_files import read_style
from shared.images.style_reference import RecordedStyle
from tests.end_to_end.test_kill import wait_for
from tests.end_to_end.test_style_references import STYLE, draw_reference, read_metadata, upload
from tests.support.audit_queries import query_audit, sum_calls
from tests.support.azurite import Azurite
from tests.support.fault_injection import DeliverTwice, FaultInjection, KillAtChange, KillAtReturn, LoseResults, Side
from tests.support.image_gate import ImageGate
from tests.support.restartable_app import CATALOG, RestartableApp
from tests.support.running_app import FAST, RunningApp, run_app
from tests.support.seeder_process import start_seeder

BLUE, RED = (20, 90, 230), (240, 40, 20)
INPUT = "inputs/look.png"
ITEMS, PARALLEL = 6, 2
REQUEST: Mapping[str, Any] = {
    "targetCount": ITEMS,
    "categoryCount": 2,
    "batchSize": 3,
    "parallelImageRequests": PARALLEL,
    "imageSize": "64x64",
    **STYLE,
}
MAX_CALLS_IN_FLIGHT, MAX_CALL_USD, ROUNDING_USD = PARALLEL + 2, 0.06, 0.0001
REFINE = {"refine": {"iterations": 2, "acceptScore": 100}}
ACTIVITIES = (
    "prepare_run",
    "claim_work_page",
    "generate_image",
    "publish_catalog",
    "render_contact_sheet",
    "close_run",
)


@dataclass(slots=True)
class Lab:
    """An app that can be killed, a simulator, and an input that changes as soon as the run has started."""

    app: RestartableApp
    simulator: RunningSimulator

    async def run(self, *faults: FaultInjection) -> int:
        await self.write_input(BLUE)
        return await self.app.run(*faults, ending=self._change_and_wait)

    async def write_input(self, color: tuple[int, int, int]) -> None:
        async with self.app.open_store() as store:
            await store.write(INPUT, draw_reference(color), content_type="image/png")

    async def _change_and_wait(self, host: DurableEmulator, run_id: str) -> None:
        await self.write_input(RED)
        await host.engine.wait_for_completion(run_id)

    async def check(self) -> None:
        """Fail unless all images are of the first references, and billed once, but for those in flight at a kill."""
        summary, bill = await self.app.read_summary(), self.simulator.stats()
        async with self.app.open_store() as store:
            style = await read_style(store, self.app.run_id)
            metadata = [read_image_metadata(info) async for _, info in iterate_image_files(store, CATALOG)]
        assert summary["status"] == "Completed", summary["error"]
        assert style is not None
        assert is_blue(style)
        assert [one is not None and one.style == style.digest for one in metadata] == [True] * ITEMS
        for prompt, times in bill["billedImagesByPrompt"].items():
            assert times - 1 <= sum(prompt in prompts for prompts in self.app.in_flight), prompt
        unknown = len(self.app.in_flight) * MAX_CALLS_IN_FLIGHT * MAX_CALL_USD  # sent, and never answered
        assert abs(summary["cost"]["usd"] - bill["costUsd"]) <= unknown + ROUNDING_USD
        if not self.app.in_flight:
            assert summary["cost"]["inputTokens"] == bill["inputTokens"]


def is_blue(style: RecordedStyle) -> bool:
    """Return whether these are the references of the first input."""
    return len(style.images) == 1 and style.images[0].input_sha256 == find_input_digest(BLUE)


def find_input_digest(color: tuple[int, int, int]) -> str:
    import hashlib  # noqa: PLC0415 - for one digest

    return hashlib.sha256(draw_reference(color)).hexdigest()


@asynccontextmanager
async def open_lab(
    folder: Path, store: StoreSettings | None = None, *, request: Mapping[str, Any] | None = None
) -> AsyncIterator[Lab]:
    async with running_simulator(faults={"latencySeconds": {"text": 0, "image": 0}}) as simulator:
        yield Lab(
            RestartableApp(folder, simulator.url, {**REQUEST, **(request or {})}, store_settings=store), simulator
        )


@pytest.mark.slow
@pytest.mark.parametrize("activity", ACTIVITIES)
async def test_a_kill_before_a_result_is_recorded_changes_nothing(tmp_path: Path, activity: str) -> None:
    async with open_lab(tmp_path) as lab:
        assert await lab.run(KillAtReturn(activity)) == 1
        await lab.check()


@pytest.mark.slow
@pytest.mark.parametrize("activity", ["prepare_run", "generate_image"])
@pytest.mark.parametrize("side", Side)
async def test_a_kill_around_any_store_change_changes_nothing(tmp_path: Path, activity: str, side: Side) -> None:
    for count in itertools.count():
        async with open_lab(tmp_path / str(count)) as lab:
            crashes = await lab.run(KillAtChange(activity, count, side))
            await lab.check()
        if crashes == 0:
            assert count > 0
            break


@pytest.mark.slow
@pytest.mark.parametrize("activity", ["generate_image", "evaluate_image", "rewrite_prompt"])
async def test_a_kill_during_refinement_changes_nothing(tmp_path: Path, activity: str) -> None:
    async with open_lab(tmp_path, request=REFINE) as lab:
        assert await lab.run(KillAtReturn(activity), KillAtChange(activity, 3, Side.BEFORE)) == 2
        await lab.check()


async def test_a_message_that_is_delivered_twice_bills_no_image_twice(tmp_path: Path) -> None:
    async with open_lab(tmp_path) as lab:
        await lab.run(DeliverTwice())
        await lab.check()


@pytest.mark.parametrize("request_", [{}, REFINE])
async def test_two_hosts_share_a_run_and_its_references(tmp_path: Path, request_: Mapping[str, Any]) -> None:
    async with open_lab(tmp_path, request=request_) as lab:
        await lab.run(LoseResults(elsewhere=True))
        await lab.check()


@pytest.mark.azurite
async def test_hosts_share_a_run_and_its_references_in_blob_storage_and_one_is_killed(
    tmp_path: Path, azurite: Azurite
) -> None:
    async with open_lab(tmp_path, azurite.make_settings()) as lab:
        assert await lab.run(KillAtReturn("generate_image"), KillAtChange("generate_image", 2, Side.AFTER)) == 2
        await lab.check()
    async with open_lab(tmp_path / "other", azurite.make_settings()) as lab:
        await lab.run(LoseResults(elsewhere=True))
        await lab.check()


async def read_catalog(app: RunningApp, status: Mapping[str, Any]) -> dict[str, ImageMetadata]:
    """Return the metadata of all images, after a comparison of bill, summary and audit."""
    bill, audit = app.simulator.stats(), app.folder / audit_path(status["runId"])
    assert sum_calls(audit)["nano"] / 1e9 == pytest.approx(status["cost"]["usd"], abs=1e-4)
    assert set(bill["billedImagesByPrompt"].values()) <= {1}
    assert {row["style_reference"] for row in query_audit(audit, "SELECT style_reference FROM prompts")} - {None}
    return await read_metadata()


async def test_a_cancelled_run_and_its_repair_have_the_same_references(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        gate = ImageGate(app.simulator, answers=3)
        await upload(app, draw_reference(BLUE))
        run_id = await app.start(targetCount=16, categoryCount=2, parallelImageRequests=2, **STYLE)
        await app.wait_until_billed(4)
        await upload(app, draw_reference(RED))
        assert (await app.call("POST", f"/api/runs/{run_id}/cancel")).status == 202
        gate.open()
        cancelled = await app.wait(run_id)
        first_bill = app.simulator.stats()
        kept = await read_catalog(app, cancelled)
        assert (app.folder / "inputs/look.png").read_bytes() == draw_reference(RED)
        (app.folder / "inputs/look.png").unlink()
        repair = await app.wait((await app.call("POST", "/api/catalogs/toys/repair", {})).body["runId"])
        repaired = await read_catalog(app, repair)
        bill = app.simulator.stats()
        record = app.read(f"runs/{repair['runId']}/style_reference.json")
    assert cancelled["status"] == "Cancelled"
    assert 4 <= len(kept) < 16
    assert cancelled["cost"]["usd"] == round(first_bill["costUsd"], 4)
    assert (repair["status"], len(repaired)) == ("Completed", 16)
    assert {name: repaired[name] for name in kept} == kept
    assert len({one.style for one in repaired.values()}) == 1
    assert [image["inputSha256"] for image in record["images"]] == [find_input_digest(BLUE)]
    assert cancelled["cost"]["usd"] + repair["cost"]["usd"] == pytest.approx(bill["costUsd"], abs=2e-4)


async def test_a_paused_run_resumes_with_its_references(tmp_path: Path) -> None:
    async with run_app(tmp_path, faults={"accountBlockAfter": 5}) as app:
        await upload(app, draw_reference(BLUE))
        body = {"targetCount": 12, "categoryCount": 2, "parallelImageRequests": 2, "pauseOnBlock": True}
        paused = await app.run(**body, **STYLE)
        assert paused["status"] == "Paused"
        await upload(app, draw_reference(RED))
        app.simulator.set_faults({"latencySeconds": FAST})
        assert (await app.call("POST", f"/api/runs/{paused['runId']}/resume")).status == 202
        status = await app.wait(paused["runId"])
        metadata = await read_catalog(app, status)
        bill = app.simulator.stats()
        record = app.read(f"runs/{status['runId']}/style_reference.json")
    assert (status["status"], len(metadata), bill["billedImageCount"]) == ("Completed", 12, 12)
    assert len({one.style for one in metadata.values()}) == 1
    assert [image["inputSha256"] for image in record["images"]] == [find_input_digest(BLUE)]
    assert status["cost"]["usd"] == round(bill["costUsd"], 4)


@pytest.mark.processes
@pytest.mark.parametrize("moments", [[{"texts": 1}], [{"images": 1}, {"images": 6}, {"images": 12}]])
async def test_a_killed_command_is_completed_with_the_references_of_its_start(
    tmp_path: Path, moments: list[dict[str, int]]
) -> None:
    command = (
        *("run", "--target-count=16", "--category-count=4", "--batch-size=4", "--parallel-image-requests=2"),
        *("--image-size=64x64", "--output-dir=out", "--style-reference=look.png", "--json"),
    )
    look = tmp_path / "look.png"
    look.write_bytes(draw_reference(BLUE))
    async with running_simulator(faults={"latencySeconds": {"text": 0.05, "image": 0.1}}) as simulator:
        for moment in moments:
            async with start_seeder(*command, cwd=tmp_path, endpoint=simulator.url) as victim:
                await wait_for(simulator, **moment)
                await victim.kill()
        (tmp_path / "out/inputs/look.png").write_bytes(draw_reference(RED))
        async with start_seeder(*command, cwd=tmp_path, endpoint=simulator.url) as last:
            status, reported, _ = await last.finish()
        bill = simulator.stats()
    assert (status, reported["status"], reported["items"]) == (0, "Completed", 16)
    assert len(bill["billedImagesByPrompt"]) == 16
    assert bill["billedImageCount"] <= 16 + len(moments) * 2
    unknown = len(moments) * MAX_CALLS_IN_FLIGHT * MAX_CALL_USD  # counted, and perhaps not sent before the kill
    assert -ROUNDING_USD <= reported["costUsd"] - bill["costUsd"] <= unknown
    images = list((tmp_path / "out/catalogs/lego/images").glob("*.png"))
    reds = 0
    for file in images:
        with Image.open(file) as image:
            red, _, blue = (sum(level * count for level, count in enumerate(part)) for part in split(image))
            reds += red > blue
    assert (len(images), reds) == (16, 0)


def split(image: Image.Image) -> list[list[int]]:
    """Return how many pixels have each level of red, green and blue."""
    counts = image.convert("RGB").histogram()
    return [counts[start : start + 256] for start in range(0, 768, 256)]
