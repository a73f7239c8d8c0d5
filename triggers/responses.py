"""Reads HTTP requests and writes JSON responses."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func
from pydantic import BaseModel

from shared.errors import InvalidRequestError, MalformedBodyError

RETRY_AFTER_SECONDS = 2
"""Value of ``Retry-After`` for callers that poll an active run."""

MAX_KEY_CHARACTERS = 255
"""Maximum length of an ``Idempotency-Key``."""


def read_body(request: func.HttpRequest, *, required: bool = True) -> dict[str, Any]:
    """Return the JSON object in the body of a request; an empty one where an optional body is absent.

    Raises:
        MalformedBodyError: the body is not JSON.
        InvalidRequestError: the body is not a JSON object.
    """
    body = request.get_body() or b""
    if not body.strip() and not required:
        return {}
    try:
        data = json.loads(body.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        position = f"line {error.lineno}, column {error.colno}"
        raise MalformedBodyError(f"Request body is not valid JSON ({position}).") from error
    except (ValueError, RecursionError) as error:
        raise MalformedBodyError(f"Request body is not valid JSON ({str(error)[:120]}).") from error
    if not isinstance(data, dict):
        raise InvalidRequestError("(body)", f"is {type(data).__name__}; expected a JSON object")
    return data


def read_idempotency_key(request: func.HttpRequest) -> str | None:
    """Return the request's ``Idempotency-Key``, or None if it has none.

    Raises:
        InvalidRequestError: the key is blank or too long.
    """
    key: str | None = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    key = key.strip()
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS:
        message = f"has {len(key)} characters; expected 1 to {MAX_KEY_CHARACTERS}"
        raise InvalidRequestError("Idempotency-Key", message)
    return key


def read_flag(request: func.HttpRequest, name: str) -> bool:
    """Return a query parameter that is ``true`` or ``false``; absent means false.

    Raises:
        InvalidRequestError: the value is neither.
    """
    value = str(request.params.get(name, "false"))
    flags = {"true": True, "false": False}
    if value.casefold() not in flags:
        raise InvalidRequestError(name, f"is {value[:40]!r}; expected true or false")
    return flags[value.casefold()]


def encode_json(data: object) -> bytes:
    """Return data as JSON text in UTF-8; it may repeat lone surrogates of a request, which UTF-8 cannot encode."""
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")


def write_json(data: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """Return a JSON response."""
    return func.HttpResponse(
        encode_json(data),
        status_code=status,
        headers=dict(headers or {}),
        mimetype="application/json",
    )


def write_model(model: BaseModel) -> func.HttpResponse:
    """Return a JSON response with the data of a model."""
    return func.HttpResponse(model.model_dump_json(by_alias=True), status_code=200, mimetype="application/json")


def write_accepted_run(request: func.HttpRequest, run_id: str, catalog: str, status: str) -> func.HttpResponse:
    """Return 202 with a run's links: the run was started, or its course was changed."""
    links = make_links(find_origin(request), run_id, catalog)
    document = {"runId": run_id, "catalog": catalog, "status": status, "links": links}
    return write_json(
        document, status=202, headers={"Location": links["self"], "Retry-After": str(RETRY_AFTER_SECONDS)}
    )


def find_origin(request: func.HttpRequest) -> str:
    """Return the scheme and host that the caller used."""
    url = urlsplit(request.url)
    return f"{url.scheme}://{url.netloc}"


def make_links(origin: str, run_id: str, catalog: str) -> dict[str, str]:
    """Return the URLs of a run.

    Management URLs of the Durable extension are not among them: they can terminate and purge instances.
    """
    return {
        "self": f"{origin}/api/runs/{run_id}",
        "cancel": f"{origin}/api/runs/{run_id}/cancel",
        "repair": f"{origin}/api/catalogs/{catalog}/repair",
    }
