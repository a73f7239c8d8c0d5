import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any

import pytest

from shared.models.price_files import load_prices
from shared.models.usage import Usage
from tests.support.simulator_calls import QUICK, Answer, Caller, calling_simulator, text_body


def read_usage(answer: Answer) -> Usage:
    usage: dict[str, int] = answer.json()["usage"]
    return Usage(usage["input_tokens"], usage["output_tokens"])


async def test_a_new_simulator_has_zero_counters() -> None:
    async with calling_simulator() as caller:
        await caller.must("GET", "/openai/v1/models")
        await caller.must("GET", "/_stats")
        stats = (await caller.must("GET", "/_stats")).json()
    assert stats == {
        "requests": {"images": {}, "responses": {}},
        "billedImageCount": 0,
        "billedImagesByPrompt": {},
        "ambiguousBilled": 0,
        "inputTokens": 0,
        "outputTokens": 0,
        "costUsd": 0,
        "maxConcurrentImages": 0,
        "firstImageStartedAt": None,
        "lastImageEndedAt": None,
    }


async def test_tokens_and_cost_are_the_sum_of_the_answers() -> None:
    async with calling_simulator() as caller:
        images = [read_usage(await caller.draw(f"toy {number}", quality="high")) for number in range(3)]
        texts = [read_usage(await caller.ask(text_body())) for _ in range(2)]
        stats = (await caller.must("GET", "/_stats")).json()
    assert stats["inputTokens"] == sum(usage.input_tokens for usage in images + texts)
    assert stats["outputTokens"] == sum(usage.output_tokens for usage in images + texts)
    cost = sum((load_prices().calculate_image_cost("gpt-image-2", usage) for usage in images), Decimal(0))
    cost += sum((load_prices().calculate_text_cost("gpt-5", usage) for usage in texts), Decimal(0))
    assert stats["costUsd"] == pytest.approx(float(cost))
    assert stats["requests"] == {"images": {"200": 3}, "responses": {"200": 2}}


@pytest.mark.parametrize(("quality", "tokens"), [("low", 196), ("medium", 1756), ("high", 7024)])
async def test_an_image_costs_the_listed_tokens_of_its_quality(quality: str, tokens: int) -> None:
    prompt = "a wooden train"
    async with calling_simulator() as caller:
        usage = read_usage(await caller.draw(prompt, quality=quality, size="1024x1024"))
    assert usage == Usage(input_tokens=4, output_tokens=tokens)


async def test_images_are_billed_by_prompt_as_often_as_they_were_generated() -> None:
    async with calling_simulator() as caller:
        for prompt in ("a boat", "a train", "a boat"):
            await caller.draw(prompt)
    assert caller.simulator.stats()["billedImagesByPrompt"] == {"a boat": 2, "a train": 1}


async def test_every_timeout_and_half_of_the_drops_are_billed_without_an_answer() -> None:
    prompts = [f"toy {number}" for number in range(60)]
    async with calling_simulator({"rates": {"timeout": 1}}) as caller:
        assert set(await caller.draw_all(prompts)) == {None}
        timed_out = caller.simulator.stats()
    assert timed_out["requests"]["images"] == {"timeout": 60}
    assert timed_out["billedImageCount"] == timed_out["ambiguousBilled"] == 60
    async with calling_simulator({"rates": {"dropped": 1}}) as caller:
        assert set(await caller.draw_all(prompts)) == {None}
        dropped = caller.simulator.stats()
    assert dropped["requests"]["images"] == {"dropped": 60}
    assert dropped["billedImageCount"] == dropped["ambiguousBilled"]
    assert 15 < dropped["billedImageCount"] < 45
    assert dropped["costUsd"] < timed_out["costUsd"]


async def test_billed_images_are_the_answered_ones_and_the_ambiguous_ones() -> None:
    rates = {"rate_limited": 0.1, "server_error": 0.1, "dropped": 0.2, "timeout": 0.2, "bad_image": 0.1}
    async with calling_simulator({"rates": rates}) as caller:
        answers = await caller.draw_all([f"toy {number}" for number in range(150)])
        stats = caller.simulator.stats()
    seen = Counter(str(answer.status) if answer else "none" for answer in answers)
    counted = dict(stats["requests"]["images"])
    assert counted.pop("dropped") + counted.pop("timeout") == seen.pop("none")
    assert counted == seen
    assert stats["billedImageCount"] == seen["200"] + stats["ambiguousBilled"]
    assert stats["billedImageCount"] == sum(stats["billedImagesByPrompt"].values())


