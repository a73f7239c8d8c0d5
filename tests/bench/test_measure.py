"""Small loads through the real processes: what is checked is that the figures are there, not how good they are."""

import pytest

from bench.baseline import make_items_task
from bench.measure import limit_to_disk_space, measure_workload
from bench.measured_process import start_process
from bench.workload import Workload
from shared.catalog.items import Draft
from shared.runs.request import SeedRequest

TINY = Workload(items=8, window=4, batch_size=8, image_seconds=0.02, text_seconds=0.01)


async def test_a_run_of_the_app_is_measured_in_a_process_of_its_own() -> None:
    figures = await measure_workload(TINY)
    assert figures["statuses"] == ["Completed"]
    assert figures["images"] == figures["imageCalls"] == 8
    assert figures["excessImages"] == figures["missingImages"] == 0
    assert figures["reportedUsd"] == pytest.approx(figures["billedUsd"], abs=0.005)
    assert figures["estimatedUsd"] > 0
    for name in ("orchestratorCpuMsAnImage", "longestHistory", "recordBytesAnItem", "storeOperationsAnItem"):
        assert figures[name] > 0, name


async def test_products_go_through_faults_and_are_repaired() -> None:
    rates = {"content_policy": 0.4, "timeout": 0.5}
    load = Workload(items=16, window=4, image_seconds=0.01, products=True, rates=rates, repairs=True)
    figures = await measure_workload(load)
    assert figures["statuses"] == ["Completed", "CompletedWithFailures"]
    assert figures["missingBeforeRepair"] > 0
    assert (figures["missingImages"], figures["images"], figures["changedRows"]) == (0, 16, 0)
    assert figures["auditedImages"] == figures["billedImages"] > 16
    assert figures["auditedUsd"] == pytest.approx(figures["billedUsd"], abs=1e-9)
    assert figures["itemsATextCall"] is None


async def test_the_plain_script_is_measured_under_the_same_load() -> None:
    figures = await measure_workload(Workload(items=8, window=4, batch_size=5, image_seconds=0.02, subject="script"))
    assert figures["images"] == figures["billedImages"] == 8
    assert figures["wallSeconds"] > 0


async def test_a_killed_run_goes_on_and_pays_again_only_for_what_was_in_flight() -> None:
    figures = await measure_workload(Workload(items=12, window=2, batch_size=12, image_seconds=0.2, kill_at=4))
    assert figures["statuses"] == ["Completed"]
    assert figures["images"] == 12
    assert 0 <= figures["excessImages"] <= 2


async def test_a_killed_script_pays_again_for_all_that_it_had() -> None:
    load = Workload(items=12, window=2, batch_size=12, image_seconds=0.2, kill_at=4, subject="script")
    figures = await measure_workload(load)
    assert figures["images"] == 12
    assert figures["excessImages"] >= 4


async def test_a_process_that_ends_without_a_report_is_an_error() -> None:
    async with start_process("bench.baseline", {"folder": "", "endpoint": "", "stages": []}) as process:
        with pytest.raises(RuntimeError, match="no report"):
            await process.wait_for_report()


def test_images_get_smaller_where_the_disk_has_no_room_for_them() -> None:
    load = Workload(items=1000, runs=2, image_bytes=1_500_000)
    assert limit_to_disk_space(load, 100 * 10**9).image_bytes == 1_500_000
    assert limit_to_disk_space(load, 3 * 10**9).image_bytes == 500_000
    assert limit_to_disk_space(load, 10**9).image_bytes == 1


def test_the_script_shows_the_model_every_name_that_is_taken() -> None:
    request = SeedRequest(catalog="toys", target_count=100, batch_size=2)
    items = [Draft(name=f"Item {n}", description="", category="Ab"[n % 2], image_prompt="") for n in range(50)]
    task = make_items_task(request, ["A", "b"], items, batch=26)
    assert {name for category in task["categories"] for name in category["taken"]} == {item.name for item in items}
    assert sum(category["count"] for category in task["categories"]) == 2
