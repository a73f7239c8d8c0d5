"""How a paused run goes on: what stopped it is put aside, and what failed with it is forgotten."""

from datetime import UTC, datetime

from shared.errors import StoreConflictError
from shared.limits.retry_policy import RETRIED_ON_RESUME_REASONS
from shared.reasons import Reason
from shared.runs.run_files import iterate_failures, parse_stop
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json, parse_json
from shared.storage.protocol import Content, Store


async def record_resume(store: Store, run_id: str, resume_count: int) -> None:
    """Record that the pause of a leg was ended; the first record stays."""
    data = dump_json({"at": datetime.now(UTC).isoformat()})
    await store.create(paths.resume_file(run_id, resume_count), data, content_type=JSON_TYPE)


async def is_resumed(store: Store, run_id: str, resume_count: int) -> bool:
    """Tell whether somebody ended the pause of a leg."""
    return await store.describe(paths.resume_file(run_id, resume_count)) is not None


async def clear_stop(store: Store, run_id: str, resume_count: int) -> bool:
    """Make way for the next leg of a run; done twice it is done once.

    The stop record goes last, and is kept as that of its leg: as long as it is there the next leg has not begun, and
    a repetition that comes late touches nothing of it.

    Returns:
        Whether the run may pay: False for one that was cancelled, or that was stopped anew since this was first done.

    Raises:
        DamagedFileError: the stop record or a row cannot be read.
    """
    path = paths.stop_file(run_id)
    while True:
        stop = await store.read(path)
        if stop is None:
            return True
        if parse_json(path, stop.data, parse_stop).reason is Reason.CANCELLED:
            return False
        if not await _archive_stop(store, paths.stop_file(run_id, resume_count), stop):
            return False
        await _delete_retried_failures(store, run_id)
        try:
            await store.delete(path, if_match=stop.etag)
        except StoreConflictError:  # somebody cancels: another look tells
            continue
        return True


async def _archive_stop(store: Store, path: str, stop: Content) -> bool:
    """Copy a stop record; False if another one of that leg is there already."""
    if await store.create(path, stop.data, content_type=JSON_TYPE):
        return True
    kept = await store.read(path)
    return kept is not None and kept.data == stop.data


async def _delete_retried_failures(store: Store, run_id: str) -> None:
    """Delete the rows of the images that are tried again."""
    async for product_id, row in iterate_failures(store, run_id):
        if row["reason"] in RETRIED_ON_RESUME_REASONS:
            await store.delete(paths.failure_file(run_id, product_id))
