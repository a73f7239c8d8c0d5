"""Names of spans' attributes and of metrics. Alerts, workbooks and queries rely on them, so they keep their spelling.

``infra/modules/alerts.bicep`` uses the metrics. ``docs/reference/telemetry.md`` is generated from the docstrings.
"""

from enum import StrEnum

SCOPE = "catalog_seeder"
"""Instrumentation scope of all spans and metrics, and name of the log of runs."""


class Attribute(StrEnum):
    """Attributes of spans."""

    RUN_ID = "catalog_seeder.run_id"
    """Id of the run."""
    CATALOG = "catalog_seeder.catalog"
    """Name of the catalog."""
    PRODUCT_ID = "catalog_seeder.product_id"
    """Id of the item, for activities about one item."""
    BATCH = "catalog_seeder.batch"
    """Number of the batch, for activities about one batch."""
    ATTEMPT = "catalog_seeder.attempt"
    """Failed attempts before this one; 0 is the first attempt."""
    OUTCOME = "catalog_seeder.outcome"
    """Outcome: made, kept, done, waiting (for its turn under the quota), paused, stopped, failed, given_up, error (an
    exception was raised), interrupted (the host stopped).
    """
    REASON = "catalog_seeder.reason"
    """Reason code."""
    STATUS = "catalog_seeder.status"
    """Status of a run that ended."""
    COST_USD = "catalog_seeder.cost_usd"
    """Cost of the result in US dollars at list prices."""
    INPUT_TOKENS = "catalog_seeder.input_tokens"
    """Input tokens of the result."""
    OUTPUT_TOKENS = "catalog_seeder.output_tokens"
    """Output tokens of the result."""
    RETRY_AFTER_SECONDS = "catalog_seeder.retry_after_seconds"
    """Seconds that the provider asked to wait."""
    BILLED_CALL_SECONDS = "catalog_seeder.billed_call_seconds"
    """Seconds of the model calls; absent if none was made."""
    EXCEPTION_TYPE = "exception.type"
    """Type of an exception."""
    EXCEPTION_MESSAGE = "exception.message"
    """Message of an exception of the app."""
    HTTP_METHOD = "catalog_seeder.http_method"
    """Method of an HTTP call that changes something. The exporter drops ``http.*`` attributes of internal spans."""
    HTTP_STATUS = "catalog_seeder.http_status"
    """Status code of an HTTP call that changes something."""


class Metric(StrEnum):
    """Metrics. Each event counts at least once: an activity that is delivered twice may count twice."""

    RUNS = "catalog_seeder.runs"
    """Ended runs; by ``status``, ``reason``, ``run_id`` and ``catalog``."""
    PAUSES = "catalog_seeder.pauses"
    """Runs that wait to be resumed; by ``reason``, ``run_id`` and ``catalog``."""
    BATCHES = "catalog_seeder.batches"
    """Text calls for a batch of items; by ``outcome`` (done, failed) and, if failed, ``reason``."""
    ITEMS = "catalog_seeder.items"
    """Drafts; by ``outcome`` (accepted, rejected) and, if rejected, the first ``reason``."""
    IMAGES = "catalog_seeder.images"
    """Images; by ``outcome`` (made, kept, failed) and, if failed for good, ``reason``."""
    RETRIES = "catalog_seeder.retries"
    """Failed attempts that the retry policy may retry; by ``activity`` and ``reason``. Includes the last attempt,
    because an activity does not know the policy's decision.
    """
    MODEL_CALLS = "catalog_seeder.model_calls"
    """Model calls; by ``kind`` (text, vision, image; image_batch, prompt_batch: creation of a batch) and ``outcome``
    (ok, or a reason; 429 is rate_limited).
    """
    MODEL_CALL_SECONDS = "catalog_seeder.model_call_duration"
    """Seconds of model calls, a histogram; by ``kind`` and ``outcome``. Application Insights keeps no buckets: query
    spans for percentiles.
    """
    COST_USD = "catalog_seeder.cost_usd"
    """US dollars at list prices; by ``kind``."""
