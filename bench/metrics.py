"""Calculate the metrics of a case from observations. Pure."""

import math
from datetime import datetime
from typing import Any

from bench.observations import Observations
from bench.workload import Workload

SECONDS_A_MINUTE = 60
SUCCESS, TOO_MANY_REQUESTS = "200", "429"


def calculate_metrics(load: Workload, observations: Observations) -> dict[str, Any]:
    """Return the metrics of a workload by name; None = not applicable.

    Image times are the simulator's, from the start of the first accepted call to the end of the last one.
    """
    report, stats = observations.report, observations.stats
    calls = stats["requests"]["images"]
    images, items = observations.stored_results.images, load.items * load.runs
    seconds = _subtract(stats["lastImageEndedAt"], stats["firstImageStartedAt"])
    # A killed process sent no report, so its start and estimate are unknown.
    started_at, estimate = (None, None) if load.kill_at is not None else (report.started_at, report.estimated_usd)
    return {
        "items": load.items,
        "runs": load.runs,
        "statuses": sorted({run["status"] for run in report.runs}),
        "images": images,
        "missingImages": 0 if load.dry_run else items - images,
        "missingBeforeRepair": _count_missing(report.runs[: load.runs]) if load.repairs else None,
        "changedRows": observations.stored_results.changed_rows,
        "wallSeconds": sum(report.stage_seconds),
        "stageSeconds": report.stage_seconds,
        "imageSeconds": seconds,
        "firstImageSeconds": _subtract(observations.stored_results.first_image_at, started_at),
        "secondBatchSeconds": _subtract(observations.stored_results.second_batch_at, started_at),
        "quotaUsed": None if load.quota is None else _divide(images * SECONDS_A_MINUTE / load.quota, seconds),
        "refusedShare": _divide(calls.get(TOO_MANY_REQUESTS, 0), sum(calls.values())),
        "idealShare": _divide(images * find_mean_seconds(load) / (load.window * load.runs), seconds),
        "slowestOfMean": find_slowest_of_mean(report.runs[-load.runs :]),
        "imageCalls": sum(calls.values()),
        "billedImages": stats["billedImageCount"],
        "excessImages": stats["billedImageCount"] - images,
        "mostAtOnce": stats["maxConcurrentImages"],
        "orchestratorCpuMsAnImage": _divide(1000 * report.orchestrator_cpu_seconds, images),
        "cpuMsAnItem": 1000 * report.cpu_seconds / items,
        "longestHistory": report.max_history_events,
        "activities": report.activities,
        "peakMemoryMb": report.peak_memory_mb,
        "recordBytesAnItem": report.record_bytes / items,
        "storeOperationsAnItem": report.store_operations / items,
        "filesListedAnItem": report.files_listed / items,
        "inputTokensAnItem": stats["inputTokens"] / items,
        "itemsATextCall": _divide(items, stats["requests"]["responses"].get(SUCCESS, 0)),
        "billedUsd": stats["costUsd"],
        "auditedImages": observations.stored_results.audited_images,
        "auditedUsd": observations.stored_results.audited_usd,
        "reportedUsd": sum(run["cost"]["usd"] for run in report.runs) if report.runs else None,
        "estimatedUsd": estimate,
        "estimateOfBill": None if estimate is None else _divide(estimate, stats["costUsd"]),
        "spentOfBudget": None if load.max_cost_usd is None else stats["costUsd"] / load.max_cost_usd,
    }


def find_mean_seconds(load: Workload) -> float:
    """Return the mean response time of an image call: the mean of a lognormal is its median times exp(sigma^2 / 2)."""
    return load.image_seconds * math.exp(load.sigma**2 / 2)


def find_slowest_of_mean(runs: list[dict[str, Any]]) -> float | None:
    """Return the time of the slowest of several concurrent runs as a multiple of their mean; None for one run."""
    if len(runs) < 2 or not all(run.get("completedAt") for run in runs):  # noqa: PLR2004 - a single run
        return None
    seconds = [(_read_time(run["completedAt"]) - _read_time(run["createdAt"])) for run in runs]
    return _divide(max(seconds), sum(seconds) / len(seconds))


def _count_missing(runs: list[dict[str, Any]]) -> int:
    return sum(run["progress"]["images"]["failed"] for run in runs)


def _read_time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _divide(dividend: float, divisor: float | None) -> float | None:
    return dividend / divisor if divisor else None


def _subtract(later: float | None, earlier: float | None) -> float | None:
    return None if later is None or earlier is None else later - earlier
