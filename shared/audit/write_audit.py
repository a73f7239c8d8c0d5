"""Builds ``audit.sqlite`` from the records of a run that has ended.

Rows stream from the store to a local file, and the file streams to the store: 50,000 calls take no more memory than
500.
"""

import asyncio
import logging
import platform
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.audit.audit_rounds import add_refined_item
from shared.audit.audit_tables import AuditFile
from shared.audit.call_records import has_calls, iterate_calls
from shared.catalog import catalog_files
from shared.catalog.prompt_files import iterate_prompted_batches
from shared.images.refined_items import iterate_refined_items
from shared.images.style_files import read_style
from shared.messages.run import StartInventory
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.runs.status import RunStatus, Status, is_run_id, read_created_at
from shared.runs.status_rules import compose_status, make_cost_view
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import DamagedFileError
from shared.storage.protocol import Store
from shared.telemetry.unexpected_errors import describe_error
from shared.version import __version__

logger = logging.getLogger(__name__)

AUDIT_NAME = "audit.sqlite"
AUDIT_TYPE = "application/vnd.sqlite3"
"""https://www.iana.org/assignments/media-types/application/vnd.sqlite3"""

TABLES_VERSION = "1"
"""Changes when a table or column changes its meaning."""

AUDITED_PACKAGES = ("azure-functions", "azure-functions-durable", "openai", "pillow", "pydantic")
"""Packages that affect calls and images; installed ones are listed with their versions."""

CHUNK_BYTES = 1 << 18
MAX_RUNS_CHECKED = 20
"""Of the newest runs: one that died is audited when the next run of its catalog ends."""


async def audit_run(services: Services, status: RunStatus, request: SeedRequest) -> RunStatus:
    """Write a run's audit; return the status with the cost of its calls, or with a note if the audit failed."""
    try:
        await services.calls.catch_up(services.store)
        return await write_audit(services.store, status, request)
    except Exception as error:  # noqa: BLE001 - an audit must not fail a run
        logger.warning("run %s has no audit: %s", status.run_id, describe_error(error))
        failure = type(error).__name__
        note = f"audit.sqlite could not be written ({failure}); the records are in runs/{status.run_id}/calls/"
        return status.model_copy(update={"notes": [*status.notes, note]})


async def write_missing_audits(services: Services, catalog: str, run_id: str) -> None:
    """Write the audits of earlier runs of the catalog that died before they could.

    ``run_id`` is the run that holds the catalog and is about to end.
    """
    try:
        async for status, request in list_unaudited_runs(services.store, catalog, run_id):
            await write_audit(services.store, status, request)
    except Exception as error:  # noqa: BLE001 - an audit must not fail a run
        logger.warning("runs that died before run %s have no audit yet: %s", run_id, describe_error(error))


async def write_audit(store: Store, status: RunStatus, request: SeedRequest) -> RunStatus:
    """Build a run's audit from its records, and return the status with its path and the cost of the calls.

    The records include calls that the run's counters miss: of a process that died, and of redelivered messages. Where a
    record is missing, the counters are higher and are kept.

    Args:
        store: holds the run.
        status: how the run ended, or its last known status if it died.
        request: of the run.

    Raises:
        OSError: the local disk has no room for the file.
        StoreUnavailableError: the store does not answer.
    """
    path = audit_path(status.run_id)
    with TemporaryDirectory(prefix="seeder-audit-") as folder:
        file = Path(folder) / AUDIT_NAME
        with AuditFile(file) as audit:
            audit.add_versions(find_versions())
            await _add_calls(store, status.run_id, audit)
            status = status.model_copy(update={"cost": status.cost.raise_to(make_cost_view(audit.sum_costs()))})
            audit.add_run(status, request)
            await _add_refined_items(store, status.run_id, audit)
            await asyncio.to_thread(audit.create_indexes)
            await _add_prompts(store, status, audit)
            audit.finish()
        async with aclosing(_read_file(file)) as pieces:
            await store.write_chunks(path, pieces, content_type=AUDIT_TYPE)
    return status.model_copy(update={"outputs": {**status.outputs, "audit": path}})


async def list_unaudited_runs(
    store: Store, catalog_name: str, run_id: str
) -> AsyncIterator[tuple[RunStatus, SeedRequest]]:
    """Yield earlier runs of a catalog that made calls and have no audit, with their last known status.

    Only the run that holds the catalog may call this: no other run of the catalog is active then.

    Raises:
        DamagedFileError: a file of such a run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    newest = await store.list_folders("runs/", limit=MAX_RUNS_CHECKED)
    for earlier in newest.names:
        if earlier <= run_id or not is_run_id(earlier) or await store.describe(audit_path(earlier)) is not None:
            continue
        if await has_calls(store, earlier):
            request = await run_files.read_request(store, earlier)
            if request.catalog == catalog_name:
                yield await _read_last_status(store, earlier, request), request


def audit_path(run_id: str) -> str:
    """Return the path of a run's audit in the store."""
    return paths.run_file(run_id, AUDIT_NAME)


def find_versions() -> dict[str, str]:
    """Return the versions of the programs that write an audit."""
    versions = {
        "catalog-seeder": __version__,
        "tables": TABLES_VERSION,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    for package in AUDITED_PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


async def _add_calls(store: Store, run_id: str, audit: AuditFile) -> None:
    async for call in iterate_calls(store, run_id):
        if isinstance(call, DamagedFileError):
            audit.add_error("audit", str(Reason.DAMAGED_FILE), str(call))
        else:
            audit.add_call(call)
    async for product_id, row in run_files.iterate_failures(store, run_id):
        audit.add_failed_image(row | {"productId": product_id})  # rows of inputs have the public id
    try:
        async for row in run_files.iterate_rejections(store, run_id):
            audit.add_rejection(row)
    except DamagedFileError as error:
        audit.add_error("audit", str(Reason.DAMAGED_FILE), str(error))


async def _add_refined_items(store: Store, run_id: str, audit: AuditFile) -> None:
    async for item in iterate_refined_items(store, run_id):
        add_refined_item(audit, item)


async def _add_prompts(store: Store, status: RunStatus, audit: AuditFile) -> None:
    """Add the prompts of the images that calls were made for; the catalog holds them."""
    if not audit.has_image_calls():
        return
    try:
        style = await read_style(store, status.run_id)
        numbers = await catalog_files.list_batch_numbers(store, status.catalog)
        async for batch in iterate_prompted_batches(store, status.catalog, numbers):
            for item in batch.items:
                audit.add_prompt(item, None if style is None else style.digest)
    except DamagedFileError as error:
        audit.add_error("audit", str(Reason.DAMAGED_FILE), str(error))


async def _read_last_status(store: Store, run_id: str, request: SeedRequest) -> RunStatus:
    summary = await run_files.read_status_file(store, run_id, "summary.json")
    if summary is not None:
        return summary
    last = await run_files.read_status_file(store, run_id, "progress.json") or compose_status(
        run_id,
        request,
        status=Status.INTERRUPTED,
        stage="unknown",
        found=StartInventory(),
        counters_by_instance=[],
        updated_at=read_created_at(run_id),
    )
    return last.model_copy(update={"status": Status.INTERRUPTED})


async def _read_file(file: Path) -> AsyncGenerator[bytes, None]:
    with file.open("rb") as opened:
        while piece := opened.read(CHUNK_BYTES):
            yield piece
