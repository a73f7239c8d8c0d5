"""The model port over servers that speak the part of OpenAI's wire that all of them know.

That is chat completions with a JSON schema, pictures in the question included (Gemini's endpoint, vLLM, Ollama and
most gateways have no Responses), and ``/images/generations`` with the parameters that came first: no quality, no output
format.
"""

from typing import TYPE_CHECKING, Any, cast

import httpx2
from openai import AsyncOpenAI, omit

from shared.adapters.model_answers import read_chat_answer, read_image_answer
from shared.adapters.model_client import limit_time
from shared.adapters.model_line import ModelLine
from shared.adapters.model_openai import TEXT_TIMEOUT_SECONDS
from shared.adapters.model_schema import build_strict_schema
from shared.adapters.model_vision import choose_deployment, write_data_url
from shared.domain.text_families import choose_effort
from shared.ports import AnswerT, ImageAnswer, ImageRequest, TextAnswer, TextRequest
from shared.prices import PriceList, load_prices

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionContentPartParam
    from openai.types.shared_params import ResponseFormatJSONSchema

    from shared.config import ModelSettings


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
        schema = build_strict_schema(request.answer_type)
        effort = choose_effort(model, self._settings.reasoning_effort)
        answer_format: ResponseFormatJSONSchema = {
            "type": "json_schema",
            "json_schema": {"name": request.schema_name, "schema": cast("dict[str, object]", schema), "strict": True},
        }

        async def send(sdk: AsyncOpenAI) -> httpx2.Response:
            raw = await sdk.chat.completions.with_raw_response.create(
                model=model,
                messages=[
                    {"role": "system", "content": request.instructions},
                    {"role": "user", "content": _write_content(request)},
                ],
                response_format=answer_format,
                reasoning_effort=omit if effort is None else cast("Any", effort),  # the server knows its own list
                timeout=limit_time(TEXT_TIMEOUT_SECONDS),
            )
            return raw.http_response

        reply = await self._line.send(call, send, TEXT_TIMEOUT_SECONDS)
        return read_chat_answer(reply, request, call, deployment=model, prices=self._prices)

    async def draw(self, request: ImageRequest) -> ImageAnswer:
        """Make one picture: one ``POST /images/generations`` that asks for the picture itself, not for its address.

        Raises:
            ModelError: for every failure; with its usage if an answer came that cannot be used.
        """
        model, seconds = self._settings.image_deployment, self._settings.image_timeout_seconds
        call = self._line.describe("image", model, request.prompt)

        async def send(sdk: AsyncOpenAI) -> httpx2.Response:
            raw = await sdk.images.with_raw_response.generate(
                model=model,
                prompt=request.prompt,
                n=1,
                size=request.size,
                response_format="b64_json",
                timeout=limit_time(seconds),
            )
            return raw.http_response

        reply = await self._line.send(call, send, seconds)
        return read_image_answer(reply, request, call, deployment=model, prices=self._prices)

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
