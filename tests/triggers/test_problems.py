"""Errors become problem documents: one table of statuses and types."""

import json
from typing import Any

import azure.functions as func
import pytest

from cli.app_client import PROBLEM_TYPE_PREFIX as CLIENT_PREFIX
from shared import errors
from shared.config import SettingError
from shared.errors import RequestError, StoreFullError
from shared.storage.json_files import DamagedFileError
from triggers.problems import PROBLEM_TYPE_PREFIX, REQUEST_ERROR_STATUSES, write_problem

REQUEST = func.HttpRequest("POST", "https://seeder.example/api/runs", body=b"")


def describe(error: Exception) -> tuple[int, dict[str, Any]]:
    response = write_problem(error, REQUEST)
    assert response.mimetype == "application/problem+json"
    return response.status_code, json.loads(response.get_body())


def list_request_errors(base: type[RequestError] = RequestError) -> set[type[RequestError]]:
    found = set(base.__subclasses__())
    return found.union(*(list_request_errors(error) for error in found))


def test_every_error_of_a_request_has_a_status() -> None:
    assert set(REQUEST_ERROR_STATUSES) == list_request_errors()


def test_kinds_are_distinct() -> None:
    kinds = [error.kind for error in REQUEST_ERROR_STATUSES]
    assert len(set(kinds)) == len(kinds)


def test_the_command_line_and_the_app_agree_on_the_types() -> None:
    assert CLIENT_PREFIX == PROBLEM_TYPE_PREFIX


def test_a_problem_has_the_members_of_rfc_9457_and_those_of_its_error() -> None:
    status, problem = describe(errors.RunNotPausedError("run x is Running", runStatus="Running"))
    assert (status, problem) == (
        409,
        {
            "type": "urn:catalog-seeder:problem:run-not-paused",
            "title": "run not paused",
            "status": 409,
            "detail": "run x is Running",
            "runStatus": "Running",
        },
    )


def test_a_problem_that_repeats_half_a_character_of_the_request_is_valid_utf_8() -> None:
    status, problem = describe(errors.InvalidRequestError("imagePrompts.\ud800", "is not among productIds"))
    assert (status, problem["errors"][0]["field"]) == (422, "imagePrompts.?")


def test_a_busy_catalog_links_the_run_that_holds_it() -> None:
    status, problem = describe(errors.CatalogBusyError("lego", "8204736755521-af1e9c55"))
    assert (status, problem["runId"]) == (409, "8204736755521-af1e9c55")
    assert problem["links"]["self"] == "https://seeder.example/api/runs/8204736755521-af1e9c55"


@pytest.mark.parametrize(
    ("error", "status", "member"),
    [
        (SettingError("IMAGE_MODEL", "is missing"), 503, {"setting": "IMAGE_MODEL"}),
        (DamagedFileError("runs/x/request.json", "expected JSON"), 500, {"path": "runs/x/request.json"}),
        (StoreFullError("no space"), 503, {"type": "urn:catalog-seeder:problem:store-unavailable"}),
        (errors.InvalidInputError("input", "a"), 422, {"errors": [{"field": "input", "message": "a"}]}),
    ],
)
def test_errors_of_services_have_their_own_status(error: Exception, status: int, member: dict[str, Any]) -> None:
    found, problem = describe(error)
    assert found == status
    assert member.items() <= problem.items()


def test_the_message_of_an_unexpected_error_stays_inside() -> None:
    status, problem = describe(RuntimeError("a secret"))
    assert (status, problem["type"]) == (500, "urn:catalog-seeder:problem:internal-error")
    assert "secret" not in json.dumps(problem)
