"""Each billed call leaves a record, even while the store is unavailable."""

from datetime import UTC, datetime

import pytest

from shared.audit import call_records
from shared.audit.call_records import CallRecord, CallRecordWriter, has_calls, iterate_calls
from shared.errors import StoreUnavailableError
from shared.messages.base import Cost
from shared.reasons import Reason
from shared.storage import paths
from shared.storage.json_files import DamagedFileError
from tests.support.catalogs import list_paths
from tests.support.memory_store import MemoryStore, RecordingStore

RUN = "8203891199999-0a1b2c3d"


class AbsentStore(MemoryStore):
    """A store that takes no new file until it is back."""

    is_away = True

    async def write(self, path: str, data: bytes, **more: object) -> str:
        if self.is_away:
            raise StoreUnavailableError("not now")
        return await super().write(path, data, content_type=str(more["content_type"]))


def make_call(name: str = "image-ann-0-0-1", *, reason: Reason | None = None) -> CallRecord:
    return CallRecord(
        call_id=name,
        kind="image",
        subject="ann",
        resume_count=0,
        attempt=0,
        model="gpt-image-2",
        reason=reason,
        message="",
        cost=Cost(image_calls=1, input_tokens=50, output_tokens=1000, nano_usd=40_250_000),
        started_at=datetime(2026, 12, 1, 10, 20, 30, 987654, UTC),
        duration_ms=1234,
        request_id="request-1",
    )


async def read_calls(store: RecordingStore | MemoryStore) -> list[CallRecord | DamagedFileError]:
    return [call async for call in iterate_calls(store, RUN)]


async def test_a_call_is_read_as_it_was_written_with_one_change_of_the_store(store: RecordingStore) -> None:
    assert not await has_calls(store, RUN)
    await CallRecordWriter().write(store, RUN, make_call(reason=Reason.CONTENT_POLICY))
    assert store.changes == [paths.call_file(RUN, "image-ann-0-0-1")]
    assert await has_calls(store, RUN)
    assert await read_calls(store) == [make_call(reason=Reason.CONTENT_POLICY)]


async def test_a_record_that_cannot_be_read_does_not_hide_the_others(store: RecordingStore) -> None:
    await store.write(paths.call_file(RUN, "a"), b"{", content_type="application/json")
    await store.write(paths.call_file(RUN, "b"), b"{}", content_type="application/json")
    await CallRecordWriter().write(store, RUN, make_call("c"))
    first, second, third = await read_calls(store)
    assert isinstance(first, DamagedFileError)
    assert isinstance(second, DamagedFileError)
    assert second.path == paths.call_file(RUN, "b")
    assert third == make_call("c")


async def test_records_that_the_store_did_not_take_are_written_with_the_next_one() -> None:
    store, log = AbsentStore(), CallRecordWriter()
    for name in ("a", "b"):
        await log.write(store, RUN, make_call(name))
    await log.catch_up(store)
    assert await list_paths(store, "") == []
    store.is_away = False
    await log.write(store, RUN, make_call("c"))
    assert await list_paths(store, "") == [paths.call_file(RUN, name) for name in "abc"]


async def test_the_oldest_record_goes_where_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_records, "MAX_UNWRITTEN_RECORDS", 2)
    store, log = AbsentStore(), CallRecordWriter()
    for name in ("a", "b", "c"):
        await log.write(store, RUN, make_call(name))
    store.is_away = False
    await log.catch_up(store)
    assert await list_paths(store, "") == [paths.call_file(RUN, name) for name in "bc"]


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (None, "ok"),
        (Reason.BAD_IMAGE, "unusable"),
        (Reason.REFUSAL, "unusable"),
        (Reason.TIMEOUT_AMBIGUOUS, "lost"),
        (Reason.RATE_LIMITED, "refused"),
        (Reason.CONTENT_POLICY, "refused"),
    ],
)
def test_the_reason_determines_the_outcome_of_a_call(reason: Reason | None, status: str) -> None:
    assert make_call(reason=reason).status == status
