"""Every answer of the running app is in the OpenAPI document, and none is 500, also to requests that break it.

Schemathesis makes requests from the document: valid and broken ones. The catalog is a real one, and half of the
requests name what it holds. Runs are small and end with the test.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.strategies import QUICK
from tests.support.openapi import close_objects, find_response, make_validator
from tests.support.running_app import FUNCTIONS_KEY_HEADER, RUN_TIMEOUT_SECONDS, RunningApp, run_app

pytestmark = pytest.mark.slow

DOCUMENT: dict[str, Any] = json.loads(Path("triggers/openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {
    operation["operationId"]: (path, method)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
SCHEMA = schemathesis.openapi.from_dict(close_objects(DOCUMENT) | {"security": []})
"""Without the key, which each request of the test sends: else it is the first thing to break."""
KEY = "a-function-key"


def problem_type_conformance(_context: schemathesis.CheckContext, response: schemathesis.Response, case: Any) -> None:
    """Check that a problem has a type that the response lists, and the status of the response."""
    described = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    types = find_response(DOCUMENT, described).get("x-problem-types")
    if types is not None:
        problem = response.json()
        assert problem["type"] in types, problem
        assert problem["status"] == response.status_code, problem


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    problem_type_conformance,
]
BOUNDED = settings(QUICK, max_examples=25, suppress_health_check=[*HealthCheck])
FIRST_ERROR = 400
NEED_ACTIVE_RUN = frozenset({"cancelRun", "resumeRun"})
SMALL_RUN = {"targetCount": 2, "categoryCount": 1, "imageSize": "64x64", "maxRetries": 0, "pauseOnBlock": False}
"""What a request for a run is changed to, so that the test is bounded."""
QUICK_RUN = {
    "imageMode": "normal",
    "imageRequestsPerMinute": None,
    "maxRetries": 0,
    "pauseOnBlock": False,
    "styleReference": None,
    "textMode": "normal",
}
"""What each run of a request is changed to: it does not wait for a rate, a batch, or a person who approves images."""


async def prepare_catalog(app: RunningApp) -> dict[str, list[str]]:
    """Make a catalog of three items with several rounds, and an input; return values of path parameters that exist."""
    first = await app.wait(await app.start(targetCount=3, refine={"iterations": 2, "acceptScore": 100}))
    await app.call("PUT", "/api/inputs/known.json", [{"sku": "PROD-1", "title": "Enamel mug"}])
    items = (await app.call("GET", "/api/catalogs/toys/items")).body["items"]
    regenerated = await app.call("POST", "/api/catalogs/toys/regenerate", {"productIds": [items[0]["productId"]]})
    await app.wait(regenerated.body["runId"])
    return {
        "catalog": ["toys"],
        "filename": [item["filename"] for item in items],
        "name": ["known.json"],
        "path": ["main.js", "lib/api.js"],
        "productId": [item["productId"] for item in items],
        "round": ["1", "2"],
        "runId": [first["runId"], regenerated.body["runId"]],
        "sha256": [item["image"]["sha256"] for item in items],
    }


async def wait_for_runs(app: RunningApp) -> None:
    """Wait until no run holds a catalog, so that the next operation meets a free one."""
    for status in ("Pending", "Running"):
        for run in (await app.call("GET", f"/api/runs?limit=100&status={status}")).body["runs"]:
            await app.wait(run["runId"])


def bound_body(operation_id: str, body: Any) -> Any:
    """Return a body that starts a small and quick run, if it starts one at all; fields that were broken stay broken."""
    path, method = OPERATIONS[operation_id]
    operation = DOCUMENT["paths"][path][method]
    if "202" not in operation["responses"] or not isinstance(body, dict):
        return body
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    fields = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
    quick = {name: value for name, value in QUICK_RUN.items() if name in body}
    bounds = SMALL_RUN | quick if operation_id == "startRun" else quick
    return body | {
        name: value
        for name, value in bounds.items()
        if name not in body or make_validator(DOCUMENT, fields[name]).is_valid(body[name])
    }


def name_known(body: Any, known: Mapping[str, list[str]]) -> Any:
    """Return a body whose ids are those of things that exist."""
    ids = {
        "productIds": known["productId"][:2],
        "imagePrompts": {},
        "runId": known["runId"][0],
        "round": 1,
        "fieldMapping": {},
        "source": "products",
        "theme": {},
        "decisions": [
            {"productId": one, "decision": "approved", "sha256": sha256}
            for one, sha256 in zip(known["productId"], known["sha256"], strict=True)
        ],
    }
    return body | {name: value for name, value in ids.items() if name in body} if isinstance(body, dict) else body


def check_operation(url: str, known: Mapping[str, list[str]], operation_id: str, mode: GenerationMode) -> set[int]:
    """Make requests to an operation, and return the statuses of the answers.

    Raises:
        FailureGroup: an answer is not in the document, or 500.
    """
    path, method = OPERATIONS[operation_id]
    operation = SCHEMA[path][method]
    statuses = set()

    @given(data=st.data(), case=operation.as_strategy(generation_mode=mode))
    @BOUNDED
    def make_requests(data: st.DataObject, case: schemathesis.Case[Any]) -> None:
        names_all = data.draw(st.booleans(), label="everything named exists")
        names = () if operation_id == "putInput" else case.path_parameters or ()  # the input stays as it is
        for name in names:
            if names_all or data.draw(st.booleans(), label=f"{name} exists"):
                case.path_parameters[name] = data.draw(st.sampled_from(known[name]))
        case.body = bound_body(operation_id, case.body)
        if names_all:
            case.body = name_known(case.body, known)
        response = case.call_and_validate(
            base_url=url, headers={FUNCTIONS_KEY_HEADER: KEY}, checks=CHECKS, timeout=RUN_TIMEOUT_SECONDS
        )
        statuses.add(response.status_code)

    make_requests()
    return statuses


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "broken"])
async def test_every_answer_is_in_the_document(tmp_path: Path, mode: GenerationMode) -> None:
    failed: dict[str, str] = {}
    statuses: dict[str, set[int]] = {}
    async with run_app(tmp_path, functions_key=KEY) as app:
        app.session.headers[FUNCTIONS_KEY_HEADER] = KEY
        known = await prepare_catalog(app)
        for operation_id in OPERATIONS:
            try:
                found = await asyncio.to_thread(check_operation, f"{app.host.url}/api", known, operation_id, mode)
            except FailureGroup as error:
                failed[operation_id] = "\n".join(map(str, error.exceptions))
            except Unsatisfiable:  # every request to it is valid
                assert mode is GenerationMode.NEGATIVE
            else:
                statuses[operation_id] = found
            await wait_for_runs(app)
    assert failed == {}
    if mode is GenerationMode.POSITIVE:
        refused = {operation_id for operation_id, found in statuses.items() if min(found) >= FIRST_ERROR}
        assert refused <= NEED_ACTIVE_RUN, "no request of the test reaches what these operations do"
    else:
        assert {one for one, found in statuses.items() if found & {400, 422}} >= {
            "startRun",
            "listItems",
            "putDecisions",
        }


async def test_an_answer_outside_of_the_document_is_found(tmp_path: Path) -> None:
    document = close_objects(DOCUMENT)
    document["components"]["schemas"]["Health"]["properties"]["version"]["type"] = "integer"
    operation = schemathesis.openapi.from_dict(document)["/health"]["get"]
    async with run_app(tmp_path) as app:
        with pytest.raises(FailureGroup):
            await asyncio.to_thread(operation.Case().call_and_validate, base_url=f"{app.host.url}/api", checks=CHECKS)
