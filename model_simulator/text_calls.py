"""Text calls: what is asked, under which schema, and how long the question is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from model_simulator.input_images import TOKENS_PER_IMAGE, check_input_image
from model_simulator.replies import InvalidRequestError
from model_simulator.request_body import count_tokens, read_text
from model_simulator.schema_in_instructions import find_format_in_instructions
from model_simulator.strict_schema import check_strict_schema
from model_simulator.text_tasks import EVALUATION, parse_task

MIN_OUTPUT_TOKENS = 16
"""The service takes no lower ``max_output_tokens``."""


@dataclass(frozen=True, slots=True)
class TextCall:
    """One structured answer that was asked for.

    Attributes:
        model: name of the model, as the caller gave it.
        schema_name: says which kind of answer.
        task: the question.
        input_tokens: instructions, schema and question, images included, in tokens.
        max_output_tokens: where the answer is cut; None = never.
        text_format: the ``text.format`` of the request, which the answer repeats.
    """

    model: str
    schema_name: str
    task: Mapping[str, Any]
    input_tokens: int
    max_output_tokens: int | None
    text_format: Mapping[str, Any]


def parse_text_call(body: Mapping[str, Any]) -> TextCall:
    """Check the body of a text call.

    Raises:
        InvalidRequestError: naming the parameter and what was expected.
    """
    model = read_text(body, "model")
    question = list(_user_parts(body))
    document = "".join(part["text"] for part in question if isinstance(part.get("text"), str))
    text_format = _read_format(body, document)
    images = [part for part in question if part.get("type") == "input_image"]
    for image in images:
        check_input_image(image)
    if text_format["name"] == EVALUATION and not images:
        raise InvalidRequestError("An evaluation needs an image; expected a part 'input_image'.", param="input")
    limit = body.get("max_output_tokens")
    if limit is not None and (not isinstance(limit, int) or limit < MIN_OUTPUT_TOKENS):
        raise InvalidRequestError(
            f"Invalid 'max_output_tokens': {limit!r}. Expected a whole number >= {MIN_OUTPUT_TOKENS}.",
            param="max_output_tokens",
        )
    characters = len(str(body.get("instructions") or "")) + len(str(text_format)) + len(document)
    return TextCall(
        model=model,
        schema_name=text_format["name"],
        task=parse_task(text_format["name"], document),
        input_tokens=count_tokens(characters) + len(images) * TOKENS_PER_IMAGE,
        max_output_tokens=limit,
        text_format=text_format,
    )


def _read_format(body: Mapping[str, Any], document: str) -> dict[str, Any]:
    text = body.get("text")
    text_format = text.get("format") if isinstance(text, dict) else None
    if text is None:
        text_format = find_format_in_instructions(str(body.get("instructions")), document)
    if not isinstance(text_format, dict) or text_format.get("type") != "json_schema":
        raise InvalidRequestError(
            f"The simulator answers structured questions only: 'text.format' is {text_format!r}; expected the type "
            "'json_schema'.",
            param="text.format",
        )
    name, schema = text_format.get("name"), text_format.get("schema")
    if not isinstance(name, str) or not isinstance(schema, dict):
        raise InvalidRequestError("'text.format' needs a 'name' and a 'schema'.", param="text.format")
    if text_format.get("strict"):
        check_strict_schema(name, schema)
    return text_format


def _user_parts(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the content parts of the question: the whole input, or its last user message."""
    given = body.get("input")
    if isinstance(given, str):
        yield {"type": "input_text", "text": given}
        return
    messages = [message for message in given if _is_from_user(message)] if isinstance(given, list) else []
    if not messages:
        raise InvalidRequestError("'input' is no text and has no user message.", param="input", code="invalid_type")
    content = messages[-1].get("content")
    if isinstance(content, str):
        yield {"type": "input_text", "text": content}
    elif isinstance(content, list):
        yield from (part for part in content if isinstance(part, dict))


def _is_from_user(message: object) -> bool:
    return isinstance(message, dict) and message.get("role") == "user"
