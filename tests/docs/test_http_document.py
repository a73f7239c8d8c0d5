"""The HTTP page matches the app: a test makes its calls again and compares its tables."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

import function_app
from docs.tools.openapi.examples import parse_curl
from durable_emulator.host.app_definition import read_functions
from shared.runs.status import RunStatus
from tests.support.image_gate import ImageGate
from tests.support.markdown_documents import find_codes, find_table, read
from tests.support.running_app import RunningApp, run_app
from triggers.problems import PROBLEM_TYPES

DOCUMENT = read("docs/reference/http.md")
_EXAMPLE = re.compile(r"^```(sh|http)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def find_shape(value: Any) -> Any:
    """Return what of an answer does not change from run to run: its keys, and the types of what they hold."""
    match value:
        case dict():
            return {key: find_shape(held) for key, held in value.items()}
        case list():
            return [find_shape(value[0])] if value else []
        case bool() | None:
            return value
        case int() | float():
            return "a number"
        case _:
            return type(value).__name__


async def make_call(app: RunningApp, example: str, run_id: str, expected: str) -> str:
    """Make a call of the document, compare the answer with the document's, and return the run that it names, if any."""
    image = app.folder / "catalogs/shop/images/PROD-1.png"
    sha256 = hashlib.sha256(image.read_bytes()).hexdigest() if "$SHA256" in example else ""
    call = parse_curl(example.replace("$RUN", run_id).replace("'$SHA256'", sha256))
    answer = await app.call(call.method, call.url, call.body, **call.headers)
    head, _, body = expected.partition("\n\n")
    status, *headers = head.splitlines()
    assert answer.status == int(status.split()[1]), example
    for header in headers:
        name, _, value = header.partition(": ")
        assert name in answer.headers, (example, name)
        if name != "Location":
            assert answer.headers[name] == value, (example, name)
    assert find_shape(answer.body) == find_shape(json.loads(body)), example
    return str(answer.body["runId"]) if answer.status == 202 else run_id


@pytest.mark.slow
async def test_every_example_is_answered_as_the_document_shows(tmp_path: Path) -> None:
    examples = _EXAMPLE.findall(DOCUMENT)
    made = 0
    run_id = ""
    async with run_app(tmp_path) as app:
        gate = ImageGate(app.simulator)  # a run is active until the document waits for it
        for position, (language, text) in enumerate(examples):
            if language == "sh" and text.startswith("curl"):
                following, expected = examples[position + 1]
                assert following == "http", text
                run_id = await make_call(app, text, run_id, expected)
                made += 1
            elif language == "sh" and text.startswith("until"):
                gate.open()
                await app.wait(run_id)
                gate.close()
    assert made == DOCUMENT.count("\ncurl ") > 10


def test_every_route_is_listed_with_its_method() -> None:
    listed = {find_codes(row[0])[0] for row in find_table(DOCUMENT, "call")}
    table = read_functions(function_app.app)
    routes = {f"{method} /api/{function.route}" for function in table.http for method in function.methods}
    assert listed == routes


def test_every_field_of_a_run_is_listed() -> None:
    described = DOCUMENT.partition("## Get a run")[2]
    listed = [name for row in find_table(described, "field") for name in find_codes(row[0])]
    fields = {str(field.serialization_alias) for field in RunStatus.model_fields.values()}
    assert {*listed, "runId", "catalog", "status"} == fields


def test_every_type_of_problem_is_listed_with_its_status() -> None:
    listed = {(int(row[1]), find_codes(row[0])[0]) for row in find_table(DOCUMENT, "type")}
    raised = {(problem.status, problem.kind) for problem in PROBLEM_TYPES.values()}
    assert listed == raised
