"""Reads the body of an answer with status 200, which is not always an answer.

The SDK's own parsing tells the odd ones apart badly (an empty body, an HTML page, a refusal and a cut-off answer end in
five kinds of exception or in None) and loses what they cost. Here each is a ModelError with its own reason, and with
the usage that the body told: such an answer was billed.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from shared.adapters.model_calls import ModelCall
from shared.adapters.model_codes import find_reason, read_codes
from shared.ports import AnswerT, ImageAnswer, ImageRequest, ModelError, TextAnswer, TextRequest, Usage
from shared.prices import PriceList
from shared.reasons import Reason


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back with status 200: the raw body and the service's id of the call."""

    body: bytes
    request_id: str | None


def read_text_answer(
    reply: Reply,
    request: TextRequest[AnswerT],
    call: ModelCall,
    *,
    deployment: str,
    prices: PriceList,
) -> TextAnswer[AnswerT]:
    """Read the body of ``POST /responses``.

    Raises:
        ModelError: malformed_answer, refusal, incomplete_answer, content_policy, or what a failed response names.
    """
    answer = _open(reply, call, Reason.MALFORMED_ANSWER)
    _check_status(answer)
    parts = list(_iterate_parts(answer.data))
    if any(part.get("type") == "refusal" for part in parts):
        raise answer.fail(Reason.REFUSAL, "the model refused to answer")
    text = "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
    return _parse(text, request, answer, deployment=deployment, prices=prices)


def read_image_answer(
    reply: Reply,
    request: ImageRequest,
    call: ModelCall,
    *,
    deployment: str,
    prices: PriceList,
) -> ImageAnswer:
    """Read the body of ``POST /images/generations``; its usage is estimated if the service does not tell it.

    Raises:
        ModelError: bad_image for a body that holds no picture, or what an error in it names.
    """
    answer = _open(reply, call, Reason.BAD_IMAGE)
    _check_status(answer)
    encoded = _take_first(answer.data.get("data")).get("b64_json")
    if not isinstance(encoded, str) or not encoded:
        raise answer.fail(Reason.BAD_IMAGE, "the answer holds no picture (data[0].b64_json is missing)")
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError:  # binascii.Error is one; characters outside ASCII raise a plain one
        raise answer.fail(Reason.BAD_IMAGE, "the picture is no valid base64") from None
    model = answer.choose_model(deployment, prices)
    return ImageAnswer(
        data=data,
        usage=answer.usage or prices.estimate_image_usage(model, request.size, request.quality),
        model=model,
        request_id=reply.request_id,
    )


def read_chat_answer(
    reply: Reply,
    request: TextRequest[AnswerT],
    call: ModelCall,
    *,
    deployment: str,
    prices: PriceList,
) -> TextAnswer[AnswerT]:
    """Read the body of ``POST /chat/completions``.

    Raises:
        ModelError: malformed_answer, refusal, incomplete_answer, content_policy, or what an error in it names.
    """
    answer = _open(reply, call, Reason.MALFORMED_ANSWER)
    _check_status(answer)
    choice = _take_first(answer.data.get("choices"))
    finish = choice.get("finish_reason")
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    if isinstance(finish, str) and finish.startswith("content_filter"):  # Gemini adds what it was filtered for
        raise answer.fail(Reason.CONTENT_POLICY, "the answer was cut off by the content filter")
    if message.get("refusal"):
        raise answer.fail(Reason.REFUSAL, "the model refused to answer")
    if finish == "length":
        raise answer.fail(Reason.INCOMPLETE_ANSWER, "the answer was cut off", quote=finish)
    text = message.get("content")
    return _parse(text if isinstance(text, str) else "", request, answer, deployment=deployment, prices=prices)


def read_model_list(reply: Reply, call: ModelCall) -> list[object]:
    """Return the models in the body of ``GET /models``; a proxy's page is not a model service.

    Raises:
        ModelError: malformed_answer.
    """
    answer = _open(reply, call, Reason.MALFORMED_ANSWER)
    models = answer.data.get("data")
    if not isinstance(models, list):
        raise answer.fail(Reason.MALFORMED_ANSWER, f"the answer is no list of models; check {call.settings.address}")
    return models


