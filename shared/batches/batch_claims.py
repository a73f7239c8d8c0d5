"""The claims of a run's batches: which calls a batch makes, and how far it is.

A claim is created before anything is sent, and says what was sent before the provider answers. So a repeated activity
continues where an earlier delivery stopped, and looks for that delivery's batch before it creates one.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Generic

from pydantic import AwareDatetime, ConfigDict, TypeAdapter

from shared.errors import StoreConflictError
from shared.messages.base import Counters
from shared.messages.batches import CollectedBatch, JobT, OpenBatch
from shared.models.batches import BatchKind, LineTerms
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, dump_json, parse_json
from shared.storage.protocol import Store


@dataclass(frozen=True, slots=True)
class BatchClaim(Generic[JobT]):
    """The claim of one batch.

    Attributes:
        chunk: number of the batch in the run.
        resume_count: how often the run had been resumed.
        jobs: the calls, one line each.
        last_page: see `BatchesInput`.
        is_closed: no job was left to be claimed.
        counters: of jobs that needed no line.
        over_budget: why further jobs have no line.
        claimed_at: when the claim was written.
        file_id: the provider's id of the uploaded file; None = not uploaded.
        creating_at: when the creation of the batch was last begun; None = it was not.
        reference_ids: the provider's ids of the style references that the lines name; empty = they name none.
        terms: what the lines call and cost.
        digests: of what the lines of ``jobs`` ask for.
        repeats: how often the batch was created again because the provider's list did not have it. If the list was
            late, all of them are billed.
        batch_id: the provider's id of the batch; None = not known.
        result: what was collected; None = the batch is open.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    chunk: int
    resume_count: int
    jobs: tuple[JobT, ...]
    last_page: int
    is_closed: bool
    counters: Counters
    over_budget: str | None
    claimed_at: AwareDatetime
    terms: LineTerms
    file_id: str | None = None
    creating_at: AwareDatetime | None = None
    batch_id: str | None = None
    result: CollectedBatch[JobT] | None = None
    reference_ids: tuple[str, ...] = ()
    repeats: int = 0
    digests: tuple[int, ...] = ()

    @property
    def open_batch(self) -> OpenBatch | None:
        """The batch, as messages name it; None if it is collected or has no line."""
        return OpenBatch(self.chunk, self.batch_id, len(self.jobs)) if self.jobs and self.result is None else None

    def begin_creation(self, now: datetime) -> "BatchClaim[JobT]":
        """Return the claim of a batch that is about to be created."""
        return replace(self, creating_at=now, repeats=self.repeats + (self.creating_at is not None))


_CLAIM: TypeAdapter[BatchClaim[Any]] = TypeAdapter(BatchClaim)


@dataclass(frozen=True, slots=True)
class StoredClaim(Generic[JobT]):
    """A claim in the store, and the version that a change of it names."""

    claim: BatchClaim[JobT]
    etag: str


class BatchClaims(Generic[JobT]):
    """The claims of a run's batches of one kind.

    Args:
        store: the store.
        run_id: the run.
        kind: of the batches.
    """

    def __init__(self, store: Store, run_id: str, kind: BatchKind) -> None:
        self._store = store
        self._run_id = run_id
        self._kind = kind

    async def read(self, chunk: int) -> StoredClaim[JobT] | None:
        """Return the claim of a batch, or None.

        Raises:
            DamagedFileError: the claim cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        path = self._make_path(chunk)
        content = await self._store.read(path)
        if content is None:
            return None
        return StoredClaim(parse_json(path, content.data, _CLAIM.validate_python), content.etag)

    async def create(self, claim: BatchClaim[JobT]) -> StoredClaim[JobT]:
        """Create the claim of a batch, and return it; one that another delivery has created stays.

        Raises:
            DamagedFileError: the other claim cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        path = self._make_path(claim.chunk)
        await self._store.create(path, _dump(claim), content_type=JSON_TYPE)
        stored = await self.read(claim.chunk)
        if stored is None:
            raise LookupError(f"{path} does not exist; expected the claim that was just created.")
        return stored

    async def change(self, stored: StoredClaim[JobT], changed: BatchClaim[JobT]) -> StoredClaim[JobT] | None:
        """Write a change of a claim, and return it; None if another delivery has changed it first.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        path = self._make_path(changed.chunk)
        try:
            etag = await self._store.write(path, _dump(changed), content_type=JSON_TYPE, if_match=stored.etag)
        except StoreConflictError:
            return None
        return StoredClaim(changed, etag)

    async def iterate(self) -> AsyncIterator[BatchClaim[JobT]]:
        """Yield all claims of the run by number.

        Raises:
            DamagedFileError: a claim cannot be read.
            StoreUnavailableError: the store does not answer.
        """
        files = self._store.list_files(paths.batch_claim_folder(self._run_id, self._kind))
        chunks = [int(info.path.rpartition("/")[2].removesuffix(".json")) async for info in files]
        for chunk in sorted(chunks):
            stored = await self.read(chunk)
            if stored is not None:
                yield stored.claim

    def _make_path(self, chunk: int) -> str:
        return paths.batch_claim_file(self._run_id, self._kind, chunk)


def _dump(claim: BatchClaim[Any]) -> bytes:
    return dump_json(_CLAIM.dump_python(claim, mode="json", by_alias=True, exclude_defaults=True))
