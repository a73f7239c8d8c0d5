"""Assembles the OpenAPI document."""

import json
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from docs.tools.markdown import convert_docstring
from docs.tools.openapi.examples import Example, is_example_of, name_example, read_examples
from docs.tools.openapi.parameters import HEADERS, PATH_PARAMETERS, REQUEST_HEADERS
from docs.tools.openapi.schemas import REFERENCE, make_query, make_schemas
from docs.tools.problem_types import list_problem_types
from shared.config import SettingError
from shared.errors import CrossSiteRequestError, StoreUnavailableError
from shared.storage.json_files import DamagedFileError
from shared.version import __version__
from triggers.problems import PROBLEM_TYPE_PREFIX, PROBLEM_TYPES
from triggers.route import JSON, Body, Route, Tag
from triggers.routes import ROUTES

PROBLEM_JSON = "application/problem+json"
PROBLEM_TYPES_KEY = "x-problem-types"
"""Member of a response object that lists its values of ``type``."""

KEY = "functionKey"
FILE = "triggers/openapi.json"
FIRST_ERROR = 400
MAX_EXAMPLES = 3

DESCRIPTION = """\
Start runs that generate product catalogs with one image per product, follow them, and review, repair and publish their
catalogs. Errors are problem documents (RFC 9457) with a stable `type`. Times are ISO 8601 in UTC; paths are paths in
the store. Answers can get further fields in a later version."""

TAGS = {
    Tag.RUNS: "Start, estimate, follow and control runs.",
    Tag.CATALOGS: "Read, repair, prune and publish catalogs.",
    Tag.REVIEW: "Read, approve, reject and regenerate images.",
    Tag.INPUTS: "Files of products and prompts for runs to read.",
    Tag.APP: "Health of the app, this document and the review page.",
}

COMMON_PROBLEMS: Sequence[type[Exception]] = (Exception, DamagedFileError, SettingError, StoreUnavailableError)
"""Errors that every operation with a function key can answer."""

SHARED_RESPONSES = {
    "CrossSite": (CrossSiteRequestError,),
    "ServerError": (Exception, DamagedFileError),
    "Unavailable": (SettingError, StoreUnavailableError),
}
"""Responses that many operations have, by name: the errors that cause them."""


def make_document() -> dict[str, Any]:
    """Return the OpenAPI document of the app."""
    examples = list(read_examples())
    paths: dict[str, Any] = {}
    for route in ROUTES:
        path = "/" + route.path.replace("{*", "{")
        paths.setdefault(path, {})[route.method.lower()] = _describe(route, examples)
    schemas = make_schemas()
    schemas["Problem"]["properties"]["type"]["enum"] = [
        PROBLEM_TYPE_PREFIX + problem.kind for problem, _ in list_problem_types()
    ]
    _check_schemas(schemas)
    responses = {name: _describe_problems(errors, {}) for name, errors in SHARED_RESPONSES.items()}
    responses["NoKey"] = {"description": "The function key is missing or wrong; the body is empty."}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Catalog Seeder",
            "version": __version__,
            "description": convert_docstring(DESCRIPTION),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/api"}],
        "security": [{KEY: []}],
        "tags": [{"name": tag, "description": text} for tag, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": HEADERS,
            "securitySchemes": {KEY: {"type": "apiKey", "in": "header", "name": "x-functions-key"}},
            "responses": {"NoKey": {"description": "The function key is missing or wrong; the body is empty."}}
            | responses,
        },
    }


def _check_schemas(schemas: Container[str]) -> None:
    """Check that each schema that the table of operations names has a model.

    Raises:
        ValueError: one has none.
    """
    for route in ROUTES:
        bodies = () if route.body is None else (route.body.schema,)
        for name in (*bodies, *(answer.schema for answer in route.answers.values())):
            if name and name not in schemas:
                raise ValueError(
                    f"{route.operation_id} names {name}; expected a model in docs/tools/openapi/schemas.py"
                )


def dump_document() -> str:
    """Return the text of the committed file."""
    return json.dumps(make_document(), indent=1, ensure_ascii=False) + "\n"


