"""Route templates."""

import pytest

from durable_emulator.host.app_functions import AppFunction, HttpFunction
from durable_emulator.host.routing import Match, RouteTable


def make_function(name: str, route: str, *methods: str) -> HttpFunction:
    function = AppFunction(name, print, "req", (), takes_context=False, is_async=False)
    return HttpFunction(function, route, methods or ("GET",), needs_key=False)


TABLE = RouteTable(
    [
        make_function("any", "runs/{id}"),
        make_function("post", "runs/{id}", "POST"),
        make_function("keys", "runs/keys"),
        make_function("number", "items/{n:int}"),
        make_function("word", "items/{w}"),
        make_function("page", "pages/{page?}"),
        make_function("rest", "files/{*path}"),
    ],
    "api",
)


@pytest.mark.parametrize(
    ("path", "name", "parameters"),
    [
        ("/api/runs/7", "any", {"id": "7"}),
        ("/api/runs/7/", "any", {"id": "7"}),
        ("/API/Runs/Seven", "any", {"id": "Seven"}),
        ("/api/runs/keys", "keys", {}),
        ("/api/items/12", "number", {"n": "12"}),
        ("/api/items/twelve", "word", {"w": "twelve"}),
        ("/api/pages", "page", {}),
        ("/api/pages/3", "page", {"page": "3"}),
        ("/api/files/a/b%20c", "rest", {"path": "a/b c"}),
    ],
)
def test_the_most_literal_route_wins(path: str, name: str, parameters: dict[str, str]) -> None:
    found = TABLE.find("get", path)

    assert isinstance(found, Match)
    assert (found.function.function.name, found.parameters) == (name, parameters)


def test_a_path_of_several_functions_is_reported_apart_by_method() -> None:
    found = TABLE.find("POST", "/api/runs/7")

    assert isinstance(found, Match)
    assert found.function.function.name == "post"
    assert TABLE.find("DELETE", "/api/runs/7") == frozenset({"GET", "POST"})


@pytest.mark.parametrize("path", ["/runs/7", "/api/runs", "/api/runs/7/8", "/api"])
def test_other_paths_are_unknown(path: str) -> None:
    assert TABLE.find("GET", path) == frozenset()
