"""What image calls came to is counted, and a run whose calls go wrong is stopped."""

from collections.abc import Iterable

import pytest

from shared.domain.breaker import WATCHED_CALLS
from shared.domain.image_messages import ImageCall
from shared.domain.messages import Failure
from shared.ports import ModelError, StoreUnavailableError
from shared.reasons import Reason
from shared.records import run
from shared.wiring import Services
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, make_item, write_batches
from tests.support.memory_store import WatchedStore
from tests.support.scripted_model import ScriptedModel

NAMES = [f"Ann {number}" for number in range(60)]


def call(number: int, *, attempt: int = 0, leg: int = 0) -> ImageCall:
    product_id = make_item(NAMES[number]).product_id
    return ImageCall(RUN, CATALOG, product_id=product_id, batch=1, attempt=attempt, leg=leg)


async def start(store: WatchedStore, model: ScriptedModel) -> Services:
    await start_run_in(store)
    await write_batches(store, NAMES)
    return start_process(store, model)


async def make(
    process: Services, model: ScriptedModel, numbers: Iterable[int], reason: Reason, *, leg: int = 0
) -> None:
    """Deliver an image call for each number, which fails so."""
    for number in numbers:
        model.failures.append(ModelError(reason, "no"))
        await deliver(process, "make_image", call(number, leg=leg))


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        (Reason.CONTENT_POLICY, Reason.TOO_MANY_REFUSALS),
        (Reason.SERVER_ERROR, Reason.TOO_MANY_ERRORS),
        (Reason.TIMEOUT_AMBIGUOUS, Reason.TOO_MANY_ERRORS),
    ],
)
async def test_fifty_bad_outcomes_stop_the_run(
    reason: Reason, stop: Reason, store: WatchedStore, model: ScriptedModel
) -> None:
    process = await start(store, model)
    await make(process, model, range(WATCHED_CALLS - 1), reason)
    assert await run.read_stop(store, RUN) is None
    await make(process, model, [WATCHED_CALLS - 1], reason)
    stopped = await run.read_stop(store, RUN)
    assert stopped is not None
    assert stopped.reason is stop
    assert await deliver(process, "make_image", call(WATCHED_CALLS)) == {"stopped": True}
    assert model.calls == WATCHED_CALLS


async def test_pictures_that_are_none_are_failures(store: WatchedStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    model.pictures.extend([b"no picture"] * WATCHED_CALLS)
    for number in range(WATCHED_CALLS):
        await deliver(process, "make_image", call(number))
    stopped = await run.read_stop(store, RUN)
    assert stopped is not None
    assert stopped.reason is Reason.TOO_MANY_ERRORS
    assert "bad_image" in stopped.message


async def test_good_pictures_keep_a_run_going(store: WatchedStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    for number in range(30):
        await deliver(process, "make_image", call(number))
    await make(process, model, range(30, 60), Reason.SERVER_ERROR)
    assert await run.read_stop(store, RUN) is None
    await make(process, model, range(1), Reason.SERVER_ERROR, leg=0)
    assert model.calls == 60  # the first picture is there: nothing was called, nothing counts
    assert await run.read_stop(store, RUN) is None


async def test_a_delivery_that_comes_again_does_not_count_twice(store: WatchedStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    await make(process, model, range(WATCHED_CALLS - 1), Reason.SERVER_ERROR)
    for number in range(WATCHED_CALLS - 1):
        await deliver(process, "make_image", call(number))
    assert model.calls == WATCHED_CALLS - 1
    assert await run.read_stop(store, RUN) is None


async def test_waiting_for_the_quota_stops_nothing(store: WatchedStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    await make(process, model, range(60), Reason.RATE_LIMITED)
    assert await run.read_stop(store, RUN) is None


async def test_a_fatal_reason_is_what_the_run_is_stopped_for(store: WatchedStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    await make(process, model, range(WATCHED_CALLS - 1), Reason.SERVER_ERROR)
    await make(process, model, [WATCHED_CALLS - 1], Reason.ACCOUNT_BLOCKED)
    assert await run.read_stop(store, RUN) == Failure(Reason.ACCOUNT_BLOCKED, "no")


async def test_the_next_leg_is_judged_anew(store: WatchedStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    await make(process, model, range(WATCHED_CALLS - 1), Reason.SERVER_ERROR)
    await make(process, model, range(WATCHED_CALLS - 1), Reason.SERVER_ERROR, leg=1)
    assert await run.read_stop(store, RUN) is None


class TakesNoStop(WatchedStore):
    """A store that is away whenever a stop is to be recorded."""

    async def create(self, path: str, *arguments: object, **options: object) -> bool:
        if path.endswith("stop.json"):
            raise StoreUnavailableError("the store does not answer")
        return await super().create(path, *arguments, **options)  # type: ignore[arg-type]  # handed on as they came


async def test_a_stop_that_cannot_be_recorded_hides_no_outcome(store: WatchedStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    await make(process, model, range(WATCHED_CALLS - 1), Reason.SERVER_ERROR)
    process._store = TakesNoStop(store.inner)
    model.failures.append(ModelError(Reason.SERVER_ERROR, "no"))
    result = await deliver(process, "make_image", call(WATCHED_CALLS - 1))
    assert result["failure"]["reason"] == "server_error"
    process._store = store
    await make(process, model, [WATCHED_CALLS], Reason.SERVER_ERROR)
    assert await run.read_stop(store, RUN) is not None
