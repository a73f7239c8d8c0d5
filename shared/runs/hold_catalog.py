"""Holds a catalog for an operation that is not a run: prune and publish claim it as a run does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.catalog import catalog_files
from shared.errors import CatalogBusyError, InvalidRequestError, StoreUnavailableError, UnknownCatalogError
from shared.runs import run_claim
from shared.runs.durable_client import DurableClient
from shared.runs.recover import read_run_state
from shared.runs.request import SeedRequest, check_catalog_name
from shared.runs.start import create_run_id
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import read_json
from shared.storage.protocol import Store
from shared.telemetry.tracing import set_run_attributes


def read_catalog_name(name: str) -> str:
    """Return a valid catalog name unchanged.

    Raises:
        InvalidRequestError: the name is not valid.
    """
    try:
        return check_catalog_name(name)
    except ValueError as error:
        raise InvalidRequestError("catalog", str(error)) from error


async def read_last_request(store: Store, catalog: str) -> SeedRequest:
    """Return the request of a catalog's last run; the default request if it had none.

    Raises:
        DamagedFileError: the file of the request cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    last = await read_json(store, paths.state_file(catalog, "request.json"), SeedRequest.model_validate)
    return last or SeedRequest(catalog=catalog)


@asynccontextmanager
async def hold_catalog(services: Services, client: DurableClient, catalog: str) -> AsyncIterator[str]:
    """Claim an existing catalog until the block ends; yields the id of the claim.

    Raises:
        InvalidRequestError: the name is not valid.
        UnknownCatalogError: the catalog has no batches.
        CatalogBusyError: a run or another operation holds the catalog.
        StoreUnavailableError: the store does not answer.
    """
    name = read_catalog_name(catalog)
    if not await catalog_files.list_batch_numbers(services.store, name):
        raise UnknownCatalogError(name)
    claim_id = create_run_id()
    blocked_by = await run_claim.take_claim(
        services.store,
        name,
        run_id=claim_id,
        host_id=services.settings.host_id,
        read_run_state=lambda other: read_run_state(services, client, other),
    )
    if blocked_by is not None:
        raise CatalogBusyError(name, blocked_by.run_id)
    set_run_attributes(claim_id, name)
    heartbeat_task = asyncio.create_task(_refresh_claim(services, name, claim_id))
    try:
        yield claim_id
    finally:
        heartbeat_task.cancel()
        await run_claim.release_claim(services.store, name, run_id=claim_id)


async def _refresh_claim(services: Services, catalog: str, claim_id: str) -> None:
    """Refresh a claim without an orchestration: otherwise it expires like that of a run that did not start."""
    while True:
        await asyncio.sleep(run_claim.START_TIMEOUT.total_seconds() / 3)
        with contextlib.suppress(StoreUnavailableError):
            await run_claim.send_heartbeat(
                services.store,
                catalog,
                run_id=claim_id,
                host_id=services.settings.host_id,
                interval=run_claim.START_TIMEOUT / 6,
            )
