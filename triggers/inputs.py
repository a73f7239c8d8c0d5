"""``/api/inputs``: rows that a run is to make pictures for."""

import azure.durable_functions as df
import azure.functions as func

from shared.domain import paths
from shared.domain.requests import check_input_path
from shared.telemetry.observed_requests import observe_request
from shared.wiring import get_services
from triggers.answers import Problem, answer, write_json

blueprint = df.Blueprint()

MOST_BYTES = 50 * 1024 * 1024
"""A function holds the body of a call in memory; what is larger goes straight to the store."""


@blueprint.route(route="inputs/{name}", methods=["PUT"], auth_level=func.AuthLevel.FUNCTION)
@observe_request
async def put_input(req: func.HttpRequest) -> func.HttpResponse:
    """``PUT /api/inputs/{name}``: keep the body, as it is, for a run to read; a file of this name is replaced."""

    async def work() -> func.HttpResponse:
        path = _read_path(req)
        body = req.get_body() or b""
        if len(body) > MOST_BYTES:
            raise Problem(
                413,
                "input-too-large",
                f"the body has {len(body):,} bytes; expected at most {MOST_BYTES:,}, or a blob of this name in the "
                "container of inputs",
            )
        if not body.strip():
            raise Problem(422, "invalid-input", "the body is empty; expected rows")
        await get_services().store.write(path, body, content_type="application/octet-stream")
        return write_json({"path": path, "bytes": len(body)}, status=201)

    return await answer(work)


def _read_path(req: func.HttpRequest) -> str:
    try:
        return check_input_path(paths.input_file(req.route_params["name"]))
    except ValueError as error:
        raise Problem(422, "invalid-request", f"name: {error}") from error
