"""What a resumed run leaves behind it, and what it must not touch."""

import pytest

from shared.domain import paths
from shared.domain.messages import Failure
from shared.reasons import PAUSING_REASONS, Reason
from shared.records import pauses, run
from shared.records.files import DamagedFileError
from tests.support.catalogs import list_paths, read_data
from tests.support.memory_store import KilledError, WatchedStore

RUN = "8203891199999-0a1b2c3d"
BLOCKED = Failure(Reason.ACCOUNT_BLOCKED, "blocked")
CANCELLED = Failure(Reason.CANCELLED, "by a caller")
LASTING = (Reason.CONTENT_POLICY, Reason.BAD_REQUEST)
OVER = (Reason.ACCOUNT_BLOCKED, Reason.TOO_MANY_ERRORS, Reason.SERVER_ERROR, Reason.BAD_IMAGE, Reason.RATE_LIMITED)


async def pause(store: WatchedStore, *reasons: Reason, stop: Failure = BLOCKED) -> None:
    """Leave what a run leaves that paused: its stop record, and a failed image for each reason."""
    for reason in reasons:
        await run.write_failure(store, RUN, {"productId": str(reason), "reason": str(reason)})
    await run.record_stop(store, RUN, stop)


async def list_failed(store: WatchedStore) -> set[str]:
    return {row["reason"] async for _, row in run.iterate_failures(store, RUN)}


@pytest.mark.parametrize("reason", sorted(PAUSING_REASONS))
async def test_what_a_run_paused_for_is_put_aside_and_it_may_pay_again(store: WatchedStore, reason: Reason) -> None:
    await pause(store, stop=Failure(reason, "why"))
    assert await pauses.end_pause(store, RUN, 0)
    assert await run.read_stop(store, RUN) is None
    assert (await read_data(store, f"runs/{RUN}/stops/0.json"))["reason"] == reason


async def test_images_are_tried_again_unless_their_prompts_were_refused(store: WatchedStore) -> None:
    await pause(store, *LASTING, *OVER)
    assert await pauses.end_pause(store, RUN, 0)
    assert await list_failed(store) == {str(reason) for reason in LASTING}


async def test_a_cancelled_run_stays_stopped_and_nothing_of_it_is_touched(store: WatchedStore) -> None:
    await pause(store, *OVER, stop=CANCELLED)
    before = await list_paths(store, "runs/")
    assert not await pauses.end_pause(store, RUN, 0)
    assert await run.read_stop(store, RUN) == CANCELLED
    assert await list_paths(store, "runs/") == before


class CancelledMeanwhile(WatchedStore):
    """A store in which somebody cancels the run in the last moment."""

    async def delete(self, path: str, *, if_match: str | None = None) -> bool:
        if path.endswith("/stop.json"):
            await run.replace_stop(self.inner, RUN, CANCELLED)
        return await super().delete(path, if_match=if_match)


async def test_a_cancel_in_the_last_moment_is_not_undone(store: WatchedStore) -> None:
    await pause(store)
    assert not await pauses.end_pause(CancelledMeanwhile(store.inner), RUN, 0)
    assert await run.read_stop(store, RUN) == CANCELLED


async def test_a_late_repetition_does_not_lift_the_stop_of_the_next_leg(store: WatchedStore) -> None:
    await pause(store)
    assert await pauses.end_pause(store, RUN, 0)
    assert await pauses.end_pause(store, RUN, 0)
    await pause(store, Reason.SERVER_ERROR, stop=Failure(Reason.AUTHENTICATION, "no key"))
    assert not await pauses.end_pause(store, RUN, 0)
    assert await list_failed(store) == {"server_error"}
    assert await pauses.end_pause(store, RUN, 1)
    assert await run.read_stop(store, RUN) is None


async def test_killed_before_any_change_the_next_delivery_does_the_rest(store: WatchedStore) -> None:
    await pause(store, *LASTING, *OVER)
    survived = False
    for change in range(20):
        store.changes_to_live = len(store.changes) + change
        try:
            survived = await pauses.end_pause(store, RUN, 0)
            break
        except KilledError:
            store.changes_to_live = None
            assert await run.read_stop(store, RUN) == BLOCKED
    store.changes_to_live = None
    assert survived
    assert await run.read_stop(store, RUN) is None
    assert await list_failed(store) == {str(reason) for reason in LASTING}


async def test_a_damaged_stop_record_is_no_permission(store: WatchedStore) -> None:
    await store.write(paths.stop_file(RUN), b"{", content_type="application/json")
    with pytest.raises(DamagedFileError):
        await pauses.end_pause(store, RUN, 0)


async def test_a_resume_is_noted_for_its_pause_alone(store: WatchedStore) -> None:
    for _ in range(2):
        await pauses.note_resume(store, RUN, 0)
    assert await pauses.is_resumed(store, RUN, 0)
    assert not await pauses.is_resumed(store, RUN, 1)


async def test_a_cancel_replaces_another_reason_where_it_has_to(store: WatchedStore) -> None:
    await run.record_stop(store, RUN, BLOCKED)
    await run.replace_stop(store, RUN, CANCELLED)
    assert await run.read_stop(store, RUN) == CANCELLED
