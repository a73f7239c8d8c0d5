"""``/api/catalogs/{catalog}``: repair, regenerate, promote, prune and publish.

The services are imported by the first request that needs them, so that a cold start does not load them.
"""

import azure.functions as func

from shared.runs.durable_client import DurableClient
from shared.runs.status import Status
from shared.services.container import get_services
from shared.telemetry.tracing import set_run_attributes
from triggers.responses import read_body, read_flag, read_idempotency_key, write_accepted_run, write_json


async def repair(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/repair``: start a run that generates the missing images.

    Rejected first images that their run did not get to are generated again.
    """
    from shared.runs.repair import start_repair  # noqa: PLC0415 - see above

    body, key = read_body(req, required=False), read_idempotency_key(req)
    run = await start_repair(get_services(), client, req.route_params["catalog"], body, key=key)
    set_run_attributes(run.run_id, run.catalog)
    return write_accepted_run(req, run.run_id, run.catalog, Status.PENDING)


async def regenerate(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/regenerate``: start a run that generates new images for named items.

    With ``?estimate=true``, only estimate it.
    """
    from shared.runs import regenerate as regeneration  # noqa: PLC0415 - see above

    catalog, body = req.route_params["catalog"], read_body(req)
    if read_flag(req, "estimate"):
        return write_json((await regeneration.estimate_regenerate(get_services(), catalog, body)).to_json())
    run = await regeneration.start_regenerate(get_services(), client, catalog, body, key=read_idempotency_key(req))
    set_run_attributes(run.run_id, run.catalog)
    return write_accepted_run(req, run.run_id, run.catalog, Status.PENDING)


async def promote(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/items/{productId}/promote``: make a round's image the item's image."""
    from shared.images.promote_round import promote_round  # noqa: PLC0415 - see above

    catalog, product_id = req.route_params["catalog"], req.route_params["productId"]
    promoted = await promote_round(get_services(), client, catalog, product_id, read_body(req))
    return write_json(promoted.to_json())


async def prune(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/prune``: remove the items without an image, after a backup."""
    from shared.catalog.prune import claim_and_prune  # noqa: PLC0415 - see above

    return write_json(await claim_and_prune(get_services(), client, req.route_params["catalog"]))


async def publish_reviewed(req: func.HttpRequest, client: DurableClient) -> func.HttpResponse:
    """``POST /api/catalogs/{catalog}/publish``: publish what is reviewed, or with ``preview=true`` only report it."""
    from shared.catalog.publish_on_request import PublishRequest, claim_and_publish  # noqa: PLC0415 - see above

    catalog = req.route_params["catalog"]
    request = PublishRequest.model_validate(read_body(req, required=False))
    if read_flag(req, "preview"):
        from shared.catalog.preview_publishing import preview_publishing  # noqa: PLC0415 - see above

        return write_json(await preview_publishing(get_services(), catalog, request))
    return write_json(await claim_and_publish(get_services(), client, catalog, request))
