"""Reads what an app registers: its functions by trigger, with the names of what they want to be given."""

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

logger = logging.getLogger("durable_emulator.host")

ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
"""What an HTTP trigger that names no methods answers to."""


class App(Protocol):
    """What a ``DFApp`` or ``FunctionApp`` offers."""

    def get_functions(self) -> list[Any]:
        """Return the registered functions."""


@dataclass(frozen=True, slots=True)
class AppFunction:
    """A registered function.

    Attributes:
        name: unique in the app.
        call: the function itself.
        trigger_parameter: what its trigger's value is passed as.
        client_parameters: parameters that get a durable client's binding.
        takes_context: whether it has a parameter ``context`` for the invocation's context.
        is_async: whether it runs on the event loop; the others get a thread.
    """

    name: str
    call: Callable[..., Any]
    trigger_parameter: str
    client_parameters: tuple[str, ...]
    takes_context: bool
    is_async: bool


@dataclass(frozen=True, slots=True)
class HttpFunction:
    """A function with an HTTP trigger; ``route`` has no prefix, ``needs_key`` is False for anonymous ones."""

    function: AppFunction
    route: str
    methods: tuple[str, ...]
    needs_key: bool


@dataclass(frozen=True, slots=True)
class TimerFunction:
    """A function with a timer trigger and its NCRONTAB schedule; listed, not run: a laptop's host comes and goes."""

    function: AppFunction
    schedule: str


@dataclass(frozen=True, slots=True)
class FunctionTable:
    """All functions of an app that the host knows what to do with."""

    http: tuple[HttpFunction, ...]
    timers: tuple[TimerFunction, ...]
    orchestrators: Mapping[str, Callable[[Any], str]]
    activities: Mapping[str, AppFunction]


def read_functions(app: App) -> FunctionTable:
    """Sort an app's functions by trigger; triggers that need a cloud service are left out, with a warning.

    Raises:
        ValueError: two functions have the same name.
    """
    http: list[HttpFunction] = []
    timers: list[TimerFunction] = []
    orchestrators: dict[str, Callable[[Any], str]] = {}
    activities: dict[str, AppFunction] = {}
    for registered in _list_functions(app):
        trigger = registered.get_trigger()
        function = _describe(registered)
        match trigger.type:
            case "httpTrigger":
                http.append(_describe_http(function, trigger))
            case "timerTrigger":
                timers.append(TimerFunction(function, trigger.schedule))
            case "orchestrationTrigger":
                orchestrators |= dict.fromkeys(_list_names(function, trigger.orchestration), function.call)
            case "activityTrigger":
                activities |= dict.fromkeys(_list_names(function, trigger.activity), function)
            case other:
                logger.warning("Function %s is not served: the embedded host has no %s", function.name, other)
    return FunctionTable(tuple(http), tuple(timers), orchestrators, activities)


def _list_functions(app: App) -> list[Any]:
    # The app remembers the names it has listed and takes a second listing for duplicates; hosts come and go.
    if hasattr(app, "functions_bindings"):
        app.functions_bindings = {}
    return app.get_functions()


def _describe(registered: Any) -> AppFunction:
    call = registered.get_user_function()
    trigger = registered.get_trigger()
    return AppFunction(
        name=registered.get_function_name(),
        call=call,
        trigger_parameter=trigger.name,
        client_parameters=tuple(b.name for b in registered.get_bindings() if b.type == "durableClient"),
        takes_context=trigger.name != "context" and "context" in inspect.signature(call).parameters,
        is_async=inspect.iscoroutinefunction(call),
    )


def _describe_http(function: AppFunction, trigger: Any) -> HttpFunction:
    methods = tuple(str(getattr(method, "value", method)).upper() for method in trigger.methods or ())
    level = str(getattr(trigger.auth_level, "value", trigger.auth_level)).lower()
    route = function.name if trigger.route is None else trigger.route
    return HttpFunction(function, route.strip("/"), methods or ALL_METHODS, needs_key=level != "anonymous")


def _list_names(function: AppFunction, declared: str | None) -> Iterable[str]:
    return {function.name, declared or function.name}
