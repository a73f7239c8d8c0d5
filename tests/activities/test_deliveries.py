"""One process does the work of a message once, however often it is delivered."""

import asyncio
from typing import Any

import pytest

from shared.services.deliveries import MAX_REMEMBERED_DELIVERIES, DeliveryDeduplicator


class Work:
    """Counts how often it is done, and how often at the same time."""

    def __init__(self) -> None:
        self.done = self.running = self.max_running = 0

    async def __call__(self) -> dict[str, Any]:
        self.running += 1
        self.max_running = max(self.max_running, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        self.done += 1
        return {"done": self.done}


async def test_the_same_message_gets_the_same_result() -> None:
    deliveries, work = DeliveryDeduplicator(), Work()
    reported = await asyncio.gather(*(deliveries.run_once("image", {"attempt": 0}, work) for _ in range(5)))
    reported.append(await deliveries.run_once("image", {"attempt": 0}, work))
    assert reported == [{"done": 1}] * 6


async def test_messages_about_one_subject_take_turns_and_others_do_not_wait() -> None:
    deliveries, deferrals, others = DeliveryDeduplicator(), Work(), Work()
    await asyncio.gather(*(deliveries.run_once("image", {"attempt": n}, deferrals) for n in range(5)))
    await asyncio.gather(*(deliveries.run_once(f"image {n}", {}, others) for n in range(5)))
    assert (deferrals.done, deferrals.max_running) == (5, 1)
    assert (others.done, others.max_running) == (5, 5)


async def test_work_that_broke_is_done_again() -> None:
    deliveries, work = DeliveryDeduplicator(), Work()

    async def fail() -> dict[str, Any]:
        raise RuntimeError("a surprise")

    with pytest.raises(RuntimeError, match="a surprise"):
        await deliveries.run_once("image", {}, fail)
    assert await deliveries.run_once("image", {}, work) == {"done": 1}


async def test_the_oldest_of_too_many_results_is_forgotten() -> None:
    deliveries, work = DeliveryDeduplicator(), Work()
    for number in range(MAX_REMEMBERED_DELIVERIES + 10):
        await deliveries.run_once(f"image {number}", {}, work)
    assert await deliveries.run_once("image 0", {}, work) == {"done": MAX_REMEMBERED_DELIVERIES + 11}
