"""``/api/catalogs/{catalog}``: repair, prune and publish a catalog."""

import azure.functions as func

from shared.catalog import prune as pruning
from shared.catalog import publish as publishing
from shared.runs.durable_client import DurableClient
from shared.runs.repair import start_repair
from shared.runs.status import Status
from shared.services.container import get_services
from shared.telemetry.tracing import set_run_attributes
from triggers.responses import read_body, read_idempotency_key, write_accepted_run, write_json


async def repair(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/repair``: start a run that generates only the missing images."""
    body, key = read_body(req, required=False), read_idempotency_key(req)
    run = await start_repair(get_services(), client, req.route_params["catalog"], body, key=key)
    set_run_attributes(run.run_id, run.catalog)
    return write_accepted_run(req, run.run_id, run.catalog, Status.PENDING)


async def prune(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/prune``: remove the items without an image, after a backup."""
    return write_json(await pruning.claim_and_prune(get_services(), client, req.route_params["catalog"]))


async def publish_reviewed(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/publish``: publish what a run with ``publish: false`` left for review."""
    return write_json(await publishing.claim_and_publish(get_services(), client, req.route_params["catalog"]))
