"""``calls/``: one small file for each billed call of a run, including failed ones. Audits are built from them.

A record is created before the call is sent, and replaced as soon as the answer arrives, before the answer is processed.
So a call whose process died stays on record as lost. A redelivery that finds a stored result makes no call and records
none; one that calls again records another call.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import AwareDatetime, ConfigDict, TypeAdapter

from shared.bounded_cache import BoundedCache
from shared.errors import StoreUnavailableError
from shared.messages.base import Cost
from shared.reasons import Reason
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, DamagedFileError, ResumeCount, dump_json, read_json
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

MAX_UNWRITTEN_RECORDS = 1000
"""Records that a process keeps while the store is unavailable; beyond that the oldest is dropped."""

UNUSABLE_ANSWER_REASONS = frozenset(
    {Reason.BAD_IMAGE, Reason.MALFORMED_ANSWER, Reason.INCOMPLETE_ANSWER, Reason.REFUSAL}
)

LOST_CALL_REASONS = frozenset({Reason.TIMEOUT_AMBIGUOUS, Reason.INTERRUPTED})


class CallStatus(StrEnum):
    """The outcome of a call."""

    OK = "ok"
    """The call returned what was requested."""
    UNUSABLE = "unusable"
    """The call was answered, but the answer cannot be used."""
    LOST = "lost"
    """No answer arrived; the call may have been billed and is counted as billed."""
    REFUSED = "refused"
    """The provider refused the call, failed, or was not reached."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One billed call.

    Attributes:
        call_id: identifies the call; its last part is random.
        kind: ``text``, ``vision`` or ``image``.
        subject: the product id of an image, the writer's name or number of a batch, or ``categories``.
        resume_count: how often the run had been resumed, for a call about a product; the name of a writer begins with
            it.
        attempt: number of the attempt for this result by the orchestrator's count, from 0.
        model: the model that answered, or was called.
        reason: why the call failed; None if it succeeded.
        message: the same for people; without keys and prompts.
        cost: as counted.
        started_at: when the call was sent.
        duration_ms: time to the answer, in milliseconds.
        request_id: provider's id of the call.
        iteration: round of the product's image, from 1; None if the call was not for a single product.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    call_id: str
    kind: Literal["text", "vision", "image"]
    subject: str
    resume_count: ResumeCount
    attempt: int
    model: str
    reason: Reason | None
    message: str
    cost: Cost
    started_at: AwareDatetime
    duration_ms: int
    request_id: str | None
    iteration: int | None = None

    @property
    def status(self) -> CallStatus:
        """The outcome of the call."""
        if self.reason is None:
            return CallStatus.OK
        if self.reason in LOST_CALL_REASONS:
            return CallStatus.LOST
        return CallStatus.UNUSABLE if self.reason in UNUSABLE_ANSWER_REASONS else CallStatus.REFUSED


_CALL = TypeAdapter(CallRecord)


class CallRecordWriter:
    """Writes this process's call records; records that the store does not accept are written later."""

    def __init__(self) -> None:
        self._unwritten: BoundedCache[str, bytes] = BoundedCache(MAX_UNWRITTEN_RECORDS)

    async def open(self, store: Store, run_id: str, call: CallRecord) -> bool:
        """Record a call that is about to be sent; return False if it is recorded already.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        return await store.create(paths.call_file(run_id, call.call_id), _dump(call), content_type=JSON_TYPE)

    async def write(self, store: Store, run_id: str, call: CallRecord) -> None:
        """Record the outcome of a call, in place of its open record.

        An unavailable store does not fail the run: the record is kept for later.
        """
        path = paths.call_file(run_id, call.call_id)
        if await self._try_to_write(store, path, _dump(call)):
            await self.catch_up(store)

    async def catch_up(self, store: Store) -> None:
        """Write the records that are left from a time when the store was unavailable."""
        while self._unwritten:
            path, data = self._unwritten.popitem()
            if not await self._try_to_write(store, path, data):
                break

    async def _try_to_write(self, store: Store, path: str, data: bytes) -> bool:
        try:
            await store.write(path, data, content_type=JSON_TYPE)
        except StoreUnavailableError:
            self._unwritten[path] = data
            return False
        return True


def _dump(call: CallRecord) -> bytes:
    return dump_json(_CALL.dump_python(call, mode="json", by_alias=True))


async def has_calls(store: Store, run_id: str) -> bool:
    """Return whether a run has any call record."""
    async for _ in store.list_files(paths.call_folder(run_id)):
        return True
    return False


async def iterate_calls(store: Store, run_id: str) -> AsyncIterator[CallRecord | DamagedFileError]:
    """Yield the records of a run's calls, and an error in place of an unreadable one."""
    files = (info.path async for info in store.list_files(paths.call_folder(run_id)))

    async def read(path: str) -> CallRecord | DamagedFileError | None:
        try:
            return await read_json(store, path, _CALL.validate_python)
        except DamagedFileError as error:
            return error

    async for call in read_in_order(files, read):
        if call is not None:
            yield call
