"""An identity endpoint as in App Service, with faults: https://learn.microsoft.com/azure/app-service/overview-managed-identity."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.http_service import serve

HEADER = "the-identity-header"
CLIENT_ID = "11111111-2222-3333-4444-555555555555"
UNKNOWN_CLIENT = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId"

DROP, SILENCE = "drop", "silence"


@dataclass
class IdentityEndpoint:
    """The behaviour of the endpoint, and the requests that it received.

    Attributes:
        url: for IDENTITY_ENDPOINT.
        plan: answers to the next requests: a status, a body of status 200, DROP or SILENCE; tokens follow.
        always: answer to every request after the plan; None: tokens.
        delay_seconds: before each token.
        token_seconds: lifetime of a token.
        asked: resource and client id of each request.
    """

    url: str = ""
    plan: deque[int | str | dict[str, Any]] = field(default_factory=deque)
    always: int | str | dict[str, Any] | None = None
    delay_seconds: float = 0.0
    token_seconds: int = 86_400
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the platform sets in the app's environment."""
        return {"IDENTITY_ENDPOINT": self.url, "IDENTITY_HEADER": HEADER}

    def choose(self, resource: str, client_id: str | None) -> int | str | dict[str, Any]:
        """Return the answer to the next request."""
        self.asked.append((resource, client_id))
        if self.plan:
            return self.plan.popleft()
        if self.always is not None:
            return self.always
        if client_id not in (None, CLIENT_ID):
            return HTTPStatus.BAD_REQUEST
        self.stopped.wait(self.delay_seconds)
        return {
            "access_token": f"token-{len(self.asked)}",
            "expires_on": str(int(time.time()) + self.token_seconds),
            "resource": resource,
            "token_type": "Bearer",
        }


@contextmanager
def run_identity_endpoint() -> Iterator[IdentityEndpoint]:
    """Run an endpoint on a free port of the loopback interface."""
    endpoint = IdentityEndpoint()

    def respond(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, Any]] | None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        if request.headers["X-IDENTITY-HEADER"] != HEADER or query.get("api-version") != "2019-08-01":
            return HTTPStatus.UNAUTHORIZED, {"statusCode": 401, "message": "not this app"}
        match endpoint.choose(query["resource"], query.get("client_id")):
            case "drop":
                return None
            case "silence":
                endpoint.stopped.wait()
                return None
            case dict() as body:
                return HTTPStatus.OK, body
            case status:
                message = UNKNOWN_CLIENT if status == HTTPStatus.BAD_REQUEST else "try again"
                return int(status), {"statusCode": status, "message": message}

    with serve(respond) as port:
        endpoint.url = f"http://127.0.0.1:{port}/msi/token"
        try:
            yield endpoint
        finally:
            endpoint.stopped.set()
