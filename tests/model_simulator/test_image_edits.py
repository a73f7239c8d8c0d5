"""Edits with reference images: what is billed, and whose colors the answer has."""

import base64
import io
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from PIL import Image

from model_simulator.in_process import RunningSimulator, running_simulator
from tests.model_simulator.test_wire_openai import STYLES, calling
from tests.support.simulator_calls import QUICK


def make_reference(color: tuple[int, int, int], side: int = 1024) -> tuple[str, bytes, str]:
    """A picture with all levels between black and a color."""
    gradient = Image.linear_gradient("L").resize((side, side))
    picture = Image.merge("RGB", [gradient.point([level * top // 255 for level in range(256)]) for top in color])
    file = io.BytesIO()
    picture.save(file, "PNG")
    return "reference.png", file.getvalue(), "image/png"


async def edit(client: openai.AsyncOpenAI, references: list[Any], **changes: Any) -> Any:
    wanted = {"model": "gpt-image-2", "prompt": "a red toy boat", "n": 1, "size": "128x128", "quality": "low"}
    return await client.images.edit(**{**wanted, **changes}, image=references)


def mean_color(answer: Any) -> list[float]:
    with Image.open(io.BytesIO(base64.b64decode(answer.data[0].b64_json))) as image:
        pixel = image.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return [float(level) for level in pixel]


@STYLES
async def test_an_edit_has_the_colors_of_its_reference_and_bills_its_tokens_as_image_input(style: str) -> None:
    async with calling(style) as (client, simulator):
        answer = await edit(client, [make_reference((20, 40, 250))])
        stats = simulator.stats()
    red, green, blue = mean_color(answer)
    assert blue > 2 * max(red, green)
    assert answer.usage.input_tokens_details.image_tokens == 1024
    assert answer.usage.input_tokens == 1024 + answer.usage.input_tokens_details.text_tokens
    assert stats["billedImageCount"] == 1
    text = answer.usage.input_tokens_details.text_tokens
    expected = (text * 5 + 1024 * 8 + answer.usage.output_tokens * 30) / 1e6
    assert stats["costUsd"] == pytest.approx(expected)


async def test_the_same_edit_with_another_reference_is_another_image() -> None:
    async with calling("v1") as (client, _):
        blue = await edit(client, [make_reference((20, 40, 250))])
        red = await edit(client, [make_reference((250, 40, 20))])
        both = await edit(client, [make_reference((20, 40, 250)), make_reference((250, 40, 20), side=512)])
    assert blue.data[0].b64_json != red.data[0].b64_json
    assert both.usage.input_tokens_details.image_tokens == 1024 + 256


@pytest.mark.parametrize(
    ("references", "changes", "code"),
    [
        ([("a.webp", b"RIFF....WEBP", "image/webp")], {}, "invalid_image_file"),
        ([make_reference((9, 9, 9), 64)] * 17, {}, "invalid_value"),
        ([make_reference((9, 9, 9), 64)], {"extra_body": {"input_fidelity": "high"}}, "invalid_input_fidelity_model"),
    ],
    ids=["not an image", "too many", "input_fidelity"],
)
async def test_an_edit_that_the_service_refuses_is_not_billed(
    references: list[Any], changes: dict[str, Any], code: str
) -> None:
    async with calling("v1") as (client, simulator):
        with pytest.raises(openai.BadRequestError) as raised:
            await edit(client, references, **changes)
        assert simulator.stats()["billedImageCount"] == 0
    assert raised.value.code == code


@pytest.fixture
async def openai_client() -> AsyncIterator[tuple[openai.AsyncOpenAI, RunningSimulator]]:
    async with (
        running_simulator(faults=QUICK) as simulator,
        openai.AsyncOpenAI(base_url=f"{simulator.url}/v1", api_key="any", max_retries=0) as client,
    ):
        yield client, simulator


async def test_openais_own_address_takes_edits_too(
    openai_client: tuple[openai.AsyncOpenAI, RunningSimulator],
) -> None:
    client, simulator = openai_client
    await edit(client, [make_reference((200, 200, 20), 64)])
    assert simulator.stats()["requests"]["images"] == {"200": 1}
