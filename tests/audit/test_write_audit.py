"""``audit.sqlite`` is built from the records of a run alone."""

import tracemalloc
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.audit.call_records import CallRecordWriter
from shared.audit.write_audit import CHUNK_BYTES, audit_path, list_unaudited_runs, write_audit
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.status import CostView, RunError, Status
from shared.storage import paths
from shared.storage.protocol import Content, FileInfo
from shared.storage.read_in_order import MAX_CONCURRENT_READS
from tests.support.audit_queries import query_audit, sum_calls
from tests.support.audit_records import ANN, REQUEST, RUN, make_audit, make_call, make_status, write_calls
from tests.support.catalogs import CATALOG, write_batches
from tests.support.memory_store import MemoryStore, RecordingStore

EARLIER, LATER = "8203891199999-0a1b2c3d", "8203891199997-0a1b2c3d"


async def test_a_call_is_reported_with_all_its_columns(store: RecordingStore, tmp_path: Path) -> None:
    told_of = {"kind": "text", "subject": "0.1.0/3", "iteration": None}
    text = make_call(1, **told_of, reason=Reason.REFUSAL, message="it refused", request_id=None)
    await write_calls(store, make_call(), text)
    file = await make_audit(store, tmp_path)
    image, reported = query_audit(file, "SELECT * FROM api_calls ORDER BY call_id")
    assert image == {
        "call_id": "call-000000",
        "kind": "image",
        "model": "gpt-image-2",
        "product_id": ANN.product_id,
        "iteration": 1,
        "batch": None,
        "leg": 0,
        "attempt": 0,
        "status": "ok",
        "reason": None,
        "billed": 1,
        "input_tokens": 50,
        "output_tokens": 1000,
        "nano_usd": 40_250_000,
        "started_at": "2026-12-01T10:20:30.987Z",
        "duration_ms": 1234,
        "request_id": "request-0",
    }
    assert (reported["product_id"], reported["batch"], reported["status"], reported["reason"]) == (
        None,
        "0.1.0/3",
        "unusable",
        "refusal",
    )
    (error,) = query_audit(file, "SELECT scope, call_id, reason, message FROM errors")
    assert error == {"scope": "call", "call_id": "call-000001", "reason": "refusal", "message": "it refused"}


async def test_it_describes_the_run_and_the_versions(store: RecordingStore, tmp_path: Path) -> None:
    cost = CostView(usd=1.25, calls=3, text_calls=1, image_calls=2, input_tokens=10, output_tokens=20)
    error = RunError(reason="budget", message="too dear")
    file = await make_audit(store, tmp_path, cost=cost, error=error, completed_at=datetime(2026, 12, 1, tzinfo=UTC))
    (row,) = query_audit(file, "SELECT *, json_extract(request, '$.targetCount') AS target FROM run_info")
    assert (row["run_id"], row["catalog"], row["status"]) == (RUN, CATALOG, "CompletedWithFailures")
    assert (row["usd"], row["text_calls"], row["image_calls"]) == (1.25, 1, 2)
    assert (row["error_reason"], row["completed_at"], row["target"]) == ("budget", "2026-12-01T00:00:00.000Z", 2)
    assert query_audit(file, "SELECT scope, reason FROM errors") == [{"scope": "run", "reason": "budget"}]
    versions = {row["component"]: row["version"] for row in query_audit(file, "SELECT * FROM versions")}
    assert {"catalog-seeder", "python", "sqlite", "tables", "openai"} <= set(versions)


async def test_prompts_are_those_of_the_images_that_calls_were_made_for(store: RecordingStore, tmp_path: Path) -> None:
    await write_batches(store, ["Ann", "Bob"])
    other = make_call(1, model="gpt-image-3", started_at=datetime(2026, 12, 2, tzinfo=UTC))
    await write_calls(store, make_call(), other)
    file = await make_audit(store, tmp_path)
    assert query_audit(file, "SELECT * FROM prompts") == [
        {
            "product_id": ANN.product_id,
            "name": "Ann",
            "category": ANN.category,
            "prompt": ANN.image_prompt,
            "model": "gpt-image-3",
            "iteration": 1,
            "rewrites": 0,
            "style_reference": None,
        }
    ]


async def test_an_image_that_was_given_up_is_an_error(store: RecordingStore, tmp_path: Path) -> None:
    row = {"productId": ANN.product_id, "reason": "content_policy", "message": "no", "at": "2026-12-01T00:00:00+00:00"}
    await run_files.write_failure(store, RUN, row)
    (error,) = query_audit(await make_audit(store, tmp_path), "SELECT * FROM errors")
    assert (error["scope"], error["product_id"], error["reason"]) == ("image", ANN.product_id, "content_policy")
    assert error["at"] == "2026-12-01T00:00:00.000Z"


async def test_what_cannot_be_read_is_reported_and_the_rest_is_there(store: RecordingStore, tmp_path: Path) -> None:
    await write_batches(store, ["Ann"], ["Bob"])
    await store.write(paths.batch_file(CATALOG, 2), b"{", content_type="application/json")
    await store.write(paths.call_file(RUN, "broken"), b"{", content_type="application/json")
    await write_calls(store, make_call())
    file = await make_audit(store, tmp_path)
    assert sum_calls(file)["calls"] == 1
    damaged = query_audit(file, "SELECT reason, message FROM errors WHERE scope = 'audit' ORDER BY id")
    assert [row["reason"] for row in damaged] == ["damaged_file", "damaged_file"]
    assert "calls/broken.json" in damaged[0]["message"]
    assert "batches/00002.json" in damaged[1]["message"]


