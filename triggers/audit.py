"""``/api/runs/{runId}/audit``: what a run paid for, as a SQLite file."""

import azure.durable_functions as df
import azure.functions as func

from shared.audit.call_records import has_calls
from shared.audit.write_audit import AUDIT_NAME, AUDIT_TYPE, audit_path
from shared.runs.status import RunStatus, Status
from shared.runs.view import load_known_run
from shared.services.container import get_services
from shared.storage.protocol import Store
from shared.telemetry.observed_requests import observe_request
from triggers.http_responses import Problem, respond

blueprint = df.Blueprint()

MAX_AUDIT_BYTES = 64 * 1024 * 1024
"""Of some 230,000 calls. An ``azure.functions.HttpResponse`` holds its whole body, and the worker copies it more than
once; pieces can be sent only by an app whose every HTTP function is FastAPI's."""


@blueprint.route(route="runs/{runId}/audit", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@observe_request
async def get_audit(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """``GET /api/runs/{runId}/audit``: a run's ``audit.sqlite``, whole; one that is too large for that stays there."""

    async def work() -> func.HttpResponse:
        services = get_services()
        run = await load_known_run(services, client, req)
        path = audit_path(run.run_id)
        info = await services.store.describe(path)
        if info is not None and info.size > MAX_AUDIT_BYTES:
            raise Problem(
                413,
                "audit-too-large",
                f"the audit of run {run.run_id} has {info.size} bytes; expected at most {MAX_AUDIT_BYTES} over HTTP: "
                f"take {path} out of the store, or ask 'seeder audit {run.run_id}' without --url",
                path=path,
                bytes=info.size,
            )
        audit = await services.store.read(path)
        if audit is None:
            raise Problem(404, "no-audit", await explain_missing_audit(services.store, run), runStatus=str(run.status))
        headers = {"Content-Disposition": f'attachment; filename="{run.run_id}-{AUDIT_NAME}"'}
        return func.HttpResponse(audit.data, status_code=200, headers=headers, mimetype=AUDIT_TYPE)

    return await respond(work)


async def explain_missing_audit(store: Store, run: RunStatus) -> str:
    """Return why a run has no audit, and when it gets one."""
    subject = f"run {run.run_id} has no audit"
    if run.status is Status.INTERRUPTED:
        return f"{subject}: its host is gone; it is written when the run, or the next one of {run.catalog!r}, ends"
    if not run.has_ended:
        return f"{subject} yet: it is {run.status}; the audit is written when it ends"
    if await has_calls(store, run.run_id):
        return f"{subject}: it was not made at its end; the next run of {run.catalog!r} makes it"
    return f"{subject}: no call of it was recorded; versions up to 0.2.0 kept no such records"
