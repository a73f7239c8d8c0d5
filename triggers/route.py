"""What one HTTP operation is: how it is registered, and what the OpenAPI document reports about it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import azure.functions as func

HttpHandler = Callable[..., Awaitable[func.HttpResponse]]
"""Takes the request as ``req`` and, if it has that parameter, the durable client as ``client``."""

JSON = "application/json"


class Method(StrEnum):
    """HTTP method of an operation."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"


class Tag(StrEnum):
    """Group of operations in the OpenAPI document."""

    RUNS = "runs"
    CATALOGS = "catalogs"
    REVIEW = "review"
    INPUTS = "inputs"
    APP = "app"


@dataclass(frozen=True, slots=True)
class Body:
    """Body of a request.

    Attributes:
        schema: name of a schema of the OpenAPI document; empty = bytes.
        media_types: media types of the body.
        is_required: whether an absent body is refused.
    """

    schema: str = ""
    media_types: tuple[str, ...] = (JSON,)
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """Response of one status that is not a problem.

    Attributes:
        description: what the status means, without a period at the end.
        schema: name of a schema of the OpenAPI document; empty = bytes, or no body.
        media_types: media types of the body; empty = the response has none.
        headers: names of response headers that callers can rely on.
    """

    description: str
    schema: str = ""
    media_types: tuple[str, ...] = (JSON,)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTP operation.

    Schemas are named and not imported: the app needs none of them to start. ``docs/tools/openapi`` resolves the names.

    Attributes:
        operation_id: name of the operation for generated clients, in camelCase.
        method: HTTP method.
        path: route template below the prefix ``/api``.
        handler: the function; its name is the function's name in Azure.
        tag: group of the operation.
        summary: one line in the imperative, without a period at the end.
        answers: responses by status, the usual one first.
        body: body of the request, if the operation reads one.
        query: name of the model whose fields are the query parameters; empty = none.
        request_headers: names of optional request headers that the operation reads.
        problems: errors that become problem documents, besides those that every operation can answer.
        is_anonymous: whether the operation needs no function key.
        response_headers: headers of every response, problems included, unless the handler sets them.
    """

    operation_id: str
    method: Method
    path: str
    handler: HttpHandler
    tag: Tag
    summary: str
    answers: Mapping[int, Answer]
    body: Body | None = None
    query: str = ""
    request_headers: tuple[str, ...] = ()
    problems: tuple[type[Exception], ...] = ()
    is_anonymous: bool = False
    response_headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def changes_something(self) -> bool:
        """Whether a request can change something."""
        return self.method is not Method.GET
