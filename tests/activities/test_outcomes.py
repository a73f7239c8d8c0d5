"""What image calls came to is counted, and a run whose calls go wrong is stopped."""

import hashlib
from collections.abc import Iterable

import pytest

from shared.errors import ModelError, StoreUnavailableError
from shared.limits.circuit_breaker import MIN_WATCHED_CALLS
from shared.messages.base import Failure
from shared.messages.images import ImageCall
from shared.reasons import Reason
from shared.rendering.inspect_image import inspect_image
from shared.runs import run_files
from shared.services.container import Services
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, list_paths, make_item, write_batches
from tests.support.memory_store import MemoryStore, RecordingStore
from tests.support.sample_images import draw
from tests.support.scripted_model import ScriptedModel

DAMAGED, GOOD = draw()[:-20], draw(size=(64, 64))
NAMES = [f"Ann {number}" for number in range(60)]


def call(number: int, *, attempt: int = 0, resume_count: int = 0) -> ImageCall:
    product_id = make_item(NAMES[number]).product_id
    return ImageCall(RUN, CATALOG, product_id=product_id, batch=1, attempt=attempt, resume_count=resume_count)


async def start(store: RecordingStore, model: ScriptedModel) -> Services:
    await start_run_in(store)
    await write_batches(store, NAMES)
    return start_process(store, model)


async def make(
    process: Services, model: ScriptedModel, numbers: Iterable[int], reason: Reason, *, resume_count: int = 0
) -> None:
    """Deliver an image call for each number, which fails so."""
    for number in numbers:
        model.failures.append(ModelError(reason, "no"))
        await deliver(process, "generate_image", call(number, resume_count=resume_count))


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        (Reason.CONTENT_POLICY, Reason.TOO_MANY_REFUSALS),
        (Reason.SERVER_ERROR, Reason.TOO_MANY_ERRORS),
        (Reason.TIMEOUT_AMBIGUOUS, Reason.TOO_MANY_ERRORS),
    ],
)
async def test_fifty_bad_outcomes_stop_the_run(
    reason: Reason, stop: Reason, store: RecordingStore, model: ScriptedModel
) -> None:
    process = await start(store, model)
    await make(process, model, range(MIN_WATCHED_CALLS - 1), reason)
    assert await run_files.read_stop_record(store, RUN) is None
    await make(process, model, [MIN_WATCHED_CALLS - 1], reason)
    stopped = await run_files.read_stop_record(store, RUN)
    assert stopped is not None
    assert stopped.reason is stop
    assert await deliver(process, "generate_image", call(MIN_WATCHED_CALLS)) == {"stopped": True}
    assert model.calls == MIN_WATCHED_CALLS


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
    store: RecordingStore, model: ScriptedModel, answers: list[bytes], paid: int
) -> None:
    process = await start(store, model)
    model.images.extend(answers)
    for number in range(6):
        await deliver(process, "generate_image", call(number))
    stopped = await run_files.read_stop_record(store, RUN)
    assert stopped is not None
    assert stopped.reason is Reason.UNUSABLE_IMAGES
    assert model.calls == paid


