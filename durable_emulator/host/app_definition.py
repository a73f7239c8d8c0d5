"""Read what an app declares: its functions by trigger, and the settings of host.json."""

import inspect
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from durable_emulator.sdk_internals import App, list_functions

logger = logging.getLogger("durable_emulator.host")

DEFAULT_ROUTE_PREFIX = "api"

ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
"""Methods of an HTTP trigger that names none."""


@dataclass(frozen=True, slots=True)
class AppFunction:
    """A registered function.

    Attributes:
        name: unique in the app.
        call: the Python function.
        trigger_parameter: parameter that receives the trigger's value.
        client_parameters: parameters that receive a durable client binding.
        takes_context: whether it has a parameter ``context`` for the invocation context.
        is_async: whether it runs on the event loop; other functions run on a thread.
    """

    name: str
    call: Callable[..., Any]
    trigger_parameter: str
    client_parameters: tuple[str, ...]
    takes_context: bool
    is_async: bool


@dataclass(frozen=True, slots=True)
class HttpFunction:
    """A function with an HTTP trigger; ``route`` excludes the prefix, ``needs_key`` is False for anonymous ones."""

    function: AppFunction
    route: str
    methods: tuple[str, ...]
    needs_key: bool


@dataclass(frozen=True, slots=True)
class TimerFunction:
    """A function with a timer trigger and its NCRONTAB schedule. The emulator lists it and does not run it."""

    function: AppFunction
    schedule: str


@dataclass(frozen=True, slots=True)
class FunctionTable:
    """The functions of an app that the emulator supports."""

    http: tuple[HttpFunction, ...]
    timers: tuple[TimerFunction, ...]
    orchestrators: Mapping[str, Callable[[Any], str]]
    activities: Mapping[str, AppFunction]


@dataclass(frozen=True, slots=True)
class HostSettings:
    """Settings of host.json that the emulator follows.

    Attributes:
        route_prefix: first segments of every HTTP trigger's path; may be empty.
        max_concurrent_activities: maximum number of concurrent activities; None = no limit.
    """

    route_prefix: str = DEFAULT_ROUTE_PREFIX
    max_concurrent_activities: int | None = None


def read_functions(app: App) -> FunctionTable:
    """Return an app's functions by trigger. Functions with unsupported triggers are skipped with a warning.

    Raises:
        ValueError: two functions have the same name.
    """
    http: list[HttpFunction] = []
    timers: list[TimerFunction] = []
    orchestrators: dict[str, Callable[[Any], str]] = {}
    activities: dict[str, AppFunction] = {}
    for registered in list_functions(app):
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
                logger.warning("Function %s is not served: the emulator does not support %s", function.name, other)
    return FunctionTable(tuple(http), tuple(timers), orchestrators, activities)


def read_host_settings(path: Path) -> HostSettings:
    """Read ``extensions.http.routePrefix`` and ``extensions.durableTask.maxConcurrentActivityFunctions``.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not a JSON object.
    """
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ValueError(f"{path} holds {type(document).__name__}; expected a JSON object")  # noqa: TRY004 - as bad JSON
    extensions = document.get("extensions", {})
    http: dict[str, Any] = extensions.get("http", {})
    durable: dict[str, Any] = extensions.get("durableTask", {})
    return HostSettings(
        route_prefix=http.get("routePrefix", DEFAULT_ROUTE_PREFIX).strip("/"),
        max_concurrent_activities=durable.get("maxConcurrentActivityFunctions"),
    )


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
