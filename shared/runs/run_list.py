"""Lists runs, newest first."""

import logging
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from shared.errors import InvalidRequestError, UnknownRunError
from shared.runs.durable_client import DurableClient
from shared.runs.request import CATALOG_NAME_PATTERN, check_catalog_name
from shared.runs.status import RunStatus, Status
from shared.runs.view import load_run_status
from shared.services.container import Services
from shared.storage.json_files import DamagedFileError

MAX_RUNS_PER_PAGE = 100
MAX_FOLDER_PAGES = 10
"""Maximum number of pages of run ids that one answer reads to find runs with a status or of a catalog."""

logger = logging.getLogger(__name__)


def _parse_status(value: Any) -> Any:
    """Return the status that a text spells, without regard to case."""
    return {str(status).casefold(): status for status in Status}.get(str(value).casefold(), value)


def _parse_limit(value: Any) -> Any:
    """Return a number as given, or of its decimal digits: Pydantic would also read " 5" and "5_0"."""
    if isinstance(value, str) and not value.isdecimal():
        raise ValueError(f"is {value[:40]!r}; expected a whole number from 1 to {MAX_RUNS_PER_PAGE}")
    return value


class RunQuery(BaseModel):
    """Which runs to list."""

    status: Annotated[Status, BeforeValidator(_parse_status)] | None = Field(
        default=None, description="Only runs with this status, in any letter case."
    )
    catalog: Annotated[str, AfterValidator(check_catalog_name)] | None = Field(
        default=None,
        description="Only runs of this catalog.",
        json_schema_extra={"pattern": f"^{CATALOG_NAME_PATTERN}$"},
    )
    limit: Annotated[int, BeforeValidator(_parse_limit), Field(ge=1, le=MAX_RUNS_PER_PAGE)] = Field(
        default=20, description="Maximum number of runs in the page."
    )
    continuation: str | None = Field(default=None, description="The `continuation` of the page before.")


@dataclass(frozen=True, slots=True)
class RunPage:
    """A page of runs, newest first; ``continuation`` starts the next page, None = this is the last one."""

    runs: list[RunStatus]
    continuation: str | None


async def list_runs(services: Services, client: DurableClient | None, query: RunQuery) -> RunPage:
    """Return a page of runs. A run whose files cannot be read is left out, so that it does not hide the others.

    Args:
        services: the services.
        client: the durable client; None = read the store alone.
        query: which runs to list.

    Raises:
        InvalidRequestError: the continuation is not one of an earlier page.
        StoreUnavailableError: the store does not answer.
    """
    continuation = query.continuation
    runs: list[RunStatus] = []
    for _ in range(MAX_FOLDER_PAGES):
        limit = query.limit - len(runs)
        try:
            page = await services.store.list_folders("runs/", limit=limit, continuation=continuation)
        except ValueError as error:
            message = f"is {str(continuation)[:60]!r}; expected the continuation of an earlier page"
            raise InvalidRequestError("continuation", message) from error
        continuation = page.continuation
        for name in page.names:
            run = await _load_listed_run(services, client, name)
            if run is not None and query.status in {None, run.status} and query.catalog in {None, run.catalog}:
                runs.append(run)
        if continuation is None or len(runs) >= query.limit:
            break
    return RunPage(runs, continuation)


async def _load_listed_run(services: Services, client: DurableClient | None, run_id: str) -> RunStatus | None:
    try:
        return await load_run_status(services, client, run_id)
    except UnknownRunError:  # other folders, such as runs/keys/
        return None
    except DamagedFileError as error:
        logger.warning("run %s is left out of the list: %s", run_id, error)
        return None
