"""From what was seen to figures. Pure arithmetic; every figure of a case is here or in a table's ratio."""

import math
from datetime import datetime
from typing import Any

from bench.observations import Observations
from bench.workload import Workload

SECONDS_A_MINUTE = 60
SUCCESS, TOO_MANY_REQUESTS = "200", "429"


def calculate_metrics(load: Workload, seen: Observations) -> dict[str, Any]:
    """Return the figures of a load, by name; None = that the load has no such thing.

    Wall times of images are the simulator's: from the start of the first accepted call to the end of the last one.
    """
    report, stats = seen.report, seen.stats
    calls = stats["requests"]["images"]
    images, items = seen.stored_results.images, load.items * load.runs
    seconds = _subtract(stats["lastImageEndedAt"], stats["firstImageStartedAt"])
    # The report of a process that was killed never came, so nobody knows when it began and what it estimated.
    started_at, estimate = (None, None) if load.kill_at is not None else (report.started_at, report.estimated_usd)
    return {
        "items": load.items,
        "runs": load.runs,
        "statuses": sorted({run["status"] for run in report.runs}),
        "images": images,
        "missingImages": 0 if load.dry_run else items - images,
        "missingBeforeRepair": _count_missing(report.runs[: load.runs]) if load.repairs else None,
        "changedRows": seen.stored_results.changed_rows,
        "wallSeconds": sum(report.stage_seconds),
        "stageSeconds": report.stage_seconds,
        "imageSeconds": seconds,
        "firstImageSeconds": _subtract(seen.stored_results.first_image_at, started_at),
        "secondBatchSeconds": _subtract(seen.stored_results.second_batch_at, started_at),
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
        "auditedImages": seen.stored_results.audited_images,
        "auditedUsd": seen.stored_results.audited_usd,
        "reportedUsd": sum(run["cost"]["usd"] for run in report.runs) if report.runs else None,
        "estimatedUsd": estimate,
        "estimateOfBill": None if estimate is None else _divide(estimate, stats["costUsd"]),
        "spentOfBudget": None if load.max_cost_usd is None else stats["costUsd"] / load.max_cost_usd,
    }


def find_mean_seconds(load: Workload) -> float:
    """Return the mean answer time of an image call: that of a lognormal lies above its median by exp(sigma^2 / 2)."""
    return load.image_seconds * math.exp(load.sigma**2 / 2)


def find_slowest_of_mean(runs: list[dict[str, Any]]) -> float | None:
    """Return how long the slowest of several concurrent runs took, as a multiple of their mean; None for one run."""
    if len(runs) < 2 or not all(run.get("completedAt") for run in runs):  # noqa: PLR2004 - one run is its own mean
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
