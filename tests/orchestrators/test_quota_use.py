"""How much of a reported image quota a run uses: window, rate limiter and provider together, on a clock that jumps."""

import math
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from durable_emulator.engine.clock import ManualClock
from model_simulator.image_quota import ImageQuota
from shared.limits.image_rate_limiter import ImageRateLimiter
from shared.messages.images import ImageCall, ImageResult
from tests.support.scripted_run import RUN, ScriptedRun, limited, run_to_end

START = ManualClock().now()
STORE_SECONDS = 0.1
"""Maximum duration of the store operations before and after a call gets its turn."""


class MeteredRun(ScriptedRun):
    """A run whose image provider has a quota and reports it in each response."""

    def __init__(self, per_minute: float, image_seconds: float, *, seed: int) -> None:
        super().__init__(text_seconds=0.2, image_seconds=image_seconds, batch_size=50, claim_seconds=0.1)
        self.per_minute = per_minute
        self.random = Random(seed)
        self.quota = ImageQuota(per_minute, self.tick)
        self.rate_limiter = ImageRateLimiter(self.tick, self.sleep)
        self.refused = 0

    def tick(self) -> float:
        return (self.clock.now() - START).total_seconds()

    async def _generate_image(self, data: Any) -> ImageResult:
        call = ImageCall.from_json(data)
        await self.sleep(self.random.uniform(0, STORE_SECONDS))
        seconds = await self.rate_limiter.acquire(RUN, call.product_id, None)
        if seconds is not None:
            return ImageResult(deferred_seconds=seconds, is_quota_reported=self.rate_limiter.is_quota_reported)
        await self.sleep(self.random.uniform(0, STORE_SECONDS))
        started = self.rate_limiter.record_start()
        wait = self.quota.try_accept()
        if wait:
            self.refused += 1
            self.rate_limiter.record_quota(self.per_minute)
            self.rate_limiter.record_throttled(started, math.ceil(wait), None)
            return ImageResult(
                failure=limited(math.ceil(wait)), last_success_at=self._report_success(), is_quota_reported=True
            )
        result = await super()._generate_image(data)
        self.rate_limiter.record_quota(self.per_minute)
        return replace(result, is_quota_reported=True)


@pytest.mark.parametrize(
    ("per_minute", "image_seconds", "width", "images"),
    [(6, 20.0, 4, 20), (60, 20.0, 24, 70), (60, 20.0, 64, 70), (120, 20.0, 48, 120), (120, 5.0, 14, 100)],
)
async def test_a_run_uses_the_quota_that_the_provider_reports(
    tmp_path: Path, per_minute: float, image_seconds: float, width: int, images: int
) -> None:
    scripted_run = MeteredRun(per_minute, image_seconds, seed=width)
    await run_to_end(scripted_run, tmp_path / "journal", target=images, parallel_image_requests=width)
    assert len(scripted_run.generated) == images
    seconds = (max(scripted_run.calls_at) - min(scripted_run.calls_at)).total_seconds()
    assert (images - 1) * 60 / per_minute / seconds >= 0.95
    assert scripted_run.refused <= width + 0.05 * images
