"""Activities of the trial, delivered late, twice, and while decisions change."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.errors import InvalidRequestError, NoApprovedImageError
from shared.images.image_metadata import ImageMetadata
from shared.images.style_files import forget_last_style, read_last_style, read_style, resolve_last_style
from shared.images.trial import check_approved, resolve_run_style
from shared.messages.base import Failure
from shared.messages.run import PlanTrialInput, ResumeInput, RunRef
from shared.models.provider_names import Provider
from shared.reasons import Reason
from shared.rendering.inspect_image import inspect_image
from shared.reviews.decisions import Decision, Verdict
from shared.runs import run_files
from shared.runs.estimate_run import check_style_support
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.activity_calls import RUN, SETTINGS, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, make_item, write_batches
from tests.support.memory_store import RecordingStore
from tests.support.sample_images import draw

PLAN, REF = PlanTrialInput(RUN, CATALOG), RunRef(RUN, CATALOG)
FIRST: dict[str, Any] = {"style_reference": {"first_approved": 3}}
COLORS = ((20, 90, 230), (230, 90, 20), (20, 230, 90), (90, 20, 230))
NAMES = ("Rocket Pilot", "Moon Baker", "Star Farmer", "Comet Tailor")


@pytest.fixture
def services(store: RecordingStore) -> Services:
    return start_process(store, None)


async def place_images(store: Store, count: int, *, run_id: str = RUN) -> list[str]:
    """Store a batch of four items with images of the first ones, and return the SHA-256 of these."""
    items = await write_batches(store, NAMES)
    digests = []
    for item, color in zip(items[:count], COLORS, strict=False):
        data = draw(color)
        metadata = replace(ImageMetadata.from_properties(inspect_image(data)), run_id=run_id)
        path = paths.image_file(CATALOG, item.filename)
        await store.write(path, data, content_type="image/png", metadata=metadata.to_json())
        digests.append(metadata.sha256)
    return digests


async def decide(services: Services, number: int, sha256: str, verdict: Verdict = Verdict.APPROVED) -> None:
    item_id = make_item(NAMES[number]).product_id
    await services.decisions.append(CATALOG, [Decision(item_id, verdict, sha256, None, None, datetime.now(UTC))])


async def list_references(store: Store) -> Sequence[str]:
    record = await read_style(store, RUN)
    return () if record is None else [image.input_sha256 for image in record.images]


async def test_the_plan_counts_the_first_items_and_their_images(store: RecordingStore, services: Services) -> None:
    await start_run_in(store, **FIRST)
    assert await deliver(services, "plan_trial", PLAN) == {"is_open": True, "limit": 3}
    await place_images(store, 2)
    assert await deliver(services, "plan_trial", PLAN) == {
        "is_open": True,
        "limit": 3,
        "items": 3,
        "images": 2,
        "last_batch": 1,
    }


@pytest.mark.parametrize("run_id", ["", RUN])
async def test_a_complete_catalog_has_a_trial_only_if_this_run_has_begun_it(
    store: RecordingStore, services: Services, run_id: str
) -> None:
    await start_run_in(store, **FIRST)
    await place_images(store, 4, run_id=run_id)
    plan = await deliver(services, "plan_trial", replace(PLAN, is_complete=True))
    assert plan.get("is_open", False) == (run_id == RUN)


async def test_images_of_earlier_runs_are_references_at_once_if_all_are_decided(
    store: RecordingStore, services: Services
) -> None:
    await start_run_in(store, **FIRST)
    digests = await place_images(store, 3, run_id="")
    await decide(services, 0, digests[0])
    await decide(services, 1, digests[1], Verdict.REJECTED)
    assert (await deliver(services, "plan_trial", PLAN))["is_open"]
    await decide(services, 2, digests[2])
    assert await deliver(services, "plan_trial", PLAN) == {"rejected": 1}
    assert await list_references(store) == [digests[0], digests[2]]
    assert await read_last_style(store, CATALOG) == await read_style(store, RUN)
    await forget_last_style(store, CATALOG)  # as if the process had died between the two
    await deliver(start_process(store, None), "plan_trial", PLAN)
    assert await read_last_style(store, CATALOG) == await read_style(store, RUN)


async def test_images_of_this_run_always_wait_for_a_resume(store: RecordingStore, services: Services) -> None:
    await start_run_in(store, **FIRST)
    for number, digest in enumerate(await place_images(store, 3)):
        await decide(services, number, digest)
    assert (await deliver(services, "plan_trial", PLAN))["is_open"]
    assert await list_references(store) == ()


async def test_an_approval_is_requested_once_and_not_after_the_resume(
    store: RecordingStore, services: Services
) -> None:
    await start_run_in(store, **FIRST)
    digests = await place_images(store, 3)
    assert await deliver(services, "request_approval", REF) == {}
    stop = await run_files.read_stop_record(store, RUN)
    assert stop is not None
    assert stop.reason is Reason.AWAITING_APPROVAL
    await decide(services, 2, digests[2])
    assert "failure" not in await deliver(services, "resume_run", ResumeInput(RUN, CATALOG, 0))
    await deliver(services, "request_approval", REF)  # a late redelivery
    assert await run_files.read_stop_record(store, RUN) is None
    assert await list_references(store) == [digests[2]]


async def test_another_reason_to_stop_stays(store: RecordingStore, services: Services) -> None:
    await start_run_in(store, **FIRST)
    await place_images(store, 1)
    cancelled = Failure(Reason.CANCELLED, "by a caller")
    await run_files.record_stop(store, RUN, cancelled)
    await deliver(services, "request_approval", REF)
    assert await run_files.read_stop_record(store, RUN) == cancelled


async def test_without_any_image_nobody_is_asked(store: RecordingStore, services: Services) -> None:
    await start_run_in(store, **FIRST)
    await place_images(store, 0)
    row = {"productId": make_item(NAMES[0]).product_id, "reason": "content_policy", "message": "refused"}
    await run_files.write_failure(store, RUN, row)
    result = await deliver(services, "request_approval", REF)
    assert result["obstacle"]["reason"] == "content_policy"
    assert await run_files.read_stop_record(store, RUN) is None


async def test_a_resume_whose_last_approval_was_withdrawn_lets_the_run_wait_again(
    store: RecordingStore, services: Services
) -> None:
    await start_run_in(store, **FIRST)
    digests = await place_images(store, 3)
    await deliver(services, "request_approval", REF)
    await decide(services, 0, digests[0])
    await check_approved(services, RUN)
    await decide(services, 0, digests[0], Verdict.UNDECIDED)
    with pytest.raises(NoApprovedImageError):
        await check_approved(services, RUN)
    resume = ResumeInput(RUN, CATALOG, 0)
    await deliver(services, "resume_run", resume)
    assert (await deliver(services, "plan_trial", PLAN))["is_open"]
    await deliver(services, "request_approval", replace(REF, resume_count=1))
    await decide(services, 1, digests[1])
    await deliver(start_process(store, None), "resume_run", resume)  # a late redelivery ends no later pause
    assert await list_references(store) == ()
    await deliver(services, "resume_run", replace(resume, resume_count=1))
    assert await list_references(store) == [digests[1]]


async def test_a_cancelled_run_records_no_references(store: RecordingStore, services: Services) -> None:
    await start_run_in(store, **FIRST)
    digests = await place_images(store, 3)
    await deliver(services, "request_approval", REF)
    await decide(services, 0, digests[0])
    await run_files.replace_stop(store, RUN, Failure(Reason.CANCELLED, "by a caller"))
    result = await deliver(services, "resume_run", ResumeInput(RUN, CATALOG, 0))
    assert result["failure"]["reason"] == "cancelled"
    assert await list_references(store) == ()


async def test_an_approved_image_that_was_replaced_is_no_reference(store: RecordingStore, services: Services) -> None:
    await start_run_in(store, **FIRST)
    digests = await place_images(store, 3)
    await deliver(services, "request_approval", REF)
    await decide(services, 0, digests[0])
    await decide(services, 1, digests[1])
    path = paths.image_file(CATALOG, make_item(NAMES[0]).filename)
    info = await store.describe(path)
    assert info is not None
    await store.write(path, draw((1, 2, 3)), content_type="image/png", metadata=info.metadata)  # with its old metadata
    await deliver(services, "resume_run", ResumeInput(RUN, CATALOG, 0))
    assert await list_references(store) == [digests[1]]


async def test_at_most_four_images_become_references(store: RecordingStore, services: Services) -> None:
    await start_run_in(store, style_reference={"first_approved": 20})
    digests = await place_images(store, 4)
    await deliver(services, "request_approval", REF)
    for number, digest in reversed(list(enumerate(digests))):
        await decide(services, number, digest)
    await deliver(services, "resume_run", ResumeInput(RUN, CATALOG, 0))
    assert await list_references(store) == digests


async def test_a_later_run_begins_with_references_that_are_all_still_approved(
    store: RecordingStore, services: Services
) -> None:
    request = await start_run_in(store, **FIRST)
    digests = await place_images(store, 3)
    await deliver(services, "request_approval", REF)
    await decide(services, 0, digests[0])
    await deliver(services, "resume_run", ResumeInput(RUN, CATALOG, 0))
    style = await resolve_run_style(services, request)
    assert style is not None
    assert [image.input_sha256 for image in style.record.images] == [digests[0]]
    assert await resolve_run_style(services, request.model_copy(update={"force_images": True})) is None
    await decide(services, 0, digests[0], Verdict.REJECTED)
    assert await resolve_run_style(services, request) is None


async def test_a_provider_that_takes_one_reference_gets_the_first_approved_image(store: RecordingStore) -> None:
    model = replace(SETTINGS.model, image_provider=Provider.MAI)
    services = start_process(store, None, settings=replace(SETTINGS, model=model))
    request = await start_run_in(store, **FIRST)
    digests = await place_images(store, 3)
    await deliver(services, "request_approval", REF)
    await decide(services, 1, digests[1])
    await decide(services, 2, digests[2])
    await deliver(services, "resume_run", ResumeInput(RUN, CATALOG, 0))
    assert await list_references(store) == [digests[1]]
    assert await resolve_run_style(services, request) is not None


async def test_a_repair_with_more_references_than_the_provider_takes_is_refused(store: RecordingStore) -> None:
    services = start_process(store, None)
    request = await start_run_in(store, **FIRST)
    digests = await place_images(store, 3)
    await deliver(services, "request_approval", REF)
    await decide(services, 1, digests[1])
    await decide(services, 2, digests[2])
    await deliver(services, "resume_run", ResumeInput(RUN, CATALOG, 0))
    style = await resolve_last_style(store, request)
    check_style_support(services, request, style)
    model = replace(SETTINGS.model, image_provider=Provider.MAI, image_deployment="mai-image-2.6")
    moved = start_process(store, None, settings=replace(SETTINGS, model=model))
    check_style_support(moved, request)
    with pytest.raises(InvalidRequestError):
        check_style_support(moved, request, style)
