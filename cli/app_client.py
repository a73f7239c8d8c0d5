"""Client of the app's HTTP functions, in a durable emulator of this process or deployed."""

import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
from pydantic import ValidationError

from cli.command_target import LOOPBACK_NAMES
from cli.errors import CliError, ExitStatus, get_reason
from cli.request_options import describe_problems
from shared.browse.views import ItemList, ItemRow
from shared.reasons import Reason
from shared.reviews.decision_request import DecisionResult
from shared.runs.run_list import RunPage, RunQuery
from shared.runs.status import RunStatus

PROBLEM_TYPE_PREFIX = "urn:catalog-seeder:problem:"
"""Start of the types of the app's problem documents."""

CONNECT_TIMEOUT_SECONDS = 15.0
RESPONSE_TIMEOUT_SECONDS = 240.0
"""Azure's front end times out after 230 s: https://learn.microsoft.com/azure/azure-functions/functions-scale"""

MAX_SHOWN_CHARACTERS = 200


class UnreachableError(CliError):
    """The app cannot be reached or is temporarily unavailable; the call can be retried."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason=Reason.CONNECTION)


class ProblemError(CliError):
    """The app returned a problem document.

    Attributes:
        status: HTTP status.
        kind: last part of the problem's type, such as ``catalog-busy``.
        document: the problem document.
    """

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.kind = str(document["type"]).removeprefix(PROBLEM_TYPE_PREFIX)
        self.document = document
        is_refusal = status == 422  # noqa: PLR2004 - HTTP
        problems = document.get("errors") if is_refusal else None
        super().__init__(
            describe_problems(problems) if problems else str(document.get("detail", self.kind)),
            reason=get_reason(self.kind),
            exit_status=ExitStatus.WRONG_USAGE if is_refusal else ExitStatus.FAILED,
        )


class AppClient:
    """Calls the HTTP functions of an app.

    Args:
        session: HTTP session.
        origin: scheme and host of the app.
        key: function key, if the app requires one.
    """

    def __init__(self, session: aiohttp.ClientSession, origin: str, key: str | None) -> None:
        self._session = session
        self._origin = origin
        self._headers = {} if key is None else {"x-functions-key": key}

    async def start_run(self, body: Mapping[str, Any]) -> str:
        """Start a run and return its id; ProblemError ``catalog-busy`` if another run holds the catalog."""
        return str((await self._call("POST", "runs", body=body))["runId"])

    async def put_input(self, path: str, data: bytes) -> None:
        """Upload an input; ``path`` is ``inputs/NAME``."""
        await self._call("PUT", path, data=io.BytesIO(data))

    async def estimate_run(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the estimate of a run; starts nothing.

        Apps before 0.2.0 ignore the query and would start the run; the field makes them refuse the body instead.
        """
        return await self._call("POST", "runs", body={"acceptEstimate": False} | dict(body), query={"estimate": "true"})

    async def start_repair(self, catalog: str, body: Mapping[str, Any]) -> str:
        """Start a repair, and return the id of its run."""
        return str((await self._call("POST", f"catalogs/{quote(catalog, safe='')}/repair", body=body))["runId"])

    async def start_regenerate(self, catalog: str, body: Mapping[str, Any]) -> str:
        """Start a run that generates new images for named items, and return its id."""
        return str((await self._call("POST", f"catalogs/{quote(catalog, safe='')}/regenerate", body=body))["runId"])

    async def estimate_regenerate(self, catalog: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the estimate of a run that generates new images for named items; starts nothing."""
        path = f"catalogs/{quote(catalog, safe='')}/regenerate"
        return await self._call("POST", path, body=body, query={"estimate": "true"})

    async def prune(self, catalog: str) -> dict[str, Any]:
        """Remove the items without an image, and return the response."""
        return await self._call("POST", f"catalogs/{quote(catalog, safe='')}/prune")

    async def publish(self, catalog: str, only: str | None = None) -> dict[str, Any]:
        """Publish a catalog, and return the response.

        Args:
            catalog: the catalog.
            only: ``approved`` = publish approved items only.
        """
        if only is not None:
            await self._require_reviews()
        body = None if only is None else {"only": only}
        return await self._call("POST", f"catalogs/{quote(catalog, safe='')}/publish", body=body)

    async def preview_publishing(self, catalog: str, only: str | None = None) -> dict[str, Any]:
        """Return what `publish` would publish; changes nothing."""
        await self._require_reviews()
        body, query = None if only is None else {"only": only}, {"preview": "true"}
        return await self._call("POST", f"catalogs/{quote(catalog, safe='')}/publish", body=body, query=query)

    async def list_items(self, catalog: str, query: Mapping[str, str]) -> ItemList:
        """Return a page of a catalog's items; ``query`` as in HTTP."""
        document = await self._call("GET", f"catalogs/{quote(catalog, safe='')}/items", query=query)
        try:
            return ItemList.model_validate(document)
        except ValidationError as error:
            raise self._explain_unreadable("items", error) from error

    async def get_item(self, catalog: str, product_id: str) -> ItemRow:
        """Return an item; ProblemError ``unknown-item`` if the catalog has none with this id."""
        path = f"catalogs/{quote(catalog, safe='')}/items/{quote(product_id, safe='')}"
        document = await self._call("GET", path)
        try:
            return ItemRow.model_validate(document)
        except ValidationError as error:
            raise self._explain_unreadable("an item", error) from error

    async def put_decisions(self, catalog: str, body: Mapping[str, Any]) -> DecisionResult:
        """Record decisions about images, and return which were recorded."""
        document = await self._call("PUT", f"catalogs/{quote(catalog, safe='')}/decisions", body=body)
        try:
            return DecisionResult.model_validate(document)
        except ValidationError as error:
            raise self._explain_unreadable("decisions", error) from error

    async def read_image(self, catalog: str, folder: str, filename: str) -> bytes:
        """Return a file of a catalog; ``folder`` is ``images`` or ``thumbnails``. ProblemError 404 if there is none."""
        path = f"catalogs/{quote(catalog, safe='')}/{folder}/{quote(filename, safe='')}"
        return (await self._send("GET", path))[1]

    async def _require_reviews(self) -> None:
        """Raise CliError if the app is older than 1.1: it would ignore the parameters, and publish everything."""
        try:
            await self._call("GET", "openapi.json")
        except CliError as error:
            if error.reason != Reason.CONNECTION or isinstance(error, UnreachableError):
                raise
            raise CliError(
                f"the app at {self._origin} is older than 1.1 and has no reviews; deploy the current version",
                reason=Reason.BAD_REQUEST,
            ) from error

    async def get_run(self, run_id: str) -> RunStatus:
        """Return a run's status."""
        return self._read_run(await self._call("GET", f"runs/{quote(run_id, safe='')}"))

    async def list_runs(self, query: RunQuery) -> RunPage:
        """Return a page of runs, newest first."""
        parameters = {"limit": str(query.limit)}
        if query.continuation is not None:
            parameters["continuation"] = query.continuation
        page = await self._call("GET", "runs", query=parameters)
        return RunPage([self._read_run(one) for one in page["runs"]], page["continuation"])

    async def cancel_run(self, run_id: str) -> RunStatus:
        """Cancel a run, and return its status."""
        await self._call("POST", f"runs/{quote(run_id, safe='')}/cancel")
        return await self.get_run(run_id)

    async def fetch_audit(self, run_id: str, file: Path) -> None:
        """Write the audit of a run into a file; ProblemError ``no-audit`` if it has none."""
        _, content = await self._send("GET", f"runs/{quote(run_id, safe='')}/audit")
        with file.open("wb") as opened:
            opened.write(content)

    async def resume_run(self, run_id: str) -> None:
        """Resume a paused run; ProblemError ``run-not-paused`` if it is not paused."""
        await self._call("POST", f"runs/{quote(run_id, safe='')}/resume")

    async def check_health(self) -> list[str]:
        """Check settings, store, providers and the function key of the app.

        Returns:
            Warnings of the app, one line each.

        Raises:
            CliError: the app cannot work.
        """
        await self._call("GET", "health")
        details = await self._call("GET", "health/details")
        return [str(warning) for warning in details.get("warnings", ())]

    async def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        data: io.BytesIO | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        status, content = await self._send(method, path, body=body, data=data, query=query)
        return self._read_document(status, content)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        data: io.BytesIO | None = None,
        query: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Return status and content of a response that is not a problem document."""
        url = f"{self._origin}/api/{path}"
        call = self._session.request(method, url, json=body, data=data, params=query, headers=self._headers)
        try:
            async with call as response:
                status, content = response.status, await response.read()
        except TimeoutError as error:
            raise UnreachableError(f"{self._origin} did not respond in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise UnreachableError(f"{self._origin} cannot be reached: {str(error) or type(error).__name__}") from error
        if status in {401, 403}:
            raise CliError(
                f"{self._origin} refused the function key ({status}); expected --key or FUNCTIONS_KEY to hold it",
                reason=Reason.AUTHENTICATION,
            )
        if status < 400:  # noqa: PLR2004 - HTTP
            return status, content
        raise ProblemError(status, self._read_document(status, content))

    def _read_document(self, status: int, content: bytes) -> dict[str, Any]:
        text = content.decode(errors="replace")
        try:
            document = json.loads(text)
        except ValueError:
            document = None
        is_problem = isinstance(document, dict) and str(document.get("type", "")).startswith(PROBLEM_TYPE_PREFIX)
        if isinstance(document, dict) and (is_problem or status < 400):  # noqa: PLR2004 - HTTP
            return document
        shown = " ".join(text.split())[:MAX_SHOWN_CHARACTERS] or "nothing"
        if status >= 500:  # noqa: PLR2004 - HTTP
            raise UnreachableError(f"{self._origin} is unavailable: it returned status {status}, {shown}")
        raise CliError(
            f"{self._origin} is not a Catalog Seeder app: it returned status {status}, {shown}",
            reason=Reason.CONNECTION,
        )

    def _read_run(self, document: object) -> RunStatus:
        try:
            return RunStatus.model_validate(document)
        except ValidationError as error:
            raise self._explain_unreadable("a run", error) from error

    def _explain_unreadable(self, what: str, error: ValidationError) -> CliError:
        problem = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in problem["loc"])
        return CliError(
            f"{self._origin} returned {what} that cannot be read: {field}: {problem['msg']}",
            reason=Reason.INTERNAL_ERROR,
        )


@asynccontextmanager
async def open_client(origin: str, key: str | None) -> AsyncIterator[AppClient]:
    """Open a client of the app at a scheme and host."""
    async with open_session(is_loopback=urlsplit(origin).hostname in LOOPBACK_NAMES) as session:
        yield AppClient(session, origin, key)


def open_session(*, is_loopback: bool) -> aiohttp.ClientSession:
    """Open a session for calls of an app; calls of this machine use no proxy."""
    timeout = aiohttp.ClientTimeout(total=RESPONSE_TIMEOUT_SECONDS, connect=CONNECT_TIMEOUT_SECONDS)
    return aiohttp.ClientSession(timeout=timeout, trust_env=not is_loopback)


async def check_review_page(origin: str) -> None:
    """Check that an app serves the review page. A sign-in in front of the app is answered in the browser.

    Raises:
        CliError: the app has no review page.
        UnreachableError: the app cannot be reached.
    """
    async with open_session(is_loopback=urlsplit(origin).hostname in LOOPBACK_NAMES) as session:
        try:
            async with session.get(f"{origin}/api/review/", allow_redirects=False) as response:
                status = response.status
        except TimeoutError as error:
            raise UnreachableError(f"{origin} did not respond in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise UnreachableError(f"{origin} cannot be reached: {str(error) or type(error).__name__}") from error
    if status == HTTPStatus.NOT_FOUND:
        raise CliError(
            f"{origin} has no review page; expected a Catalog Seeder app of version 1.1 or later",
            reason=Reason.CONNECTION,
        )