async def test_an_image_of_another_size_says_which_size_to_set(store: RecordingStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    model.images.extend([draw(size=(640, 480), kind="JPEG")] * 2)
    for number in range(2):
        await deliver(process, "generate_image", call(number))
    stopped = await run_files.read_stop_record(store, RUN)
    assert stopped is not None
    assert "image/jpeg 640x480" in stopped.message
    assert "--image-size 640x480" in stopped.message


@pytest.mark.parametrize("answers", [[b"GIF89a", None, b"GIF89a"], [DAMAGED, DAMAGED + b" "], [b"GIF89a", DAMAGED]])
async def test_single_unusable_images_and_chance_damage_keep_a_run_going(
    store: RecordingStore, model: ScriptedModel, answers: list[bytes | None]
) -> None:
    process = await start(store, model)
    for number, answer in enumerate(answers):
        model.images.extend([] if answer is None else [answer])
        await deliver(process, "generate_image", call(number))
    assert await run_files.read_stop_record(store, RUN) is None


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP"])
async def test_an_image_in_another_format_is_converted_and_not_generated_again(
    store: RecordingStore, model: ScriptedModel, image_format: str
) -> None:
    process = await start(store, model)
    model.images.append(draw(size=(64, 64), kind=image_format))
    assert (await deliver(process, "generate_image", call(0)))["made"]
    (path,) = [path for path in await list_paths(store, "catalogs/") if path.endswith(".png")]
    content = await store.read(path)
    assert content is not None
    assert inspect_image(content.data).format == "png"
    described = await store.describe(path)
    assert described is not None
    assert described.metadata["sha256"] == hashlib.sha256(content.data).hexdigest()
    assert model.calls == 1


async def test_good_images_keep_a_run_going(store: RecordingStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    for number in range(30):
        await deliver(process, "generate_image", call(number))
    await make(process, model, range(30, 60), Reason.SERVER_ERROR)
    assert await run_files.read_stop_record(store, RUN) is None
    await make(process, model, range(1), Reason.SERVER_ERROR, resume_count=0)
    assert model.calls == 60  # the first image is there: nothing was called, nothing counts
    assert await run_files.read_stop_record(store, RUN) is None


async def test_a_redelivery_does_not_count_twice(store: RecordingStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    await make(process, model, range(MIN_WATCHED_CALLS - 1), Reason.SERVER_ERROR)
    for number in range(MIN_WATCHED_CALLS - 1):
        await deliver(process, "generate_image", call(number))
    assert model.calls == MIN_WATCHED_CALLS - 1
    assert await run_files.read_stop_record(store, RUN) is None


async def test_waiting_for_the_quota_stops_nothing(store: RecordingStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    await make(process, model, range(60), Reason.RATE_LIMITED)
    assert await run_files.read_stop_record(store, RUN) is None


async def test_a_fatal_reason_is_what_the_run_is_stopped_for(store: RecordingStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    await make(process, model, range(MIN_WATCHED_CALLS - 1), Reason.SERVER_ERROR)
    await make(process, model, [MIN_WATCHED_CALLS - 1], Reason.ACCOUNT_BLOCKED)
    assert await run_files.read_stop_record(store, RUN) == Failure(Reason.ACCOUNT_BLOCKED, "no")


async def test_a_resumed_run_starts_with_a_closed_breaker(store: RecordingStore, model: ScriptedModel) -> None:
    process = await start(store, model)
    await make(process, model, range(MIN_WATCHED_CALLS - 1), Reason.SERVER_ERROR)
    await make(process, model, range(MIN_WATCHED_CALLS - 1), Reason.SERVER_ERROR, resume_count=1)
    assert await run_files.read_stop_record(store, RUN) is None


class RefusesStops(RecordingStore):
    """A store that fails on demand whenever a stop is recorded."""

    refuses_stops = False

    async def create(self, path: str, *arguments: object, **options: object) -> bool:
        if self.refuses_stops and path.endswith("stop.json"):
            raise StoreUnavailableError("the store does not answer")
        return await super().create(path, *arguments, **options)  # type: ignore[arg-type]  # handed on as they came


async def test_a_stop_that_cannot_be_recorded_hides_no_outcome(model: ScriptedModel) -> None:
    store = RefusesStops(MemoryStore())
    process = await start(store, model)
    await make(process, model, range(MIN_WATCHED_CALLS - 1), Reason.SERVER_ERROR)
    store.refuses_stops = True
    model.failures.append(ModelError(Reason.SERVER_ERROR, "no"))
    result = await deliver(process, "generate_image", call(MIN_WATCHED_CALLS - 1))
    assert result["failure"]["reason"] == "server_error"
    store.refuses_stops = False
    await make(process, model, [MIN_WATCHED_CALLS], Reason.SERVER_ERROR)
    assert await run_files.read_stop_record(store, RUN) is not None
