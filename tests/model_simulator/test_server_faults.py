import asyncio
import json
from collections import Counter

import aiohttp
import pytest
from PIL import UnidentifiedImageError

from model_simulator.in_process import running_simulator
from tests.support.simulator_calls import (
    IMAGES_PATH,
    ITEMS_TASK,
    QUICK,
    calling_simulator,
    decode_image,
    image_body,
    text_body,
)


def tell_damage(data: bytes) -> str:
    try:
        image = decode_image(data)
    except UnidentifiedImageError:
        return "no image"
    except OSError:
        return "cut off"
    return "good" if image.size == (64, 64) else "wrong size"


async def test_bad_images_come_in_three_kinds_and_are_billed() -> None:
    async with calling_simulator({"rates": {"bad_image": 1}, "imageBytes": 20_000}) as caller:
        answers = [await caller.draw(f"toy {number}") for number in range(24)]
    assert {tell_damage(answer.image()) for answer in answers} == {"no image", "cut off", "wrong size"}
    stats = caller.simulator.stats()
    assert (stats["requests"]["images"], stats["billedImageCount"]) == ({"200": 24}, 24)


@pytest.mark.parametrize("image_format", ["png", "jpeg"])
@pytest.mark.parametrize("size", [65_000, 131_075, 200_001])
async def test_images_are_padded_to_the_requested_number_of_bytes(image_format: str, size: int) -> None:
    async with calling_simulator({"imageBytes": size}) as caller:
        data = (await caller.draw(output_format=image_format)).image()
    assert len(data) == size
    assert tell_damage(data) == "good"


async def test_a_large_image_is_not_padded() -> None:
    async with calling_simulator() as caller:
        plain = (await caller.draw()).image()
    async with calling_simulator({"imageBytes": len(plain)}) as caller:
        assert (await caller.draw()).image() == plain


async def test_the_same_prompt_again_is_another_image_and_so_is_another_seed() -> None:
    images = set()
    for seed in (7, 8):
        async with calling_simulator(seed=seed) as caller:
            images |= {(await caller.draw()).image() for _ in range(2)}
    assert len(images) == 4


async def test_truncated_answers_are_not_json_and_only_some_report_it() -> None:
    statuses = Counter[str]()
    async with calling_simulator({"rates": {"truncated_json": 1}}) as caller:
        for batch in range(30):
            answer = await caller.ask(text_body({**ITEMS_TASK, "batch": batch}))
            with pytest.raises(json.JSONDecodeError):
                answer.drafts()
            document = answer.json()
            statuses[document["status"]] += 1
            reason = {"reason": "max_output_tokens"} if document["status"] == "incomplete" else None
            assert document["incomplete_details"] == reason
    assert set(statuses) == {"completed", "incomplete"}


async def test_duplicate_names_corrupt_half_of_an_answer_and_leave_the_rest() -> None:
    async with calling_simulator() as caller:
        good = (await caller.ask(text_body())).drafts()
    async with calling_simulator({"rates": {"duplicate_names": 1}}) as caller:
        spoiled = (await caller.ask(text_body())).drafts()
    changed = [new["name"] for old, new in zip(good, spoiled, strict=True) if old["name"] != new["name"]]
    assert len(changed) == 5
    assert set(changed) <= {draft["name"] for draft in good} | {"Comet Trail Navigator"}
    assert [{**draft, "name": ""} for draft in good] == [{**draft, "name": ""} for draft in spoiled]


async def test_forbidden_words_corrupt_half_of_an_answer() -> None:
    async with calling_simulator({"rates": {"forbidden_words": 1}}) as caller:
        drafts = (await caller.ask(text_body())).drafts()
    spoiled = [draft for draft in drafts if {"logo", "trademark"} & set(draft["description"].rstrip(".").split())]
    assert len(spoiled) == 5


