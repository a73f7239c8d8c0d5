"""Ask the provider how far the open batches of a run are, and cancel them if the run is stopped."""

from dataclasses import replace

from shared.errors import ModelError
from shared.messages.base import Failure
from shared.messages.batches import CheckBatches, CheckedBatches
from shared.models.billed_batches import BatchExecutor
from shared.reasons import shorten_message
from shared.runs.run_guard import check_call
from shared.services.container import Services


async def run_check_batches(services: Services, batches: BatchExecutor, check: CheckBatches) -> CheckedBatches:
    """Return the state of the open batches; also sends the run's heartbeat.

    Raises:
        DamagedFileError: a file of the run cannot be read.
        SettingError: the provider is not configured.
        StoreUnavailableError: the store does not answer.
    """
    guard = await check_call(services, check.catalog, check.run_id)
    must_cancel = check.must_cancel or not guard.may_spend
    try:
        found = await batches.read_all(batch.batch_id for batch in check.open if batch.batch_id is not None)
        if must_cancel:
            for batch in found.values():
                if not batch.is_over and batch.status != "cancelling":
                    await batches.cancel(batch.id)
    except ModelError as error:
        failure = Failure(error.reason, shorten_message(error.message), error.retry_after_seconds, error.request_id)
        return CheckedBatches(check.open, stopped=not guard.may_spend, failure=failure)
    states = [(batch, found.get(batch.batch_id or "")) for batch in check.open]
    return CheckedBatches(
        open=tuple(batch if state is None else replace(batch, done=state.done) for batch, state in states),
        ended=tuple(batch for batch, state in states if state is None or state.is_over),
        stopped=not guard.may_spend,
    )
