"""A run's audit at its end, and those of runs that died: none of them is worth failing a run."""

import logging

from shared.audit.write_audit import list_unaudited_runs, write_audit
from shared.runs.request import SeedRequest
from shared.runs.status import RunStatus
from shared.services.container import Services
from shared.telemetry.unexpected_errors import describe_error

logger = logging.getLogger(__name__)


async def audit_run(services: Services, status: RunStatus, request: SeedRequest) -> RunStatus:
    """Write a run's audit, and return the status with what its calls cost, or with a note of why there is no audit."""
    try:
        await services.calls.catch_up(services.store)
        return await write_audit(services.store, status, request)
    except Exception as error:  # noqa: BLE001 - none of it is worth failing a run
        logger.warning("run %s has no audit: %s", status.run_id, describe_error(error))
        note = (
            f"audit.sqlite could not be made ({type(error).__name__}); the records are in runs/{status.run_id}/calls/"
        )
        return status.model_copy(update={"notes": [*status.notes, note]})


async def write_missing_audits(services: Services, catalog: str, run_id: str) -> None:
    """Write the audits of earlier runs of the catalog that died before they could.

    ``run_id`` is the run that holds the catalog, and is about to end.
    """
    try:
        async for status, request in list_unaudited_runs(services.store, catalog, run_id):
            await write_audit(services.store, status, request)
    except Exception as error:  # noqa: BLE001 - none of it is worth failing a run
        logger.warning("runs that died before run %s have no audit yet: %s", run_id, describe_error(error))