async def test_lost_text_answers_are_billed_but_not_as_images() -> None:
    async with calling_simulator({"rates": {"timeout": 1}}) as caller:
        assert await caller.call("POST", "/openai/v1/responses", text_body()) is None
        stats = caller.simulator.stats()
    assert stats["requests"]["responses"] == {"timeout": 1}
    assert (stats["billedImageCount"], stats["ambiguousBilled"]) == (0, 0)
    assert stats["outputTokens"] > 0
    assert stats["costUsd"] > 0


async def test_an_account_is_blocked_after_exactly_the_given_number_of_images() -> None:
    async with calling_simulator({"accountBlockAfter": 5}) as caller:
        answers = await caller.draw_all([f"toy {number}" for number in range(12)])
        text = await caller.ask(text_body())
        stats = caller.simulator.stats()
    assert Counter(answer.status for answer in answers if answer) == {200: 5, 403: 7}
    assert text.status == 403
    assert stats["billedImageCount"] == 5


async def test_the_first_start_and_the_last_end_of_an_image_are_recorded() -> None:
    async with calling_simulator({"latencySeconds": {"image": 0.1}}) as caller:
        before = time.time()
        await caller.draw("a boat")
        first, after = caller.simulator.stats(), time.time()
        caller.simulator.set_faults(QUICK)
        await caller.draw("a train")
        stats = caller.simulator.stats()
    assert before <= first["firstImageStartedAt"] < first["lastImageEndedAt"] <= after
    assert stats["firstImageStartedAt"] == first["firstImageStartedAt"]
    assert stats["lastImageEndedAt"] > after


NEVER_READY: dict[str, Any] = {"latencySeconds": {"image": 3600}}


@asynccontextmanager
async def drawing_in_the_background(caller: Caller, prompts: list[str]) -> AsyncIterator[None]:
    """Ask for images, and hang up at the end of the block."""
    calls = asyncio.gather(*(caller.try_draw(prompt) for prompt in prompts))
    yield
    calls.cancel()
    with suppress(asyncio.CancelledError):
        await calls


async def wait_until(is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(300):
        while not is_reached():  # noqa: ASYNC110 - counters are looked at, they do not call back
            await asyncio.sleep(0.001)


async def test_the_maximum_of_concurrent_images_is_recorded() -> None:
    async with calling_simulator(NEVER_READY) as caller:
        stats = caller.simulator.service.stats
        async with drawing_in_the_background(caller, [f"toy {number}" for number in range(6)]):
            await wait_until(lambda: stats.open_images == 6)
        await wait_until(lambda: stats.open_images == 0)
        caller.simulator.set_faults(QUICK)
        await caller.draw()
    assert caller.simulator.stats()["maxConcurrentImages"] == 6


async def test_refused_requests_are_not_concurrent_images() -> None:
    async with calling_simulator({**NEVER_READY, "imageRequestsPerMinute": 12}, clock=lambda: 0.0) as caller:
        stats = caller.simulator.service.stats
        async with drawing_in_the_background(caller, [f"toy {number}" for number in range(9)]):
            await wait_until(lambda: stats.requests["images"]["429"] == 7)
            assert (stats.open_images, stats.max_open_images) == (2, 2)


async def test_a_caller_that_disconnects_is_billed_and_no_longer_counted_as_waiting() -> None:
    async with calling_simulator(NEVER_READY) as caller:
        stats = caller.simulator.service.stats
        async with drawing_in_the_background(caller, ["a boat"]):
            await wait_until(lambda: stats.open_images == 1)
        await wait_until(lambda: stats.open_images == 0)
        report = caller.simulator.stats()
    assert report["billedImagesByPrompt"] == {"a boat": 1}
    assert report["requests"]["images"] == {}


async def test_an_image_whose_caller_disconnected_is_finished() -> None:
    async with calling_simulator({"latencySeconds": {"image": 0.3}}) as caller:
        stats = caller.simulator.service.stats
        async with drawing_in_the_background(caller, ["a boat"]):
            await wait_until(lambda: stats.open_images == 1)
        await wait_until(lambda: stats.requests["images"]["200"] == 1)
