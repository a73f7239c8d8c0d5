"""Finds the HTTP trigger for a path, by the rules of Azure Functions' route templates.

Understood are ``{name}``, ``{name?}`` (last segment), ``{*name}`` (the rest of the path) and the constraints ``int``,
``guid`` and ``alpha``. Letter case does not matter; the more literal route wins.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from durable_emulator.host.app_functions import HttpFunction
from durable_emulator.host.errors import RouteError

CONSTRAINTS = {
    "": r"[^/]+",
    "int": r"-?\d+",
    "alpha": r"[A-Za-z]+",
    "guid": r"[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}",
}
SEGMENT = re.compile(r"\{(?P<rest>\*)?(?P<name>[A-Za-z_]\w*)(?::(?P<constraint>\w+))?(?P<optional>\?)?\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A compiled route: ``path`` as people write it, ``pattern`` over the raw path, ``rank`` lower for more literal."""

    function: HttpFunction
    path: str
    pattern: re.Pattern[str]
    rank: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The function for a request and what its route's placeholders stand for."""

    function: HttpFunction
    parameters: Mapping[str, str]


class RouteTable:
    """All HTTP triggers of an app.

    Args:
        functions: the triggers.
        prefix: first segments of every path, such as ``api``; may be empty.

    Raises:
        RouteError: a route cannot be understood.
    """

    def __init__(self, functions: Iterable[HttpFunction], prefix: str) -> None:
        self._routes = sorted((_compile(function, prefix) for function in functions), key=lambda route: route.rank)

    @property
    def routes(self) -> tuple[Route, ...]:
        """All routes, the more literal ones first."""
        return tuple(self._routes)

    def find(self, method: str, raw_path: str) -> Match | frozenset[str]:
        """Return the match for a request, or the methods that its path would take: none, if the path is unknown."""
        allowed: set[str] = set()
        for route in self._routes:
            found = route.pattern.fullmatch(raw_path)
            if found is None:
                continue
            if method.upper() in route.function.methods:
                parameters = {name: unquote(value) for name, value in found.groupdict().items() if value is not None}
                return Match(route.function, parameters)
            allowed.update(route.function.methods)
        return frozenset(allowed)


def _compile(function: HttpFunction, prefix: str) -> Route:
    path = "/" + "/".join(part for part in (prefix.strip("/"), function.route) if part)
    pattern, rank = "", []
    for segment in path.split("/")[1:]:
        piece, literalness = _compile_segment(function, segment)
        pattern += piece
        rank.append(literalness)
    return Route(function, path, re.compile(pattern + "/?", re.IGNORECASE), tuple(rank))


def _compile_segment(function: HttpFunction, segment: str) -> tuple[str, int]:
    if "{" not in segment and "}" not in segment:
        return "/" + re.escape(segment), 0
    placeholder = SEGMENT.fullmatch(segment)
    constraint = CONSTRAINTS.get(placeholder["constraint"] or "") if placeholder else None
    if placeholder is None or constraint is None:
        raise RouteError(
            f"function {function.function.name}: route segment {segment!r} is not understood; expected {{name}}, "
            "{name?}, {*name} or one of the constraints int, guid, alpha",
        )
    name = placeholder["name"]
    if placeholder["rest"]:
        return f"(?:/(?P<{name}>.*))?", 3
    piece = f"/(?P<{name}>{constraint})"
    return (f"(?:{piece})?", 2) if placeholder["optional"] else (piece, 1 if placeholder["constraint"] else 2)