@dataclass(frozen=True, slots=True)
class _Answer:
    """A body that is a JSON object, and what its errors have in common."""

    data: dict[str, Any]
    usage: Usage | None
    request_id: str | None
    call: ModelCall

    def fail(self, reason: Reason, what: str, quote: str | None = None) -> ModelError:
        return self.call.fail(reason, what, quote=quote, request_id=self.request_id, usage=self.usage)

    def choose_model(self, deployment: str, prices: PriceList) -> str:
        """Return the name that prices are looked up by: the model that answered, if it has a price."""
        model = self.data.get("model")
        return model if isinstance(model, str) and prices.is_priced(model) else deployment


def _open(reply: Reply, call: ModelCall, reason: Reason) -> _Answer:
    body = reply.body.strip()
    if not body:
        raise call.fail(reason, "the answer is empty; expected JSON", request_id=reply.request_id)
    if body.startswith(b"<"):
        what = "the answer is an HTML page; expected JSON; is a proxy in between?"
        raise call.fail(reason, what, request_id=reply.request_id)
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or nested beyond reason
        raise call.fail(reason, "the answer is no valid JSON", request_id=reply.request_id) from None
    if not isinstance(data, dict):
        what = f"the answer is a JSON {type(data).__name__}; expected an object"
        raise call.fail(reason, what, request_id=reply.request_id)
    return _Answer(data, _read_usage(data.get("usage")), reply.request_id, call)


def _parse(
    text: str, request: TextRequest[AnswerT], answer: _Answer, *, deployment: str, prices: PriceList
) -> TextAnswer[AnswerT]:
    """Return what a text says; it has to be of the type that was asked for."""
    if not text:
        raise answer.fail(Reason.MALFORMED_ANSWER, "the answer holds no text")
    try:
        value = request.answer_type.model_validate_json(text)
    except ValidationError as invalid:
        raise answer.fail(Reason.MALFORMED_ANSWER, *_describe(invalid)) from None
    return TextAnswer(
        value=value,
        usage=answer.usage or Usage(),
        model=answer.choose_model(deployment, prices),
        request_id=answer.request_id,
    )


def _take_first(entries: Any) -> dict[str, Any]:
    """Return the first entry of a list if it is an object, and an empty one where it is not."""
    first = entries[0] if isinstance(entries, list) and entries else None
    return first if isinstance(first, dict) else {}


def _check_status(answer: _Answer) -> None:
    status = answer.data.get("status", "completed")  # images have none
    error = answer.data.get("error")
    if status == "incomplete":
        details = answer.data.get("incomplete_details")
        cause = details.get("reason") if isinstance(details, dict) else None
        if cause == "content_filter":
            raise answer.fail(Reason.CONTENT_POLICY, "the answer was cut off by the content filter")
        raise answer.fail(Reason.INCOMPLETE_ANSWER, "the answer was cut off", quote=str(cause))
    if error or status != "completed":
        said = error.get("message") if isinstance(error, dict) else None
        reason = find_reason(read_codes(error)) or Reason.SERVER_ERROR
        raise answer.fail(reason, "the service failed to answer", quote=said if isinstance(said, str) else str(status))


def _iterate_parts(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the content parts of all messages; reasoning and other output items have none."""
    output = data.get("output")
    for item in output if isinstance(output, list) else []:
        if isinstance(item, dict) and item.get("type") == "message":
            content = item.get("content")
            yield from (part for part in content if isinstance(part, dict)) if isinstance(content, list) else ()


def _describe(invalid: ValidationError) -> tuple[str, str]:
    """Return what is wrong with an answer and the first place of it, without quoting the answer."""
    first = invalid.errors(include_input=False, include_url=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return "the answer is no whole JSON document", first["msg"]
    place = ".".join(str(step) for step in first["loc"]) or "the top"
    return f"the answer has the wrong shape in {invalid.error_count()} places", f"{place}: {first['type']}"


def _read_usage(usage: Any) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    if (
        "prompt_tokens" in usage
    ):  # chat completions; what a model thinks is billed, and Gemini tells it in the total only
        asked, written = _read_count(usage["prompt_tokens"]), _read_count(usage.get("completion_tokens"))
        return Usage(asked, max(written, _read_count(usage.get("total_tokens")) - asked))
    return Usage(_read_count(usage.get("input_tokens")), _read_count(usage.get("output_tokens")))


def _read_count(count: Any) -> int:
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0
