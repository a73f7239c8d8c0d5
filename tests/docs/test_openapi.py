"""The OpenAPI document is valid, and its examples follow its schemas."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no type information
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from docs.tools.openapi.document import COMMON_PROBLEMS, make_document
from docs.tools.openapi.examples import is_example_of, read_examples
from shared.version import __version__
from tests.support.openapi import close_objects, find_response, make_validator
from triggers.problems import PROBLEM_TYPES
from triggers.routes import ROUTES

DOCUMENT: dict[str, Any] = json.loads(Path("triggers/openapi.json").read_text(encoding="utf-8"))
CLOSED = close_objects(DOCUMENT)
OPERATIONS = {
    operation["operationId"]: operation for methods in DOCUMENT["paths"].values() for operation in methods.values()
}


def list_examples(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield place, schema and value of each example of an operation."""
    contents = {"request": operation.get("requestBody", {})} | {
        status: find_response(CLOSED, response) for status, response in operation["responses"].items()
    }
    for place, content in contents.items():
        for media in content.get("content", {}).values():
            for name, example in media.get("examples", {}).items():
                yield f"{place} {name}", media["schema"], example["value"]
                if "x-problem-types" in content:
                    assert example["value"]["type"] in content["x-problem-types"], place
                    assert example["value"]["status"] == int(place), place


def test_the_committed_document_is_current() -> None:
    assert make_document() == DOCUMENT, "run: make docs"


def test_the_document_follows_the_specification_of_openapi() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_the_specification_is_checked_beyond_the_form_of_objects() -> None:
    damaged = copy.deepcopy(DOCUMENT)
    damaged["paths"]["/runs/{runId}"]["get"]["parameters"] = []
    assert [*OpenAPIV31SpecValidator(damaged).iter_errors()]


def test_every_schema_is_a_valid_json_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_route_is_an_operation_with_its_method_and_path() -> None:
    described = {
        (operation["operationId"], method.upper(), path)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }
    routes = {(route.operation_id, route.method, "/" + route.path.replace("{*", "{")) for route in ROUTES}
    assert described == routes
    assert DOCUMENT["info"]["version"] == __version__


@pytest.mark.parametrize("route", ROUTES, ids=[route.operation_id for route in ROUTES])
def test_an_operation_lists_its_answers_its_problems_and_whether_it_needs_the_key(route: Any) -> None:
    operation = OPERATIONS[route.operation_id]
    problems = {str(PROBLEM_TYPES[error].status) for error in route.problems}
    common = {str(PROBLEM_TYPES[error].status) for error in COMMON_PROBLEMS}
    expected = {*map(str, route.answers), *problems, "500"} | (set() if route.is_anonymous else {"401", *common})
    assert {*operation["responses"]} == expected | ({"403"} if route.changes_something else set())
    assert (operation.get("security") == []) is route.is_anonymous


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_the_examples_of_an_operation_follow_its_schemas(operation_id: str) -> None:
    for place, schema, value in list_examples(OPERATIONS[operation_id]):
        errors = [error.message for error in make_validator(CLOSED, schema).iter_errors(value)]
        assert errors == [], place


def test_an_answer_with_a_field_that_no_schema_has_is_found() -> None:
    (schema, value), *_ = [
        (schema, value) for place, schema, value in list_examples(OPERATIONS["getRun"]) if place.startswith("200")
    ]
    errors = [*make_validator(CLOSED, schema).iter_errors(value | {"surprise": 1})]
    assert len(errors) == 1
    without = {name: held for name, held in value.items() if name != "status"}
    assert [*make_validator(CLOSED, schema).iter_errors(without)]


def test_every_operation_with_a_schema_has_an_example_that_was_called() -> None:
    without = [
        route.operation_id
        for route in ROUTES
        if route.answers[next(iter(route.answers))].schema not in {"", "OpenapiDocument"}
        and not any(is_example_of(example, route) for example in read_examples())
    ]
    assert without == [], "add a call and its answer to docs/reference/http.md"


def test_every_operation_and_every_field_of_a_request_is_described() -> None:
    for operation_id, operation in OPERATIONS.items():
        assert operation["summary"], operation_id
        assert len(operation["description"]) > 10, operation_id
    undescribed = [
        f"{name}.{field}"
        for name, schema in DOCUMENT["components"]["schemas"].items()
        if name.endswith("Request") or name in {"Theme", "Refinement", "RunStatus"}
        for field, held in schema["properties"].items()
        if not held.get("description")
    ]
    assert undescribed == []


def test_names_are_camel_case_throughout() -> None:
    names = {field for schema in DOCUMENT["components"]["schemas"].values() for field in schema.get("properties", {})}
    assert [name for name in names if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name)] == []


def test_the_key_in_the_address_is_not_part_of_the_document() -> None:
    names = [parameter["name"] for operation in OPERATIONS.values() for parameter in operation.get("parameters", ())]
    assert "code" not in names
    scheme = DOCUMENT["components"]["securitySchemes"]["functionKey"]
    assert (scheme["in"], scheme["name"]) == ("header", "x-functions-key")
