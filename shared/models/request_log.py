"""Orders: what an image service with a queue was asked to make, one file an item and run.

The file is there before anybody waits for the image, so that a repeated activity goes on waiting instead of ordering,
and paying, a second one.
"""

import contextlib

from shared.bounded_cache import BoundedCache
from shared.errors import StoreUnavailableError
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json, read_json
from shared.storage.protocol import Store

MAX_UNWRITTEN_REQUESTS = 256
"""Orders that a process remembers while the store is away; more are never in flight."""


class StoredRequestLog:
    """A `shared.models.protocol.RequestLog` in the store: ``runs/{runId}/requests/{productId}.json``.

    Args:
        store: where runs live.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unwritten: BoundedCache[str, str] = BoundedCache(MAX_UNWRITTEN_REQUESTS)

    async def find(self, job: str) -> str | None:
        """Return the service's id of the order for a job, or None if there is none.

        Raises:
            DamagedFileError: its file cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        if job in self._unwritten:
            return self._unwritten[job]
        return await read_json(self._store, _name_file(job), lambda data: str(data["requestId"]))

    async def record(self, job: str, provider_request_id: str) -> None:
        """Remember the order for a job.

        A store that is away must not cost the image, which is ordered by now: this process remembers the order then.
        """
        data = dump_json({"requestId": provider_request_id})
        try:
            await self._store.write(_name_file(job), data, content_type=JSON_TYPE)
        except StoreUnavailableError:
            self._unwritten[job] = provider_request_id

    async def remove(self, job: str) -> None:
        """Forget the order for a job: nothing usable comes of it.

        A store that is away keeps it, and the next try finds once more that nothing comes of it.
        """
        self._unwritten.pop(job, None)
        with contextlib.suppress(StoreUnavailableError):
            await self._store.delete(_name_file(job))


def _name_file(job: str) -> str:
    run_id, _, product_id = job.partition("/")
    return paths.request_log_file(run_id, product_id)