async def test_an_answer_depends_on_seed_and_request_alone() -> None:
    async with calling_simulator(seed=3) as caller:
        first = await caller.ask(text_body())
        again = await caller.ask(text_body())
        other = await caller.ask(text_body({**ITEMS_TASK, "batch": 2}))
        image = (await caller.draw()).image()
    async with calling_simulator(seed=3) as caller:
        restarted = await caller.ask(text_body())
        assert (await caller.draw()).image() == image
    async with calling_simulator(seed=4) as caller:
        reseeded = await caller.ask(text_body())
    assert first.drafts() == again.drafts() == restarted.drafts()
    assert other.drafts() != first.drafts()
    assert reseeded.drafts() != first.drafts()


async def test_a_fault_depends_on_how_often_the_request_arrived() -> None:
    rates = {"rates": {"server_error": 0.5}}

    async def watch() -> list[int]:
        async with calling_simulator(rates) as caller:
            return [(await caller.draw()).status for _ in range(16)]

    statuses = await watch()
    assert len({200 if status == 200 else 500 for status in statuses}) == 2
    assert statuses == await watch()


async def test_a_prompt_refused_by_the_policy_is_refused_again_and_others_are_not() -> None:
    prompts = [f"toy {number}" for number in range(20)]
    async with calling_simulator({"rates": {"content_policy": 0.5}}) as caller:
        rounds = [[(await caller.draw(prompt)).status for prompt in prompts] for _ in range(3)]
    assert set(rounds[0]) == {200, 400}
    assert rounds[0] == rounds[1] == rounds[2]


async def test_an_exhausted_quota_refuses_with_whole_seconds_to_wait() -> None:
    now = [50.0]
    async with calling_simulator({"imageRequestsPerMinute": 12}, clock=lambda: now[0]) as caller:
        assert [(await caller.draw(f"toy {number}")).status for number in range(2)] == [200, 200]
        now[0] += 3.4
        refused = await caller.draw("toy 2")
        assert (refused.status, refused.error()["code"]) == (429, "rate_limit_exceeded")
        assert refused.headers["Retry-After"] == "7"
        assert refused.headers["x-ratelimit-limit-requests"] == "12"
        now[0] += 7
        assert (await caller.draw("toy 2")).status == 200


async def test_text_calls_have_no_quota() -> None:
    async with calling_simulator({"imageRequestsPerMinute": 1}, clock=lambda: 0.0) as caller:
        assert {(await caller.ask(text_body())).status for _ in range(5)} == {200}


async def test_a_quota_refusal_does_not_change_which_faults_the_request_meets() -> None:
    rates = {"server_error": 0.5}
    async with calling_simulator({"rates": rates}) as caller:
        undisturbed = [(await caller.draw()).status for _ in range(8)]
    now = [0.0]
    met = []
    async with calling_simulator({"rates": rates, "imageRequestsPerMinute": 6}, clock=lambda: now[0]) as caller:
        for _ in range(8):
            met.append((await caller.draw()).status)
            assert (await caller.draw()).status == 429
            now[0] += 10
    assert met == undisturbed


async def test_new_faults_replace_all_old_ones_and_invalid_ones_change_nothing() -> None:
    async with calling_simulator({"blockedPrompts": ["boat"]}) as caller:
        wrong = await caller.must("PUT", "/_faults", {"blocked": []})
        assert (wrong.status, (await caller.draw()).status) == (400, 400)
        assert wrong.error()["message"].startswith("blocked is an unknown key (got []); expected one of ")
        assert (await caller.must("PUT", "/_faults", {**QUICK, "rates": {"server_error": 1}})).status == 204
        assert (await caller.draw()).status in {500, 502}
        assert (await caller.must("PUT", "/_faults", QUICK)).status == 204
        assert (await caller.draw()).status == 200


async def test_calls_in_flight_are_closed_when_the_simulator_ends() -> None:
    async with aiohttp.ClientSession() as session:
        async with running_simulator(faults={"latencySeconds": {"image": 3600}}) as simulator:
            call = asyncio.create_task(session.post(simulator.url + IMAGES_PATH, json=image_body()))
            async with asyncio.timeout(300):
                while simulator.stats()["maxConcurrentImages"] == 0:  # noqa: ASYNC110 - counters do not call back
                    await asyncio.sleep(0.001)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await call
