"""What callers see of a run, and which status it ends with."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.images.refinement_policy import Refinement
from shared.messages.base import Cost, Counters, Failure
from shared.messages.run import PublishResult, StartInventory
from shared.reasons import FATAL_REASONS, Reason
from shared.runs.request import SeedRequest
from shared.runs.status import (
    ACTIVE_STATUSES,
    FINAL_STATUSES,
    PUBLISHING_STATUSES,
    RunStatus,
    Status,
    read_created_at,
)
from shared.runs.status_rules import (
    SHORTFALL_REASONS,
    compose_status,
    decide_status,
    explain_empty_catalog,
    list_notes,
    restore_counters,
    summarize_run,
)
from shared.storage.paths import make_run_id
from tests.strategies import THOROUGH, messages

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
RUN_ID = make_run_id(int(NOW.timestamp() * 1000), "0a1b2c3d")
REQUEST = SeedRequest(catalog="lego", target_count=10, parallel_image_requests=8)
DRY = REQUEST.model_copy(update={"dry_run": True})
REFINED = REQUEST.model_copy(update={"refine": Refinement(iterations=3)})


def decide(
    *,
    items: int = 10,
    images: int = 10,
    stop: Reason | None = None,
    failure: Reason | None = None,
    request: SeedRequest = REQUEST,
) -> Status:
    return decide_status(
        request=request,
        stop=None if stop is None else Failure(stop),
        failure=None if failure is None else Failure(failure),
        items=items,
        images=images,
    )


# --- the final status ------------------------------------------------------------------------------------------------


def test_a_run_is_completed_only_if_every_items_image_was_seen() -> None:
    assert decide() is Status.COMPLETED
    assert decide(images=9) is Status.COMPLETED_WITH_FAILURES
    assert decide(items=9, images=9) is Status.COMPLETED_WITH_FAILURES
    assert decide(items=12, images=12) is Status.COMPLETED
    assert decide(items=12, images=11) is Status.COMPLETED_WITH_FAILURES


def test_a_dry_run_needs_no_images() -> None:
    assert decide(images=0, request=DRY) is Status.COMPLETED
    assert decide(items=9, images=0, request=DRY) is Status.COMPLETED_WITH_FAILURES


def test_a_run_with_images_that_were_not_evaluated_is_not_complete() -> None:
    refined = SeedRequest.model_validate(REQUEST.to_json() | {"refine": {"iterations": 2}})
    assert decide(request=refined) is Status.COMPLETED
    assert decide(request=refined, failure=Reason.BUDGET) is Status.COMPLETED_WITH_FAILURES
    assert decide(failure=Reason.BUDGET) is Status.COMPLETED


def test_a_cancelled_run_is_cancelled_however_far_it_came() -> None:
    assert decide(stop=Reason.CANCELLED) is Status.CANCELLED
    assert decide(images=0, stop=Reason.CANCELLED, failure=Reason.STORE_UNAVAILABLE) is Status.CANCELLED


@pytest.mark.parametrize("reason", sorted(FATAL_REASONS))
def test_what_makes_every_further_call_fail_makes_the_run_fail(reason: Reason) -> None:
    assert decide(stop=reason) is Status.FAILED
    assert decide(failure=reason) is Status.FAILED


@pytest.mark.parametrize("reason", sorted(SHORTFALL_REASONS))
def test_a_run_that_did_what_could_be_done_publishes_with_failures(reason: Reason) -> None:
    assert decide(items=7, images=7, failure=reason) is Status.COMPLETED_WITH_FAILURES
    assert decide(failure=reason) is Status.COMPLETED


@pytest.mark.parametrize("reason", sorted(set(Reason) - SHORTFALL_REASONS))
def test_any_other_failure_of_an_instance_fails_the_run(reason: Reason) -> None:
    assert decide(failure=reason) is Status.FAILED


def test_a_run_that_leaves_nothing_to_publish_fails_for_the_reason_of_the_last_failure() -> None:
    none_new = Failure(Reason.NO_NEW_ITEMS, "5 batches", cause=Reason.INCOMPLETE_ANSWER)
    assert explain_empty_catalog(none_new, None) == Failure(Reason.INCOMPLETE_ANSWER, "5 batches")
    assert explain_empty_catalog(Failure(Reason.BUDGET, "spent"), none_new).reason is Reason.BUDGET
    assert explain_empty_catalog(None, Failure(Reason.BAD_IMAGE, "jpeg")).reason is Reason.BAD_IMAGE
    assert explain_empty_catalog(None, None).reason is Reason.NO_NEW_ITEMS


def test_the_statuses_fall_into_groups() -> None:
    assert {str(status) for status in Status} == {
        "Pending",
        "Running",
        "Paused",
        "Suspended",
        "Completed",
        "CompletedWithFailures",
        "Cancelled",
        "Failed",
        "Interrupted",
    }
    assert not ACTIVE_STATUSES & FINAL_STATUSES
    assert PUBLISHING_STATUSES < FINAL_STATUSES
    assert not {Status.PAUSED, Status.SUSPENDED, Status.INTERRUPTED} & (ACTIVE_STATUSES | FINAL_STATUSES)
    assert not SHORTFALL_REASONS & FATAL_REASONS


# --- adding up -------------------------------------------------------------------------------------------------------


def test_the_parts_of_a_run_add_up() -> None:
    writer = Counters(accepted=4, rejected={"name_words": 2, "forbidden_word": 1}, cost=Cost(1, 0, 100, 50, 1_234_567))
    worker = Counters(made=2, kept=1, failed={"content_policy": 1}, rate_limited=3, cost=Cost(0, 4, 0, 0, 100_000_000))
    status = compose_status(
        RUN_ID,
        REQUEST,
        status=Status.RUNNING,
        stage="items and images",
        found=StartInventory(categories=3, items=5, images=4),
        counters_by_instance=[writer, worker, worker],
        updated_at=NOW,
    )
    assert status.to_json() == {
        "runId": RUN_ID,
        "catalog": "lego",
        "status": "Running",
        "stage": "items and images",
        "progress": {
            "categories": 3,
            "items": {"accepted": 9, "target": 10, "rejected": 3},
            "images": {"done": 10, "failed": 2, "total": 10},
        },
        "throttle": {"limit": 8, "rateLimited": 6},
        "cost": {
            "usd": 0.2012,
            "calls": 9,
            "textCalls": 1,
            "imageCalls": 8,
            "inputTokens": 100,
            "outputTokens": 50,
        },
        "failures": {"content_policy": 2},
        "outputs": {},
        "createdAt": "2026-12-01T12:00:00Z",
        "updatedAt": "2026-12-01T12:00:00Z",
        "completedAt": None,
        "pausedUntil": None,
        "error": None,
        "imagesKept": 6,
        "imagesMade": 4,
        "placeholders": 0,
        "leftOut": {},
        "notes": [],
    }
    assert status.is_active


def test_evaluated_images_are_counted_only_where_requested() -> None:
    worker = Counters(made=4, kept=1, failed={"content_policy": 1}, refined=2)

    def compose(request: SeedRequest) -> RunStatus:
        found = StartInventory(items=10, images=2)
        return compose_status(
            RUN_ID,
            request,
            status=Status.RUNNING,
            stage="x",
            found=found,
            counters_by_instance=[worker],
            updated_at=NOW,
        )

    asked = compose(REFINED)
    assert asked.to_json()["progress"]["images"] == {"done": 7, "failed": 1, "total": 10, "refined": 2}
    assert asked.images_to_refine == 10 - 1 - (2 + 1)
    for request in (REQUEST, REFINED.model_copy(update={"dry_run": True})):
        assert "refined" not in compose(request).to_json()["progress"]["images"]
        assert compose(request).images_to_refine == 0
    ended = summarize_run(
        RUN_ID,
        REFINED,
        PublishResult("Completed", items=10, images=9),
        Counters(made=6, refined=6),
        outputs={},
        completed_at=NOW,
    )
    assert (ended.progress.images.refined, ended.images_to_refine) == (6, 7)


@THOROUGH
@given(
    st.lists(messages(Counters), max_size=4),
    messages(PublishResult),
    st.sampled_from(Status),
    st.sampled_from([REQUEST, DRY, REFINED]),
)
def test_whatever_the_parts_say_a_status_survives_its_file(
    counters_by_instance: list[Counters], published: PublishResult, status: Status, request: SeedRequest
) -> None:
    running = compose_status(
        RUN_ID,
        request,
        status=status,
        stage="x",
        found=StartInventory(),
        counters_by_instance=counters_by_instance,
        updated_at=NOW,
    )
    ended = summarize_run(
        RUN_ID,
        request,
        PublishResult(str(status), failed=published.failed, shortfall=published.shortfall),
        sum(counters_by_instance, Counters()),
        outputs={"catalog": "x"},
        completed_at=NOW,
    )
    for view in (running, ended):
        assert RunStatus.model_validate(json.loads(json.dumps(view.to_json()))) == view
    assert not ended.is_active or status in ACTIVE_STATUSES


def test_a_summary_reports_the_files_in_the_store() -> None:
    published = PublishResult(
        "CompletedWithFailures",
        3,
        10,
        8,
        {"content_policy": 2},
        shortfall=Failure(Reason.REFUSAL, "no"),
        placeholders=1,
        left_out={"rejected": 2},
    )
    status = summarize_run(
        RUN_ID, REQUEST, published, Counters(made=5), outputs={"summary": "s"}, completed_at=NOW + timedelta(hours=1)
    )
    assert (status.progress.items.accepted, status.progress.images.done, status.progress.images.failed) == (10, 8, 2)
    assert (status.images_made, status.images_kept, status.placeholders) == (5, 3, 1)
    assert status.left_out == {"rejected": 2}
    assert status.error is not None
    assert (status.error.reason, status.error.message) == ("refusal", "no")
    assert status.completed_at == NOW + timedelta(hours=1)
    assert not status.is_active


def test_a_failure_to_publish_is_reported_before_a_shortfall() -> None:
    published = PublishResult(failure=Failure(Reason.DAMAGED_FILE, "x"), shortfall=Failure(Reason.NO_NEW_ITEMS))
    status = summarize_run(RUN_ID, REQUEST, published, Counters(), outputs={}, completed_at=NOW)
    assert status.error is not None
    assert status.error.reason == "damaged_file"


def test_a_summary_has_the_notes_of_publishing_behind_its_own() -> None:
    published = PublishResult(status="Completed", items=12, images=12, notes=("of the images",))
    request = SeedRequest(catalog="lego", target_count=10)
    moment = datetime(2026, 12, 1, tzinfo=UTC)
    status = summarize_run(
        make_run_id(1_790_000_000_000, "0a1b2c3d"),
        request,
        published,
        Counters(),
        outputs={},
        completed_at=moment,
    )
    assert len(status.notes) == 2
    assert status.notes[-1] == "of the images"


def test_a_catalog_that_held_more_than_asked_keeps_it_and_reports_it() -> None:
    status = compose_status(
        RUN_ID,
        REQUEST,
        status=Status.RUNNING,
        stage="x",
        found=StartInventory(items=12, images=12),
        counters_by_instance=[],
        updated_at=NOW,
    )
    assert status.progress.items.target == status.progress.images.total == 12
    assert status.notes == ["the catalog already held 12 items, more than targetCount 10: all kept"]


def test_rows_that_are_gone_from_the_input_are_kept_and_reported_without_a_target() -> None:
    request = REQUEST.model_copy(update={"source": "products"})
    assert list_notes(request, 10) == []
    assert list_notes(request, 12) == [
        "the catalog already held 12 items, more than the 10 of the input: items that left the input are kept"
    ]


# --- run ids ---------------------------------------------------------------------------------------------------------


@THOROUGH
@given(st.lists(st.integers(1, 9_999_999_999_999), min_size=2, max_size=9, unique=True))
def test_run_ids_sort_newest_first(moments: list[int]) -> None:
    ids = [make_run_id(moment, "ff") for moment in sorted(moments, reverse=True)]
    assert ids == sorted(ids)


@THOROUGH
@given(st.integers(1, 9_999_999_999_999))
def test_a_run_id_contains_its_creation_time(moment: int) -> None:
    read = read_created_at(make_run_id(moment, "0123abcd"))
    assert abs((read - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000 - moment) < 0.01


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "keys", "123-a", "0123456789012", "0123456789012-", "0123456789012-a/../b", "0123456789012-a\n",
        "\u0661" * 13 + "-a", "\u00b2" * 13 + "-a", "0123456789012-\u00e9", "0123456789012-" + "a" * 41, "x" * 10_000,
    ],
)  # fmt: skip
def test_what_is_no_run_id_is_reported_in_one_short_line(text: str) -> None:
    with pytest.raises(ValueError, match="is not a run id; expected 13 digits, a hyphen and letters") as caught:
        read_created_at(text)
    assert len(str(caught.value)) < 200


def test_what_a_run_did_can_be_recalled_from_what_its_callers_saw() -> None:
    """A root that was lost with its custom status continues from there, and its progress does not decrease."""
    counters = Counters(
        made=7,
        kept=1,
        failed={"content_policy": 2},
        rate_limited=3,
        cost=Cost(text_calls=2, image_calls=9, input_tokens=10, output_tokens=11, nano_usd=1_230_000_000),
    )
    request = SeedRequest(catalog="toys", target_count=20)

    def compose(found: StartInventory, counters: Counters) -> RunStatus:
        return compose_status(
            "8204736755521-af1e9c55",
            request,
            status=Status.RUNNING,
            stage="items and images",
            found=found,
            counters_by_instance=[counters],
            updated_at=datetime(2026, 12, 1, tzinfo=UTC),
        )

    seen = compose(StartInventory(categories=3, items=4, images=2), counters + Counters(accepted=12))
    found, recalled = restore_counters(seen)
    again = compose(found, recalled)
    assert again == seen
