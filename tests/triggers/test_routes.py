"""One table registers every HTTP function, and describes it."""

import inspect
import re

import pytest

import function_app
from durable_emulator.host.app_definition import read_functions
from triggers.problems import PROBLEM_TYPES
from triggers.route import Route
from triggers.routes import ROUTES

HTTP_FUNCTIONS = {found.function.name: found for found in read_functions(function_app.app).http}


def name_route(route: Route) -> str:
    return route.operation_id


def test_every_http_function_of_the_app_is_a_route_of_the_table() -> None:
    assert {route.handler.__name__ for route in ROUTES} == set(HTTP_FUNCTIONS)


def test_operation_ids_are_distinct_and_in_camel_case() -> None:
    ids = [route.operation_id for route in ROUTES]
    assert len(set(ids)) == len(ids)
    assert [found for found in ids if not re.fullmatch(r"[a-z]+(?:[A-Z][a-z]+)*", found)] == []


@pytest.mark.parametrize("route", ROUTES, ids=name_route)
def test_a_function_has_the_path_method_and_access_of_its_route(route: Route) -> None:
    function = HTTP_FUNCTIONS[route.handler.__name__]
    registered = (function.route, function.methods, function.needs_key)
    assert registered == (route.path, (route.method,), not route.is_anonymous)


@pytest.mark.parametrize("route", ROUTES, ids=name_route)
def test_a_durable_client_is_bound_exactly_where_the_handler_takes_one(route: Route) -> None:
    takes_client = "client" in inspect.signature(route.handler).parameters
    function = HTTP_FUNCTIONS[route.handler.__name__].function
    assert function.client_parameters == (("client",) if takes_client else ())
    assert function.takes_context


@pytest.mark.parametrize("route", ROUTES, ids=name_route)
def test_the_problems_of_a_route_have_a_status(route: Route) -> None:
    assert [problem for problem in route.problems if problem not in PROBLEM_TYPES] == []
    assert len(set(route.problems)) == len(route.problems)
