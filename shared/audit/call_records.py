"""``calls/``: one small file for each call that a run made to the model, whatever came of it. Audits are made of them.

A record is opened before the call is made, and replaced as soon as the answer is in, before anything is made of it. So
a call that was in flight when its process died stays on record as lost. A delivery that finds an earlier one's result
has nothing to record, and one that finds none and calls again has made another call.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import AwareDatetime, ConfigDict, TypeAdapter

from shared.errors import StoreUnavailableError
from shared.messages.base import Cost
from shared.reasons import Reason
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, DamagedFileError, ResumeCount, dump_json, read_json
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

MAX_UNWRITTEN_RECORDS = 1000
"""Records that a process keeps while the store is away; a further one costs the oldest."""

UNUSABLE_ANSWER_REASONS = frozenset(
    {Reason.BAD_IMAGE, Reason.MALFORMED_ANSWER, Reason.INCOMPLETE_ANSWER, Reason.REFUSAL}
)

LOST_CALL_REASONS = frozenset({Reason.TIMEOUT_AMBIGUOUS, Reason.INTERRUPTED})


class CallStatus(StrEnum):
    """What became of a call."""

    OK = "ok"
    """It brought what was asked for."""
    UNUSABLE = "unusable"
    """It was answered, but not with what was asked for."""
    LOST = "lost"
    """No answer came back; it may have been billed, and is counted so."""
    REFUSED = "refused"
    """The service refused it, broke, or was not reached."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call to the model.

    Attributes:
        call_id: names the call; its last part is random.
        kind: ``text``, ``vision`` or ``image``.
        subject: the product that an image is of, the writer's name or the number of a batch, or ``categories``.
        resume_count: of a call for a product, how often the run was resumed before; the writer's name of a batch
        begins with it.
        attempt: which call for the same result this is by the orchestrator's count, from 0.
        model: what answered, or was called.
        reason: why it brought nothing; None = it did.
        message: the same for people; no key, no prompt.
        cost: what it is counted as.
        started_at: when it was made.
        duration_ms: how long the answer took, in milliseconds.
        request_id: the service's id of it.
        iteration: which image of the product it was for, from 1; None = it was for no single product.
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
        """What became of it."""
        if self.reason is None:
            return CallStatus.OK
        if self.reason in LOST_CALL_REASONS:
            return CallStatus.LOST
        return CallStatus.UNUSABLE if self.reason in UNUSABLE_ANSWER_REASONS else CallStatus.REFUSED


_CALL = TypeAdapter(CallRecord)


class CallRecordWriter:
    """Writes the records of this process's calls; those that the store does not take are written with later ones."""

    def __init__(self) -> None:
        self._unwritten: OrderedDict[str, bytes] = OrderedDict()

    async def open(self, store: Store, run_id: str, call: CallRecord) -> bool:
        """Record a call that is about to be made; False where it is recorded already.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        return await store.create(paths.call_file(run_id, call.call_id), _dump(call), content_type=JSON_TYPE)

    async def write(self, store: Store, run_id: str, call: CallRecord) -> None:
        """Record what a call came to, in place of its open record.

        A store that does not answer costs no run anything: the record is kept for later.
        """
        path = paths.call_file(run_id, call.call_id)
        if await self._try_to_write(store, path, _dump(call)):
            await self.catch_up(store)

    async def catch_up(self, store: Store) -> None:
        """Write what is left from a time when the store was away."""
        while self._unwritten:
            path, data = self._unwritten.popitem(last=False)
            if not await self._try_to_write(store, path, data):
                break

    async def _try_to_write(self, store: Store, path: str, data: bytes) -> bool:
        try:
            await store.write(path, data, content_type=JSON_TYPE)
        except StoreUnavailableError:
            self._unwritten[path] = data
            while len(self._unwritten) > MAX_UNWRITTEN_RECORDS:
                self._unwritten.popitem(last=False)
            return False
        return True


def _dump(call: CallRecord) -> bytes:
    return dump_json(_CALL.dump_python(call, mode="json", by_alias=True))


async def has_calls(store: Store, run_id: str) -> bool:
    """Tell whether any call of a run was recorded."""
    async for _ in store.list_files(paths.call_folder(run_id)):
        return True
    return False


async def iterate_calls(store: Store, run_id: str) -> AsyncIterator[CallRecord | DamagedFileError]:
    """Yield the records of a run's calls, and in place of one that cannot be read what is wrong with it."""
    files = (info.path async for info in store.list_files(paths.call_folder(run_id)))

    async def read(path: str) -> CallRecord | DamagedFileError | None:
        try:
            return await read_json(store, path, _CALL.validate_python)
        except DamagedFileError as error:
            return error

    async for call in read_in_order(files, read):
        if call is not None:
            yield call
