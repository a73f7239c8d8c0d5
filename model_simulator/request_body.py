"""Parse request bodies: checks that image and text calls share."""

import math
from collections.abc import Collection, Mapping
from typing import Any

from pydantic_core import from_json

from model_simulator.replies import BadRequestError

CHARACTERS_PER_TOKEN = 4
"""OpenAI's rule of thumb for English."""


def read_body(data: bytes) -> dict[str, Any]:
    """Parse a JSON object.

    Raises:
        BadRequestError: the body is not a JSON object, or a text is not valid Unicode (half a surrogate pair).
    """
    try:
        body = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise BadRequestError("We could not parse the JSON body of your request.") from error
    if not isinstance(body, dict):
        raise BadRequestError(f"The body is a JSON {type(body).__name__}; expected a JSON object.")
    return body


def check_known_parameters(body: Mapping[str, Any], known: Collection[str]) -> None:
    """Check that the service supports all parameters.

    Raises:
        BadRequestError: naming the first unknown one.
    """
    for name in body:
        if name not in known:
            raise BadRequestError(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")


def read_text(body: Mapping[str, Any], name: str) -> str:
    """Return a required text.

    Raises:
        BadRequestError: the parameter is missing, blank or not a text.
    """
    value = body.get(name)
    if value is None:
        raise BadRequestError(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")
    if not isinstance(value, str):
        raise BadRequestError(
            f"Invalid type for '{name}': expected a string, but got {value!r} instead.", param=name, code="invalid_type"
        )
    if not value.strip():
        raise BadRequestError(
            f"Invalid '{name}': empty string. Expected a string with minimum length 1.",
            param=name,
            code="empty_string",
        )
    return value


def read_choice(body: Mapping[str, Any], name: str, known: tuple[str, ...], default: str) -> str:
    """Return one of the known values, or the default if the parameter is missing.

    Raises:
        BadRequestError: the value is unknown.
    """
    value = body.get(name)
    if value is None:
        return default
    if value not in known:
        options = ", ".join(f"'{option}'" for option in known)
        raise BadRequestError(
            f"Invalid value: {value!r}. Supported values are: {options}.", param=name, code="invalid_value"
        )
    return str(value)


def count_tokens(characters: int) -> int:
    """Return the approximate number of tokens for a number of characters; at least 1."""
    return max(1, math.ceil(characters / CHARACTERS_PER_TOKEN))
