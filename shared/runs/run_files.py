"""What happened in a run: its request, its stop record, its pages, failures and rejections, and how it ended."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter

from shared.catalog.items import Rejection
from shared.messages.base import Failure
from shared.reasons import Reason
from shared.runs.request import SeedRequest
from shared.runs.status import RunStatus
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, dump_json, read_json
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order


class UnknownRunError(LookupError):
    """There is no request in the store for a run id."""


@dataclass(frozen=True, slots=True)
class WorkPageItem:
    """One image job of a page: the item, and the batch that holds it."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    product_id: str
    batch: int


@dataclass(frozen=True, slots=True)
class WorkPage:
    """A page of image jobs, claimed by an image worker.

    Attributes:
        claimed_by: the image worker, and which of its pages this is.
        last_batch_number: the next page begins after this batch and index.
        last_batch_items: items of that batch that this page or one before it has looked at.
        jobs: what is to be made.
        checked_items: items of all batches that this page or one before it has looked at.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    claimed_by: str
    last_batch_number: int
    last_batch_items: int
    jobs: tuple[WorkPageItem, ...]
    checked_items: int = 0


_WORK_PAGE = TypeAdapter(WorkPage)
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
    await store.create(paths.stop_file(run_id), _dump_stop(failure), content_type=JSON_TYPE)


async def replace_stop(store: Store, run_id: str, failure: Failure) -> None:
    """Stop a run for this reason, whatever it was stopped for before."""
    await store.write(paths.stop_file(run_id), _dump_stop(failure), content_type=JSON_TYPE)


async def read_stop_record(store: Store, run_id: str) -> Failure | None:
    """Return why a run was stopped, or None."""
    return await read_json(store, paths.stop_file(run_id), parse_stop)


def parse_stop(data: dict[str, Any]) -> Failure:
    """Return what a stop record says."""
    return Failure(Reason(data["reason"]), data["message"])


async def close_items(store: Store, run_id: str, resume_count: int = 0) -> None:
    """Record that a run's items are complete: an image worker that finds nothing left may end."""
    await store.create(
        paths.items_closed_file(run_id, resume_count),
        dump_json({"at": _now()}),
        content_type=JSON_TYPE,
    )


async def are_items_closed(store: Store, run_id: str, resume_count: int = 0) -> bool:
    """Tell whether a leg of a run will write no more items."""
    return await store.describe(paths.items_closed_file(run_id, resume_count)) is not None


async def read_work_page(store: Store, run_id: str, page: int, resume_count: int = 0) -> WorkPage | None:
    """Return a claimed page, or None."""
    return await read_json(store, paths.work_page_file(run_id, page, resume_count), _WORK_PAGE.validate_python)


async def create_work_page(store: Store, run_id: str, number: int, page: WorkPage, resume_count: int = 0) -> bool:
    """Claim a page; False if somebody else did before."""
    data = dump_json(_WORK_PAGE.dump_python(page, mode="json", by_alias=True))
    return await store.create(paths.work_page_file(run_id, number, resume_count), data, content_type=JSON_TYPE)


async def write_failure(store: Store, run_id: str, row: dict[str, Any], *, product_id: str | None = None) -> None:
    """Record an image that failed for good: a row of ``failed_images.json``; ``product_id`` if the row's is another."""
    path = paths.failure_file(run_id, product_id or row["productId"])
    await store.write(path, dump_json(row), content_type=JSON_TYPE)


async def read_failure(store: Store, run_id: str, product_id: str) -> dict[str, Any] | None:
    """Return the recorded row of an item's failed image, or None."""
    return await read_json(store, paths.failure_file(run_id, product_id), _ROW.validate_python)


async def list_failures(store: Store, run_id: str) -> set[str]:
    """Return the ids of the items whose image failed for good."""
    folder = paths.failure_folder(run_id)
    names = [info.path.removeprefix(folder) async for info in store.list_files(folder)]
    return {name.removesuffix(".json") for name in names if name.endswith(".json")}


async def iterate_failures(store: Store, run_id: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield the ids of a run's failed images in their order, each with its recorded row."""
    failed = sorted(await list_failures(store, run_id))

    async def read(product_id: str) -> tuple[str, dict[str, Any] | None]:
        return product_id, await read_failure(store, run_id, product_id)

    async for product_id, row in read_in_order(failed, read):
        if row is not None:
            yield product_id, row


async def write_rejections(
    store: Store,
    run_id: str,
    batch: int,
    rejections: Sequence[Rejection],
    *,
    writer: str | None = None,
) -> None:
    """Record the drafts of a batch that were not used; a writer's later verdict replaces its earlier one."""
    if rejections:
        rows = [rejection.to_json() | {"batch": batch} for rejection in rejections]
        await store.write(paths.rejection_file(run_id, batch, writer), dump_json(rows), content_type=JSON_TYPE)


async def write_rejected_rows(store: Store, run_id: str, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Record rows of ``rejected_items.json`` under a name such as ``categories/2``; the same name replaces them."""
    if rows:
        await store.write(paths.rejection_file(run_id, 0, name), dump_json(rows), content_type=JSON_TYPE)


async def write_rejected_input_rows(store: Store, run_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """Record the rows of an input that were left out."""
    if rows:
        await store.write(paths.rejection_file(run_id, 0), dump_json(rows), content_type=JSON_TYPE)


async def iterate_rejections(store: Store, run_id: str) -> AsyncIterator[dict[str, Any]]:
    """Yield a run's rejected drafts, or rows of its input, with their reasons."""
    files = (info.path async for info in store.list_files(paths.rejection_folder(run_id)))
    async for rows in read_in_order(files, lambda path: read_json(store, path, _ROWS.validate_python)):
        for row in rows or ():
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


def _dump_stop(failure: Failure) -> bytes:
    return dump_json({"reason": str(failure.reason), "message": failure.message, "at": _now()})


def _now() -> str:
    return datetime.now(UTC).isoformat()
