"""End a run: stop its billed calls, record how it ended, and release its catalog."""

import contextlib

from shared.audit.write_audit import audit_run, write_missing_audits
from shared.errors import CatalogSeederError
from shared.images.style_uploads import delete_uploads
from shared.images.write_contact_sheet import CONTACT_SHEET_NAME, LIKENESS_SHEET_NAME
from shared.messages.base import Failure
from shared.messages.run import ActivityResult, FinishRunInput, RunRef, StopResult
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.recount import count_unpublished, recount
from shared.runs.run_claim import read_claim, release_claim
from shared.runs.status import RunStatus
from shared.runs.status_rules import summarize_run
from shared.services.container import Services
from shared.storage import paths

MIN_ITEMS_SAVED_BY_RUN = 5_000
"""Smaller catalogs are scanned in about a second."""


async def run_read_stop(services: Services, run: RunRef) -> StopResult:
    """Return why a run is stopped, if it is, and when one of its calls last succeeded.

    Raises:
        DamagedFileError: the stop record cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    stop = await run_files.read_stop_record(services.store, run.run_id)
    claim = await read_claim(services.store, run.catalog)
    success = claim.last_success_at if claim is not None and claim.run_id == run.run_id else None
    return StopResult(stop, last_success_at=None if success is None else success.isoformat())


async def run_stop_run(services: Services, ending: FinishRunInput) -> ActivityResult:
    """Write the stop record: after that, no instance of the run makes a billed call.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    failure = ending.failure or Failure(Reason.INTERNAL_ERROR, "A child workflow of the run failed unexpectedly.")
    await run_files.record_stop(services.store, ending.run_id, failure)
    return ActivityResult()


async def run_close_run(services: Services, ending: FinishRunInput) -> ActivityResult:
    """Write the summary and the audit of a run once, release its catalog, and free what this process remembers of it.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    store = services.store
    request = await run_files.read_request(store, ending.run_id)
    published = ending.published or await count_unpublished(services, ending)
    counters = await recount(services, ending) if ending.recount or ending.counters.lost else ending.counters
    outputs = dict(published.outputs) | {"summary": paths.run_file(ending.run_id, "summary.json")}
    sheets = {"contactSheet": CONTACT_SHEET_NAME}
    if request.style_reference is not None:
        sheets["contactSheetByLikeness"] = LIKENESS_SHEET_NAME
    for output, name in sheets.items():
        sheet = paths.run_file(ending.run_id, name)
        if await store.describe(sheet) is not None:
            outputs[output] = sheet
    results = paths.results_folder(ending.run_id)
    has_rounds = request.refine.is_wanted or request.policy_rewrites > 0
    if has_rounds and (await store.list_folders(results, limit=1)).names:
        outputs["results"] = results
    summary = summarize_run(
        ending.run_id,
        request,
        published,
        counters,
        outputs=outputs,
        completed_at=services.clock(),
    )
    summary = await audit_run(services, summary, request)
    await write_missing_audits(services, ending.catalog, ending.run_id)
    # Release before the summary is visible: its reader may start the next run at once.
    await release_claim(store, ending.catalog, run_id=ending.run_id)
    if not await run_files.create_summary(store, summary):
        summary = await run_files.read_status_file(store, ending.run_id, "summary.json") or summary
    await run_files.write_progress(store, summary)
    await _save_large_index(services, summary)
    if request.is_batched and request.style_reference is not None:
        await delete_uploads(services, ending.run_id)
    services.forget_run(ending.run_id)
    return ActivityResult(status=str(summary.status))


async def _save_large_index(services: Services, summary: RunStatus) -> None:
    """Save what browsing needs of a large catalog, so that the first page of a new process does not wait for a scan."""
    if summary.progress.items.accepted >= MIN_ITEMS_SAVED_BY_RUN:
        with contextlib.suppress(CatalogSeederError):  # the run has ended; a later page scans the catalog
            await services.catalog_indexes.save(summary.catalog)
