"""What happened in a run: recorded once, read back, and never guessed."""

from datetime import UTC, datetime

import pytest

from shared.catalog.items import Rejection
from shared.catalog.prompt_files import BatchPrompts, read_prompts
from shared.errors import UnknownRunError
from shared.messages.base import Counters, Failure
from shared.messages.run import PublishResult
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.recover import RecoveryKind, list_recoveries
from shared.runs.request import SeedRequest
from shared.runs.run_files import WorkPage, WorkPageItem
from shared.runs.status import RunStatus
from shared.runs.status_rules import summarize_run
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, DamagedFileError, dump_json
from tests.strategies import make_draft
from tests.support.catalogs import list_paths, read_data
from tests.support.memory_store import RecordingStore

RUN = "8203891199999-0a1b2c3d"
REQUEST = SeedRequest(catalog="lego", target_count=7)


def make_status(status: str = "Completed") -> RunStatus:
    return summarize_run(RUN, REQUEST, PublishResult(status), Counters(), outputs={}, completed_at=datetime.now(UTC))


async def test_a_request_is_recorded_once(store: RecordingStore) -> None:
    assert await run_files.create_request(store, RUN, REQUEST)
    assert not await run_files.create_request(store, RUN, SeedRequest(catalog="other"))
    assert await run_files.read_request(store, RUN) == REQUEST
    assert (await read_data(store, f"runs/{RUN}/request.json"))["targetCount"] == 7


async def test_the_files_of_a_run_of_version_0_3_are_read(store: RecordingStore) -> None:
    page = {
        "claimant": "0/0/0",
        "throughBatch": 2,
        "throughIndex": 3,
        "jobs": [{"productId": "ann", "batch": 1}],
        "throughItems": 7,
    }
    recovery, prompts = {"at": "2026-11-21T10:00:00Z", "leg": 2}, {"runId": RUN, "leg": 2}
    for path, data in (
        (paths.work_page_file(RUN, 1), page),
        (paths.recovery_file(RUN, RecoveryKind.RESTART, 1), recovery),
        (paths.prompts_file("lego", 1), prompts),
    ):
        await store.write(path, dump_json(data), content_type=JSON_TYPE)
    assert await run_files.read_work_page(store, RUN, 1) == WorkPage("0/0/0", 2, 3, (WorkPageItem("ann", 1),), 7)
    assert [record.resume_count for record in await list_recoveries(store, RUN, RecoveryKind.RESTART)] == [2]
    assert await read_prompts(store, "lego", 1) == BatchPrompts(RUN, 2)


async def test_a_run_without_a_request_is_unknown(store: RecordingStore) -> None:
    with pytest.raises(UnknownRunError, match=RUN):
        await run_files.read_request(store, RUN)


async def test_the_first_reason_to_stop_stays(store: RecordingStore) -> None:
    assert await run_files.read_stop_record(store, RUN) is None
    await run_files.record_stop(store, RUN, Failure(Reason.CANCELLED, "by a caller"))
    await run_files.record_stop(store, RUN, Failure(Reason.AUTHENTICATION, "later"))
    assert await run_files.read_stop_record(store, RUN) == Failure(Reason.CANCELLED, "by a caller")


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"reason": "unheard_of", "message": ""}'])
async def test_a_stop_record_that_cannot_be_read_is_damage_and_no_permission(
    store: RecordingStore, data: bytes
) -> None:
    await store.write(paths.run_file(RUN, "stop.json"), data, content_type="application/json")
    with pytest.raises(DamagedFileError):
        await run_files.read_stop_record(store, RUN)


async def test_items_are_closed_once_it_is_said(store: RecordingStore) -> None:
    assert not await run_files.are_items_closed(store, RUN)
    for _ in range(2):
        await run_files.close_items(store, RUN)
    assert await run_files.are_items_closed(store, RUN)


async def test_a_page_is_claimed_by_one_image_worker(store: RecordingStore) -> None:
    page = WorkPage("0/0/0", 2, 5, (WorkPageItem("id-1", 1), WorkPageItem("id-2", 2)))
    assert await run_files.read_work_page(store, RUN, 1) is None
    assert await run_files.create_work_page(store, RUN, 1, page)
    assert not await run_files.create_work_page(store, RUN, 1, WorkPage("1/0/0", 1, 0, ()))
    assert await run_files.read_work_page(store, RUN, 1) == page


async def test_failures_come_back_as_rows(store: RecordingStore) -> None:
    rows = [{"productId": f"id-{number}", "name": "Nova", "reason": "content_policy"} for number in range(3)]
    for row in (*rows, rows[0]):
        await run_files.write_failure(store, RUN, row)
    assert [row async for _, row in run_files.iterate_failures(store, RUN)] == rows


async def test_rejections_come_back_with_their_batch_in_order(store: RecordingStore) -> None:
    for batch in (10, 2):
        rejection = Rejection(make_draft(f"Nova {batch}"), (Reason.NAME_WORDS, Reason.FORBIDDEN_WORD))
        await run_files.write_rejections(store, RUN, batch, [rejection])
    await run_files.write_rejections(store, RUN, 3, [])
    rows = [row async for row in run_files.iterate_rejections(store, RUN)]
    assert [(row["batch"], row["name"]) for row in rows] == [(2, "Nova 2"), (10, "Nova 10")]
    assert rows[0]["reasons"] == ["name_words", "forbidden_word"]
    assert len(await list_paths(store, paths.rejection_folder(RUN))) == 2


@pytest.mark.parametrize("data", [b'{"a": 1}', b'"text"', b"[1]"])
async def test_rejections_of_another_shape_are_damage(store: RecordingStore, data: bytes) -> None:
    await store.write(paths.rejection_file(RUN, 1), data, content_type="application/json")
    with pytest.raises(DamagedFileError):
        [row async for row in run_files.iterate_rejections(store, RUN)]


async def test_progress_is_replaced_and_the_summary_is_not(store: RecordingStore) -> None:
    assert await run_files.read_status_file(store, RUN, "summary.json") is None
    done, failed = make_status(), make_status("Failed")
    for status in (done, failed):
        await run_files.write_progress(store, status)
    assert await run_files.create_summary(store, done)
    assert not await run_files.create_summary(store, failed)
    assert await run_files.read_status_file(store, RUN, "progress.json") == failed
    assert await run_files.read_status_file(store, RUN, "summary.json") == done
