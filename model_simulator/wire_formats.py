"""Wire formats of other providers: convert their requests and responses to and from OpenAI's.

Answers and faults do not depend on the wire format.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import Any

from PIL import Image

from model_simulator.replies import BadRequestError, Reply, json_reply
from model_simulator.request_body import check_known_parameters

GEMINI_STATUSES = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}

MAI_PARAMETERS = frozenset({"model", "prompt", "width", "height"})
MAI_EDIT_PARAMETERS = frozenset({"model", "prompt"})
MAI_SIDE_MULTIPLE, MAI_MIN_SIDE, MAI_MAX_PIXELS = 16, 768, 1_048_576
MAI_ROUNDING = 1e-9

Body = Mapping[str, Any]
ConvertEdit = Callable[[Body, Sequence[bytes]], tuple[Body, Sequence[bytes]]]
"""Converts the parameters and files of an edit to OpenAI's format."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A provider's wire format.

    Attributes:
        convert_request: returns the equivalent body of OpenAI's format; raises BadRequestError.
        convert_response: returns OpenAI's response in this format.
    """

    convert_request: Callable[[Body], Body]
    convert_response: Callable[[Reply], Reply]


def _pass_body(body: Body) -> Body:
    return body


def _pass_reply(reply: Reply) -> Reply:
    return reply


def _convert_chat_request(body: Body) -> Body:
    """Return the Responses request for a chat completion."""
    answer_format = body.get("response_format")
    schema = answer_format.get("json_schema") if isinstance(answer_format, dict) else None
    if answer_format is not None and (not isinstance(schema, dict) or answer_format.get("type") != "json_schema"):
        problem = f"The simulator supports structured outputs only: 'response_format' is {answer_format!r}."
        raise BadRequestError(problem, param="response_format")
    messages = body.get("messages")
    said = [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []
    return {
        "model": body.get("model"),
        "instructions": "\n".join(str(message.get("content")) for message in said if message.get("role") == "system"),
        "input": [{"role": "user", "content": _read_content(message)} for message in said if _is_question(message)],
        "text": {"format": {"type": "json_schema", **schema}} if isinstance(schema, dict) else None,
        "max_output_tokens": body.get("max_completion_tokens") or body.get("max_tokens"),
    }


def _is_question(message: Body) -> bool:
    return message.get("role") == "user"


def _read_content(message: Body) -> Any:
    content = message.get("content")
    if not isinstance(content, list):
        return content
    return [_read_part(part) if isinstance(part, dict) else part for part in content]


def _read_part(part: Body) -> Body:
    match part.get("type"):
        case "text":
            return {**part, "type": "input_text"}
        case "image_url":
            image = part.get("image_url")
            if not isinstance(image, dict):
                problem = f"Invalid type for 'image_url': expected an object, but got {str(image)[:40]!r} instead."
                raise BadRequestError(problem, param="messages", code="invalid_type")
            return {"type": "input_image", "image_url": image.get("url")}
    return part


def _convert_chat_response(reply: Reply) -> Reply:
    """Return the chat completion for a Responses answer; errors have the same format."""
    if reply.status != 200:  # noqa: PLR2004 - the only status with an answer
        return reply
    answer = json.loads(reply.body)
    part = answer["output"][-1]["content"][0]
    usage = answer["usage"]
    message = {"role": "assistant", "content": part.get("text"), "refusal": part.get("refusal")}
    finish = "length" if answer["status"] == "incomplete" else "stop"
    return json_reply(
        {
            "id": answer["id"].replace("resp_", "chatcmpl-"),
            "object": "chat.completion",
            "created": answer["created_at"],
            "model": answer["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
            "usage": {
                "prompt_tokens": usage["input_tokens"],
                "completion_tokens": usage["output_tokens"],
                "total_tokens": usage["total_tokens"],
            },
        }
    )


def _convert_gemini_response(reply: Reply) -> Reply:
    """Return a response in Gemini's format: errors in a list, a wrong key as a 400, no Retry-After header."""
    if reply.status < 400 or reply.content_type != "application/json":  # noqa: PLR2004 - errors
        return _convert_chat_response(reply) if b'"output"' in reply.body else reply
    status = 400 if reply.status == 401 else reply.status  # noqa: PLR2004 - see above
    said = json.loads(reply.body)["error"]["message"]
    message = "API key not valid. Please pass a valid API key." if reply.status == 401 else said  # noqa: PLR2004
    error: dict[str, Any] = {"code": status, "message": message, "status": GEMINI_STATUSES.get(status, "INTERNAL")}
    if "Retry-After" in reply.headers:
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        error["details"] = [{"@type": kind, "retryDelay": f"{reply.headers['Retry-After']}s"}]
    return Reply(status, json.dumps([{"error": error}]).encode())


