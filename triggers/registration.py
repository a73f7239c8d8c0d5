"""Registers the HTTP operations as functions of the app."""

import inspect
from collections.abc import Iterable, Mapping
from functools import wraps
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from shared.telemetry.observed_triggers import observe_request
from triggers.cross_site import refuse_cross_site
from triggers.problems import answer_errors
from triggers.route import HttpHandler, Route
from triggers.routes import ROUTES

CLIENT_PARAMETER = "client"

COMMON_HEADERS = {"X-Content-Type-Options": "nosniff"}
"""A browser takes every response as what it declares: neither JSON nor an image becomes a page."""


def register_routes(routes: Iterable[Route]) -> df.Blueprint:
    """Return a blueprint with one function per route; a handler that takes ``client`` gets the durable client."""
    blueprint = df.Blueprint()
    for route in routes:
        function = observe_request(wrap_handler(route))
        if CLIENT_PARAMETER in inspect.signature(route.handler).parameters:
            function = blueprint.durable_client_input(client_name=CLIENT_PARAMETER)(function)
        level = func.AuthLevel.ANONYMOUS if route.is_anonymous else func.AuthLevel.FUNCTION
        blueprint.route(route=route.path, methods=[str(route.method)], auth_level=level)(function)
    return blueprint


def wrap_handler(route: Route) -> HttpHandler:
    """Return the handler of a route with what all of them have: cross-site protection, problems and headers."""
    handler = refuse_cross_site(route.handler) if route.changes_something else route.handler
    return _add_headers(answer_errors(handler), COMMON_HEADERS | dict(route.response_headers))


def _add_headers(handler: HttpHandler, headers: Mapping[str, str]) -> HttpHandler:
    @wraps(handler)
    async def handle(req: func.HttpRequest, **bindings: Any) -> func.HttpResponse:
        response = await handler(req=req, **bindings)
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    return handle


blueprint = register_routes(ROUTES)
