"""Batches of earlier runs of a catalog.

A run whose host is gone leaves batches that the provider carries out and bills all the same. So the next run in batches
collects them before it submits its own. A file of the catalog names each run that may have such batches. It is created
before the run's first batch, and deleted by a later run that finds none open.
"""

from dataclasses import replace
from typing import Any

from shared.batches.batch_claims import BatchClaims
from shared.batches.batch_work import BatchWork
from shared.messages.batches import OpenBatch
from shared.messages.run import RunRef
from shared.models.batches import BatchKind
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json
from shared.storage.protocol import Store


async def announce_batches(work: BatchWork[Any]) -> None:
    """Let later runs of the catalog find the batches of this one.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    path = paths.batched_run_file(work.catalog, work.kind, work.run_id)
    await work.services.store.create(path, dump_json({}), content_type=JSON_TYPE)


async def find_earlier_batches(store: Store, kind: BatchKind, run: RunRef) -> list[OpenBatch]:
    """Return the open batches of other runs of a catalog.

    Args:
        store: the store.
        kind: of the batches.
        run: the run that holds the catalog now.

    Raises:
        DamagedFileError: a file of one of the runs cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    found = list[OpenBatch]()
    async for info in store.list_files(paths.batched_run_folder(run.catalog, kind)):
        earlier = info.path.rpartition("/")[2].removesuffix(".json")
        if earlier == run.run_id:
            continue
        stored: BatchClaims[Any] = BatchClaims(store, earlier, kind)
        claims = [claim.open_batch async for claim in stored.iterate()]
        batches = [replace(batch, run_id=earlier) for batch in claims if batch is not None]
        if not batches:
            await store.delete(info.path)
        found += batches
    return found
