"""Every name that telemetry goes by: alerts, workbooks and people's queries rely on them, so they keep their spelling.

``infra/modules/alerts.bicep`` uses the metrics; a test holds the two together.
"""

from enum import StrEnum

SCOPE = "catalog_seeder"
"""Instrumentation scope of all spans and metrics, and name of the log of runs."""


class Attribute(StrEnum):
    """Attributes of spans."""

    RUN_ID = "catalog_seeder.run_id"
    CATALOG = "catalog_seeder.catalog"
    PRODUCT_ID = "catalog_seeder.product_id"
    BATCH = "catalog_seeder.batch"
    ATTEMPT = "catalog_seeder.attempt"
    """Failed attempts before this one: 0 is the first."""
    OUTCOME = "catalog_seeder.outcome"
    """What came of it: made, kept, done, waiting, paused, stopped, failed, given_up, broke, cut_off."""
    REASON = "catalog_seeder.reason"
    """A code of ``shared.reasons``."""
    STATUS = "catalog_seeder.status"
    """How a run ended."""
    COST_USD = "catalog_seeder.cost_usd"
    INPUT_TOKENS = "catalog_seeder.input_tokens"
    OUTPUT_TOKENS = "catalog_seeder.output_tokens"
    RETRY_AFTER_SECONDS = "catalog_seeder.retry_after_seconds"
    BILLED_CALL_SECONDS = "catalog_seeder.billed_call_seconds"
    """How long its calls to the model took; absent where none was made."""
    EXCEPTION_TYPE = "exception.type"
    EXCEPTION_MESSAGE = "exception.message"
    HTTP_METHOD = "catalog_seeder.http_method"
    HTTP_STATUS = "catalog_seeder.http_status"
    """Names of our own: the exporter drops ``http.*`` from spans that are no HTTP calls to it."""


class Metric(StrEnum):
    """Metrics. All are counted at least once: an activity that is delivered twice may count twice."""

    RUNS = "catalog_seeder.runs"
    """Ended runs; by ``status``, ``reason``, ``run_id`` and ``catalog``."""
    PAUSES = "catalog_seeder.pauses"
    """Runs that wait for a person to resume them; by ``reason``, ``run_id`` and ``catalog``."""
    BATCHES = "catalog_seeder.batches"
    """Text calls for a batch of items; by ``outcome`` (done, failed) and, if failed, ``reason``."""
    ITEMS = "catalog_seeder.items"
    """Drafts; by ``outcome`` (accepted, rejected) and, if rejected, the first ``reason``."""
    IMAGES = "catalog_seeder.images"
    """Images; by ``outcome`` (made, kept, failed) and, if failed for good, ``reason``."""
    RETRIES = "catalog_seeder.retries"
    """Attempts that failed in a way that is tried again; by ``activity`` and ``reason``. The last attempt of what the
    retry policy gives up is among them: an activity cannot know."""
    MODEL_CALLS = "catalog_seeder.model_calls"
    """Answered or failed calls; by ``kind`` (text, vision, image) and ``outcome``: ok, or a reason (rate_limited for a
    429)."""
    MODEL_CALL_SECONDS = "catalog_seeder.model_call_duration"
    """Histogram of their seconds; by ``kind`` and ``outcome``."""
    COST_USD = "catalog_seeder.cost_usd"
    """US dollars at list prices; by ``kind``."""
