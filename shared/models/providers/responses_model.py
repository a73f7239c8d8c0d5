"""A model behind OpenAI's Responses API, for text and questions about images; Azure OpenAI and OpenAI have it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import httpx2
from openai import AsyncOpenAI

from shared.models.prices import PriceList
from shared.models.protocol import AnswerT, TextAnswer, TextRequest
from shared.models.providers.json_schema import build_strict_schema, limit_schema
from shared.models.providers.model_call import ModelCall
from shared.models.providers.response_body import RawResponse, check_status, parse_body
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
    from openai.types.responses import ResponseInputMessageContentListParam, ResponseInputParam

    from shared.config import ModelSettings

FORMAT, OUTPUT_LIMIT, EFFORT = "text.format", "max_output_tokens", "reasoning"
"""Parameters that a gateway may not support."""

IMAGE_DETAIL: Final = "high"
"""The model sees the image in tiles; "low" shrinks it to 512x512 pixels, "auto" leaves the choice to the provider.
https://platform.openai.com/docs/guides/images-vision"""


class ResponsesModel(SdkModel):
    """A model over ``/responses`` and ``/images/generations``."""

    is_compatible = False

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        """Send one ``POST /responses`` with a strict schema; the provider does not store it.

        A question about an image goes to the vision deployment.

        Raises:
            ModelError: for every failure; with the usage if an answer came that cannot be used.
        """
        kind, deployment = choose_deployment(self._settings, request)
        call = self._connection.describe_call(kind, deployment, request.instructions, request.task)

        async def send(sdk: AsyncOpenAI, omitted: frozenset[str]) -> httpx2.Response:
            body = build_response_body(self._settings, request, omitted)
            raw = await sdk.responses.with_raw_response.create(**body, timeout=make_timeout(TEXT_TIMEOUT_SECONDS))
            response: httpx2.Response = raw.http_response
            return response

        optional = (SCHEMA_LIMITS, OUTPUT_LIMIT, EFFORT, FORMAT)
        reply = await self._connection.send(call, send, TEXT_TIMEOUT_SECONDS, optional=optional)
        return read_text_answer(reply, request.answer_type, call, deployment=deployment, prices=self._prices)


def build_response_body(
    settings: "ModelSettings", request: TextRequest[AnswerT], omitted: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Return the body of ``POST /responses`` for a request.

    Args:
        settings: the text model and the vision model.
        request: the question and its limits.
        omitted: parameters that the server does not support.
    """
    _, deployment = choose_deployment(settings, request)
    unlimited = build_strict_schema(request.answer_type)
    body: dict[str, Any] = {
        "model": deployment,
        "instructions": request.instructions,
        "input": _build_input(request),
        "store": False,
    }
    if FORMAT in omitted:
        body["instructions"] = add_schema_to_instructions(request, unlimited)
    else:
        schema = unlimited if SCHEMA_LIMITS in omitted else limit_schema(unlimited, request.max_entries)
        answer_format = {"type": "json_schema", "name": request.schema_name, "schema": schema, "strict": True}
        body["text"] = {"format": answer_format}
    if OUTPUT_LIMIT not in omitted and request.max_output_tokens:
        body["max_output_tokens"] = request.max_output_tokens
    effort = choose_reasoning_effort(deployment, settings.reasoning_effort)
    if effort is not None and EFFORT not in omitted:
        body["reasoning"] = {"effort": effort}
    return body


def _build_input(request: TextRequest[AnswerT]) -> "str | ResponseInputParam":
    if request.image is None:
        return request.task
    content: ResponseInputMessageContentListParam = [{"type": "input_text", "text": request.task}]
    content.extend(
        {"type": "input_image", "image_url": url, "detail": IMAGE_DETAIL} for url in list_image_urls(request)
    )
    return [{"role": "user", "content": content}]


def read_text_answer(
    reply: RawResponse, answer_type: type[AnswerT], call: ModelCall, *, deployment: str, prices: PriceList
) -> TextAnswer[AnswerT]:
    """Parse the body of ``POST /responses``.

    Raises:
        ModelError: malformed_answer, refusal, incomplete_answer, content_policy, or the reason of an error in the body.
    """
    answer = parse_body(reply, call, Reason.MALFORMED_ANSWER)
    check_status(answer)
    parts = list(_iterate_parts(answer.data))
    if any(part.get("type") == "refusal" for part in parts):
        raise answer.build_error(Reason.REFUSAL, "the model refused to answer")
    text = "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
    text = text or _read_function_call(answer.data)
    return answer.parse_text(text, answer_type, deployment=deployment, prices=prices)


def _iterate_parts(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the content parts of all messages; reasoning and other output items have none."""
    output = data.get("output")
    for item in output if isinstance(output, list) else []:
        if isinstance(item, dict) and item.get("type") == "message":
            content = item.get("content")
            yield from (part for part in content if isinstance(part, dict)) if isinstance(content, list) else ()


def _read_function_call(data: dict[str, Any]) -> str:
    """Return the arguments of the first function call: some gateways send the schema to the model as a function."""
    output = data.get("output")
    items = [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []
    calls = (item.get("arguments") for item in items if item.get("type") == "function_call")
    return next((arguments for arguments in calls if isinstance(arguments, str)), "")
