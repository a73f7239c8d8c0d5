"""Small workloads in real processes. The tests check that metrics exist, not their values."""

import pytest

from bench.baseline import make_items_task
from bench.measure import limit_to_disk_space, measure_workload
from bench.measured_process import start_process
from bench.workload import Workload
from shared.catalog.items import Draft
from shared.runs.request import SeedRequest

TINY = Workload(items=8, window=4, batch_size=8, image_seconds=0.02, text_seconds=0.01)


@pytest.mark.processes
async def test_a_run_of_the_app_is_measured_in_a_process_of_its_own() -> None:
    figures = await measure_workload(TINY)
    assert figures["statuses"] == ["Completed"]
    assert figures["images"] == figures["imageCalls"] == 8
    assert figures["excessImages"] == figures["missingImages"] == 0
    assert figures["reportedUsd"] == pytest.approx(figures["billedUsd"], abs=0.005)
    assert figures["estimatedUsd"] > 0
    for name in ("orchestratorCpuMsAnImage", "longestHistory", "recordBytesAnItem", "storeOperationsAnItem"):
        assert figures[name] > 0, name


@pytest.mark.processes
async def test_products_are_repaired_after_faults() -> None:
    rates = {"content_policy": 0.4, "timeout": 0.5}
    load = Workload(items=16, window=4, image_seconds=0.01, products=True, rates=rates, repairs=True)
    figures = await measure_workload(load)
    assert figures["statuses"] == ["Completed", "CompletedWithFailures"]
    assert figures["missingBeforeRepair"] > 0
    assert (figures["missingImages"], figures["images"], figures["changedRows"]) == (0, 16, 0)
    assert figures["auditedImages"] == figures["billedImages"] > 16
    assert figures["auditedUsd"] == pytest.approx(figures["billedUsd"], abs=1e-9)
    assert figures["itemsATextCall"] is None


@pytest.mark.processes
async def test_the_plain_script_is_measured_with_the_same_workload() -> None:
    figures = await measure_workload(Workload(items=8, window=4, batch_size=5, image_seconds=0.02, subject="script"))
    assert figures["images"] == figures["billedImages"] == 8
    assert figures["wallSeconds"] > 0


@pytest.mark.processes
async def test_a_killed_run_resumes_and_repeats_only_calls_in_flight() -> None:
    figures = await measure_workload(Workload(items=12, window=2, batch_size=12, image_seconds=0.2, kill_at=4))
    assert figures["statuses"] == ["Completed"]
    assert figures["images"] == 12
    assert 0 <= figures["excessImages"] <= 2


@pytest.mark.processes
async def test_a_killed_script_repeats_all_calls() -> None:
    load = Workload(items=12, window=2, batch_size=12, image_seconds=0.2, kill_at=4, subject="script")
    figures = await measure_workload(load)
    assert figures["images"] == 12
    assert figures["excessImages"] >= 4


@pytest.mark.processes
async def test_a_process_that_ends_without_a_report_is_an_error() -> None:
    async with start_process("bench.baseline", {"folder": "", "endpoint": "", "stages": []}) as process:
        with pytest.raises(RuntimeError, match="no report"):
            await process.wait_for_report()


def test_images_get_smaller_on_a_full_disk() -> None:
    load = Workload(items=1000, runs=2, image_bytes=1_500_000)
    assert limit_to_disk_space(load, 100 * 10**9).image_bytes == 1_500_000
    assert limit_to_disk_space(load, 3 * 10**9).image_bytes == 500_000
    assert limit_to_disk_space(load, 10**9).image_bytes == 1


def test_the_script_sends_every_taken_name_to_the_model() -> None:
    request = SeedRequest(catalog="toys", target_count=100, batch_size=2)
    items = [Draft(name=f"Item {n}", description="", category="Ab"[n % 2], image_prompt="") for n in range(50)]
    task = make_items_task(request, ["A", "b"], items, batch=26)
    assert {name for category in task["categories"] for name in category["taken"]} == {item.name for item in items}
    assert sum(category["count"] for category in task["categories"]) == 2
