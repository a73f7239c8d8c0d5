"""Path parameters and headers of the OpenAPI document, by name."""

from collections.abc import Mapping
from typing import Any

from shared.runs.request import CATALOG_NAME_PATTERN, INPUT_PATH_PATTERN
from triggers.responses import MAX_KEY_CHARACTERS

Described = dict[str, Any]


def _text(description: str, example: str, **limits: Any) -> Described:
    return {"description": description, "schema": {"type": "string", **limits}, "example": example}


RUN_ID = "8204733919220-06e4f4bb"

PATH_PARAMETERS: Mapping[str, Described] = {
    "catalog": _text("Name of the catalog.", "spring-sale", pattern=f"^{CATALOG_NAME_PATTERN}$"),
    "filename": _text("File name of the image, as in `catalog.json`.", "quiet-sky-baker-1f3a9c52.png", minLength=1),
    "name": _text("Name of the input.", "shop.json", pattern=f"^{INPUT_PATH_PATTERN.removeprefix('inputs/')}$"),
    "path": _text("Path of the file, with slashes; empty = `index.html`.", "main.js"),
    "productId": _text("Public id of the item, as in `catalog.json`, or its `itemId`.", "PROD-1", minLength=1),
    "round": {"description": "Number of the round, from 1.", "schema": {"type": "integer", "minimum": 1}, "example": 1},
    "runId": _text("Id of the run.", RUN_ID, minLength=1),
}

REQUEST_HEADERS: Mapping[str, Described] = {
    "Idempotency-Key": _text(
        "Repeats of a call with the same key and body return the same run.",
        "spring-1",
        minLength=1,
        maxLength=MAX_KEY_CHARACTERS,
    ),
    "If-None-Match": _text("`ETag` of the caller's copy; the answer is 304 if it is current.", '"5d41402a"'),
}

HEADERS: Mapping[str, Described] = {
    "Cache-Control": {"description": "How long a copy may be used.", "schema": {"type": "string"}},
    "Content-Disposition": {"description": "Name of the file.", "schema": {"type": "string"}},
    "ETag": {"description": "Identifies the content.", "schema": {"type": "string"}},
    "Location": {"description": "Address of the run, or of the page.", "schema": {"type": "string"}},
    "Retry-After": {
        "description": "Seconds until the next poll; absent if the run has ended.",
        "schema": {"type": "integer", "minimum": 1},
    },
}
