"""Wire formats of other providers: convert their requests and responses to and from OpenAI's.

Answers and faults do not depend on the wire format.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from model_simulator.replies import BadRequestError, Reply, json_reply

GEMINI_STATUSES = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}

Body = Mapping[str, Any]


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


NATIVE = Wire(_pass_body, _pass_reply)
CHAT = Wire(_convert_chat_request, _convert_chat_response)
GEMINI = Wire(_convert_chat_request, _convert_gemini_response)
PLAIN_IMAGES = Wire(_convert_plain_image_request, _pass_reply)
