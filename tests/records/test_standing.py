"""Before each paid call a run asks whether it may still pay."""

from datetime import UTC, datetime

from shared.domain.messages import Failure
from shared.reasons import Reason
from shared.records import run
from shared.records.claims import RunState, beat, take_claim
from shared.records.standing import Standing, check_standing
from tests.support.memory_store import WatchedStore

HOST = "azure:seeder"


async def know_nothing(run_id: str) -> RunState:
    assert run_id
    return RunState.UNKNOWN


async def take(store: WatchedStore, run_id: str) -> None:
    assert await take_claim(store, "lego", run_id=run_id, host_id=HOST, ask_host=know_nothing) is None


async def test_a_run_that_has_its_catalog_may_pay(store: WatchedStore) -> None:
    await take(store, "run-1")
    assert await check_standing(store, "lego", "run-1", HOST) == Standing(may_pay=True)


async def test_it_learns_when_a_paid_call_last_succeeded(store: WatchedStore) -> None:
    await take(store, "run-1")
    await beat(store, "lego", run_id="run-1", host_id=HOST, succeeded=True)
    standing = await check_standing(store, "lego", "run-1", HOST)
    assert standing.may_pay
    assert standing.last_success_at is not None
    age = datetime.now(UTC) - datetime.fromisoformat(standing.last_success_at)
    assert 0 <= age.total_seconds() < 60


async def test_a_stopped_run_may_not_pay(store: WatchedStore) -> None:
    await take(store, "run-1")
    await run.record_stop(store, "run-1", Failure(Reason.CANCELLED))
    assert await check_standing(store, "lego", "run-1", HOST) == Standing(may_pay=False)


async def test_a_run_without_the_catalog_may_not_pay(store: WatchedStore) -> None:
    assert await check_standing(store, "lego", "run-1", HOST) == Standing(may_pay=False)
    await take(store, "run-2")
    assert await check_standing(store, "lego", "run-1", HOST) == Standing(may_pay=False)
    await run.record_stop(store, "run-1", Failure(Reason.CANCELLED))
    assert (await check_standing(store, "lego", "run-2", HOST)).may_pay
