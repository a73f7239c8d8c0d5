"""``observe_activity``: record a span, metrics and a log line for each execution of an activity."""

import logging
from collections.abc import Awaitable, Callable

import azure.functions as func
from opentelemetry.trace import Span

from shared.messages.base import NANO_PER_USD
from shared.reasons import Reason
from shared.runs.status import Status
from shared.telemetry import activity_metrics
from shared.telemetry.activity_metrics import Data
from shared.telemetry.billed_calls import BilledCalls, watch_billed_calls
from shared.telemetry.flushing import flush_soon
from shared.telemetry.names import Attribute
from shared.telemetry.run_log import log_run
from shared.telemetry.tracing import Value, add_context_parameter, join_trace, mark_failed, set_attributes, start_span
from shared.telemetry.unexpected_errors import describe_error, redact_error

Activity = Callable[..., Awaitable[Data]]

BILLED_ACTIVITIES = frozenset(
    {"write_categories", "write_batch", "write_prompt_batch", "generate_image", "evaluate_image", "rewrite_prompt"}
)
"""Activities with billed calls; their messages hold the attempt."""

EXPECTED_REASONS = frozenset({Reason.CANCELLED, Reason.SUPERSEDED})
"""Failures that a user has caused on purpose."""

logger = logging.getLogger(__name__)


def observe_activity(function: Activity) -> Callable[..., Awaitable[Data]]:
    """Wrap an activity that takes a message's JSON data as ``payload`` and returns a result's; bindings are passed on.

    Messages omit fields with default values. So do the span's attributes, except ``attempt``.
    """
    name = function.__name__

    async def execute(payload: Data, context: func.Context, bindings: dict[str, str]) -> Data:
        with join_trace(context), start_span(name) as span, watch_billed_calls() as calls:
            # Set first: it stays if the host stops during the execution.
            set_attributes(span, _describe_message(name, payload) | {Attribute.OUTCOME: "interrupted"})
            try:
                result: Data = await function(payload, **bindings)
            except Exception as error:
                set_attributes(span, {Attribute.OUTCOME: "error"})
                _log(logging.ERROR, f"{name} raised an error", payload, error=describe_error(error))
                raise
            try:
                _record_result(span, name, payload, result, calls)
            except Exception as error:  # noqa: BLE001 - see below
                # The work is done and billed; a bug in telemetry must not fail it.
                logger.error("cannot record telemetry of %s: %s", name, describe_error(error))  # noqa: TRY400
            return result

    async def observed(*, payload: Data, context: func.Context, **bindings: str) -> Data:
        try:
            result = await execute(payload, context, bindings)
        except Exception as error:  # noqa: BLE001 - raised again below, without its message
            redacted = redact_error(error)
        else:
            # Azure may remove the instance when a run has ended or waits for a person.
            if name == "close_run" or activity_metrics.is_pause(payload, result):
                flush_soon()
            return result
        raise redacted  # outside of the handler, so that the original error is not its context

    add_context_parameter(observed, function)
    return observed


def _record_result(span: Span, name: str, payload: Data, result: Data, calls: BilledCalls) -> None:
    attributes = _describe_result(name, payload, result)
    set_attributes(span, attributes)
    if calls.count:
        set_attributes(span, {Attribute.BILLED_CALL_SECONDS: round(calls.seconds, 3)})
    if why := _find_error(name, payload, result):
        mark_failed(span, why)
    activity_metrics.record_metrics(name, payload, result, billed_kind=calls.kind)
    _log_end(name, payload, result, attributes)


def _describe_message(name: str, payload: Data) -> dict[Attribute, Value]:
    return {
        Attribute.RUN_ID: payload["run_id"],
        Attribute.CATALOG: payload["catalog"],
        Attribute.PRODUCT_ID: payload.get("product_id"),
        Attribute.BATCH: payload.get("batch"),
        Attribute.ATTEMPT: payload.get("attempt", 0) if name in BILLED_ACTIVITIES else payload.get("attempts"),
    }


def _describe_result(name: str, payload: Data, result: Data) -> dict[Attribute, Value]:
    failure = _find_failure(name, payload, result)
    cost = result.get("cost", {})
    nano_usd = cost.get("nano_usd")
    return {
        Attribute.OUTCOME: _name_outcome(name, payload, result),
        Attribute.REASON: failure.get("reason"),
        Attribute.RETRY_AFTER_SECONDS: failure.get("retry_after_seconds"),
        Attribute.STATUS: result.get("status"),
        Attribute.COST_USD: None if nano_usd is None else nano_usd / NANO_PER_USD,
        Attribute.INPUT_TOKENS: cost.get("input_tokens"),
        Attribute.OUTPUT_TOKENS: cost.get("output_tokens"),
    }


def _name_outcome(name: str, payload: Data, result: Data) -> str:
    if "failure" in result:
        return "failed"
    if result.get("deferred_seconds") is not None:
        return "waiting"
    if activity_metrics.is_pause(payload, result):
        return "paused"
    if name == "record_failed_image":
        return "given_up"
    return next((word for word in ("made", "kept", "stopped") if result.get(word)), "done")


def _find_failure(name: str, payload: Data, result: Data) -> Data:
    """Return the failure that an execution reports: its own, or the one that it records."""
    if "failure" in result:
        return dict(result["failure"])
    if name == "record_failed_image":
        return dict(payload["failure"])
    if name == "close_run":
        return activity_metrics.find_run_failure(payload)
    if name == "read_stop":
        return dict(result.get("stop") or {})
    return {}


def _find_error(name: str, payload: Data, result: Data) -> str | None:
    """Return the reason for a span's error status; None for success, and for failures that are retried or repaired."""
    reason = _find_failure(name, payload, result).get("reason")
    if "failure" in result:
        is_repaired = result.get("next_step") is not None  # such as a refused prompt that is rewritten
        return None if is_repaired or reason in activity_metrics.RETRIED_REASONS | EXPECTED_REASONS else reason
    if name == "record_failed_image":
        return None if reason in EXPECTED_REASONS else reason
    if name == "close_run" and result.get("status") == Status.FAILED:
        return reason or str(Status.FAILED)
    return None


def _log_end(name: str, payload: Data, result: Data, attributes: dict[Attribute, Value]) -> None:
    fields = {
        "product_id": payload.get("product_id"),
        "batch": payload.get("batch"),
        "attempt": payload.get("attempt", 0) if name in BILLED_ACTIVITIES else None,
        "outcome": attributes[Attribute.OUTCOME],
        "reason": attributes[Attribute.REASON],
        "status": attributes[Attribute.STATUS],
    }
    is_milestone = name in {"prepare_run", "close_run", "record_failed_image"} or "failure" in result
    _log(logging.INFO if is_milestone else logging.DEBUG, f"{name} ended", payload, **fields)


def _log(level: int, event: str, payload: Data, **attributes: Value) -> None:
    log_run(level, event, run_id=payload["run_id"], catalog=payload["catalog"], **attributes)
