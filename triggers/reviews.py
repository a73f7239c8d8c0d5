"""``/api/catalogs/{catalog}/decisions``: the decisions of reviewers."""

import azure.functions as func

from shared.services.container import get_services
from triggers.responses import read_body, write_model


async def put_decisions(req: func.HttpRequest) -> func.HttpResponse:
    """``PUT /api/catalogs/{catalog}/decisions``: record decisions about images."""
    from shared.reviews.decide import record_decisions  # noqa: PLC0415 - not in a cold start

    return write_model(await record_decisions(get_services(), req.route_params["catalog"], read_body(req)))
