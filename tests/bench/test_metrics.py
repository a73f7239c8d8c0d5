from typing import Any

import pytest

from bench.metrics import calculate_metrics, find_mean_seconds, find_slowest_of_mean
from bench.observations import Observations, ProcessReport, StoredResults
from bench.workload import Workload

STARTED_AT = 1000.0


def see(*, images: int = 100, refused: int = 0, billed: int | None = None, seconds: float = 10.0) -> Observations:
    return Observations(
        report=ProcessReport(
            started_at=STARTED_AT,
            stage_seconds=[seconds],
            cpu_seconds=2.0,
            peak_memory_mb=150.0,
            runs=[{"status": "Completed", "cost": {"usd": 1.5}}],
            estimated_usd=1.2,
            orchestrator_cpu_seconds=0.5,
            max_history_events=90,
            record_bytes=5000,
            store_operations=800,
            files_listed=200,
        ),
        stats={
            "requests": {"images": {"200": images, "429": refused}, "responses": {"200": 5}},
            "billedImageCount": images if billed is None else billed,
            "inputTokens": 4000,
            "costUsd": 1.5,
            "maxConcurrentImages": 16,
            "firstImageStartedAt": STARTED_AT + 1,
            "lastImageEndedAt": STARTED_AT + 1 + seconds,
        },
        stored_results=StoredResults(images, first_image_at=STARTED_AT + 1.5, second_batch_at=STARTED_AT + 3),
    )


def test_the_share_of_the_quota_is_of_what_the_seconds_allowed() -> None:
    assert calculate_metrics(Workload(items=100, quota=600), see(seconds=12.5))["quotaUsed"] == pytest.approx(0.8)


def test_the_share_of_refused_calls_is_of_all_calls() -> None:
    assert calculate_metrics(Workload(items=100), see(images=100, refused=25))["refusedShare"] == pytest.approx(0.2)


def test_the_ideal_is_a_window_that_is_always_full() -> None:
    figures = calculate_metrics(Workload(items=100, window=10, image_seconds=0.9), see(seconds=10))
    assert figures["idealShare"] == pytest.approx(0.9)


def test_the_ideal_of_several_runs_is_all_their_windows() -> None:
    figures = calculate_metrics(Workload(items=50, runs=2, window=5, image_seconds=0.9), see(seconds=10))
    assert figures["idealShare"] == pytest.approx(0.9)


def test_the_mean_of_a_lognormal_latency_lies_above_its_median() -> None:
    assert find_mean_seconds(Workload(items=1, image_seconds=3, sigma=0.5)) == pytest.approx(3.3994, abs=1e-4)
    assert find_mean_seconds(Workload(items=1, image_seconds=3)) == 3


def test_a_billed_image_that_is_missing_is_reported() -> None:
    figures = calculate_metrics(Workload(items=110), see(images=100, billed=116))
    assert (figures["excessImages"], figures["missingImages"]) == (16, 10)


def test_costs_are_reported_for_each_image_or_item() -> None:
    figures = calculate_metrics(Workload(items=100), see())
    assert figures["orchestratorCpuMsAnImage"] == pytest.approx(5)
    assert figures["cpuMsAnItem"] == pytest.approx(20)
    assert figures["inputTokensAnItem"] == 40
    assert figures["recordBytesAnItem"] == 50
    assert figures["itemsATextCall"] == 20


def test_the_estimate_is_compared_with_the_bill() -> None:
    assert calculate_metrics(Workload(items=100), see())["estimateOfBill"] == pytest.approx(0.8)


def test_the_first_image_is_timed_from_the_start_of_the_work() -> None:
    figures = calculate_metrics(Workload(items=100), see())
    assert (figures["firstImageSeconds"], figures["secondBatchSeconds"]) == (1.5, 3)


def test_no_one_knows_when_a_killed_process_began() -> None:
    assert calculate_metrics(Workload(items=100, kill_at=50), see())["firstImageSeconds"] is None


def test_a_dry_run_has_no_figures_of_images_and_misses_none() -> None:
    seen = see(images=0)
    seen.stats.update(firstImageStartedAt=None, lastImageEndedAt=None)
    figures = calculate_metrics(Workload(items=100, dry_run=True, quota=600), seen)
    assert figures["quotaUsed"] is figures["idealShare"] is figures["orchestratorCpuMsAnImage"] is None
    assert figures["missingImages"] == 0


def test_the_slowest_of_several_runs_is_compared_with_their_mean() -> None:
    assert find_slowest_of_mean([took(10), took(20)]) == pytest.approx(20 / 15)


def test_one_run_has_no_slowest() -> None:
    assert find_slowest_of_mean([took(10)]) is None


def test_runs_that_did_not_end_have_no_slowest() -> None:
    assert find_slowest_of_mean([took(10), {**took(10), "completedAt": None}]) is None


def took(seconds: int) -> dict[str, Any]:
    return {"createdAt": "2026-11-21T12:00:00+00:00", "completedAt": f"2026-11-21T12:00:{seconds:02d}+00:00"}
