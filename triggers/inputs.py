"""``/api/inputs``: rows that a run is to make images for."""

import re
from typing import Final

import azure.durable_functions as df
import azure.functions as func

from shared.runs.request import check_input_path
from shared.services.container import get_services
from shared.storage import paths
from shared.telemetry.observed_requests import observe_request
from triggers.http_responses import Problem, respond, write_json

blueprint = df.Blueprint()

MAX_INPUT_BYTES = 50 * 1024 * 1024
"""A function holds the body of a call in memory; what is larger goes straight to the store."""

_GZIP_MAGIC: Final = b"\x1f\x8b"
_MULTIPART_FORM: Final = re.compile(rb"\s*--[^\r\n]{1,200}\r?\nContent-Disposition:", re.IGNORECASE)
"""A form whose header was lost on the way."""


@blueprint.route(route="inputs/{name}", methods=["PUT"], auth_level=func.AuthLevel.FUNCTION)
@observe_request
async def put_input(req: func.HttpRequest) -> func.HttpResponse:
    """``PUT /api/inputs/{name}``: keep the body, as it is, for a run to read; a file of this name is replaced."""

    async def work() -> func.HttpResponse:
        path = _read_path(req)
        body = req.get_body() or b""
        _check_is_raw_file(req, body, path)
        if len(body) > MAX_INPUT_BYTES:
            raise Problem(
                413,
                "input-too-large",
                f"the body has {len(body):,} bytes; expected at most {MAX_INPUT_BYTES:,}, "
                "or a blob of this name in the container of inputs",
            )
        if not body.strip():
            raise Problem(422, "invalid-input", "the body is empty; expected rows")
        await get_services().store.write(path, body, content_type="application/octet-stream")
        return write_json({"path": path, "bytes": len(body)}, status=201)

    return await respond(work)


def _check_is_raw_file(req: func.HttpRequest, body: bytes, path: str) -> None:
    """Raise unless the body is the file itself: a form or a compressed one would be read as rows.

    Raises:
        Problem: 415, with the command that sends the file.
    """
    content_type = req.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
    encoding = req.headers.get("Content-Encoding", "identity").strip().casefold()
    expected = f"expected the file itself: curl -X PUT --data-binary @FILE .../api/{path}"
    if content_type.startswith("multipart/") or _MULTIPART_FORM.match(body):
        raise Problem(415, "unsupported-input", f"the body is a multipart form; {expected}")
    if encoding not in {"", "identity"} or body.startswith(_GZIP_MAGIC):
        raise Problem(415, "unsupported-input", f"the body is compressed; {expected}")


def _read_path(req: func.HttpRequest) -> str:
    try:
        return check_input_path(paths.input_file(req.route_params["name"]))
    except ValueError as error:
        raise Problem(422, "invalid-request", f"name: {error}") from error
