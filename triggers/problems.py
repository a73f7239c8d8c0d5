"""The shape of HTTP errors: each error of a service becomes a problem document (RFC 9457) with a stable type.

No response holds a stack trace or the message of an unexpected error.
"""

import logging
from collections.abc import Mapping
from functools import wraps
from typing import Any, NamedTuple

import azure.functions as func
from pydantic import ValidationError

from shared import errors
from shared.config import SettingError
from shared.errors import StoreUnavailableError
from shared.runs.request import describe_validation_error
from shared.storage.json_files import DamagedFileError
from shared.telemetry.unexpected_errors import describe_error
from triggers.responses import encode_json, find_origin, make_links
from triggers.route import HttpHandler

logger = logging.getLogger(__name__)

PROBLEM_TYPE_PREFIX = "urn:catalog-seeder:problem:"


class ProblemType(NamedTuple):
    """HTTP status of a problem, and the last part of its type."""

    status: int
    kind: str


INTERNAL_ERROR = ProblemType(500, "internal-error")

REQUEST_ERROR_STATUSES: Mapping[type[errors.RequestError], int] = {
    errors.MalformedBodyError: 400,
    errors.CrossSiteRequestError: 403,
    errors.UnknownRunError: 404,
    errors.UnknownCatalogError: 404,
    errors.UnknownItemError: 404,
    errors.UnknownRoundError: 404,
    errors.UnknownFileError: 404,
    errors.UnknownInputError: 404,
    errors.NoAuditError: 404,
    errors.UnknownImageError: 404,
    errors.CatalogBusyError: 409,
    errors.OtherSourceError: 409,
    errors.EstimateAboveBudgetError: 409,
    errors.RunEndedError: 409,
    errors.RunNotPausedError: 409,
    errors.NoApprovedImageError: 409,
    errors.NothingToKeepError: 409,
    errors.NothingToPublishError: 409,
    errors.AuditTooLargeError: 413,
    errors.ImageTooLargeError: 413,
    errors.InputTooLargeError: 413,
    errors.UnsupportedInputError: 415,
    errors.InvalidRequestError: 422,
    errors.InvalidInputError: 422,
    errors.IdempotencyKeyReusedError: 422,
    errors.DegradedError: 503,
}

PROBLEM_TYPES: Mapping[type[Exception], ProblemType] = {
    ValidationError: ProblemType(422, errors.InvalidRequestError.kind),
    DamagedFileError: ProblemType(500, "damaged-file"),
    SettingError: ProblemType(503, "not-configured"),
    StoreUnavailableError: ProblemType(503, "store-unavailable"),
    **{error: ProblemType(status, error.kind) for error, status in REQUEST_ERROR_STATUSES.items()},
    Exception: INTERNAL_ERROR,
}
"""All problems, by class of error; the nearest base class of an error counts."""


def answer_errors(handler: HttpHandler) -> HttpHandler:
    """Wrap an HTTP function whose request is its parameter ``req``; an error becomes a problem document."""

    @wraps(handler)
    async def handle(req: func.HttpRequest, **bindings: Any) -> func.HttpResponse:
        try:
            return await handler(req=req, **bindings)
        except Exception as error:  # noqa: BLE001 - no stack trace leaves the app
            return write_problem(error, req)

    return handle


def write_problem(error: Exception, request: func.HttpRequest) -> func.HttpResponse:
    """Return the problem document of an error."""
    status, kind = next(PROBLEM_TYPES[base] for base in type(error).__mro__ if base in PROBLEM_TYPES)
    detail, properties = _describe(error, find_origin(request))
    document = {"type": PROBLEM_TYPE_PREFIX + kind, "title": kind.replace("-", " "), "status": status, "detail": detail}
    return func.HttpResponse(
        encode_json(document | properties),
        status_code=status,
        mimetype="application/problem+json",
    )


def _describe(error: Exception, origin: str) -> tuple[str, dict[str, Any]]:
    """Return the detail and the further members of a problem document."""
    match error:
        case ValidationError():
            problems = describe_validation_error(error)
            return "; ".join(f"{one['field']}: {one['message']}" for one in problems), {"errors": problems}
        case errors.CatalogBusyError():
            return str(error), error.properties | {"links": make_links(origin, error.run_id, error.catalog)}
        case errors.RequestError():
            properties = error.properties
        case SettingError():
            properties = {"setting": error.setting}
        case DamagedFileError():
            properties = {"path": error.path}
        case StoreUnavailableError():
            properties = {}
        case _:
            logger.error("unexpected error in an HTTP function: %s", describe_error(error))
            return "An unexpected error occurred; see the log of the app.", {}
    return str(error), properties
