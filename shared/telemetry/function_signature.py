"""Wraps a function of the app so that the host hands it the invocation's context as well."""

import inspect
from collections.abc import Callable
from typing import Any

import azure.functions as func


def add_context_parameter(wrapper: Callable[..., Any], function: Callable[..., Any]) -> None:
    """Make a wrapper look like the function, with one more parameter: ``context``.

    The worker passes the invocation's context to whoever has a parameter of that name and of the type
    ``azure.functions.Context``. It reads signature and annotations, so ``functools.wraps`` alone would hide it.
    """
    signature = inspect.signature(function)
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=func.Context)
    wrapper.__module__ = function.__module__
    wrapper.__name__ = function.__name__
    wrapper.__qualname__ = function.__qualname__
    wrapper.__doc__ = function.__doc__
    wrapper.__annotations__ = function.__annotations__ | {"context": func.Context}
    wrapper.__signature__ = signature.replace(  # type: ignore[attr-defined]  # inspect's documented way
        parameters=[*signature.parameters.values(), context],
    )
