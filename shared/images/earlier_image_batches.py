"""Image batches of earlier runs of a catalog.

A run whose host is gone leaves batches that the provider generates and bills all the same. So the next run in batches
collects them before it submits its own. A file of the catalog names each run that may have such batches. It is created
before the run's first batch, and deleted by a later run that finds none open.
"""

from dataclasses import replace

from shared.images.image_batch_claims import iterate_claims
from shared.messages.image_batches import OpenBatch
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json
from shared.storage.protocol import Store


async def announce_batches(store: Store, catalog: str, run_id: str) -> None:
    """Let later runs of a catalog find the batches of this one.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    await store.create(paths.batched_run_file(catalog, run_id), dump_json({}), content_type=JSON_TYPE)


async def find_earlier_batches(services: Services, catalog: str, run_id: str) -> list[OpenBatch]:
    """Return the open batches of other runs of a catalog, which the run holds now.

    Raises:
        DamagedFileError: a file of one of the runs cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store, found = services.store, list[OpenBatch]()
    async for info in store.list_files(paths.batched_run_folder(catalog)):
        earlier = info.path.rpartition("/")[2].removesuffix(".json")
        if earlier == run_id:
            continue
        claims = [claim.open_batch async for claim in iterate_claims(store, earlier)]
        batches = [replace(batch, run_id=earlier) for batch in claims if batch is not None]
        if not batches:
            await store.delete(info.path)
        found += batches
    return found
