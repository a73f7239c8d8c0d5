"""Text calls: parse and validate question, answer schema and input images."""

import base64
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image

from model_simulator.answer_schema import check_strict_schema, find_format_in_instructions
from model_simulator.likeness import compare_look
from model_simulator.replies import BadRequestError
from model_simulator.request_body import count_tokens, read_text
from model_simulator.text_tasks import EVALUATION, STYLE_EVALUATION, parse_task

MIN_OUTPUT_TOKENS = 16
"""Minimum ``max_output_tokens`` of the service."""

TOKENS_PER_IMAGE = 630
"""A 1024x1024 input image of a gpt-5 model: 70 tokens, plus 140 for each of its 4 tiles."""

TOKENS_PER_TILED_IMAGE, TOKENS_PER_TILE, TILE_SIDE_PIXELS = 70, 140, 512

DATA_URL = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,")
SIGNATURES = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF.{4}WEBP", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SimulatedTextCall:
    """A valid request for a structured answer.

    Attributes:
        model: name of the model, as sent by the caller.
        schema_name: name of the answer's schema.
        task: the question.
        input_tokens: tokens of instructions, schema, question and images.
        max_output_tokens: the output limit; None = no limit.
        text_format: the ``text.format`` of the request, which the response repeats.
        look: likeness of the first image to the others, and differences; None = the task asks for none.
    """

    model: str
    schema_name: str
    task: Mapping[str, Any]
    input_tokens: int
    max_output_tokens: int | None
    text_format: Mapping[str, Any]
    look: Mapping[str, Any] | None = None


def parse_text_call(body: Mapping[str, Any]) -> SimulatedTextCall:
    """Parse and validate the body of a text call.

    Raises:
        BadRequestError: naming the parameter and the expected value.
    """
    model = read_text(body, "model")
    question = list(_user_parts(body))
    document = "".join(part["text"] for part in question if isinstance(part.get("text"), str))
    text_format = _read_format(body, document)
    images = [part for part in question if part.get("type") == "input_image"]
    files = [_read_input_image(image) for image in images]
    if text_format["name"] in {EVALUATION, STYLE_EVALUATION} and not images:
        raise BadRequestError("An evaluation needs an image; expected a part 'input_image'.", param="input")
    task = parse_task(text_format["name"], document)
    limit = body.get("max_output_tokens")
    if limit is not None and (not isinstance(limit, int) or limit < MIN_OUTPUT_TOKENS):
        raise BadRequestError(
            f"Invalid 'max_output_tokens': {limit!r}. Expected a whole number >= {MIN_OUTPUT_TOKENS}.",
            param="max_output_tokens",
        )
    characters = len(str(body.get("instructions") or "")) + len(str(text_format)) + len(document)
    return SimulatedTextCall(
        model=model,
        schema_name=text_format["name"],
        task=task,
        input_tokens=count_tokens(characters) + _count_image_tokens(files),
        max_output_tokens=limit,
        text_format=text_format,
        look=_compare_look(task, files) if text_format["name"] == STYLE_EVALUATION else None,
    )


def _count_image_tokens(files: Sequence[bytes]) -> int:
    """Return the tokens of input images: of the first one as of 1024x1024, of further ones by their tiles."""
    tokens = TOKENS_PER_IMAGE if files else 0
    for data in files[1:]:
        with _open_image(data) as image:
            tiles = math.ceil(image.width / TILE_SIDE_PIXELS) * math.ceil(image.height / TILE_SIDE_PIXELS)
        tokens += TOKENS_PER_TILED_IMAGE + TOKENS_PER_TILE * tiles
    return tokens


def _open_image(data: bytes) -> Image.Image:
    try:
        return Image.open(BytesIO(data))
    except OSError as error:
        raise BadRequestError("Invalid image.", param="input", code="invalid_image_format") from error


def _compare_look(task: Mapping[str, Any], files: Sequence[bytes]) -> Mapping[str, Any]:
    if len(files) != 1 + task["references"]:
        problem = f"Got {len(files)} images; expected one to score, and {task['references']} references."
        raise BadRequestError(problem, param="input")
    try:
        return compare_look(files[0], files[1:])
    except OSError as error:
        raise BadRequestError("Invalid image.", param="input", code="invalid_image_format") from error


def _read_format(body: Mapping[str, Any], document: str) -> dict[str, Any]:
    text = body.get("text")
    text_format = text.get("format") if isinstance(text, dict) else None
    if text is None:
        text_format = find_format_in_instructions(str(body.get("instructions")), document)
    if not isinstance(text_format, dict) or text_format.get("type") != "json_schema":
        raise BadRequestError(
            f"The simulator supports structured outputs only: 'text.format' is {text_format!r}; expected the type "
            "'json_schema'.",
            param="text.format",
        )
    name, schema = text_format.get("name"), text_format.get("schema")
    if not isinstance(name, str) or not isinstance(schema, dict):
        raise BadRequestError("'text.format' needs a 'name' and a 'schema'.", param="text.format")
    if text_format.get("strict"):
        check_strict_schema(name, schema)
    return text_format


def _user_parts(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the content parts of the whole input, or of its last user message."""
    given = body.get("input")
    if isinstance(given, str):
        yield {"type": "input_text", "text": given}
        return
    messages = [message for message in given if _is_from_user(message)] if isinstance(given, list) else []
    if not messages:
        raise BadRequestError("'input' is not a text, and has no user message.", param="input", code="invalid_type")
    content = messages[-1].get("content")
    if isinstance(content, str):
        yield {"type": "input_text", "text": content}
    elif isinstance(content, list):
        yield from (part for part in content if isinstance(part, dict))


def _is_from_user(message: object) -> bool:
    return isinstance(message, dict) and message.get("role") == "user"


def _read_input_image(part: Mapping[str, Any]) -> bytes:
    """Return an input image, a data URL of a supported format. Not every damaged file is detected.

    Args:
        part: a content part of the type ``input_image``.

    Raises:
        BadRequestError: naming the expected format, and the start of the invalid URL.
    """
    url = part.get("image_url")
    match = DATA_URL.match(url) if isinstance(url, str) else None
    if match is None:
        raise BadRequestError(
            "Invalid 'image_url'. Expected a base64-encoded data URL with an image MIME type (e.g. "
            f"'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got {str(url)[:40]!r}.",
            param="input",
            code="invalid_value",
        )
    try:
        data = base64.b64decode(match.string[match.end() :], validate=True)
    except ValueError as error:
        raise BadRequestError("Invalid base64 image_url.", param="input", code="invalid_base64") from error
    if SIGNATURES.match(data) is None:
        raise BadRequestError(
            "You uploaded an unsupported image. Please make sure your image is valid and has one of the following "
            "formats: ['png', 'jpeg', 'gif', 'webp'].",
            param="input",
            code="invalid_image_format",
        )
    return data
