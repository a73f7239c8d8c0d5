"""Parse the body of an answer below status 300, which is not always a usable answer.

The SDK's own parsing reports an empty body, an HTML page, a refusal and a truncated answer as five kinds of exception
or as None, and loses the usage. Here each is a ModelError with its own reason code, and with the usage that the body
reports, because such an answer was billed.
"""

import codecs
import json
from dataclasses import dataclass
from typing import Any

from shared.errors import Mismatch, ModelError
from shared.models.prices import PriceList
from shared.models.protocol import AnswerT, TextAnswer
from shared.models.providers.answer_json import WrongShapeError, parse_answer
from shared.models.providers.error_reasons import find_reason, read_message
from shared.models.providers.model_call import ModelCall
from shared.models.usage import Usage
from shared.reasons import Reason


@dataclass(frozen=True, slots=True)
class RawResponse:
    """An answer with a status below 300.

    Attributes:
        body: unparsed.
        request_id: the provider's id of the call.
        requests_per_minute: the quota, if the answer reports it.
    """

    body: bytes
    request_id: str | None
    requests_per_minute: float | None = None


@dataclass(frozen=True, slots=True)
class ParsedBody:
    """A body that is a JSON object."""

    data: dict[str, Any]
    usage: Usage | None
    request_id: str | None
    call: ModelCall

    def build_error(
        self, reason: Reason, what: str, service_message: str | None = None, mismatch: Mismatch | None = None
    ) -> ModelError:
        """Return the error to raise; the call was answered, so it is billed."""
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
        """Return the model that the answer names if it has a price, else the deployment."""
        model = self.data.get("model")
        return model if isinstance(model, str) and prices.is_priced(model) else deployment

    def parse_text(
        self, text: str, answer_type: type[AnswerT], *, deployment: str, prices: PriceList
    ) -> TextAnswer[AnswerT]:
        """Return the answer to a text request.

        Raises:
            ModelError: malformed_answer: the text is empty or does not match the answer type.
        """
        if not text:
            raise self.build_error(Reason.MALFORMED_ANSWER, "the answer holds no text")
        try:
            value = parse_answer(text, answer_type)
        except WrongShapeError as wrong:
            raise self.build_error(Reason.MALFORMED_ANSWER, wrong.what, wrong.place) from None
        return TextAnswer(
            value=value,
            usage=self.usage,
            model=self.choose_priced_model(deployment, prices),
            request_id=self.request_id,
        )


def parse_body(reply: RawResponse, call: ModelCall, reason: Reason) -> ParsedBody:
    """Parse the JSON object of an answer.

    Raises:
        ModelError: ``reason``: the body is not a JSON object. The call was answered, so it is billed.
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
    except (ValueError, RecursionError):
        raise build_error("not whole JSON documents", "the answer is not valid JSON") from None
    if not isinstance(data, dict):
        kind = type(data).__name__
        raise build_error(f"a JSON {kind}", f"the answer is a JSON {kind}; expected an object")
    return ParsedBody(data, read_usage(data.get("usage")), reply.request_id, call)


def check_status(answer: ParsedBody) -> None:
    """Check that a body holds a complete answer; some providers send errors with status 200.

    Raises:
        ModelError: the body holds an error, or says that the answer is incomplete.
    """
    status = answer.data.get("status", "completed")  # image answers have no status
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
        raise answer.build_error(reason, "the provider failed to answer", message, mismatch)


def read_model_list(reply: RawResponse, call: ModelCall) -> list[object]:
    """Return the models in the body of ``GET /models``.

    Raises:
        ModelError: malformed_answer: the body is something else, such as a proxy's page.
    """
    answer = parse_body(reply, call, Reason.MALFORMED_ANSWER)
    models = answer.data.get("data")
    if not isinstance(models, list):
        raise answer.build_error(
            Reason.MALFORMED_ANSWER, f"the answer is not a list of models; check {call.settings.address}"
        )
    return models


def get_first_object(entries: Any) -> dict[str, Any]:
    """Return the first entry of a list if it is an object, else an empty object."""
    first = entries[0] if isinstance(entries, list) and entries else None
    return first if isinstance(first, dict) else {}


def read_usage(usage: Any) -> Usage | None:
    """Return the tokens that an answer reports; None for nothing, or for the zeros that some gateways fill in."""
    if not isinstance(usage, dict):
        return None
    if "prompt_tokens" in usage:
        # Chat completions. Reasoning tokens are billed as output; Gemini counts them in the total only.
        asked, written = _read_count(usage["prompt_tokens"]), _read_count(usage.get("completion_tokens"))
        found = Usage(asked, max(written, _read_count(usage.get("total_tokens")) - asked))
    else:
        # The second names are MAI's, which counts the images of an edit apart from its text.
        references = _read_count(usage.get("num_input_image_tokens"))
        inputs = _read_count(usage.get("input_tokens", usage.get("num_input_text_tokens"))) + references
        outputs = usage.get("output_tokens", usage.get("num_output_tokens"))
        details = usage.get("input_tokens_details")
        images = _read_count(details.get("image_tokens")) if isinstance(details, dict) else references
        found = Usage(inputs, _read_count(outputs), min(images, inputs))
    return None if found == Usage() else found


def _read_count(count: Any) -> int:
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0
