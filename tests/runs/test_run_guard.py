"""Before each paid call a run asks whether it may still pay."""

from datetime import UTC, datetime

from shared.messages.base import Failure
from shared.reasons import Reason
from shared.runs import run_files
from shared.runs.run_claim import RunState, send_heartbeat, take_claim
from shared.runs.run_guard import RunGuard, check_run_guard
from tests.support.memory_store import RecordingStore

HOST = "azure:seeder"


async def know_nothing(run_id: str) -> RunState:
    assert run_id
    return RunState.UNKNOWN


async def take(store: RecordingStore, run_id: str) -> None:
    assert await take_claim(store, "lego", run_id=run_id, host_id=HOST, read_run_state=know_nothing) is None


async def test_a_run_that_has_its_catalog_may_pay(store: RecordingStore) -> None:
    await take(store, "run-1")
    assert await check_run_guard(store, "lego", "run-1", HOST) == RunGuard(may_spend=True)


async def test_it_learns_when_a_billed_call_last_succeeded(store: RecordingStore) -> None:
    await take(store, "run-1")
    await send_heartbeat(store, "lego", run_id="run-1", host_id=HOST, succeeded=True)
    standing = await check_run_guard(store, "lego", "run-1", HOST)
    assert standing.may_spend
    assert standing.last_success_at is not None
    age = datetime.now(UTC) - datetime.fromisoformat(standing.last_success_at)
    assert 0 <= age.total_seconds() < 3600


async def test_a_stopped_run_may_not_pay(store: RecordingStore) -> None:
    await take(store, "run-1")
    await run_files.record_stop(store, "run-1", Failure(Reason.CANCELLED))
    assert await check_run_guard(store, "lego", "run-1", HOST) == RunGuard(may_spend=False)


async def test_a_run_without_the_catalog_may_not_pay(store: RecordingStore) -> None:
    assert await check_run_guard(store, "lego", "run-1", HOST) == RunGuard(may_spend=False)
    await take(store, "run-2")
    assert await check_run_guard(store, "lego", "run-1", HOST) == RunGuard(may_spend=False)
    await run_files.record_stop(store, "run-1", Failure(Reason.CANCELLED))
    assert (await check_run_guard(store, "lego", "run-2", HOST)).may_spend
