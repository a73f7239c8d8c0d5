"""Runs that are suspended for long lose no work and make few calls."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from durable_emulator.engine.clock import ManualClock
from orchestrators.work_page_claims import WorkPageClaims
from shared.messages.base import Failure
from shared.messages.images import ClaimWorkPageResult, ImageCall, ImageWorkerInput
from tests.support.scripted_run import CATALOG, RUN, ScriptedRun, limited, run_to_end

FROM, UNTIL = timedelta(seconds=30), timedelta(minutes=50)


def is_suspended(now: datetime) -> bool:
    return FROM <= now - ManualClock().now() < UNTIL


@pytest.mark.parametrize("text_seconds", [1.0, 40.0])
async def test_a_429_after_a_long_suspension_does_not_end_the_run(text_seconds: float, tmp_path: Path) -> None:
    refused: set[str] = set()

    def refuse_once(call: ImageCall) -> Failure | None:
        if scripted_run.seconds < UNTIL.total_seconds() or refused:
            return None
        refused.add(call.product_id)
        return limited(3)

    scripted_run = ScriptedRun(text_seconds=text_seconds, is_suspended=is_suspended, on_image=refuse_once)
    ended = await run_to_end(scripted_run, tmp_path / "journal.db", target=40)

    assert refused
    assert (scripted_run.failed, scripted_run.generated) == ({}, dict.fromkeys(scripted_run.generated, 1))
    assert len(scripted_run.generated) == 40
    assert scripted_run.ending is not None
    assert scripted_run.ending.failure is None
    assert ended.max_history_events < 1500
    asked = (
        scripted_run.calls["generate_image"] + scripted_run.calls["write_batch"] + scripted_run.calls["claim_work_page"]
    )
    assert asked < 9 * UNTIL.total_seconds() / 60  # each slot, image worker and writer about once a minute


async def test_a_writer_of_a_suspended_run_waits_in_short_generations(tmp_path: Path) -> None:
    scripted_run = ScriptedRun(
        text_seconds=20.0, is_suspended=lambda now: FROM <= now - ManualClock().now() < timedelta(hours=3)
    )
    ended = await run_to_end(scripted_run, tmp_path / "journal.db", target=60, dry_run=True)

    assert len(scripted_run.items) == 60
    assert scripted_run.calls["write_batch"] > 180
    assert ended.max_history_events < 700


def test_a_probe_of_a_suspended_run_claims_again_instead_of_ending() -> None:
    now = datetime.now(UTC)
    probe = ImageWorkerInput(RUN, CATALOG, worker_index=100, width=1, max_retries=2, max_image_calls=1)
    claims = WorkPageClaims(probe, now, seed="probe")
    claims.handle_result(ClaimWorkPageResult(suspended=True), now)
    assert claims.next_at is not None
    claims.handle_result(ClaimWorkPageResult(), now)
    assert claims.next_at is None
