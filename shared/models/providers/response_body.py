"""Reads the body of an answer with status 200, which is not always an answer.

The SDK's own parsing tells the odd ones apart badly (an empty body, an HTML page, a refusal and a cut-off answer end in
five kinds of exception or in None) and loses what they cost. Here each is a ModelError with its own reason, and with
the usage that the body told: such an answer was billed.
"""

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.errors import Mismatch, ModelError
from shared.models.prices import PriceList
from shared.models.protocol import AnswerT, TextAnswer, TextRequest, Usage
from shared.models.providers.answer_validation import WrongShapeError, parse_answer
from shared.models.providers.call_errors import ModelCall
from shared.models.providers.error_codes import find_reason, read_message
from shared.reasons import Reason


@dataclass(frozen=True, slots=True)
class RawResponse:
    """What came back with a status below 300.

    Attributes:
        body: as it came.
        request_id: the service's id of the call.
        requests_per_minute: the quota, where the service reports it.
    """

    body: bytes
    request_id: str | None
    requests_per_minute: float | None = None


def read_text_answer(
    reply: RawResponse,
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
    answer = parse_body(reply, call, Reason.MALFORMED_ANSWER)
    check_status(answer)
    parts = list(_iterate_parts(answer.data))
    if any(part.get("type") == "refusal" for part in parts):
        raise answer.build_error(Reason.REFUSAL, "the model refused to answer")
    text = "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
    text = text or _read_function_call(answer.data)
    return _parse_answer(text, request, answer, deployment=deployment, prices=prices)


def read_chat_answer(
    reply: RawResponse,
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
    answer = parse_body(reply, call, Reason.MALFORMED_ANSWER)
    check_status(answer)
    choice = get_first_object(answer.data.get("choices"))
    finish = choice.get("finish_reason")
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    if isinstance(finish, str) and finish.startswith("content_filter"):  # Gemini adds what it was filtered for
        raise answer.build_error(Reason.CONTENT_POLICY, "the answer was cut off by the content filter")
    if message.get("refusal"):
        raise answer.build_error(Reason.REFUSAL, "the model refused to answer")
    if finish == "length":
        raise answer.build_error(Reason.INCOMPLETE_ANSWER, "the answer was cut off", service_message=finish)
    text = _join_content(message.get("content")) or _read_tool_call(message)
    return _parse_answer(text, request, answer, deployment=deployment, prices=prices)


def read_model_list(reply: RawResponse, call: ModelCall) -> list[object]:
    """Return the models in the body of ``GET /models``; a proxy's page is not a model service.

    Raises:
        ModelError: malformed_answer.
    """
    answer = parse_body(reply, call, Reason.MALFORMED_ANSWER)
    models = answer.data.get("data")
    if not isinstance(models, list):
        raise answer.build_error(
            Reason.MALFORMED_ANSWER, f"the answer is no list of models; check {call.settings.address}"
        )
    return models


@dataclass(frozen=True, slots=True)
class ParsedBody:
    """A body that is a JSON object, and what its errors have in common."""

    data: dict[str, Any]
    usage: Usage | None
    request_id: str | None
    call: ModelCall

    def build_error(
        self, reason: Reason, what: str, service_message: str | None = None, mismatch: Mismatch | None = None
    ) -> ModelError:
        """Return the error to raise: the call was answered, so it is billed."""
        return self.call.build_error(
            reason,
            what,
            service_message=service_message,
            request_id=self.request_id,
            usage=self.usage,
            answered=True,
            mismatch=mismatch,
        )

    def choose_priced_model(self, deployment: str, prices: PriceList) -> str:
        """Return the name that prices are looked up by: the model that answered, if it has a price."""
        model = self.data.get("model")
        return model if isinstance(model, str) and prices.is_priced(model) else deployment


def parse_body(reply: RawResponse, call: ModelCall, reason: Reason) -> ParsedBody:
    """Read the JSON object of an answer.

    Raises:
        ModelError: ``reason``: there is none; the call was answered, and is billed.
    """

    def build_error(received: str, what: str) -> ModelError:
        mismatch = Mismatch(received, f"check {call.settings.model}") if reason is Reason.BAD_IMAGE else None
        return call.build_error(reason, what, request_id=reply.request_id, answered=True, mismatch=mismatch)

    body = reply.body.strip()
    if not body:
        raise build_error("empty", "the answer is empty; expected JSON")
    if body.startswith(b"<"):
        raise build_error("an HTML page", "the answer is an HTML page; expected JSON; is a proxy in between?")
    try:
        data = json.loads(body.removeprefix(codecs.BOM_UTF8))
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or nested beyond reason
        raise build_error("not whole JSON documents", "the answer is not valid JSON") from None
    if not isinstance(data, dict):
        kind = type(data).__name__
        raise build_error(f"a JSON {kind}", f"the answer is a JSON {kind}; expected an object")
    return ParsedBody(data, read_usage(data.get("usage")), reply.request_id, call)


def _parse_answer(
    text: str, request: TextRequest[AnswerT], answer: ParsedBody, *, deployment: str, prices: PriceList
) -> TextAnswer[AnswerT]:
    """Return what a text says; it has to be of the type that was asked for."""
    if not text:
        raise answer.build_error(Reason.MALFORMED_ANSWER, "the answer holds no text")
    try:
        value = parse_answer(text, request.answer_type)
    except WrongShapeError as wrong:
        raise answer.build_error(Reason.MALFORMED_ANSWER, wrong.what, wrong.place) from None
    return TextAnswer(
        value=value,
        usage=answer.usage,
        model=answer.choose_priced_model(deployment, prices),
        request_id=answer.request_id,
    )


def get_first_object(entries: Any) -> dict[str, Any]:
    """Return the first entry of a list if it is an object, and an empty one where it is not."""
    first = entries[0] if isinstance(entries, list) and entries else None
    return first if isinstance(first, dict) else {}


def check_status(answer: ParsedBody) -> None:
    """Check that a body holds no error, whatever its HTTP status says.

    Raises:
        ModelError: it does, or it says itself that it is not complete.
    """
    status = answer.data.get("status", "completed")  # images have none
    error = answer.data.get("error")
    if status == "incomplete":
        details = answer.data.get("incomplete_details")
        cause = details.get("reason") if isinstance(details, dict) else None
        if cause == "content_filter":
            raise answer.build_error(Reason.CONTENT_POLICY, "the answer was cut off by the content filter")
        raise answer.build_error(Reason.INCOMPLETE_ANSWER, "the answer was cut off", service_message=str(cause))
    if error or status != "completed":
        reason = find_reason(error) or Reason.SERVER_ERROR
        message = read_message(error) or str(status)
        mismatch = Mismatch("an error in place of an answer", f"check {answer.call.settings.model}")
        raise answer.build_error(reason, "the service failed to answer", message, mismatch)


def _iterate_parts(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the content parts of all messages; reasoning and other output items have none."""
    output = data.get("output")
    for item in output if isinstance(output, list) else []:
        if isinstance(item, dict) and item.get("type") == "message":
            content = item.get("content")
            yield from (part for part in content if isinstance(part, dict)) if isinstance(content, list) else ()


def _join_content(content: Any) -> str:
    """Return the text of a chat message: one text, or a list of parts."""
    if isinstance(content, list):
        parts = (part.get("text") if isinstance(part, dict) else part for part in content)
        content = "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _read_function_call(data: dict[str, Any]) -> str:
    """Return what a gateway that turns the schema into a function has the model call it with."""
    output = data.get("output")
    items = [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []
    calls = (item.get("arguments") for item in items if item.get("type") == "function_call")
    return next((arguments for arguments in calls if isinstance(arguments, str)), "")


def _read_tool_call(message: dict[str, Any]) -> str:
    """Return what a server that turns the schema into a tool has the model call it with."""
    function = get_first_object(message.get("tool_calls")).get("function")
    arguments = function.get("arguments") if isinstance(function, dict) else None
    return arguments if isinstance(arguments, str) else ""


def read_usage(usage: Any) -> Usage | None:
    """Return what an answer reports of its tokens; None where that is nothing, or all zeros, as gateways fill in."""
    if not isinstance(usage, dict):
        return None
    if "prompt_tokens" in usage:
        # Chat completions. What a model thinks is billed, and Gemini counts it in the total only.
        asked, written = _read_count(usage["prompt_tokens"]), _read_count(usage.get("completion_tokens"))
        found = Usage(asked, max(written, _read_count(usage.get("total_tokens")) - asked))
    else:
        found = Usage(_read_count(usage.get("input_tokens")), _read_count(usage.get("output_tokens")))
    return None if found == Usage() else found


def _read_count(count: Any) -> int:
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0
