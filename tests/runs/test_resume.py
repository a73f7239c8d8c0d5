"""What a resumed run leaves behind it, and what it must not touch."""

import pytest

from shared.messages.base import Failure
from shared.reasons import PAUSING_REASONS, Reason
from shared.runs import resume, run_files
from shared.runs.pause import is_resumed, record_resume
from shared.storage import paths
from shared.storage.json_files import DamagedFileError
from tests.support.catalogs import list_paths, read_data
from tests.support.memory_store import KilledError, RecordingStore

RUN = "8203891199999-0a1b2c3d"
BLOCKED = Failure(Reason.ACCOUNT_BLOCKED, "blocked")
CANCELLED = Failure(Reason.CANCELLED, "by a caller")
LASTING = (Reason.CONTENT_POLICY, Reason.BAD_REQUEST)
OVER = (Reason.ACCOUNT_BLOCKED, Reason.TOO_MANY_ERRORS, Reason.SERVER_ERROR, Reason.BAD_IMAGE, Reason.RATE_LIMITED)


async def pause(store: RecordingStore, *reasons: Reason, stop: Failure = BLOCKED) -> None:
    """Leave what a run leaves that paused: its stop record, and a failed image for each reason."""
    for reason in reasons:
        await run_files.write_failure(store, RUN, {"productId": str(reason), "reason": str(reason)})
    await run_files.record_stop(store, RUN, stop)


async def list_failed(store: RecordingStore) -> set[str]:
    return {row["reason"] async for _, row in run_files.iterate_failures(store, RUN)}


@pytest.mark.parametrize("reason", sorted(PAUSING_REASONS))
async def test_what_a_run_paused_for_is_set_aside_and_it_may_bill_again(store: RecordingStore, reason: Reason) -> None:
    await pause(store, stop=Failure(reason, "why"))
    assert await resume.clear_stop(store, RUN, 0)
    assert await run_files.read_stop_record(store, RUN) is None
    assert (await read_data(store, f"runs/{RUN}/stops/0.json"))["reason"] == reason


async def test_images_are_tried_again_unless_their_prompts_were_refused(store: RecordingStore) -> None:
    await pause(store, *LASTING, *OVER)
    assert await resume.clear_stop(store, RUN, 0)
    assert await list_failed(store) == {str(reason) for reason in LASTING}


async def test_a_cancelled_run_stays_stopped_and_nothing_of_it_is_touched(store: RecordingStore) -> None:
    await pause(store, *OVER, stop=CANCELLED)
    before = await list_paths(store, "runs/")
    assert not await resume.clear_stop(store, RUN, 0)
    assert await run_files.read_stop_record(store, RUN) == CANCELLED
    assert await list_paths(store, "runs/") == before


class CancelledMeanwhile(RecordingStore):
    """A store in which another process cancels the run at the last moment."""

    async def delete(self, path: str, *, if_match: str | None = None) -> bool:
        if path.endswith("/stop.json"):
            await run_files.replace_stop(self.inner, RUN, CANCELLED)
        return await super().delete(path, if_match=if_match)


async def test_a_cancel_in_the_last_moment_is_not_undone(store: RecordingStore) -> None:
    await pause(store)
    assert not await resume.clear_stop(CancelledMeanwhile(store.inner), RUN, 0)
    assert await run_files.read_stop_record(store, RUN) == CANCELLED


async def test_a_late_repetition_does_not_lift_the_stop_of_the_next_resume(store: RecordingStore) -> None:
    await pause(store)
    assert await resume.clear_stop(store, RUN, 0)
    assert await resume.clear_stop(store, RUN, 0)
    await pause(store, Reason.SERVER_ERROR, stop=Failure(Reason.AUTHENTICATION, "no key"))
    assert not await resume.clear_stop(store, RUN, 0)
    assert await list_failed(store) == {"server_error"}
    assert await resume.clear_stop(store, RUN, 1)
    assert await run_files.read_stop_record(store, RUN) is None


async def test_killed_before_any_change_the_next_delivery_does_the_rest(store: RecordingStore) -> None:
    await pause(store, *LASTING, *OVER)
    survived = False
    for change in range(20):
        store.changes_to_live = len(store.changes) + change
        try:
            survived = await resume.clear_stop(store, RUN, 0)
            break
        except KilledError:
            store.changes_to_live = None
            assert await run_files.read_stop_record(store, RUN) == BLOCKED
    store.changes_to_live = None
    assert survived
    assert await run_files.read_stop_record(store, RUN) is None
    assert await list_failed(store) == {str(reason) for reason in LASTING}


async def test_a_damaged_stop_record_is_no_permission(store: RecordingStore) -> None:
    await store.write(paths.stop_file(RUN), b"{", content_type="application/json")
    with pytest.raises(DamagedFileError):
        await resume.clear_stop(store, RUN, 0)


async def test_a_resume_is_noted_for_its_pause_alone(store: RecordingStore) -> None:
    for _ in range(2):
        await record_resume(store, RUN, 0)
    assert await is_resumed(store, RUN, 0)
    assert not await is_resumed(store, RUN, 1)


async def test_a_cancel_replaces_another_reason_where_it_has_to(store: RecordingStore) -> None:
    await run_files.record_stop(store, RUN, BLOCKED)
    await run_files.replace_stop(store, RUN, CANCELLED)
    assert await run_files.read_stop_record(store, RUN) == CANCELLED
