"""The model port over servers that speak the part of OpenAI's wire that most of them know.

That is chat completions with a JSON schema, images in the question included (Gemini's endpoint, vLLM, Ollama and most
gateways have no Responses), and ``/images/generations``. Whatever a server refuses to take is left out from then on.
"""

from typing import TYPE_CHECKING, Any, cast

import httpx2
from openai import AsyncOpenAI, omit

from shared.models.price_files import load_prices
from shared.models.prices import PriceList
from shared.models.protocol import AnswerT, ImageAnswer, ImageRequest, TextAnswer, TextRequest
from shared.models.providers.connection import ModelConnection
from shared.models.providers.image_request import send_image_request
from shared.models.providers.json_schema import add_schema_to_instructions, build_strict_schema, limit_schema
from shared.models.providers.openai_model import TEXT_TIMEOUT_SECONDS
from shared.models.providers.response_body import read_chat_answer
from shared.models.providers.sdk_client import make_timeout
from shared.models.providers.unsupported_parameters import SCHEMA_LIMITS
from shared.models.providers.vision_request import choose_deployment, encode_data_url
from shared.models.reasoning_effort import choose_reasoning_effort

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionContentPartParam
    from openai.types.shared_params import ResponseFormatJSONSchema

    from shared.config import ModelSettings


FORMAT, OUTPUT_LIMIT, OLD_OUTPUT_LIMIT = "response_format", "max_completion_tokens", "max_tokens"
EFFORT = "reasoning_effort"
"""Parameters that a server may not know; the older limit is sent in place of the newer one."""

MAX_TEXT_CHARACTERS = 1_200
"""Of each text in an answer, as the longest description may have: a model that repeats itself stops there."""


class CompatibleModel:
    """A `shared.models.protocol.Model` that asks a server compatible with OpenAI.

    Args:
        settings: what is called.
        connection: to the server; closed by `close`.
        prices: which models have a price; None = the published list.
    """

    def __init__(
        self, settings: "ModelSettings", connection: ModelConnection, *, prices: PriceList | None = None
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._prices = prices or load_prices()

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Ask for a structured answer: one ``POST /chat/completions`` with a strict schema.

        A question about an image goes to the vision model; whether that one sees is the server's business.

        Raises:
            ModelError: for every failure; with its usage if an answer came that cannot be used.
        """
        kind, model = choose_deployment(self._settings, request)
        call = self._connection.describe_call(kind, model, request.instructions, request.task)
        effort = choose_reasoning_effort(model, self._settings.reasoning_effort)
        plain = build_strict_schema(request.answer_type)
        limited = limit_schema(plain, request.max_entries, max_characters=MAX_TEXT_CHARACTERS)

        async def send(sdk: AsyncOpenAI, omitted: frozenset[str]) -> httpx2.Response:
            has_format = FORMAT not in omitted
            schema = cast("dict[str, object]", plain if SCHEMA_LIMITS in omitted else limited)
            answer_format: ResponseFormatJSONSchema = {
                "type": "json_schema",
                "json_schema": {"name": request.schema_name, "schema": schema, "strict": True},
            }
            output_limit = request.max_output_tokens or omit
            raw = await sdk.chat.completions.with_raw_response.create(
                model=model,
                messages=[
                    {
                        "role": "system",
                        "content": request.instructions if has_format else add_schema_to_instructions(request, plain),
                    },
                    {"role": "user", "content": _build_content(request)},
                ],
                reasoning_effort=omit if effort is None or EFFORT in omitted else cast("Any", effort),
                response_format=answer_format if has_format else omit,
                max_completion_tokens=omit if OUTPUT_LIMIT in omitted else output_limit,
                max_tokens=output_limit if OUTPUT_LIMIT in omitted and OLD_OUTPUT_LIMIT not in omitted else omit,
                timeout=make_timeout(TEXT_TIMEOUT_SECONDS),
            )
            return raw.http_response

        optional = (SCHEMA_LIMITS, OUTPUT_LIMIT, OLD_OUTPUT_LIMIT, EFFORT, FORMAT)
        reply = await self._connection.send(call, send, TEXT_TIMEOUT_SECONDS, optional=optional)
        return read_chat_answer(reply, request, call, deployment=model, prices=self._prices)

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        """Generate one image, see `send_image_request`.

        Raises:
            ModelError: for every failure; with its usage if an answer came that cannot be used.
        """
        return await send_image_request(
            self._connection, self._settings, request, prices=self._prices, is_compatible=True
        )

    async def probe(self) -> None:
        """List the models, which is not billed.

        Raises:
            ModelError: the server cannot be reached, or refuses our key.
        """
        await self._connection.probe()

    async def close(self) -> None:
        """Close the connections; a second call does nothing."""
        await self._connection.close()


def _build_content(request: TextRequest[AnswerT]) -> "str | list[ChatCompletionContentPartParam]":
    """Return the question, and the image that it is about; without ``detail``, which only OpenAI has."""
    if request.image is None:
        return request.task
    return [
        {"type": "text", "text": request.task},
        {"type": "image_url", "image_url": {"url": encode_data_url(request.image)}},
    ]
