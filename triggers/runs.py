"""``/api/runs``: start, estimate, read, list, cancel and resume runs; download a run's audit; sum its costs."""

import azure.functions as func

from shared.audit.read_audit import MAX_AUDIT_BYTES, read_audit
from shared.audit.write_audit import AUDIT_NAME, AUDIT_TYPE
from shared.runs import cancel, resume, run_list
from shared.runs.durable_client import DurableClient
from shared.runs.estimate_run import estimate_body
from shared.runs.run_files import read_known_request
from shared.runs.selection import describe_request
from shared.runs.start import start_run
from shared.runs.status import Status
from shared.runs.view import refresh_progress
from shared.services.container import get_services
from shared.telemetry.tracing import set_run_attributes
from triggers.responses import (
    RETRY_AFTER_SECONDS,
    read_body,
    read_flag,
    read_idempotency_key,
    write_accepted_run,
    write_json,
)


async def post_run(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``POST /api/runs``: start a run; with ``?estimate=true``, only estimate it."""
    if read_flag(req, "estimate"):
        return write_json((await estimate_body(get_services(), read_body(req))).to_json())
    run = await start_run(get_services(), client, read_body(req), key=read_idempotency_key(req))
    set_run_attributes(run.run_id, run.catalog)
    return write_accepted_run(req, run.run_id, run.catalog, Status.PENDING)


async def get_run(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``GET /api/runs/{runId}``: return a run's status."""
    run = await refresh_progress(get_services(), client, req.route_params["runId"])
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if run.is_active else {}
    return write_json(run.to_json(), headers=headers)


async def get_run_request(req: func.HttpRequest) -> func.HttpResponse:
    """``GET /api/runs/{runId}/request``: return the request of a run, every field present."""
    request = await read_known_request(get_services().store, req.route_params["runId"])
    return write_json(describe_request(request))


async def list_runs(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``GET /api/runs?status=&catalog=&limit=&continuation=``: list runs, newest first."""
    query = run_list.RunQuery.model_validate({name: value for name, value in req.params.items() if value})
    page = await run_list.list_runs(get_services(), client, query)
    return write_json({"runs": [run.to_json() for run in page.runs], "continuation": page.continuation})


async def cancel_run(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``POST /api/runs/{runId}/cancel``: stop new work of a run; finished work stays."""
    run = await cancel.cancel_run(get_services(), client, req.route_params["runId"])
    return write_accepted_run(req, run.run_id, run.catalog, run.status)


async def resume_paused_run(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``POST /api/runs/{runId}/resume``: resume a paused run; its first image call is a probe."""
    run = await resume.resume_run(get_services(), client, req.route_params["runId"])
    return write_accepted_run(req, run.run_id, run.catalog, run.status)


async def get_audit(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``GET /api/runs/{runId}/audit``: return a run's ``audit.sqlite``."""
    run_id = req.route_params["runId"]
    data = await read_audit(get_services(), client, run_id, max_bytes=MAX_AUDIT_BYTES)
    headers = {"Content-Disposition": f'attachment; filename="{run_id}-{AUDIT_NAME}"'}
    return func.HttpResponse(data, status_code=200, headers=headers, mimetype=AUDIT_TYPE)


async def get_run_costs(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``GET /api/runs/{runId}/costs``: return calls, tokens and dollars of a run by kind and model."""
    from shared.audit.run_costs import read_run_costs  # noqa: PLC0415 - not in a cold start

    costs = await read_run_costs(get_services(), client, req.route_params["runId"])
    return write_json(costs.to_json())
