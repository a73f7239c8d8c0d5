"""One image call over OpenAI's wire: which parameters a model is sent, and what is made of the answer."""

from typing import TYPE_CHECKING, Any, cast

import httpx2
from openai import AsyncOpenAI, omit

from shared.adapters.model_client import limit_time
from shared.adapters.model_images import read_image_answer
from shared.adapters.model_line import ModelLine
from shared.ports import ImageAnswer, ImageRequest
from shared.prices import PriceList

if TYPE_CHECKING:
    from shared.config import ModelSettings

ANSWER_FORM, QUALITY, FORMAT = "response_format", "quality", "output_format"
"""Parameters that some models and servers do not know: base64 or an address, low to high, PNG or JPEG."""

GPT_IMAGE, DALL_E = ("gpt-image", "chatgpt-image"), ("dall-e",)


def choose_parameters(model: str, *, is_compatible: bool) -> tuple[str, ...]:
    """Return which of the optional parameters to send to a model, by its name.

    GPT image models always answer with base64 and refuse ``response_format``; they cost by quality, so it is always
    sent. DALL-E knows ``response_format`` and neither output formats nor our qualities. What any other name means,
    OpenAI and Azure OpenAI treat like a GPT image model, and a compatible server takes the oldest parameters.

    Args:
        model: name of the model or deployment; a gateway's prefix (``azure/gpt-image-2``) does not count.
        is_compatible: it is neither OpenAI's nor Azure OpenAI's own service.
    """
    name = model.casefold().rpartition("/")[2]
    if name.startswith(DALL_E):
        return (ANSWER_FORM,)
    return (ANSWER_FORM,) if is_compatible and not name.startswith(GPT_IMAGE) else (QUALITY, FORMAT)


async def draw_image(
    line: ModelLine,
    settings: "ModelSettings",
    request: ImageRequest,
    *,
    prices: PriceList,
    is_compatible: bool = False,
) -> ImageAnswer:
    """Generate one image: one ``POST /images/generations``, and a fetch where the answer holds an address.

    Args:
        line: to the service.
        settings: what is called.
        request: what the image is to show, its size, quality and format.
        prices: which models have a price.
        is_compatible: the service is neither OpenAI's nor Azure OpenAI's own.

    Raises:
        ModelError: for every failure; with its usage if an answer came that cannot be used.
    """
    model, seconds = settings.image_deployment, settings.image_timeout_seconds
    call = line.describe("image", model, request.prompt)
    optional = choose_parameters(model, is_compatible=is_compatible)
    values = {ANSWER_FORM: "b64_json", QUALITY: request.quality, FORMAT: request.format}

    async def send(sdk: AsyncOpenAI, without: frozenset[str]) -> httpx2.Response:
        sent = {name: cast("Any", values[name]) for name in optional if name not in without}
        raw = await sdk.images.with_raw_response.generate(
            model=model,
            prompt=request.prompt,
            n=1,
            size=request.size,
            response_format=sent.get(ANSWER_FORM, omit),
            quality=sent.get(QUALITY, omit),
            output_format=sent.get(FORMAT, omit),
            timeout=limit_time(seconds),
        )
        return raw.http_response

    reply = await line.send(call, send, seconds, optional=optional)
    return await read_image_answer(reply, call, line.downloads, deployment=model, prices=prices)
