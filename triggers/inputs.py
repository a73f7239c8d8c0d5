"""``/api/inputs``: files of products or prompts for runs to read."""

import azure.functions as func

from shared.inputs.upload import upload_input
from shared.services.container import get_services
from triggers.responses import read_body, write_json


async def put_input(req: func.HttpRequest) -> func.HttpResponse:
    """``PUT /api/inputs/{name}``: store the body as an input; replaces an input of the same name."""
    body = req.get_body() or b""
    path = await upload_input(
        get_services().store,
        req.route_params["name"],
        body,
        content_type=req.headers.get("Content-Type", ""),
        content_encoding=req.headers.get("Content-Encoding", ""),
    )
    return write_json({"path": path, "bytes": len(body)}, status=201)


async def inspect_input(req: func.HttpRequest) -> func.HttpResponse:
    """``POST /api/inputs/{name}/inspect``: report how a run reads an input; starts nothing."""
    from shared.inputs.inspect_input import InspectRequest, inspect_stored_input  # noqa: PLC0415 - not in a cold start

    request = InspectRequest.model_validate(read_body(req, required=False))
    report = await inspect_stored_input(get_services().store, req.route_params["name"], request)
    return write_json(report.to_json())