def _describe(route: Route, examples: Sequence[Example]) -> dict[str, Any]:
    """Return the operation object of a route."""
    own = [example for example in examples if is_example_of(example, route)]
    text = convert_docstring(route.handler.__doc__ or "").partition(": ")[2]
    operation: dict[str, Any] = {
        "operationId": route.operation_id,
        "tags": [route.tag],
        "summary": route.summary,
        "description": text[:1].upper() + text[1:],
    }
    if parameters := [*_list_parameters(route)]:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = _describe_body(route.body, own)
    operation["responses"] = dict(_list_answers(route, own)) | dict(_list_problems(route, own))
    if route.is_anonymous:
        operation["security"] = []
    return operation


def _list_parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{\*?(\w+)\}", route.path):
        yield {"name": name, "in": "path", "required": True} | PATH_PARAMETERS[name]
    if route.query:
        yield from make_query(route.query)
    for header in route.request_headers:
        yield {"name": header, "in": "header", "required": False} | REQUEST_HEADERS[header]


def _describe_body(body: Body, examples: Sequence[Example]) -> dict[str, Any]:
    if not body.schema:
        return {"required": body.is_required, "content": _describe_bytes(body.media_types)}
    media: dict[str, Any] = {"schema": {"$ref": REFERENCE + body.schema}}
    shown = _name_examples(
        (example.heading, json.loads(example.call.body))
        for example in examples
        if example.call.body is not None and example.status < FIRST_ERROR
    )
    if shown:
        media["examples"] = shown
    return {"required": body.is_required, "content": dict.fromkeys(body.media_types, media)}


def _list_answers(route: Route, examples: Sequence[Example]) -> Iterator[tuple[str, Any]]:
    for status, answer in route.answers.items():
        described: dict[str, Any] = {"description": answer.description[:1].upper() + answer.description[1:] + "."}
        if answer.headers:
            described["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in answer.headers}
        if answer.media_types and not answer.schema:
            described["content"] = _describe_bytes(answer.media_types)
        elif answer.schema:
            media: dict[str, Any] = {"schema": {"$ref": REFERENCE + answer.schema}}
            if shown := _show_answers(examples, status):
                media["examples"] = shown
            described["content"] = dict.fromkeys(answer.media_types, media)
        yield str(status), described


def _describe_bytes(media_types: Iterable[str]) -> dict[str, Any]:
    """Return the content of bytes. Most generators of clients know them by this format; JSON has any form."""
    return {name: {} if name == JSON else {"schema": {"type": "string", "format": "binary"}} for name in media_types}


def _list_problems(route: Route, examples: Sequence[Example]) -> Iterator[tuple[str, Any]]:
    errors = [*route.problems, *((Exception,) if route.is_anonymous else COMMON_PROBLEMS)]
    if route.changes_something:
        errors.append(CrossSiteRequestError)
    if not route.is_anonymous:
        yield "401", {"$ref": "#/components/responses/NoKey"}

    def read_status(error: type[Exception]) -> int:
        return PROBLEM_TYPES[error].status

    for status, group in groupby(sorted(errors, key=read_status), key=read_status):
        found = [*group]
        names = [name for name, shared in SHARED_RESPONSES.items() if {*shared} == {*found}]
        if names:
            yield str(status), {"$ref": f"#/components/responses/{names[0]}"}
        else:
            yield str(status), _describe_problems(found, _show_answers(examples, status))


def _describe_problems(errors: Sequence[type[Exception]], shown: dict[str, Any]) -> dict[str, Any]:
    """Return the response object of errors with the same status."""
    problems = sorted({PROBLEM_TYPES[error] for error in errors})
    texts = dict(list_problem_types())
    media: dict[str, Any] = {"schema": {"$ref": REFERENCE + "Problem"}}
    if shown:
        media["examples"] = shown
    lines = [f"- `{problem.kind}`: {texts[problem]}" for problem in problems]
    types = [PROBLEM_TYPE_PREFIX + problem.kind for problem in problems]
    return {"description": "\n".join(lines), "content": {PROBLEM_JSON: media}, PROBLEM_TYPES_KEY: types}


def _show_answers(examples: Sequence[Example], status: int) -> dict[str, Any]:
    return _name_examples(
        (example.heading, example.answer)
        for example in examples
        if example.status == status and example.answer is not None
    )


def _name_examples(examples: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return example objects by a name from their heading; equal examples once, MAX_EXAMPLES at most."""
    shown: dict[str, Any] = {}
    for heading, value in examples:
        is_new = value not in [other["value"] for other in shown.values()]
        if is_new and len(shown) < MAX_EXAMPLES:
            shown[name_example(heading, shown)] = {"summary": heading, "value": value}
    return shown
