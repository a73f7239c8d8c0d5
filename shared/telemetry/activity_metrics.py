"""Count the metrics of an activity's execution, from its message and its result."""

from typing import Any

from shared.limits.retry_policy import COUNTED_REASONS, UNUSABLE_ANSWER_REASONS
from shared.messages.base import NANO_PER_USD
from shared.reasons import PAUSING_REASONS, Reason
from shared.telemetry.instruments import count
from shared.telemetry.names import Metric

Data = dict[str, Any]

RETRIED_REASONS = COUNTED_REASONS | UNUSABLE_ANSWER_REASONS | {Reason.RATE_LIMITED, Reason.STORE_UNAVAILABLE}
"""The retry policy retries these, so they are not final failures."""


def record_metrics(name: str, payload: Data, result: Data, *, billed_kind: str | None) -> None:
    """Count an execution that has ended.

    Args:
        name: the activity.
        payload: its message.
        result: its result.
        billed_kind: the kind of its billed calls; None = it made none, because an earlier delivery did and counted
            them.
    """
    reason = result.get("failure", {}).get("reason")
    if reason in RETRIED_REASONS:
        count(Metric.RETRIES, {"activity": name, "reason": reason})
    match name:
        case "generate_image" if result.get("made") or result.get("kept"):
            count(Metric.IMAGES, {"outcome": "made" if result.get("made") else "kept"})
        case "record_failed_image" if reason is None:
            count(Metric.IMAGES, {"outcome": "failed", "reason": payload["failure"]["reason"]})
        case "collect_image_batch" if reason is None:
            _count_collected_images(result.get("counters", {}))
        case "collect_prompt_batch" if reason is None:
            _count_collected_cost("text", result.get("counters", {}))
        case "write_batch" if billed_kind:
            count(Metric.BATCHES, {"outcome": "done" if reason is None else "failed", "reason": reason})
            _count_drafts(result)
        case "close_run" if reason is None:
            why = find_run_failure(payload).get("reason")
            count_run_end(payload["run_id"], payload["catalog"], status=result["status"], reason=why)
        case "read_stop" if is_pause(payload, result):
            count(Metric.PAUSES, _name_run(payload) | {"reason": result["stop"]["reason"]})
    if billed_kind:
        count(Metric.COST_USD, {"kind": billed_kind}, result.get("cost", {}).get("nano_usd", 0) / NANO_PER_USD)


def count_run_end(run_id: str, catalog: str, *, status: str, reason: str | None) -> None:
    """Count the end of a run, once: in ``close_run``, or in what ends a run instead of it."""
    count(Metric.RUNS, {"status": status, "reason": reason, "run_id": run_id, "catalog": catalog})


def is_pause(payload: Data, result: Data) -> bool:
    """Return whether an execution of ``read_stop`` started a pause: the run waits for a person to resume it."""
    return bool(payload.get("pausing")) and (result.get("stop") or {}).get("reason") in PAUSING_REASONS


def find_run_failure(ending: Data) -> Data:
    """Return why a run ended early or failed, from the message of ``close_run``; empty if it did neither."""
    published = ending.get("published", {})
    return dict(published.get("failure") or published.get("shortfall") or ending.get("failure") or {})


def _name_run(payload: Data) -> dict[str, str | None]:
    return {"run_id": payload["run_id"], "catalog": payload["catalog"]}


def _count_collected_images(counters: Data) -> None:
    """Count the images of a batch and their cost; a batch that is collected again is counted again."""
    count(Metric.IMAGES, {"outcome": "made"}, counters.get("made", 0))
    for reason, images in counters.get("failed", {}).items():
        count(Metric.IMAGES, {"outcome": "failed", "reason": reason}, images)
    _count_collected_cost("image", counters)


def _count_collected_cost(kind: str, counters: Data) -> None:
    count(Metric.COST_USD, {"kind": kind}, counters.get("cost", {}).get("nano_usd", 0) / NANO_PER_USD)


def _count_drafts(result: Data) -> None:
    count(Metric.ITEMS, {"outcome": "accepted"}, result.get("accepted", 0))
    for reason, drafts in result.get("rejected", {}).items():
        count(Metric.ITEMS, {"outcome": "rejected", "reason": reason}, drafts)
