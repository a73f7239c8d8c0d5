"""What happened in a run: its request, its stop record, its pages, failures and rejections, and how it ended."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter

from shared.domain import paths
from shared.domain.items import Rejection
from shared.domain.messages import Failure
from shared.domain.requests import SeedRequest
from shared.domain.run_status import RunStatus
from shared.ports import Store
from shared.reasons import Reason
from shared.records.files import CAMEL_CASE, JSON_TYPE, dump_json, read_json


class UnknownRunError(LookupError):
    """There is no request in the store for a run id."""


@dataclass(frozen=True, slots=True)
class PageJob:
    """One image job of a page: the item, and the batch that holds it."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    product_id: str
    batch: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of image jobs, claimed by a lane.

    Attributes:
        claimant: the lane, and which of its pages this is.
        through_batch: the next page begins after this batch and index.
        through_index: items of that batch that this page or one before it has looked at.
        jobs: what is to be made.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    claimant: str
    through_batch: int
    through_index: int
    jobs: tuple[PageJob, ...]


_PAGE = TypeAdapter(Page)
_ROW = TypeAdapter(dict[str, Any])
_ROWS = TypeAdapter(list[dict[str, Any]])


async def create_request(store: Store, run_id: str, request: SeedRequest) -> bool:
    """Record what a run is asked; False if its request is there already."""
    path = paths.run_file(run_id, "request.json")
    return await store.create(path, dump_json(request.to_json()), content_type=JSON_TYPE)


async def read_request(store: Store, run_id: str) -> SeedRequest:
    """Return what a run was asked.

    Raises:
        UnknownRunError: there is no such run.
    """
    path = paths.run_file(run_id, "request.json")
    request = await read_json(store, path, SeedRequest.model_validate)
    if request is None:
        raise UnknownRunError(run_id)
    return request


async def record_stop(store: Store, run_id: str, failure: Failure) -> None:
    """Stop a run: no paid call is made from here on. The first reason stays."""
    data = {"reason": str(failure.reason), "message": failure.message, "at": _now()}
    await store.create(paths.run_file(run_id, "stop.json"), dump_json(data), content_type=JSON_TYPE)


async def read_stop(store: Store, run_id: str) -> Failure | None:
    """Return why a run was stopped, or None."""

    def parse(data: dict[str, Any]) -> Failure:
        return Failure(Reason(data["reason"]), data["message"])

    return await read_json(store, paths.run_file(run_id, "stop.json"), parse)


async def close_items(store: Store, run_id: str) -> None:
    """Record that a run's items are complete: a lane that finds nothing left may end."""
    await store.create(
        paths.run_file(run_id, "items-closed.json"),
        dump_json({"at": _now()}),
        content_type=JSON_TYPE,
    )


async def are_items_closed(store: Store, run_id: str) -> bool:
    """Tell whether a run will write no more items."""
    return await store.describe(paths.run_file(run_id, "items-closed.json")) is not None


async def read_page(store: Store, run_id: str, page: int) -> Page | None:
    """Return a claimed page, or None."""
    return await read_json(store, paths.page_file(run_id, page), _PAGE.validate_python)


async def create_page(store: Store, run_id: str, number: int, page: Page) -> bool:
    """Claim a page; False if somebody else did before."""
    data = dump_json(_PAGE.dump_python(page, mode="json", by_alias=True))
    return await store.create(paths.page_file(run_id, number), data, content_type=JSON_TYPE)


async def write_failure(store: Store, run_id: str, row: dict[str, Any]) -> None:
    """Record an image that failed for good: a row of ``failed_images.json``."""
    path = paths.failure_file(run_id, row["productId"])
    await store.write(path, dump_json(row), content_type=JSON_TYPE)


async def iterate_failures(store: Store, run_id: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the recorded rows of a run's failed images."""
    async for info in store.list_files(paths.failure_folder(run_id)):
        row = await read_json(store, info.path, _ROW.validate_python)
        if row is not None:
            yield row


async def write_rejections(store: Store, run_id: str, batch: int, rejections: Sequence[Rejection]) -> None:
    """Record the drafts of a batch that the rules rejected."""
    if rejections:
        rows = [rejection.to_json() | {"batch": batch} for rejection in rejections]
        await store.write(paths.rejection_file(run_id, batch), dump_json(rows), content_type=JSON_TYPE)


async def iterate_rejections(store: Store, run_id: str) -> AsyncIterator[dict[str, Any]]:
    """Yield a run's rejected drafts with their reasons."""
    async for info in store.list_files(paths.rejection_folder(run_id)):
        for row in await read_json(store, info.path, _ROWS.validate_python) or ():
            yield row


async def write_progress(store: Store, status: RunStatus) -> None:
    """Replace a run's ``progress.json``."""
    path = paths.run_file(status.run_id, "progress.json")
    await store.write(path, dump_json(status.to_json()), content_type=JSON_TYPE)


async def read_status_file(store: Store, run_id: str, name: str) -> RunStatus | None:
    """Return what ``progress.json`` or ``summary.json`` says of a run, or None."""
    return await read_json(store, paths.run_file(run_id, name), RunStatus.model_validate)


async def create_summary(store: Store, status: RunStatus) -> bool:
    """Record how a run ended; False if that is recorded already."""
    path = paths.run_file(status.run_id, "summary.json")
    return await store.create(path, dump_json(status.to_json()), content_type=JSON_TYPE)


def _now() -> str:
    return datetime.now(UTC).isoformat()