async def test_a_regenerated_image_is_counted_once(store: RecordingStore, tmp_path: Path) -> None:
    await write_calls(store, make_call())
    await make_audit(store, tmp_path)
    await write_calls(store, make_call(1))
    assert sum_calls(await make_audit(store, tmp_path))["nano"] == 2 * 40_250_000


async def test_it_is_one_file_of_the_plain_kind_with_indexes(store: RecordingStore, tmp_path: Path) -> None:
    await write_calls(store, make_call())
    file = await make_audit(store, tmp_path)
    assert file.read_bytes().startswith(b"SQLite format 3\0")
    assert file.read_bytes()[18:20] == b"\x01\x01", "a WAL file is marked 2: https://www.sqlite.org/fileformat2.html"
    assert query_audit(file, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    tables = {
        row["tbl_name"] for row in query_audit(file, "SELECT tbl_name FROM sqlite_master WHERE name GLOB '*_by_*'")
    }
    assert tables == {"api_calls", "errors", "evaluations", "refinements"}
    audits = [info.path async for info in store.list_files("runs/") if "sqlite" in info.path]
    assert audits == [audit_path(RUN)]


async def find_left(store: RecordingStore) -> list[tuple[str, str, float]]:
    found = list_unaudited_runs(store, CATALOG, RUN)
    return [(status.run_id, str(status.status), status.cost.usd) async for status, _ in found]


async def test_a_run_that_died_is_left_until_it_has_an_audit(store: RecordingStore) -> None:
    await run_files.create_request(store, EARLIER, REQUEST)
    assert await find_left(store) == [], "it made no call, or is of a version that recorded none"
    await write_calls(store, make_call(), run_id=EARLIER)
    assert await find_left(store) == [(EARLIER, "Interrupted", 0)]
    await run_files.write_progress(store, make_status(EARLIER, status=Status.RUNNING, cost=CostView(usd=0.5)))
    assert await find_left(store) == [(EARLIER, "Interrupted", 0.5)]
    await run_files.create_summary(store, make_status(EARLIER, cost=CostView(usd=0.75)))
    assert await find_left(store) == [(EARLIER, "CompletedWithFailures", 0.75)]
    await write_audit(store, make_status(EARLIER), REQUEST)
    assert await find_left(store) == []


async def test_runs_of_other_catalogs_and_later_runs_are_left_alone(store: RecordingStore) -> None:
    await run_files.create_request(store, EARLIER, REQUEST.model_copy(update={"catalog": "other"}))
    await run_files.create_request(store, LATER, REQUEST)
    await run_files.create_request(store, RUN, REQUEST)
    await store.create(paths.idempotency_key_file("key"), b"{}", content_type="application/json")
    for run_id in (EARLIER, RUN, LATER):
        await write_calls(store, make_call(), run_id=run_id)
    assert await find_left(store) == []


class MadeUpRun(MemoryStore):
    """A run whose records are generated while they are read; the audit is counted and dropped.

    Attributes:
        bytes: of the audit.
        largest_chunk: bytes of the longest piece that was written.
    """

    def __init__(self, calls: int) -> None:
        super().__init__()
        self._calls = calls
        self.bytes = self.largest_chunk = 0

    async def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        if prefix == paths.call_folder(RUN):
            for number in range(self._calls):
                path = paths.call_file(RUN, str(number))
                yield FileInfo(path, 500, "1", datetime.now(UTC))

    async def read(self, path: str) -> Content | None:
        if not path.startswith(paths.call_folder(RUN)):
            return None
        number = int(path.rpartition("/")[2].removesuffix(".json"))
        subject = str(uuid.UUID(int=number))
        log = MemoryStore()
        await CallRecordWriter().write(log, RUN, make_call(number, subject=subject))
        return await log.read(paths.call_file(RUN, f"call-{number:06d}"))

    async def write_chunks(self, path: str, chunks: AsyncIterator[bytes], *, content_type: str) -> None:
        assert (path, content_type) == (audit_path(RUN), "application/vnd.sqlite3")
        async for chunk in chunks:
            self.bytes += len(chunk)
            self.largest_chunk = max(self.largest_chunk, len(chunk))


async def measure_peak(calls: int) -> tuple[int, MadeUpRun]:
    """Return the most bytes that were allocated at any moment of making an audit; SQLite's own are bounded."""
    store = MadeUpRun(calls)
    tracemalloc.start()
    try:
        await write_audit(store, make_status(), REQUEST)
        return tracemalloc.get_traced_memory()[1], store
    finally:
        tracemalloc.stop()


@pytest.mark.slow
async def test_memory_is_flat_however_many_calls_there_were() -> None:
    few, many = 20 * MAX_CONCURRENT_READS, 200 * MAX_CONCURRENT_READS
    await measure_peak(many)  # what is made once: validators, caches, the longest piece
    small, _ = await measure_peak(few)
    large, store = await measure_peak(many)
    assert store.bytes > 3 * CHUNK_BYTES
    assert store.largest_chunk == CHUNK_BYTES
    # What differs is the piece of the file in hand: that of the small audit is shorter.
    assert large - small < CHUNK_BYTES + 50_000
