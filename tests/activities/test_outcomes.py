"""What image calls came to is counted, and a run whose calls go wrong is stopped."""

import hashlib
from collections.abc import Iterable

import pytest

from shared.domain.breaker import WATCHED_CALLS
from shared.domain.image_messages import ImageCall
from shared.domain.messages import Failure
from shared.imaging.pictures import inspect_image
from shared.ports import ModelError, StoreUnavailableError
from shared.reasons import Reason
from shared.records import run
from shared.wiring import Services
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, list_paths, make_item, write_batches
from tests.support.drawings import draw
from tests.support.memory_store import WatchedStore
from tests.support.scripted_model import ScriptedModel

DAMAGED, GOOD = draw()[:-20], draw(size=(64, 64))
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


@pytest.mark.parametrize(
    ("answers", "paid"),
    [
        ([b"GIF89a"] * 5, 2),
        ([draw(size=(640, 480))] * 5, 2),
        ([DAMAGED] * 5, 2),
        ([GOOD, *[draw(size=(640, 480))] * 5], 5),
    ],
    ids=["another format", "another size", "the same damaged file", "another size after a good image"],
)
async def test_images_of_the_wrong_form_stop_the_run(
    store: WatchedStore, model: ScriptedModel, answers: list[bytes], paid: int
) -> None:
    process = await start(store, model)
    model.pictures.extend(answers)
    for number in range(6):
        await deliver(process, "make_image", call(number))
    stopped = await run.read_stop(store, RUN)
    assert stopped is not None
    assert stopped.reason is Reason.UNUSABLE_IMAGES
    assert model.calls == paid


async def test_an_image_of_another_size_says_which_size_to_set(store: WatchedStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    model.pictures.extend([draw(size=(640, 480), kind="JPEG")] * 2)
    for number in range(2):
        await deliver(process, "make_image", call(number))
    stopped = await run.read_stop(store, RUN)
    assert stopped is not None
    assert "image/jpeg 640x480" in stopped.message
    assert "--image-size 640x480" in stopped.message


@pytest.mark.parametrize("answers", [[b"GIF89a", None, b"GIF89a"], [DAMAGED, DAMAGED + b" "], [b"GIF89a", DAMAGED]])
async def test_single_unusable_images_and_chance_damage_keep_a_run_going(
    store: WatchedStore, model: ScriptedModel, answers: list[bytes | None]
) -> None:
    process = await start(store, model)
    for number, answer in enumerate(answers):
        model.pictures.extend([] if answer is None else [answer])
        await deliver(process, "make_image", call(number))
    assert await run.read_stop(store, RUN) is None


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP"])
async def test_an_image_in_another_format_is_converted_and_not_bought_again(
    store: WatchedStore, model: ScriptedModel, image_format: str
) -> None:
    process = await start(store, model)
    model.pictures.append(draw(size=(64, 64), kind=image_format))
    assert (await deliver(process, "make_image", call(0)))["made"]
    (path,) = [path for path in await list_paths(store, "catalogs/") if path.endswith(".png")]
    content = await store.read(path)
    assert content is not None
    assert inspect_image(content.data).format == "png"
    described = await store.describe(path)
    assert described is not None
    assert described.facts["sha256"] == hashlib.sha256(content.data).hexdigest()
    assert model.calls == 1


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
