"""Files and batches through the real client, on a clock that the test moves."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import openai
import pytest

from model_simulator.in_process import RunningSimulator, running_simulator
from tests.support.sample_images import draw
from tests.support.simulator_calls import QUICK, decode_image, text_body

Endpoint = Literal["/v1/images/generations", "/v1/images/edits", "/v1/responses"]

ENDPOINT: Final = "/v1/images/generations"
EDITS: Final = "/v1/images/edits"
RESPONSES: Final = "/v1/responses"


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Lab:
    client: openai.AsyncOpenAI
    simulator: RunningSimulator
    clock: Clock

    async def upload(self, lines: list[dict[str, Any]]) -> str:
        data = "\n".join(map(json.dumps, lines)).encode()
        return (await self.client.files.create(file=("lines.jsonl", data), purpose="batch")).id

    async def create(self, lines: list[dict[str, Any]], *, endpoint: Endpoint = ENDPOINT, **metadata: str) -> Any:
        return await self.client.batches.create(
            input_file_id=await self.upload(lines),
            endpoint=endpoint,
            completion_window="24h",
            metadata=metadata,
        )

    async def read(self, file_id: str) -> list[dict[str, Any]]:
        text = (await self.client.files.content(file_id)).text
        return [json.loads(line) for line in text.splitlines()]


@asynccontextmanager
async def lab(**batches: Any) -> AsyncIterator[Lab]:
    clock = Clock()
    faults = {**QUICK, "blockedPrompts": ["forbidden"], "batches": {"seconds": 100, **batches}}
    async with (
        running_simulator(faults=faults, clock=clock) as simulator,
        openai.AsyncOpenAI(base_url=f"{simulator.url}/v1", api_key="any", max_retries=0) as client,
    ):
        yield Lab(client, simulator, clock)


def make_lines(count: int, *, prompt: str = "toy boat number") -> list[dict[str, Any]]:
    body = {"model": "gpt-image-2", "size": "128x128", "quality": "low", "output_format": "jpeg"}
    return [
        {
            "custom_id": f"item-{number}",
            "method": "POST",
            "url": ENDPOINT,
            "body": {**body, "prompt": f"{prompt} {number}"},
        }
        for number in range(count)
    ]


async def test_a_batch_bills_half_and_its_results_come_in_another_order() -> None:
    async with lab() as here:
        created = await here.create(make_lines(12), run="r1", chunk="1")
        here.clock.now = 200
        batch = await here.client.batches.retrieve(created.id)
        rows = await here.read(batch.output_file_id or "")
        stats = here.simulator.stats()
    assert (created.status, batch.status, batch.metadata) == ("validating", "completed", {"run": "r1", "chunk": "1"})
    assert batch.error_file_id is None
    assert sorted(row["custom_id"] for row in rows) == sorted(f"item-{number}" for number in range(12))
    assert [row["custom_id"] for row in rows] != [f"item-{number}" for number in range(12)]
    bodies = [row["response"]["body"] for row in rows]
    assert all(decode_image(base64.b64decode(body["data"][0]["b64_json"])).size == (128, 128) for body in bodies)
    full_price = sum(body["usage"]["input_tokens"] * 5 + body["usage"]["output_tokens"] * 30 for body in bodies) / 1e6
    assert stats["costUsd"] == pytest.approx(full_price / 2)
    assert stats["billedImageCount"] == 12


async def test_a_refused_line_and_a_wrong_one_are_in_the_file_of_errors() -> None:
    lines = [*make_lines(3), *make_lines(1, prompt="forbidden")]
    lines[3]["custom_id"] = "refused"
    lines[2]["body"]["size"] = "7x7"
    async with lab() as here:
        created = await here.create(lines)
        here.clock.now = 100
        batch = await here.client.batches.retrieve(created.id)
        errors = {row["custom_id"]: row["response"] for row in await here.read(batch.error_file_id or "")}
        assert len(await here.read(batch.output_file_id or "")) == 2
    assert set(errors) == {"refused", "item-2"}
    assert {response["status_code"] for response in errors.values()} == {400}


async def test_lines_with_references_cost_their_tokens_and_an_unknown_file_fails_its_line() -> None:
    reference = draw((20, 90, 230), size=(96, 64))
    async with lab() as here:
        uploaded = await here.client.files.create(file=("look.png", reference), purpose="vision")
        encoded = base64.b64encode(reference).decode()
        images: list[list[dict[str, str]]] = [
            [{"file_id": uploaded.id}],
            [{"image_url": f"data:image/png;base64,{encoded}"}, {"file_id": uploaded.id}],
            [{"file_id": "file-unknown"}],
            [{"file_id": uploaded.id, "image_url": "both"}],
            [],
        ]
        lines = make_lines(len(images))
        for line, given in zip(lines, images, strict=True):
            line["url"] = EDITS
            line["body"]["images"] = given
        created = await here.create(lines, endpoint=EDITS)
        here.clock.now = 200
        batch = await here.client.batches.retrieve(created.id)
        made = {row["custom_id"]: row["response"]["body"] for row in await here.read(batch.output_file_id or "")}
        errors = {row["custom_id"]: row["response"] for row in await here.read(batch.error_file_id or "")}
        stats = here.simulator.stats()
    tokens = {name: body["usage"]["input_tokens_details"]["image_tokens"] for name, body in made.items()}
    assert tokens == {"item-0": 6, "item-1": 12}
    assert {name: response["status_code"] for name, response in errors.items()} == dict.fromkeys(
        ("item-2", "item-3", "item-4"), 400
    )
    assert "No such File object: file-unknown" in json.dumps(errors["item-2"])
    usages = [body["usage"] for body in made.values()]
    text = sum(usage["input_tokens"] for usage in usages) - 18
    outputs = sum(usage["output_tokens"] for usage in usages)
    assert stats["costUsd"] == pytest.approx((text * 5 + 18 * 8 + outputs * 30) / 1e6 / 2)


async def test_text_calls_get_the_words_of_normal_ones_at_half_the_price() -> None:
    body = text_body(model="gpt-6-luna")
    async with lab() as here:
        normal = await here.client.responses.create(**body)
        full = here.simulator.stats()["costUsd"]
        lines = [{"custom_id": "good", "method": "POST", "url": RESPONSES, "body": body}]
        lines.append({**lines[0], "custom_id": "bad", "body": {**body, "max_output_tokens": 1}})
        created = await here.create(lines, endpoint=RESPONSES)
        here.clock.now = 200
        batch = await here.client.batches.retrieve(created.id)
        (made,) = await here.read(batch.output_file_id or "")
        (refused,) = await here.read(batch.error_file_id or "")
        cost = here.simulator.stats()["costUsd"] - full
    content = made["response"]["body"]["output"][-1]["content"]
    assert (made["custom_id"], content[0]["text"]) == ("good", normal.output_text)
    assert cost == pytest.approx(full / 2)
    assert (refused["custom_id"], refused["response"]["status_code"]) == ("bad", 400)


async def test_uploaded_files_are_listed_by_purpose_and_deleted() -> None:
    async with lab() as here:
        await here.upload(make_lines(1))
        ids = [
            (await here.client.files.create(file=(f"{number}.png", draw()), purpose="vision")).id for number in range(3)
        ]
        listed = [one.id async for one in here.client.files.list(purpose="vision", limit=2)]
        assert (await here.client.files.delete(ids[0])).deleted
        with pytest.raises(openai.NotFoundError):
            await here.client.files.retrieve(ids[0])
        with pytest.raises(openai.NotFoundError):
            await here.client.files.delete(ids[0])
    assert listed == ids[::-1]


async def test_an_expired_batch_keeps_what_ran_and_says_which_lines_did_not() -> None:
    async with lab(expiresAfterSeconds=55) as here:
        created = await here.create(make_lines(20))
        here.clock.now = 1_000
        batch = await here.client.batches.retrieve(created.id)
        made = await here.read(batch.output_file_id or "")
        errors = await here.read(batch.error_file_id or "")
        billed = here.simulator.stats()["billedImageCount"]
    assert batch.status == "expired"
    assert len(made) == billed == 10
    assert {row["error"]["code"] for row in errors} == {"batch_expired"}
    assert len(made) + len(errors) == 20


async def test_a_cancelled_batch_keeps_and_bills_what_ran() -> None:
    async with lab() as here:
        created = await here.create(make_lines(20))
        here.clock.now = 55
        await here.client.batches.cancel(created.id)
        here.clock.now = 1_000
        batch = await here.client.batches.retrieve(created.id)
        assert batch.status == "cancelled"
        assert len(await here.read(batch.output_file_id or "")) == 10
        assert here.simulator.stats()["billedImageCount"] == 10


async def test_a_fresh_upload_is_not_visible_at_once() -> None:
    async with lab(visibleAfterSeconds=5) as here:
        file_id = await here.upload(make_lines(1))
        wanted: dict[str, Any] = {"input_file_id": file_id, "endpoint": ENDPOINT, "completion_window": "24h"}
        with pytest.raises(openai.BadRequestError):
            await here.client.batches.create(**wanted)
        here.clock.now = 5
        assert (await here.client.batches.create(**wanted)).status == "validating"


@pytest.mark.parametrize("lines", [[{"custom_id": "a"}], [*make_lines(1), *make_lines(1)]], ids=["no url", "same id"])
async def test_a_file_that_cannot_run_fails_the_batch_and_bills_nothing(lines: list[dict[str, Any]]) -> None:
    async with lab() as here:
        batch = await here.create(lines)
        assert batch.status == "failed"
        assert batch.errors.data[0].code
        assert here.simulator.stats()["billedImageCount"] == 0


async def test_too_many_enqueued_images_fail_a_whole_batch() -> None:
    async with lab(maxEnqueuedImages=15) as here:
        first, second = await here.create(make_lines(10)), await here.create(make_lines(10))
        here.clock.now = 100
        third = await here.create(make_lines(10))
    assert (first.status, second.status, third.status) == ("validating", "failed", "validating")
    assert second.errors.data[0].code == "token_limit_exceeded"


async def test_batches_are_listed_newest_first_in_pages() -> None:
    async with lab() as here:
        created = [(await here.create(make_lines(1), number=str(number))).id for number in range(5)]
        page = await here.client.batches.list(limit=2)
        listed = [batch.id async for batch in here.client.batches.list(limit=2)]
    assert [batch.id for batch in page.data] == created[:-3:-1]
    assert listed == created[::-1]
