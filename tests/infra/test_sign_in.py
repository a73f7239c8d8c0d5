"""The sign-in before the app: which paths it covers, and that programs with a function key keep their API."""

import re
from typing import Any

import pytest

from tests.support.bicep import read_bicep
from tests.support.infra_checks import REPOSITORY
from tests.support.markdown_documents import find_codes, find_table, read
from triggers.route import Route
from triggers.routes import ROUTES

SIGN_IN = read_bicep(REPOSITORY / "infra" / "modules" / "sign-in.bicep")
MAIN = read_bicep(REPOSITORY / "infra" / "main.bicep")
PAGE_ROUTE = "review/{*path}"


def is_excluded(path: str, patterns: list[str]) -> bool:
    """Return whether the platform lets a path through: exact, or below a pattern that ends in ``/*``."""
    return any(path.startswith(pattern[:-1]) if pattern.endswith("/*") else path == pattern for pattern in patterns)


def list_api_paths() -> list[str]:
    paths: Any = SIGN_IN.variables["apiPaths"]
    return ["/api/health", *paths]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation_id)
def test_only_the_review_page_needs_a_sign_in_where_the_api_does_not(route: Route) -> None:
    path = "/api/" + re.sub(r"\{[^}]*\}", "x", route.path)
    assert is_excluded(path, list_api_paths()) == (route.path != PAGE_ROUTE)


def test_the_page_is_behind_the_sign_in_with_and_without_its_slash() -> None:
    assert not any(
        is_excluded(path, list_api_paths()) for path in ("/api/review", "/api/review/", "/api/review/main.js")
    )


def test_a_path_that_only_looks_like_one_of_the_api_is_behind_the_sign_in() -> None:
    assert not any(
        is_excluded(path, list_api_paths()) for path in ("/api/runsx", "/api/inputs", "/admin/host/keys", "/")
    )


def test_there_is_no_sign_in_unless_an_application_is_named() -> None:
    assert MAIN.parameters["entraClientId"].default == ""
    source = (REPOSITORY / "infra" / "main.bicep").read_text(encoding="utf-8")
    assert "module signIn 'modules/sign-in.bicep' = if (!empty(entraClientId))" in source


def test_a_deployment_of_an_earlier_version_keeps_its_sign_in() -> None:
    assert MAIN.parameters["entraSignIn"].default == "tokens"


def test_each_choice_is_explained() -> None:
    (allowed,) = re.findall(
        r"@allowed\((\[[^]]*\])\)\nparam entraSignIn ", (REPOSITORY / "infra" / "main.bicep").read_text()
    )
    choices = re.findall(r"\w+", allowed)
    table = find_table(read("docs/guides/operate-in-azure.md"), "`ENTRA_SIGN_IN`")
    assert [find_codes(row[0])[0] for row in table] == choices == ["tokens", "all", "page"]
