"""The model port over servers that speak the part of OpenAI's wire that most of them know.

That is chat completions with a JSON schema, images in the question included (Gemini's endpoint, vLLM, Ollama and most
gateways have no Responses), and ``/images/generations``. Whatever a server refuses to take is left out from then on.
"""

from typing import TYPE_CHECKING, Any, cast

import httpx2
from openai import AsyncOpenAI, omit

from shared.adapters.model_answers import read_chat_answer
from shared.adapters.model_client import limit_time
from shared.adapters.model_drawing import draw_image
from shared.adapters.model_line import ModelLine
from shared.adapters.model_openai import TEXT_TIMEOUT_SECONDS
from shared.adapters.model_refusals import SCHEMA_LIMITS
from shared.adapters.model_schema import build_strict_schema, limit_schema, spell_out_schema
from shared.adapters.model_vision import choose_deployment, write_data_url
from shared.domain.text_families import choose_effort
from shared.ports import AnswerT, ImageAnswer, ImageRequest, TextAnswer, TextRequest
from shared.prices import PriceList, load_prices

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
    """A `shared.ports.Model` that asks a server compatible with OpenAI.

    Args:
        settings: what is called.
        line: to the server; closed by `close`.
        prices: which models have a price; None = the published list.
    """

    def __init__(self, settings: "ModelSettings", line: ModelLine, *, prices: PriceList | None = None) -> None:
        self._settings = settings
        self._line = line
        self._prices = prices or load_prices()

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Ask for a structured answer: one ``POST /chat/completions`` with a strict schema.

        A question about a picture goes to the vision model; whether that one sees is the server's business.

        Raises:
            ModelError: for every failure; with its usage if an answer came that cannot be used.
        """
        kind, model = choose_deployment(self._settings, request)
        call = self._line.describe(kind, model, request.instructions, request.task)
        effort = choose_effort(model, self._settings.reasoning_effort)
        plain = build_strict_schema(request.answer_type)
        limited = limit_schema(plain, request.max_entries, max_characters=MAX_TEXT_CHARACTERS)

        async def send(sdk: AsyncOpenAI, without: frozenset[str]) -> httpx2.Response:
            has_format = FORMAT not in without
            schema = cast("dict[str, object]", plain if SCHEMA_LIMITS in without else limited)
            answer_format: ResponseFormatJSONSchema = {
                "type": "json_schema",
                "json_schema": {"name": request.schema_name, "schema": schema, "strict": True},
            }
            most = request.max_output_tokens or omit
            raw = await sdk.chat.completions.with_raw_response.create(
                model=model,
                messages=[
                    {
                        "role": "system",
                        "content": request.instructions if has_format else spell_out_schema(request, plain),
                    },
                    {"role": "user", "content": _write_content(request)},
                ],
                reasoning_effort=omit if effort is None or EFFORT in without else cast("Any", effort),
                response_format=answer_format if has_format else omit,
                max_completion_tokens=omit if OUTPUT_LIMIT in without else most,
                max_tokens=most if OUTPUT_LIMIT in without and OLD_OUTPUT_LIMIT not in without else omit,
                timeout=limit_time(TEXT_TIMEOUT_SECONDS),
            )
            return raw.http_response

        optional = (SCHEMA_LIMITS, OUTPUT_LIMIT, OLD_OUTPUT_LIMIT, EFFORT, FORMAT)
        reply = await self._line.send(call, send, TEXT_TIMEOUT_SECONDS, optional=optional)
        return read_chat_answer(reply, request, call, deployment=model, prices=self._prices)

    async def draw(self, request: ImageRequest) -> ImageAnswer:
        """Generate one image, see `draw_image`.

        Raises:
            ModelError: for every failure; with its usage if an answer came that cannot be used.
        """
        return await draw_image(self._line, self._settings, request, prices=self._prices, is_compatible=True)

    async def probe(self) -> None:
        """List the models, which is not billed.

        Raises:
            ModelError: the server cannot be reached, or refuses our key.
        """
        await self._line.probe()

    async def close(self) -> None:
        """Close the connections; a second call does nothing."""
        await self._line.close()


def _write_content(request: TextRequest[AnswerT]) -> "str | list[ChatCompletionContentPartParam]":
    """Return the question, and the picture that it is about; without ``detail``, which only OpenAI has."""
    if request.picture is None:
        return request.task
    return [
        {"type": "text", "text": request.task},
        {"type": "image_url", "image_url": {"url": write_data_url(request.picture)}},
    ]
