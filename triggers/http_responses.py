"""HTTP answers: JSON, and problems (RFC 9457) with a stable ``type`` and never a stack trace."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func
from pydantic import ValidationError

from shared.config import SettingError
from shared.errors import StoreUnavailableError
from shared.runs.request import describe_validation_error
from shared.storage.json_files import DamagedFileError
from shared.telemetry.unexpected_errors import describe_error

logger = logging.getLogger(__name__)

PROBLEM_TYPE_PREFIX = "urn:catalog-seeder:problem:"
RETRY_AFTER_SECONDS = 2
"""What ``Retry-After`` tells a caller who waits for a run."""


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """An answer that is a problem document.

    Attributes:
        status: HTTP status.
        kind: last part of the stable ``type``.
        detail: what is wrong, in one line.
        more: further members of the document.
    """

    def __init__(self, status: int, kind: str, detail: str, **more: object) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.more = more


async def respond(work: Callable[[], Awaitable[func.HttpResponse]]) -> func.HttpResponse:
    """Run a handler; whatever it raises becomes a problem document."""
    try:
        return await work()
    except Exception as error:  # noqa: BLE001 - the edge: no stack trace goes out of here
        return write_problem(_make_problem(error))


def _make_problem(error: Exception) -> "Problem":
    match error:
        case Problem():
            return error
        case ValidationError():
            problems = describe_validation_error(error)
            detail = "; ".join(f"{problem['field']}: {problem['message']}" for problem in problems)
            return Problem(422, "invalid-request", detail, errors=problems)
        case SettingError():
            return Problem(503, "not-configured", str(error), setting=error.setting)
        case StoreUnavailableError():
            return Problem(503, "store-unavailable", str(error))
        case DamagedFileError():
            return Problem(500, "damaged-file", str(error), path=error.path)
        case _:
            logger.error("unexpected error in an HTTP function: %s", describe_error(error))
            return Problem(500, "internal-error", "something broke in here; the log tells more")


def write_json(data: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """Return a JSON answer."""
    return func.HttpResponse(
        json.dumps(data, ensure_ascii=False),
        status_code=status,
        headers=dict(headers or {}),
        mimetype="application/json",
    )


def write_problem(problem: Problem) -> func.HttpResponse:
    """Return a problem document."""
    document = {
        "type": PROBLEM_TYPE_PREFIX + problem.kind,
        "title": problem.kind.replace("-", " "),
        "status": problem.status,
        "detail": problem.detail,
    }
    return func.HttpResponse(
        json.dumps(document | problem.more, ensure_ascii=False),
        status_code=problem.status,
        mimetype="application/problem+json",
    )


def read_body(request: func.HttpRequest, *, required: bool = True) -> dict[str, Any]:
    """Return the JSON object in a request's body; an empty one where a body is optional.

    Raises:
        Problem: 400 where it is no JSON, 422 where it is no object.
    """
    body = request.get_body() or b""
    if not body.strip() and not required:
        return {}
    try:
        data = json.loads(body.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Problem(400, "no-json", f"the body is no JSON: {str(error)[:120]}") from error
    if not isinstance(data, dict):
        raise Problem(422, "invalid-request", f"the body is {type(data).__name__}; expected a JSON object")
    return data


def find_origin(request: func.HttpRequest) -> str:
    """Return scheme and host that the caller used."""
    url = urlsplit(request.url)
    return f"{url.scheme}://{url.netloc}"


def make_links(origin: str, run_id: str, catalog: str) -> dict[str, str]:
    """Return where a caller goes on; never a management URL of the durable extension, which could end and purge."""
    return {
        "self": f"{origin}/api/runs/{run_id}",
        "cancel": f"{origin}/api/runs/{run_id}/cancel",
        "repair": f"{origin}/api/catalogs/{catalog}/repair",
    }
