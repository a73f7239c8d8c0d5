"""Registers the HTTP operations as functions of the app."""

import inspect
from collections.abc import Iterable

import azure.durable_functions as df
import azure.functions as func

from shared.telemetry.observed_triggers import observe_request
from triggers.problems import answer_errors
from triggers.route import Route
from triggers.routes import ROUTES

CLIENT_PARAMETER = "client"


def register_routes(routes: Iterable[Route]) -> df.Blueprint:
    """Return a blueprint with one function per route; a handler that takes ``client`` gets the durable client."""
    blueprint = df.Blueprint()
    for route in routes:
        function = observe_request(answer_errors(route.handler))
        if CLIENT_PARAMETER in inspect.signature(route.handler).parameters:
            function = blueprint.durable_client_input(client_name=CLIENT_PARAMETER)(function)
        level = func.AuthLevel.ANONYMOUS if route.is_anonymous else func.AuthLevel.FUNCTION
        blueprint.route(route=route.path, methods=[str(route.method)], auth_level=level)(function)
    return blueprint


blueprint = register_routes(ROUTES)
