"""``/api/runs/{runId}/audit``: the audit of a run, as a SQLite file."""

import azure.durable_functions as df
import azure.functions as func

from shared.audit.read_audit import MAX_AUDIT_BYTES, read_audit
from shared.audit.write_audit import AUDIT_NAME, AUDIT_TYPE
from shared.runs.durable_client import DurableClient
from shared.services.container import get_services
from shared.telemetry.observed_requests import observe_request
from triggers.problems import answer_errors

blueprint = df.Blueprint()


@blueprint.route(route="runs/{runId}/audit", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@observe_request
@answer_errors
async def get_audit(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``GET /api/runs/{runId}/audit``: return a run's ``audit.sqlite``."""
    run_id = req.route_params["runId"]
    data = await read_audit(get_services(), client, run_id, max_bytes=MAX_AUDIT_BYTES)
    headers = {"Content-Disposition": f'attachment; filename="{run_id}-{AUDIT_NAME}"'}
    return func.HttpResponse(data, status_code=200, headers=headers, mimetype=AUDIT_TYPE)
