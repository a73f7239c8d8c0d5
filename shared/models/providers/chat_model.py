"""A model behind chat completions: Gemini's endpoint, vLLM, Ollama and most gateways have no Responses API.

A parameter that the server refuses is left out of later calls, see `unsupported_parameters`.
"""

from typing import TYPE_CHECKING, Any, cast

import httpx2
from openai import AsyncOpenAI, omit

from shared.models.prices import PriceList
from shared.models.protocol import AnswerT, TextAnswer, TextRequest
from shared.models.providers.json_schema import build_strict_schema, limit_schema
from shared.models.providers.model_call import ModelCall
from shared.models.providers.response_body import RawResponse, check_status, get_first_object, parse_body
from shared.models.providers.sdk_client import make_timeout
from shared.models.providers.sdk_model import (
    TEXT_TIMEOUT_SECONDS,
    SdkModel,
    add_schema_to_instructions,
    choose_deployment,
    list_image_urls,
)
from shared.models.providers.unsupported_parameters import SCHEMA_LIMITS
from shared.models.reasoning_effort import choose_reasoning_effort
from shared.reasons import Reason

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionContentPartParam
    from openai.types.shared_params import ResponseFormatJSONSchema

FORMAT, OUTPUT_LIMIT, OLD_OUTPUT_LIMIT = "response_format", "max_completion_tokens", "max_tokens"
EFFORT = "reasoning_effort"
"""Parameters that a server may not support; the older output limit replaces the newer one."""

MAX_TEXT_CHARACTERS = 1_200
"""Limit of each text in the schema, the longest description that is accepted: it stops a model that repeats itself."""


class ChatModel(SdkModel):
    """A model over ``/chat/completions`` and ``/images/generations``."""

    is_compatible = True

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Send one ``POST /chat/completions`` with a strict schema.

        A question about an image goes to the vision model; whether that model accepts images is up to the server.

        Raises:
            ModelError: for every failure; with the usage if an answer came that cannot be used.
        """
        kind, model = choose_deployment(self._settings, request)
        call = self._connection.describe_call(kind, model, request.instructions, request.task)
        effort = choose_reasoning_effort(model, self._settings.reasoning_effort)
        unlimited = build_strict_schema(request.answer_type)
        limited = limit_schema(unlimited, request.max_entries, max_characters=MAX_TEXT_CHARACTERS)

        async def send(sdk: AsyncOpenAI, omitted: frozenset[str]) -> httpx2.Response:
            has_format = FORMAT not in omitted
            instructions = request.instructions if has_format else add_schema_to_instructions(request, unlimited)
            schema = cast("dict[str, object]", unlimited if SCHEMA_LIMITS in omitted else limited)
            answer_format: ResponseFormatJSONSchema = {
                "type": "json_schema",
                "json_schema": {"name": request.schema_name, "schema": schema, "strict": True},
            }
            output_limit = request.max_output_tokens or omit
            raw = await sdk.chat.completions.with_raw_response.create(
                model=model,
                messages=[
                    {"role": "system", "content": instructions},
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
        return _read_answer(reply, request, call, model=model, prices=self._prices)


def _build_content(request: TextRequest[AnswerT]) -> "str | list[ChatCompletionContentPartParam]":
    """Return the task and the images; without ``detail``, which only OpenAI supports."""
    if request.image is None:
        return request.task
    content: list[ChatCompletionContentPartParam] = [{"type": "text", "text": request.task}]
    content.extend({"type": "image_url", "image_url": {"url": url}} for url in list_image_urls(request))
    return content


def _read_answer(
    reply: RawResponse, request: TextRequest[AnswerT], call: ModelCall, *, model: str, prices: PriceList
) -> TextAnswer[AnswerT]:
    """Parse the body of ``POST /chat/completions``.

    Raises:
        ModelError: malformed_answer, refusal, incomplete_answer, content_policy, or the reason of an error in the body.
    """
    answer = parse_body(reply, call, Reason.MALFORMED_ANSWER)
    check_status(answer)
    choice = get_first_object(answer.data.get("choices"))
    finish = choice.get("finish_reason")
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    if isinstance(finish, str) and finish.startswith("content_filter"):  # Gemini appends what was filtered
        raise answer.build_error(Reason.CONTENT_POLICY, "the answer was cut off by the content filter")
    if message.get("refusal"):
        raise answer.build_error(Reason.REFUSAL, "the model refused to answer")
    if finish == "length":
        raise answer.build_error(Reason.INCOMPLETE_ANSWER, "the answer was cut off", service_message=finish)
    text = _join_content(message.get("content")) or _read_tool_call(message)
    return answer.parse_text(text, request.answer_type, deployment=model, prices=prices)


def _join_content(content: Any) -> str:
    """Return the text of a chat message, which is a text or a list of parts."""
    if isinstance(content, list):
        parts = (part.get("text") if isinstance(part, dict) else part for part in content)
        content = "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _read_tool_call(message: dict[str, Any]) -> str:
    """Return the arguments of the first tool call: some servers send the schema to the model as a tool."""
    function = get_first_object(message.get("tool_calls")).get("function")
    arguments = function.get("arguments") if isinstance(function, dict) else None
    return arguments if isinstance(arguments, str) else ""
