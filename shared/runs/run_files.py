"""Files of a run: request, stop record, work pages, failures, rejections, progress and summary."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, TypeAdapter

from shared.catalog.items import Rejection
from shared.errors import UnknownRunError
from shared.messages.base import Failure
from shared.reasons import Reason
from shared.runs.request import SeedRequest
from shared.runs.selection import parse_stored_request
from shared.runs.status import RunStatus, is_run_id
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, dump_json, read_also, read_json
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order


@dataclass(frozen=True, slots=True)
class WorkPageItem:
    """One item of a work page, and the batch that holds it."""

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    product_id: str
    batch: int


@dataclass(frozen=True, slots=True)
class WorkPage:
    """A work page: items without an image that one image worker has claimed.

    Attributes:
        claimed_by: the image worker, and the number of the page among its pages.
        last_batch_number: the last batch that this page or an earlier one has checked.
        last_batch_items: items of that batch that this page or an earlier one has checked.
        jobs: the items.
        checked_items: items of all batches that this page or an earlier one has checked.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    claimed_by: Annotated[str, read_also("claimed_by", "claimant")]
    last_batch_number: Annotated[int, read_also("last_batch_number", "throughBatch")]
    last_batch_items: Annotated[int, read_also("last_batch_items", "throughIndex")]
    jobs: tuple[WorkPageItem, ...]
    checked_items: Annotated[int, read_also("checked_items", "throughItems")] = 0


_WORK_PAGE = TypeAdapter(WorkPage)
_ROW = TypeAdapter(dict[str, Any])
_ROWS = TypeAdapter(list[dict[str, Any]])


async def create_request(store: Store, run_id: str, request: SeedRequest) -> bool:
    """Record the request of a run; False if one is recorded already."""
    path = paths.run_file(run_id, "request.json")
    return await store.create(path, dump_json(request.to_json()), content_type=JSON_TYPE)


async def read_request(store: Store, run_id: str) -> SeedRequest:
    """Return the request of a run; a `SelectionRequest` if it names items.

    Raises:
        UnknownRunError: the run does not exist.
        DamagedFileError: the file cannot be read.
    """
    path = paths.run_file(run_id, "request.json")
    request = await read_json(store, path, parse_stored_request)
    if request is None:
        raise UnknownRunError(run_id)
    return request


async def read_known_request(store: Store, run_id: str) -> SeedRequest:
    """Return the request of a run that a caller names.

    Raises:
        UnknownRunError: the run does not exist.
        DamagedFileError: the file cannot be read.
    """
    if not is_run_id(run_id):
        raise UnknownRunError(run_id)
    return await read_request(store, run_id)


async def record_stop(store: Store, run_id: str, failure: Failure) -> None:
    """Stop all billed calls of a run. The first reason stays."""
    await store.create(paths.stop_file(run_id), _dump_stop(failure), content_type=JSON_TYPE)


async def replace_stop(store: Store, run_id: str, failure: Failure) -> None:
    """Stop all billed calls of a run, and replace an earlier reason."""
    await store.write(paths.stop_file(run_id), _dump_stop(failure), content_type=JSON_TYPE)


async def read_stop_record(store: Store, run_id: str) -> Failure | None:
    """Return why a run was stopped, or None."""
    return await read_json(store, paths.stop_file(run_id), parse_stop)


def parse_stop(data: dict[str, Any]) -> Failure:
    """Return the content of a stop record."""
    return Failure(Reason(data["reason"]), data["message"])


async def close_items(store: Store, run_id: str, resume_count: int = 0) -> None:
    """Record that no item of a run follows: an image worker that finds no item without an image may end."""
    await store.create(
        paths.items_closed_file(run_id, resume_count),
        dump_json({"at": _now()}),
        content_type=JSON_TYPE,
    )


async def are_items_closed(store: Store, run_id: str, resume_count: int = 0) -> bool:
    """Return whether no item follows in a run since its last resume."""
    return await store.describe(paths.items_closed_file(run_id, resume_count)) is not None


