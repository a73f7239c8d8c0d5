"""The model port over OpenAI and Azure OpenAI: Responses for text and questions about pictures, and pictures.

Imported by `shared.model_wiring` when the first call is made: the SDK costs half a second that an app start does not
have.
"""

from typing import TYPE_CHECKING, Any, Final, cast

import httpx2
from openai import AsyncOpenAI, omit

from shared.adapters.model_answers import read_text_answer
from shared.adapters.model_client import limit_time
from shared.adapters.model_drawing import draw_image
from shared.adapters.model_line import AzureLine, ModelLine
from shared.adapters.model_refusals import SCHEMA_LIMITS
from shared.adapters.model_schema import build_strict_schema, limit_schema, spell_out_schema
from shared.adapters.model_vision import choose_deployment, write_data_url
from shared.domain.text_families import choose_effort
from shared.ports import AnswerT, ImageAnswer, ImageRequest, TextAnswer, TextRequest
from shared.prices import PriceList, load_prices

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from openai.types.responses import ResponseInputParam

    from shared.config import IdentitySettings, ModelSettings

FORMAT, OUTPUT_LIMIT, EFFORT = "text.format", "max_output_tokens", "reasoning"
"""Parameters that a gateway may not know."""

TEXT_TIMEOUT_SECONDS = 600.0
"""A batch of 50 drafts is some 15,000 tokens, and a reasoning model thinks first: minutes, and paid for if given up."""

PICTURE_DETAIL: Final = "high"
"""The model sees the picture in tiles; "low" would show it 512x512 pixels of it, and "auto" leaves that to the service.
https://platform.openai.com/docs/guides/images-vision"""


class OpenAIModel:
    """A `shared.ports.Model` that asks an OpenAI or Azure OpenAI endpoint.

    It belongs to the event loop that its first call is made on. Nothing is connected before that call.

    Args:
        settings: what is called, and where Azure OpenAI is and how to sign in there.
        identity: who signs in there when there is no key; None = the developer's credentials.
        credential: signs in instead. Closed by `close`.
        prices: which models have a price; None = the published list.
        line: to another service than Azure OpenAI.
    """

    def __init__(
        self,
        settings: "ModelSettings",
        *,
        identity: "IdentitySettings | None" = None,
        credential: "AsyncTokenCredential | None" = None,
        prices: PriceList | None = None,
        line: ModelLine | None = None,
    ) -> None:
        self._settings = settings
        self._prices = prices or load_prices()
        self._line = line or AzureLine(settings, identity=identity, credential=credential)

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Ask for a structured answer: one ``POST /responses`` with a strict schema, not stored by the service.

        A question about a picture goes to the vision deployment.

        Raises:
            ModelError: for every failure; with its usage if an answer came that cannot be used.
        """
        kind, deployment = choose_deployment(self._settings, request)
        call = self._line.describe(kind, deployment, request.instructions, request.task)
        effort = choose_effort(deployment, self._settings.reasoning_effort)
        schema = limit_schema(build_strict_schema(request.answer_type), request.max_entries)
        unlimited = build_strict_schema(request.answer_type)

        async def send(sdk: AsyncOpenAI, without: frozenset[str]) -> httpx2.Response:
            has_format = FORMAT not in without
            raw = await sdk.responses.with_raw_response.create(
                model=deployment,
                instructions=request.instructions if has_format else spell_out_schema(request, unlimited),
                input=_write_input(request),
                text={
                    "format": {
                        "type": "json_schema",
                        "name": request.schema_name,
                        "schema": unlimited if SCHEMA_LIMITS in without else schema,
                        "strict": True,
                    },
                }
                if has_format
                else omit,
                max_output_tokens=omit if OUTPUT_LIMIT in without else request.max_output_tokens or omit,
                reasoning=omit if effort is None or EFFORT in without else {"effort": cast("Any", effort)},
                store=False,
                timeout=limit_time(TEXT_TIMEOUT_SECONDS),
            )
            return raw.http_response

        optional = (SCHEMA_LIMITS, OUTPUT_LIMIT, EFFORT, FORMAT)
        reply = await self._line.send(call, send, TEXT_TIMEOUT_SECONDS, optional=optional)
        return read_text_answer(reply, request, call, deployment=deployment, prices=self._prices)

    async def draw(self, request: ImageRequest) -> ImageAnswer:
        """Generate one image, see `draw_image`.

        Raises:
            ModelError: for every failure; with its usage if an answer came that cannot be used.
        """
        return await draw_image(self._line, self._settings, request, prices=self._prices)

    async def probe(self) -> None:
        """List the models, which is not billed.

        Raises:
            ModelError: the service cannot be reached, or refuses our credentials.
        """
        await self._line.probe()

    async def close(self) -> None:
        """Close the connections and the credential; a second call does nothing."""
        await self._line.close()


def _write_input(request: TextRequest[AnswerT]) -> "str | ResponseInputParam":
    """Return the question, and the picture that it is about."""
    if request.picture is None:
        return request.task
    return [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": request.task},
                {"type": "input_image", "image_url": write_data_url(request.picture), "detail": PICTURE_DETAIL},
            ],
        }
    ]