def _convert_plain_image_request(body: Body) -> Body:
    """Return an image request without ``response_format``: compatible servers require it, GPT image models refuse it.

    A gateway in front of a GPT image model accepts the parameters of that model.
    """
    if str(body.get("model")).startswith("gpt-image") and "response_format" not in body:
        return body
    if body.get("response_format") != "b64_json":
        problem = f"The simulator sends images as b64_json: 'response_format' is {body.get('response_format')!r}."
        raise BadRequestError(problem, param="response_format")
    return {name: value for name, value in body.items() if name != "response_format"}


def _convert_mai_request(body: Body) -> Body:
    """Return the image request for MAI's four parameters; the service refuses any other one."""
    check_known_parameters(body, MAI_PARAMETERS)
    sides = [body.get(name, 1024) for name in ("width", "height")]
    width, height = (side if isinstance(side, int) and not isinstance(side, bool) else 0 for side in sides)
    is_multiple = width % MAI_SIDE_MULTIPLE == height % MAI_SIDE_MULTIPLE == 0
    if not is_multiple or min(width, height) < MAI_MIN_SIDE or width * height > MAI_MAX_PIXELS:
        problem = (
            f"Invalid width and height: {sides[0]!r} and {sides[1]!r}. Expected multiples of {MAI_SIDE_MULTIPLE}, each "
            f"at least {MAI_MIN_SIDE}, and at most {MAI_MAX_PIXELS} pixels."
        )
        raise BadRequestError(problem, param="width", code="invalid_value")
    return {"model": body.get("model"), "prompt": body.get("prompt"), "size": f"{width}x{height}"}


def convert_mai_edit(body: Body, references: Sequence[bytes]) -> tuple[Body, Sequence[bytes]]:
    """Return the edit for MAI's form: one image, whose shape the result has, with as many pixels as there can be."""
    check_known_parameters(body, MAI_EDIT_PARAMETERS)
    if len(references) != 1:
        problem = f"Invalid image: got {len(references)} files. Expected one."
        raise BadRequestError(problem, param="image", code="invalid_value")
    try:
        with Image.open(BytesIO(references[0])) as image:
            ratio = image.width / image.height
    except OSError as error:
        raise BadRequestError("Invalid image file.", param="image", code="invalid_image_file") from error
    width = math.floor(math.sqrt(MAI_MAX_PIXELS * ratio) / MAI_SIDE_MULTIPLE + MAI_ROUNDING) * MAI_SIDE_MULTIPLE
    height = math.floor(math.sqrt(MAI_MAX_PIXELS / ratio) / MAI_SIDE_MULTIPLE + MAI_ROUNDING) * MAI_SIDE_MULTIPLE
    return {"model": body.get("model"), "prompt": body.get("prompt"), "size": f"{width}x{height}"}, references


def _convert_mai_response(reply: Reply) -> Reply:
    """Return an image answer with MAI's names of the usage, or a refusal with its code."""
    if reply.status == HTTPStatus.OK:
        document = json.loads(reply.body)
        usage = document["usage"]
        details = usage["input_tokens_details"]
        counts = {
            "num_output_tokens": usage["output_tokens"],
            "num_input_text_tokens": details["text_tokens"],
            "num_input_image_tokens": details["image_tokens"],
        }
        return Reply(
            reply.status, json.dumps({"data": document["data"], "usage": counts}).encode(), headers=reply.headers
        )
    if b"moderation_blocked" in reply.body or b"content_policy_violation" in reply.body:
        message = "The prompt was blocked by the content safety system."
        return json_reply({"error": {"code": "content_safety_violation", "message": message}}, status=reply.status)
    return reply


NATIVE = Wire(_pass_body, _pass_reply)
CHAT = Wire(_convert_chat_request, _convert_chat_response)
GEMINI = Wire(_convert_chat_request, _convert_gemini_response)
PLAIN_IMAGES = Wire(_convert_plain_image_request, _pass_reply)
MAI = Wire(_convert_mai_request, _convert_mai_response)
