"""Plain HTTP calls to a running simulator, and their bodies."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from PIL import Image

from model_simulator.in_process import RunningSimulator, running_simulator

QUICK: Mapping[str, Any] = {"latencySeconds": {"text": 0, "image": 0}, "timeoutSeconds": 0}
IMAGES_PATH = "/openai/v1/images/generations"
RESPONSES_PATH = "/openai/v1/responses"
ITEMS_TASK: Mapping[str, Any] = {
    "task": "items",
    "batch": 1,
    "subject": "LEGO-style minifigures",
    "openings": ["Photorealistic LEGO-style minifigure"],
    "tail": "clean background, high detail, vibrant, evenly lit, 1024x1024",
    "promptCharacters": 230,
    "categories": [{"name": "Space Explorers", "count": 10, "taken": ["Comet Trail Navigator"]}],
    "forbiddenWords": ["logo", "trademark"],
}
ITEMS_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/Draft"}}},
    "required": ["items"],
    "additionalProperties": False,
    "$defs": {
        "Draft": {
            "type": "object",
            "properties": {key: {"type": "string"} for key in ("name", "description", "category", "imagePrompt")},
            "required": ["name", "description", "category", "imagePrompt"],
            "additionalProperties": False,
        }
    },
}


def image_body(prompt: str = "a red toy boat", **changes: Any) -> dict[str, Any]:
    body = {"model": "gpt-image-2", "prompt": prompt, "n": 1, "size": "64x64", "quality": "low", **changes}
    return {key: value for key, value in body.items() if value is not ...}


def text_body(
    task: Mapping[str, Any] | str = ITEMS_TASK,
    *,
    schema_name: str = "item_batch",
    schema: Mapping[str, Any] = ITEMS_SCHEMA,
    **changes: Any,
) -> dict[str, Any]:
    return {
        "model": "gpt-5",
        "instructions": "Write drafts.",
        "input": task if isinstance(task, str) else json.dumps(task),
        "text": {"format": {"type": "json_schema", "name": schema_name, "schema": dict(schema), "strict": True}},
        **changes,
    }


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    data: bytes

    def json(self) -> Any:
        return json.loads(self.data)

    def error(self) -> dict[str, Any]:
        error = self.json()["error"]
        assert isinstance(error, dict)
        return error

    def image(self) -> bytes:
        return base64.b64decode(self.json()["data"][0]["b64_json"], validate=True)

    def output_text(self) -> str:
        text = self.json()["output"][-1]["content"][0]["text"]
        assert isinstance(text, str)
        return text

    def drafts(self) -> list[dict[str, str]]:
        drafts = json.loads(self.output_text())["items"]
        assert isinstance(drafts, list)
        return drafts


def decode_image(data: bytes) -> Image.Image:
    """Decode every pixel, so that a truncated image raises."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@dataclass(frozen=True, slots=True)
class Caller:
    """Call one simulator; ``None`` means that the connection was closed without an answer."""

    session: aiohttp.ClientSession
    simulator: RunningSimulator

    async def call(
        self, method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None
    ) -> Answer | None:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        data = io.BytesIO(content)  # aiohttp warns of long bytes
        try:
            async with self.session.request(method, self.simulator.url + path, data=data, headers=headers) as response:
                return Answer(response.status, response.headers, await response.read())
        except aiohttp.ServerDisconnectedError:
            return None

    async def must(self, method: str, path: str, body: object = None, **options: Any) -> Answer:
        answer = await self.call(method, path, body, **options)
        assert answer is not None, f"{method} {path} was not answered"
        return answer

    async def draw(self, prompt: str = "a red toy boat", **changes: Any) -> Answer:
        return await self.must("POST", IMAGES_PATH, image_body(prompt, **changes))

    async def try_draw(self, prompt: str) -> Answer | None:
        return await self.call("POST", IMAGES_PATH, image_body(prompt))

    async def draw_all(self, prompts: list[str]) -> list[Answer | None]:
        return await asyncio.gather(*(self.try_draw(prompt) for prompt in prompts))

    async def ask(self, body: Mapping[str, Any]) -> Answer:
        return await self.must("POST", RESPONSES_PATH, body)


@asynccontextmanager
async def calling_simulator(faults: Mapping[str, Any] | None = None, **options: Any) -> AsyncIterator[Caller]:
    """Run a simulator without latency, with these faults in addition, and call it."""
    async with (
        running_simulator(faults={**QUICK, **(faults or {})}, **options) as simulator,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=300)) as session,
    ):
        yield Caller(session, simulator)
