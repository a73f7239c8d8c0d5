"""``/api/runs``: start, look at, list, cancel and resume runs."""

import logging

import azure.durable_functions as df
import azure.functions as func

from shared.reasons import Reason
from shared.runs.estimate_run import estimate_run
from shared.runs.pause import end_pause_by_cancel, end_pause_by_resume, end_suspension, find_pause, record_cancel
from shared.runs.request import SeedRequest
from shared.runs.resolve_source import resolve_source
from shared.runs.run_claim import Claim
from shared.runs.start import has_started_run, hash_body, start_run
from shared.runs.status import RunStatus, Status
from shared.runs.view import load_known_run, load_run_status, make_unknown_run_problem, refresh_progress
from shared.services.container import Services, get_services
from shared.storage.json_files import DamagedFileError
from shared.telemetry.observed_requests import observe_request
from shared.telemetry.tracing import set_run_attributes
from triggers.http_responses import (
    RETRY_AFTER_SECONDS,
    Problem,
    find_origin,
    make_links,
    read_body,
    respond,
    write_json,
)

blueprint = df.Blueprint()
logger = logging.getLogger(__name__)

DEFAULT_RUNS_PER_PAGE, MAX_RUNS_PER_PAGE = 20, 100
MAX_FOLDER_PAGES = 10
"""Pages of run ids looked through for one answer when a status is asked for."""

MAX_KEY_CHARACTERS = 255


