"""The model port over OpenAI and Azure OpenAI: Responses for text and questions about images, and images.

Imported by `shared.services.model_factory` when the first call is made: the SDK costs half a second that an app start
does not
have.
"""

from typing import TYPE_CHECKING, Any, Final, cast

import httpx2
from openai import AsyncOpenAI, omit

from shared.models.price_files import load_prices
from shared.models.prices import PriceList
from shared.models.protocol import AnswerT, ImageAnswer, ImageRequest, TextAnswer, TextRequest
from shared.models.providers.connection import AzureConnection, ModelConnection
from shared.models.providers.image_request import send_image_request
from shared.models.providers.json_schema import add_schema_to_instructions, build_strict_schema, limit_schema
from shared.models.providers.response_body import read_text_answer
from shared.models.providers.sdk_client import make_timeout
from shared.models.providers.unsupported_parameters import SCHEMA_LIMITS
from shared.models.providers.vision_request import choose_deployment, encode_data_url
from shared.models.reasoning_effort import choose_reasoning_effort

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from openai.types.responses import ResponseInputParam

    from shared.config import IdentitySettings, ModelSettings

FORMAT, OUTPUT_LIMIT, EFFORT = "text.format", "max_output_tokens", "reasoning"
"""Parameters that a gateway may not know."""

TEXT_TIMEOUT_SECONDS = 600.0
"""A batch of 50 drafts is some 15,000 tokens, and a reasoning model thinks first: minutes, and paid for if given up."""

IMAGE_DETAIL: Final = "high"
"""The model sees the image in tiles; "low" would show it 512x512 pixels of it, and "auto" leaves that to the service.
https://platform.openai.com/docs/guides/images-vision"""


class OpenAIModel:
    """A `shared.models.protocol.Model` that asks an OpenAI or Azure OpenAI endpoint.

    It belongs to the event loop that its first call is made on. Nothing is connected before that call.

    Args:
        settings: what is called, and where Azure OpenAI is and how to sign in there.
        identity: who signs in there when there is no key; None = the developer's credentials.
        credential: signs in instead. Closed by `close`.
        prices: which models have a price; None = the published list.
        connection: to another service than Azure OpenAI.
    """

    def __init__(
        self,
        settings: "ModelSettings",
        *,
        identity: "IdentitySettings | None" = None,
        credential: "AsyncTokenCredential | None" = None,
        prices: PriceList | None = None,
        connection: ModelConnection | None = None,
    ) -> None:
        self._settings = settings
        self._prices = prices or load_prices()
        self._connection = connection or AzureConnection(settings, identity=identity, credential=credential)

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Ask for a structured answer: one ``POST /responses`` with a strict schema, not stored by the service.

        A question about an image goes to the vision deployment.

        Raises:
            ModelError: for every failure; with its usage if an answer came that cannot be used.
        """
        kind, deployment = choose_deployment(self._settings, request)
        call = self._connection.describe_call(kind, deployment, request.instructions, request.task)
        effort = choose_reasoning_effort(deployment, self._settings.reasoning_effort)
        schema = limit_schema(build_strict_schema(request.answer_type), request.max_entries)
        unlimited = build_strict_schema(request.answer_type)

        async def send(sdk: AsyncOpenAI, omitted: frozenset[str]) -> httpx2.Response:
            has_format = FORMAT not in omitted
            raw = await sdk.responses.with_raw_response.create(
                model=deployment,
                instructions=request.instructions if has_format else add_schema_to_instructions(request, unlimited),
                input=_build_input(request),
                text={
                    "format": {
                        "type": "json_schema",
                        "name": request.schema_name,
                        "schema": unlimited if SCHEMA_LIMITS in omitted else schema,
                        "strict": True,
                    },
                }
                if has_format
                else omit,
                max_output_tokens=omit if OUTPUT_LIMIT in omitted else request.max_output_tokens or omit,
                reasoning=omit if effort is None or EFFORT in omitted else {"effort": cast("Any", effort)},
                store=False,
                timeout=make_timeout(TEXT_TIMEOUT_SECONDS),
            )
            return raw.http_response

        optional = (SCHEMA_LIMITS, OUTPUT_LIMIT, EFFORT, FORMAT)
        reply = await self._connection.send(call, send, TEXT_TIMEOUT_SECONDS, optional=optional)
        return read_text_answer(reply, request, call, deployment=deployment, prices=self._prices)

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        """Generate one image, see `send_image_request`.

        Raises:
            ModelError: for every failure; with its usage if an answer came that cannot be used.
        """
        return await send_image_request(self._connection, self._settings, request, prices=self._prices)

    async def probe(self) -> None:
        """List the models, which is not billed.

        Raises:
            ModelError: the service cannot be reached, or refuses our credentials.
        """
        await self._connection.probe()

    async def close(self) -> None:
        """Close the connections and the credential; a second call does nothing."""
        await self._connection.close()


def _build_input(request: TextRequest[AnswerT]) -> "str | ResponseInputParam":
    """Return the question, and the image that it is about."""
    if request.image is None:
        return request.task
    return [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": request.task},
                {"type": "input_image", "image_url": encode_data_url(request.image), "detail": IMAGE_DETAIL},
            ],
        }
    ]
