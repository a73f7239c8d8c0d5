"""The metrics' instruments. They do nothing until the process has a meter provider."""

from collections.abc import Mapping

from opentelemetry import metrics

from shared.telemetry.names import SCOPE, Metric

CALL_SECONDS_BOUNDARIES = (0.5, 1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600)
"""An image takes 10-60 s, some up to 400 s; calls time out after 600 s."""

_meter = metrics.get_meter(SCOPE)
_counters = {
    Metric.RUNS: _meter.create_counter(Metric.RUNS, "{run}", "Ended runs"),
    Metric.PAUSES: _meter.create_counter(Metric.PAUSES, "{pause}", "Runs that wait to be resumed"),
    Metric.BATCHES: _meter.create_counter(Metric.BATCHES, "{batch}", "Text calls for a batch of items"),
    Metric.ITEMS: _meter.create_counter(Metric.ITEMS, "{item}", "Accepted and rejected drafts"),
    Metric.IMAGES: _meter.create_counter(Metric.IMAGES, "{image}", "Images generated, kept and failed"),
    Metric.RETRIES: _meter.create_counter(Metric.RETRIES, "{attempt}", "Failed attempts that are retried"),
    Metric.MODEL_CALLS: _meter.create_counter(Metric.MODEL_CALLS, "{call}", "Calls to the model"),
    Metric.COST_USD: _meter.create_counter(Metric.COST_USD, "USD", "Cost of calls at list prices"),
}
_call_seconds = _meter.create_histogram(
    Metric.MODEL_CALL_SECONDS,
    "s",
    "Duration of calls to the model",
    explicit_bucket_boundaries_advisory=CALL_SECONDS_BOUNDARIES,
)


def count(metric: Metric, dimensions: Mapping[str, str | None], amount: float = 1) -> None:
    """Add to a counter; dimensions without a value are left out."""
    if amount:
        _counters[metric].add(amount, _drop_none(dimensions))


def record_model_call(*, kind: str, outcome: str, seconds: float) -> None:
    """Count a call to the model, and record its duration."""
    dimensions = {"kind": kind, "outcome": outcome}
    _counters[Metric.MODEL_CALLS].add(1, dimensions)
    _call_seconds.record(seconds, dimensions)


def _drop_none(dimensions: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in dimensions.items() if value is not None}
