"""Sends batches, and reads them. The only holder of a provider's batches.

The lines of a batch are billed from its creation on. By then the caller has reserved their cost and written the claim;
``shared.models.billed_call`` prices, records and stores each answer.
"""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from shared.errors import ModelError
from shared.models.batches import BatchAnswer, BatchKind, BatchModel, LineKind, ProviderBatch
from shared.models.protocol import ImageRequest, ReferenceImage, TextRequest
from shared.telemetry.instruments import record_model_call

if TYPE_CHECKING:
    from collections.abc import Awaitable

CLOCK_SKEW = timedelta(minutes=10)
"""Between this app, which dates claims, and the provider, which dates batches."""

APP = "catalog-seeder"


@dataclass(frozen=True, slots=True)
class BatchName:
    """Names a batch for the provider, in its metadata."""

    run_id: str
    kind: BatchKind
    chunk: int

    @property
    def metadata(self) -> Mapping[str, str]:
        """The metadata of the batch."""
        chunk = str(self.chunk) if self.kind is BatchKind.IMAGE else f"{self.kind}-{self.chunk}"
        return {"app": APP, "run": self.run_id, "chunk": chunk}

    @property
    def file_name(self) -> str:
        """The name of the file with the batch's lines."""
        return f"{self.run_id}-{self.metadata['chunk'].zfill(5)}.jsonl"

    def names(self, batch: ProviderBatch) -> bool:
        """Return whether this is the name of a batch."""
        return all(batch.metadata.get(key) == value for key, value in self.metadata.items())


class BatchExecutor:
    """Sends and reads batches of one kind.

    Args:
        open_model: returns the provider's batches; raises SettingError if it has none.
    """

    def __init__(self, open_model: Callable[[], BatchModel]) -> None:
        self._open_model = open_model

    def encode_line(
        self, custom_id: str, request: ImageRequest | TextRequest[Any], deployment: str, reference_ids: Sequence[str]
    ) -> bytes:
        """Return a line of a batch's file, with its line break; see ``BatchModel``."""
        return self._open_model().encode_line(custom_id, request, deployment, reference_ids)

    async def upload(self, name: BatchName, data: bytes) -> str:
        """Upload a batch's file, and return its id; not billed.

        Raises:
            ModelError: the provider did not accept the file.
        """
        return await self._open_model().upload(name.file_name, data)

    async def upload_image(self, name: str, image: ReferenceImage) -> str:
        """Upload an image that lines refer to, and return its id; not billed.

        Raises:
            ModelError: the provider did not accept the image.
        """
        return await self._open_model().upload_image(name, image)

    async def find_images(self, names: Iterable[str], since: datetime) -> dict[str, str]:
        """Return the ids of uploaded images by name, of those that were uploaded since a time.

        Raises:
            ModelError: the provider does not answer.
        """
        wanted, earliest, found = set(names), since.timestamp(), dict[str, str]()
        async with aclosing(self._open_model().iterate_images()) as images:
            async for image in images:
                if image.created_at < earliest:
                    break
                if image.name in wanted:
                    found.setdefault(image.name, image.id)
                if len(found) == len(wanted):
                    break
        return found

    async def has_file(self, file_id: str) -> bool:
        """Return whether an uploaded file exists.

        Raises:
            ModelError: the provider does not answer.
        """
        return await self._open_model().has_file(file_id)

    async def delete_file(self, file_id: str) -> None:
        """Delete an uploaded file; does nothing if it does not exist.

        Raises:
            ModelError: the provider does not answer.
        """
        await self._open_model().delete_file(file_id)

    async def create(self, name: BatchName, file_id: str, kind: LineKind) -> ProviderBatch:
        """Create a batch, whose lines are billed as they finish.

        Raises:
            ModelError: the provider did not create it; after timeout_ambiguous it may have.
        """
        return await _observe(name.kind, self._open_model().create(file_id, name.metadata, kind))

    async def find_all(self, name: BatchName, since: datetime, *, limit: int | None = None) -> list[ProviderBatch]:
        """Return the batches with a name that were created since a time, the newest first.

        Args:
            name: of the batches.
            since: when the first of them may have been created.
            limit: return so many at most.

        Raises:
            ModelError: the provider does not answer.
        """
        earliest, found = (since - CLOCK_SKEW).timestamp(), list[ProviderBatch]()
        async with aclosing(self._open_model().iterate_newest()) as batches:
            async for batch in batches:
                if name.names(batch):
                    found.append(batch)
                if len(found) == limit or (batch.created_at and batch.created_at < earliest):
                    break
        return found

    async def read(self, batch_id: str) -> ProviderBatch:
        """Return a batch.

        Raises:
            ModelError: the provider does not answer.
        """
        return await self._open_model().read(batch_id)

    async def read_all(self, batch_ids: Iterable[str]) -> dict[str, ProviderBatch]:
        """Return batches by id, without those that the provider does not have.

        Several are read from the provider's list, which takes one call for 100 of them.

        Raises:
            ModelError: the provider does not answer.
        """
        wanted = set(batch_ids)
        found: dict[str, ProviderBatch] = {}
        if len(wanted) > 1:
            async with aclosing(self._open_model().iterate_newest()) as batches:
                checked = 0
                async for batch in batches:
                    checked += 1
                    if batch.id in wanted:
                        found[batch.id] = batch
                    if len(found) == len(wanted) or checked >= MAX_LISTED_BATCHES:
                        break
        for batch_id in wanted - found.keys():
            try:
                found[batch_id] = await self.read(batch_id)
            except ModelError as error:
                if not error.is_not_found:
                    raise
        return found

    async def cancel(self, batch_id: str) -> None:
        """Ask the provider to cancel a batch; one that is over stays as it is.

        Raises:
            ModelError: the provider does not answer.
        """
        await self._open_model().cancel(batch_id)

    def iterate_answers(
        self, batch: ProviderBatch, deployment: str, answer_type: type[BaseModel] | None = None
    ) -> AsyncIterator[BatchAnswer]:
        """Yield the answers to the lines of a batch that is over; see ``BatchModel``."""
        return self._open_model().iterate_answers(batch, deployment, answer_type)


MAX_LISTED_BATCHES = 500
"""Batches of the account that are listed to find the open ones; those that are older are read one by one."""


async def _observe(kind: BatchKind, call: "Awaitable[ProviderBatch]") -> ProviderBatch:
    started, outcome = time.perf_counter(), "error"
    try:
        batch = await call
        outcome = "ok"
    except ModelError as error:
        outcome = str(error.reason)
        raise
    finally:
        record_model_call(kind=f"{kind}_batch", outcome=outcome, seconds=time.perf_counter() - started)
    return batch
