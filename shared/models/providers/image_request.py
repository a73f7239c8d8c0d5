"""One image call over OpenAI's wire: which parameters a model is sent, and what is made of the answer."""

from typing import TYPE_CHECKING, Any, cast

import httpx2
from openai import AsyncOpenAI, omit

from shared.models.prices import PriceList
from shared.models.protocol import ImageAnswer, ImageRequest
from shared.models.providers.connection import ModelConnection
from shared.models.providers.image_response import read_image_answer
from shared.models.providers.sdk_client import make_timeout

if TYPE_CHECKING:
    from shared.config import ModelSettings

RESPONSE_FORMAT, QUALITY, FORMAT = "response_format", "quality", "output_format"
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
        return (RESPONSE_FORMAT,)
    return (RESPONSE_FORMAT,) if is_compatible and not name.startswith(GPT_IMAGE) else (QUALITY, FORMAT)


async def send_image_request(
    connection: ModelConnection,
    settings: "ModelSettings",
    request: ImageRequest,
    *,
    prices: PriceList,
    is_compatible: bool = False,
) -> ImageAnswer:
    """Generate one image: one ``POST /images/generations``, and a fetch where the answer holds an address.

    Args:
        connection: to the service.
        settings: what is called.
        request: what the image is to show, its size, quality and format.
        prices: which models have a price.
        is_compatible: the service is neither OpenAI's nor Azure OpenAI's own.

    Raises:
        ModelError: for every failure; with its usage if an answer came that cannot be used.
    """
    model, seconds = settings.image_deployment, settings.image_timeout_seconds
    call = connection.describe_call("image", model, request.prompt)
    optional = choose_parameters(model, is_compatible=is_compatible)
    values = {RESPONSE_FORMAT: "b64_json", QUALITY: request.quality, FORMAT: request.format}

    async def send(sdk: AsyncOpenAI, omitted: frozenset[str]) -> httpx2.Response:
        sent = {name: cast("Any", values[name]) for name in optional if name not in omitted}
        raw = await sdk.images.with_raw_response.generate(
            model=model,
            prompt=request.prompt,
            n=1,
            size=request.size,
            response_format=sent.get(RESPONSE_FORMAT, omit),
            quality=sent.get(QUALITY, omit),
            output_format=sent.get(FORMAT, omit),
            timeout=make_timeout(seconds),
        )
        return raw.http_response

    reply = await connection.send(call, send, seconds, optional=optional)
    return await read_image_answer(reply, call, connection.downloader, deployment=model, prices=prices)
