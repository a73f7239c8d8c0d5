"""The HTTP operations of the app: one table registers them, and the OpenAPI document is built from it."""

from shared import errors
from shared.audit.write_audit import AUDIT_TYPE
from shared.static_files import MEDIA_TYPES
from triggers import catalogs, health, inputs, runs, static_files
from triggers.route import Answer, Body, Method, Route, Tag

ETAG, IF_NONE_MATCH = "ETag", "If-None-Match"
IDEMPOTENCY_KEY = "Idempotency-Key"
ACCEPTED_HEADERS = ("Location", "Retry-After")
INPUT_TYPES = ("text/csv", "application/json", "application/x-ndjson", "text/plain", "application/octet-stream")
PAGE_TYPES = tuple(sorted(set(MEDIA_TYPES.values())))
NOT_MODIFIED = Answer("the caller's copy is current", media_types=(), headers=(ETAG,))

ROUTES = (
    Route(
        operation_id="startRun",
        method=Method.POST,
        path="runs",
        handler=runs.post_run,
        tag=Tag.RUNS,
        summary="Start a run, or only estimate it",
        query="EstimateQuery",
        body=Body("SeedRequest"),
        request_headers=(IDEMPOTENCY_KEY,),
        answers={
            202: Answer("the run is started", "AcceptedRun", headers=ACCEPTED_HEADERS),
            200: Answer("with `estimate=true`: what the run would do and cost", "Estimate"),
        },
        problems=(
            errors.MalformedBodyError,
            errors.InvalidRequestError,
            errors.InvalidInputError,
            errors.IdempotencyKeyReusedError,
            errors.CatalogBusyError,
            errors.OtherSourceError,
            errors.EstimateAboveBudgetError,
        ),
    ),
    Route(
        operation_id="getRun",
        method=Method.GET,
        path="runs/{runId}",
        handler=runs.get_run,
        tag=Tag.RUNS,
        summary="Get the status of a run",
        answers={200: Answer("its status", "RunStatus", headers=("Retry-After",))},
        problems=(errors.UnknownRunError,),
    ),
    Route(
        operation_id="getAudit",
        method=Method.GET,
        path="runs/{runId}/audit",
        handler=runs.get_audit,
        tag=Tag.RUNS,
        summary="Download the audit of a run",
        answers={
            200: Answer("its audit, a SQLite file", media_types=(AUDIT_TYPE,), headers=("Content-Disposition",)),
        },
        problems=(errors.UnknownRunError, errors.NoAuditError, errors.AuditTooLargeError),
    ),
    Route(
        operation_id="listRuns",
        method=Method.GET,
        path="runs",
        handler=runs.list_runs,
        tag=Tag.RUNS,
        summary="List runs, newest first",
        query="RunQuery",
        answers={200: Answer("runs, newest first", "RunPage")},
        problems=(errors.InvalidRequestError,),
    ),
    Route(
        operation_id="cancelRun",
        method=Method.POST,
        path="runs/{runId}/cancel",
        handler=runs.cancel_run,
        tag=Tag.RUNS,
        summary="Cancel a run",
        answers={202: Answer("it is being cancelled", "AcceptedRun", headers=ACCEPTED_HEADERS)},
        problems=(errors.UnknownRunError, errors.RunEndedError),
    ),
    Route(
        operation_id="resumeRun",
        method=Method.POST,
        path="runs/{runId}/resume",
        handler=runs.resume_paused_run,
        tag=Tag.RUNS,
        summary="Resume a paused run",
        answers={202: Answer("a paused run is resumed", "AcceptedRun", headers=ACCEPTED_HEADERS)},
        problems=(errors.UnknownRunError, errors.RunNotPausedError, errors.RunEndedError),
    ),
    Route(
        operation_id="repairCatalog",
        method=Method.POST,
        path="catalogs/{catalog}/repair",
        handler=catalogs.repair,
        tag=Tag.CATALOGS,
        summary="Start a run that generates only the missing images of a catalog",
        body=Body("RepairRequest", is_required=False),
        request_headers=(IDEMPOTENCY_KEY,),
        answers={
            202: Answer("a run that generates only the missing images", "AcceptedRun", headers=ACCEPTED_HEADERS),
        },
        problems=(
            errors.MalformedBodyError,
            errors.InvalidRequestError,
            errors.InvalidInputError,
            errors.IdempotencyKeyReusedError,
            errors.UnknownCatalogError,
            errors.CatalogBusyError,
            errors.OtherSourceError,
            errors.EstimateAboveBudgetError,
        ),
    ),
    Route(
        operation_id="pruneCatalog",
        method=Method.POST,
        path="catalogs/{catalog}/prune",
        handler=catalogs.prune,
        tag=Tag.CATALOGS,
        summary="Remove the items of a catalog that have no image",
        answers={200: Answer("items without an image are removed", "PruneResult")},
        problems=(
            errors.InvalidRequestError,
            errors.UnknownCatalogError,
            errors.CatalogBusyError,
            errors.NothingToKeepError,
        ),
    ),
    Route(
        operation_id="publishCatalog",
        method=Method.POST,
        path="catalogs/{catalog}/publish",
        handler=catalogs.publish_reviewed,
        tag=Tag.CATALOGS,
        summary="Publish a catalog",
        answers={200: Answer("the catalog is published", "PublishResult")},
        problems=(errors.InvalidRequestError, errors.UnknownCatalogError, errors.CatalogBusyError),
    ),
    Route(
        operation_id="putInput",
        method=Method.PUT,
        path="inputs/{name}",
        handler=inputs.put_input,
        tag=Tag.INPUTS,
        summary="Store a file of products or prompts",
        body=Body(media_types=INPUT_TYPES),
        answers={201: Answer("rows are stored for a run", "StoredInput")},
        problems=(
            errors.InvalidRequestError,
            errors.InvalidInputError,
            errors.InputTooLargeError,
            errors.UnsupportedInputError,
        ),
    ),
    Route(
        operation_id="getHealth",
        method=Method.GET,
        path="health",
        handler=health.get_health,
        tag=Tag.APP,
        summary="Check that the app is configured",
        answers={200: Answer("the app is configured", "Health")},
        is_anonymous=True,
    ),
    Route(
        operation_id="getHealthDetails",
        method=Method.GET,
        path="health/details",
        handler=health.get_health_details,
        tag=Tag.APP,
        summary="Check that the store and the providers answer",
        answers={200: Answer("store and model answer", "HealthDetails")},
        problems=(errors.DegradedError,),
    ),
    Route(
        operation_id="getPageFile",
        method=Method.GET,
        path="review/{*path}",
        handler=static_files.get_page_file,
        tag=Tag.APP,
        summary="Get a file of the review page",
        request_headers=(IF_NONE_MATCH,),
        answers={
            200: Answer("a file of the review page", media_types=PAGE_TYPES, headers=(ETAG,)),
            304: NOT_MODIFIED,
            307: Answer("without the slash behind `review`: where the page is", media_types=(), headers=("Location",)),
        },
        problems=(errors.UnknownFileError,),
        is_anonymous=True,
        response_headers=static_files.PAGE_HEADERS,
    ),
)
"""Every HTTP operation. A new one needs an entry here, and its schemas in ``docs/tools/openapi``."""
