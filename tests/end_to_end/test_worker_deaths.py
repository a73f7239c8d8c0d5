"""Whole runs whose worker process dies repeatedly, in activities and in orchestrators."""

import asyncio
import json
from pathlib import Path

import pytest

from durable_emulator.engine.fault_injection import FaultInjector, FaultPoint, LostWorkerError
from shared.audit.write_audit import audit_path
from shared.limits import retry_policy
from tests.support.audit_queries import sum_calls
from tests.support.running_app import run_app

ITEMS, WINDOW = 16, 4
LATENCY = {"latencySeconds": {"text": 0.01, "image": 0.05}}


class Deaths(FaultInjector):
    """Kill the worker when the engine reaches a point for the n-th time.

    Args:
        point: where it dies.
        moments: for which n.
    """

    def __init__(self, point: FaultPoint, moments: range) -> None:
        self._point, self._moments = point, moments
        self._reached = 0
        self.deaths = 0

    def reach(self, point: FaultPoint, instance_id: str) -> None:
        assert instance_id
        if point is self._point:
            self._reached += 1
            if self._reached in self._moments:
                self.deaths += 1
                raise LostWorkerError


@pytest.mark.slow
@pytest.mark.parametrize("point", [FaultPoint.ACTIVITY_STARTING, FaultPoint.EPISODE_STARTING])
@pytest.mark.parametrize("moments", [range(1, 2), range(2, 3), range(12, 100, 12), range(17, 200, 17)])
async def test_a_run_whose_worker_dies_repeatedly_completes_and_bills_at_most_its_window_again_each_time(
    point: FaultPoint, moments: range, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_policy, "LOST_WORKER_WAITS_SECONDS", (0.02, 0.05, 0.1, 0.2, 0.4))
    deaths = Deaths(point, moments)
    async with run_app(tmp_path, faults=LATENCY, engine_faults=deaths) as app:
        status = await app.run(targetCount=ITEMS, categoryCount=2, batchSize=8, parallelImageRequests=WINDOW)
        stats = app.simulator.stats()
        unfinished = [found.id for found in app.host.engine.list_instances() if not found.status.is_finished]
    assert deaths.deaths > 0
    assert (status["status"], status["error"]) == ("Completed", None)
    assert set(unfinished) <= {status["runId"]}  # the root itself may be about to end
    assert (status["progress"]["images"]["done"], status["progress"]["images"]["failed"]) == (ITEMS, 0)
    assert stats["billedImageCount"] <= ITEMS + WINDOW * deaths.deaths
    assert all(count <= 1 + deaths.deaths for count in stats["billedImagesByPrompt"].values())


@pytest.mark.slow
async def test_image_calls_in_flight_when_a_worker_dies_are_lost_in_summary_and_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_policy, "LOST_WORKER_WAITS_SECONDS", (0.02, 0.05, 0.1, 0.2, 0.4))
    async with run_app(tmp_path, faults={"latencySeconds": {"text": 0.01, "image": 0.5}}) as app:
        run_id = await app.start(targetCount=6, categoryCount=2, batchSize=6, parallelImageRequests=2)
        async with asyncio.timeout(300):
            while not has_open_image_call(app.folder / f"runs/{run_id}/calls"):  # noqa: ASYNC110 - no event for it
                await asyncio.sleep(0.01)
        app.host.engine._workers.lose_worker(str(LostWorkerError()))
        status = await app.wait(run_id)
        audit = app.folder / audit_path(run_id)
    lost = sum_calls(audit, "kind = 'image' AND status = 'lost'")["billed"]
    assert lost > 0
    assert status["status"] == "Completed"
    assert status["cost"]["imageCalls"] == sum_calls(audit, "kind = 'image'")["billed"] == 6 + lost


def has_open_image_call(folder: Path) -> bool:
    """Return whether an image call is in flight."""
    records = [json.loads(file.read_text()) for file in folder.glob("image-*.json")]
    return any(record["reason"] == "interrupted" for record in records)