async def read_work_page(store: Store, run_id: str, page: int, resume_count: int = 0) -> WorkPage | None:
    """Return a claimed work page, or None."""
    return await read_json(store, paths.work_page_file(run_id, page, resume_count), _WORK_PAGE.validate_python)


async def create_work_page(store: Store, run_id: str, number: int, page: WorkPage, resume_count: int = 0) -> bool:
    """Claim a work page; False if another image worker has claimed it."""
    data = dump_json(_WORK_PAGE.dump_python(page, mode="json", by_alias=True))
    return await store.create(paths.work_page_file(run_id, number, resume_count), data, content_type=JSON_TYPE)


async def write_failure(store: Store, run_id: str, row: dict[str, Any], *, product_id: str | None = None) -> None:
    """Record an image that failed finally, as a row of ``failed_images.json``.

    Args:
        store: the store.
        run_id: the run.
        row: the row.
        product_id: id of the item, if the row has a different id for callers.
    """
    path = paths.failure_file(run_id, product_id or row["productId"])
    await store.write(path, dump_json(row), content_type=JSON_TYPE)


async def read_failure(store: Store, run_id: str, product_id: str) -> dict[str, Any] | None:
    """Return the recorded row of an item's failed image, or None."""
    return await read_json(store, paths.failure_file(run_id, product_id), _ROW.validate_python)


async def list_failures(store: Store, run_id: str) -> set[str]:
    """Return the ids of the items whose image failed finally."""
    folder = paths.failure_folder(run_id)
    names = [info.path.removeprefix(folder) async for info in store.list_files(folder)]
    return {name.removesuffix(".json") for name in names if name.endswith(".json")}


async def iterate_failures(store: Store, run_id: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield the ids of the items whose image failed, in order, each with its recorded row."""
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
    """Record the rejected drafts of a batch; a repetition by the same writer replaces them."""
    if rejections:
        rows = [rejection.to_json() | {"batch": batch} for rejection in rejections]
        await store.write(paths.rejection_file(run_id, batch, writer), dump_json(rows), content_type=JSON_TYPE)


async def write_rejected_rows(store: Store, run_id: str, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Record rows of ``rejected_items.json`` under a name such as ``categories/2``; a repetition replaces them."""
    if rows:
        await store.write(paths.rejection_file(run_id, 0, name), dump_json(rows), content_type=JSON_TYPE)


async def write_rejected_input_rows(store: Store, run_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """Record the skipped rows of an input."""
    if rows:
        await store.write(paths.rejection_file(run_id, 0), dump_json(rows), content_type=JSON_TYPE)


async def iterate_rejections(store: Store, run_id: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the rejected drafts and the skipped input rows of a run, with their reasons."""
    files = (info.path async for info in store.list_files(paths.rejection_folder(run_id)))
    async for rows in read_in_order(files, lambda path: read_json(store, path, _ROWS.validate_python)):
        for row in rows or ():
            yield row


async def write_progress(store: Store, status: RunStatus) -> None:
    """Replace a run's ``progress.json``."""
    path = paths.run_file(status.run_id, "progress.json")
    await store.write(path, dump_json(status.to_json()), content_type=JSON_TYPE)


async def read_status_file(store: Store, run_id: str, name: str) -> RunStatus | None:
    """Return the status in ``progress.json`` or ``summary.json`` of a run, or None."""
    return await read_json(store, paths.run_file(run_id, name), RunStatus.model_validate)


async def create_summary(store: Store, status: RunStatus) -> bool:
    """Record the final status of a run; False if one is recorded already."""
    path = paths.run_file(status.run_id, "summary.json")
    return await store.create(path, dump_json(status.to_json()), content_type=JSON_TYPE)


def _dump_stop(failure: Failure) -> bytes:
    return dump_json({"reason": str(failure.reason), "message": failure.message, "at": _now()})


def _now() -> str:
    return datetime.now(UTC).isoformat()