@blueprint.route(route="runs", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@observe_request
async def post_run(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """``POST /api/runs``: start a run, or with ``?estimate=true`` only tell what it would take."""

    async def work() -> func.HttpResponse:
        body = read_body(req)
        services = get_services()
        request = SeedRequest.from_json(services.settings.defaults.apply_to(body))
        if not await has_started_run(services, read_idempotency_key(req)):
            request = await resolve_source(services, request)
        if _is_estimate_only(req):
            return write_json((await estimate_run(services, request)).to_json())
        start = await start_run(
            services,
            client,
            request,
            key=read_idempotency_key(req),
            body_hash=hash_body(body, "run"),
        )
        return write_start_response(req, request.catalog, start.run_id, start.blocked_by)

    return await respond(work)


@blueprint.route(route="runs/{runId}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@observe_request
async def get_run(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """``GET /api/runs/{runId}``: a run's status."""

    async def work() -> func.HttpResponse:
        status = await refresh_progress(get_services(), client, req.route_params["runId"])
        if status is None:
            raise make_unknown_run_problem(req)
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status.is_active else {}
        return write_json(status.to_json(), headers=headers)

    return await respond(work)


@blueprint.route(route="runs", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@observe_request
async def list_runs(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """``GET /api/runs?status=&limit=&continuation=``: runs, newest first."""

    async def work() -> func.HttpResponse:
        services = get_services()
        wanted, limit = _read_status(req), _read_limit(req)
        continuation: str | None = req.params.get("continuation") or None
        runs: list[RunStatus] = []
        for _ in range(MAX_FOLDER_PAGES):
            try:
                page = await services.store.list_folders("runs/", limit=limit - len(runs), continuation=continuation)
            except ValueError as error:
                raise Problem(422, "invalid-request", f"continuation: {error}") from error
            continuation = page.continuation
            for name in page.names:
                status = await _load_listed(services, client, name)
                if status is not None and wanted in (None, status.status):
                    runs.append(status)
            if continuation is None or len(runs) >= limit:
                break
        return write_json({"runs": [status.to_json() for status in runs], "continuation": continuation})

    return await respond(work)


@blueprint.route(route="runs/{runId}/cancel", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@observe_request
async def cancel_run(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """``POST /api/runs/{runId}/cancel``: no new work; what is done stays."""

    async def work() -> func.HttpResponse:
        services, run_id = get_services(), req.route_params["runId"]
        status = await load_known_run(services, client, req)
        set_run_attributes(run_id, status.catalog)
        if status.has_ended:
            raise Problem(409, "run-ended", f"run {run_id} ended as {status.status}; expected an active run")
        await record_cancel(services.store, run_id)
        await end_pause_by_cancel(client, run_id)
        if status.status is Status.SUSPENDED:
            await end_suspension(client, run_id)
        return _write_accepted_response(req, status, Status.RUNNING if status.is_waiting else status.status)

    return await respond(work)


@blueprint.route(route="runs/{runId}/resume", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@observe_request
async def resume_paused_run(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """``POST /api/runs/{runId}/resume``: a paused run goes on, first with one image call."""

    async def work() -> func.HttpResponse:
        services, run_id = get_services(), req.route_params["runId"]
        status = await load_known_run(services, client, req)
        set_run_attributes(run_id, status.catalog)
        pause = await find_pause(client, run_id)
        was_cancelled = status.error is not None and status.error.reason == Reason.CANCELLED
        if pause is None or was_cancelled or not await end_pause_by_resume(services.store, client, run_id, pause):
            raise _make_not_paused_problem(status)
        return _write_accepted_response(req, status, Status.RUNNING)

    return await respond(work)


def read_idempotency_key(req: func.HttpRequest) -> str | None:
    """Return the request's Idempotency-Key, if it has one.

    Raises:
        Problem: 422: it is blank or too long.
    """
    key: str | None = req.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key.strip()) <= MAX_KEY_CHARACTERS:
        raise Problem(
            422,
            "invalid-request",
            f"Idempotency-Key has {len(key.strip())} characters; expected 1 to {MAX_KEY_CHARACTERS}",
        )
    return None if key is None else key.strip()


def write_start_response(
    req: func.HttpRequest, catalog: str, run_id: str, blocked_by: Claim | None
) -> func.HttpResponse:
    """Return the answer to a start: 202 with the run, or 409 with the run that is in the way."""
    origin = find_origin(req)
    if blocked_by is not None:
        raise make_catalog_busy_problem(origin, catalog, blocked_by)
    set_run_attributes(run_id, catalog)
    links = make_links(origin, run_id, catalog)
    document = {"runId": run_id, "catalog": catalog, "status": str(Status.PENDING), "links": links}
    return write_json(
        document, status=202, headers={"Location": links["self"], "Retry-After": str(RETRY_AFTER_SECONDS)}
    )


def make_catalog_busy_problem(origin: str, catalog: str, claim: Claim) -> Problem:
    """Return the problem that another run works on the catalog."""
    return Problem(
        409,
        "catalog-busy",
        f"run {claim.run_id} works on catalog {catalog!r}; expected it to have ended",
        runId=claim.run_id,
        links=make_links(origin, claim.run_id, catalog),
    )


def _write_accepted_response(req: func.HttpRequest, run: RunStatus, status: Status) -> func.HttpResponse:
    """Return the answer to a caller who changed the course of a run: where to look for what comes of it."""
    links = make_links(find_origin(req), run.run_id, run.catalog)
    document = {"runId": run.run_id, "catalog": run.catalog, "status": str(status), "links": links}
    return write_json(
        document, status=202, headers={"Location": links["self"], "Retry-After": str(RETRY_AFTER_SECONDS)}
    )


def _make_not_paused_problem(run: RunStatus) -> Problem:
    expected = "this host to be the one that runs it" if run.status is Status.PAUSED else "a paused run"
    return Problem(
        409,
        "run-not-paused",
        f"run {run.run_id} is {run.status}; expected {expected}",
        runStatus=str(run.status),
    )


async def _load_listed(services: Services, client: df.DurableOrchestrationClient, run_id: str) -> RunStatus | None:
    """Return the status of a run, or None if it cannot be told: one damaged file must not hide the other runs."""
    try:
        return await load_run_status(services, client, run_id)
    except DamagedFileError as error:
        logger.warning("run %s is left out of a list: %s", run_id, error)
        return None


def _is_estimate_only(req: func.HttpRequest) -> bool:
    value = req.params.get("estimate", "false")
    known = {"true": True, "false": False}
    if value.casefold() not in known:
        # A caller who meant to ask only must not start a run that is paid.
        raise Problem(422, "invalid-request", f"estimate: {value[:40]!r}; expected true or false")
    return known[value.casefold()]


def _read_status(req: func.HttpRequest) -> Status | None:
    value = req.params.get("status") or None
    if value is None:
        return None
    known = {str(status).casefold(): status for status in Status}
    if value.casefold() not in known:
        raise Problem(422, "invalid-request", f"status: {value[:40]!r}; expected one of {', '.join(Status)}")
    return known[value.casefold()]


def _read_limit(req: func.HttpRequest) -> int:
    value = req.params.get("limit") or str(DEFAULT_RUNS_PER_PAGE)
    if not value.isdecimal() or not 1 <= int(value[:9]) <= MAX_RUNS_PER_PAGE:
        raise Problem(
            422, "invalid-request", f"limit: {value[:40]!r}; expected a whole number from 1 to {MAX_RUNS_PER_PAGE}"
        )
    return int(value)
