"""Runs that are suspended for long lose nothing, and ask little meanwhile."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.engine.clock import ManualClock
from orchestrators.page_claims import PageClaims
from shared.domain.image_messages import ClaimResult, ImageCall, LaneInput
from shared.domain.messages import Failure
from tests.support.scripted_course import CATALOG, RUN, Course, follow, limited

FROM, UNTIL = timedelta(seconds=30), timedelta(minutes=50)


def is_suspended(now: datetime) -> bool:
    return FROM <= now - ManualClock().now() < UNTIL


@pytest.mark.parametrize("text_seconds", [1.0, 40.0])
async def test_a_429_after_a_long_suspension_does_not_end_the_run(text_seconds: float, tmp_path: Path) -> None:
    refused: set[str] = set()

    def refuse_once(call: ImageCall) -> Failure | None:
        if course.seconds < UNTIL.total_seconds() or refused:
            return None
        refused.add(call.product_id)
        return limited(3)

    course = Course(text_seconds=text_seconds, is_suspended=is_suspended, on_image=refuse_once)
    ended = await follow(course, tmp_path / "journal.db", target=40)

    assert refused
    assert (course.failed, course.paid) == ({}, dict.fromkeys(course.paid, 1))
    assert len(course.paid) == 40
    assert course.ending is not None
    assert course.ending.failure is None
    assert ended.longest_history < 1500
    asked = course.calls["make_image"] + course.calls["write_batch"] + course.calls["claim_page"]
    assert asked < 9 * UNTIL.total_seconds() / 60  # each slot, lane and writer about once a minute


async def test_a_writer_of_a_suspended_run_waits_in_short_generations(tmp_path: Path) -> None:
    course = Course(text_seconds=20.0, is_suspended=lambda now: FROM <= now - ManualClock().now() < timedelta(hours=3))
    ended = await follow(course, tmp_path / "journal.db", target=60, dry_run=True)

    assert len(course.items) == 60
    assert course.calls["write_batch"] > 180
    assert ended.longest_history < 700


def test_a_probe_of_a_suspended_run_claims_again_instead_of_ending() -> None:
    now = datetime.now(UTC)
    probe = LaneInput(RUN, CATALOG, lane=100, width=1, max_retries=2, most_images=1)
    claims = PageClaims(probe, now, seed="probe")
    claims.settle(ClaimResult(suspended=True), now)
    assert claims.next_at is not None
    claims.settle(ClaimResult(), now)
    assert claims.next_at is None
