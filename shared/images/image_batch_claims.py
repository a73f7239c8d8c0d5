"""The claims of a run's image batches: which images a batch generates, and how far it is.

A claim is created before anything is sent, and says what was sent before the provider answers. So a repeated activity
continues where an earlier delivery stopped, and looks for that delivery's batch before it creates one.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from pydantic import AwareDatetime, ConfigDict, TypeAdapter

from shared.errors import StoreConflictError
from shared.messages.base import Counters
from shared.messages.image_batches import CollectedImageBatch, OpenBatch
from shared.messages.images import ImageJob
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, dump_json, parse_json
from shared.storage.protocol import FileInfo, Store


@dataclass(frozen=True, slots=True)
class BatchClaim:
    """The claim of one batch.

    Attributes:
        chunk: number of the batch in the run.
        resume_count: how often the run had been resumed.
        jobs: the images, one line each.
        last_page: the last work page that the batch or an earlier one has claimed.
        is_closed: no item without an image was left to be claimed.
        counters: of jobs that needed no line.
        over_budget: why further jobs have no line.
        claimed_at: when the claim was written.
        file_id: the provider's id of the uploaded file; None = not uploaded.
        creating_at: when the creation of the batch was last begun; None = it was not.
        reference_ids: the provider's ids of the style references that the lines name; empty = they name none.
        batch_id: the provider's id of the batch; None = not known.
        result: what was collected; None = the batch is open.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    chunk: int
    resume_count: int
    jobs: tuple[ImageJob, ...]
    last_page: int
    is_closed: bool
    counters: Counters
    over_budget: str | None
    claimed_at: AwareDatetime
    file_id: str | None = None
    creating_at: AwareDatetime | None = None
    batch_id: str | None = None
    result: CollectedImageBatch | None = None
    reference_ids: tuple[str, ...] = ()

    @property
    def open_batch(self) -> OpenBatch | None:
        """The batch, as messages name it; None if its images are collected or it has no line."""
        return OpenBatch(self.chunk, self.batch_id, len(self.jobs)) if self.jobs and self.result is None else None

    def begin_creation(self, now: datetime) -> "BatchClaim":
        """Return the claim of a batch that is about to be created."""
        return replace(self, creating_at=now)


_CLAIM = TypeAdapter(BatchClaim)


@dataclass(frozen=True, slots=True)
class StoredClaim:
    """A claim in the store, and the version that a change of it names."""

    claim: BatchClaim
    etag: str


async def read_claim(store: Store, run_id: str, chunk: int) -> StoredClaim | None:
    """Return the claim of a batch, or None.

    Raises:
        DamagedFileError: the claim cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    path = paths.image_batch_file(run_id, chunk)
    content = await store.read(path)
    if content is None:
        return None
    return StoredClaim(parse_json(path, content.data, _CLAIM.validate_python), content.etag)


async def create_claim(store: Store, run_id: str, claim: BatchClaim) -> StoredClaim:
    """Create the claim of a batch, and return it; one that another delivery has created stays.

    Raises:
        DamagedFileError: the other claim cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    path = paths.image_batch_file(run_id, claim.chunk)
    await store.create(path, _dump(claim), content_type=JSON_TYPE)
    stored = await read_claim(store, run_id, claim.chunk)
    if stored is None:
        raise LookupError(f"{path} does not exist; expected the claim that was just created.")
    return stored


async def change_claim(store: Store, run_id: str, stored: StoredClaim, changed: BatchClaim) -> StoredClaim | None:
    """Write a change of a claim, and return it; None if another delivery has changed it first.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    path = paths.image_batch_file(run_id, changed.chunk)
    try:
        etag = await store.write(path, _dump(changed), content_type=JSON_TYPE, if_match=stored.etag)
    except StoreConflictError:
        return None
    return StoredClaim(changed, etag)


async def iterate_claims(store: Store, run_id: str) -> AsyncIterator[BatchClaim]:
    """Yield all claims of a run by number.

    Raises:
        DamagedFileError: a claim cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    chunks = [int(info.path.rpartition("/")[2].removesuffix(".json")) async for info in _list_claims(store, run_id)]
    for chunk in sorted(chunks):
        stored = await read_claim(store, run_id, chunk)
        if stored is not None:
            yield stored.claim


def _list_claims(store: Store, run_id: str) -> AsyncIterator[FileInfo]:
    return store.list_files(paths.image_batch_folder(run_id))


def _dump(claim: BatchClaim) -> bytes:
    return dump_json(_CLAIM.dump_python(claim, mode="json", by_alias=True, exclude_defaults=True))
