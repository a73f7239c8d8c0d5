"""The style references of a run as files of the provider, which the lines of image batches name.

Each reference is uploaded once per run. ``runs/{runId}/style_uploads.json`` has the provider's ids, written before
a line names them; an activity that finds no such record searches the provider's files by name before it uploads.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from pydantic import AwareDatetime, ConfigDict, TypeAdapter

from shared.errors import CatalogSeederError, StoreConflictError
from shared.images.style_files import list_reference_images
from shared.images.style_reference import LoadedStyle
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, dump_json, parse_json

logger = logging.getLogger(__name__)

MAX_UPLOAD_AGE: Final = timedelta(days=7)
"""Older files are uploaded again, so that none expires while a batch needs it."""

SEARCHED_PERIOD: Final = timedelta(days=1)
"""Within which the files of an earlier delivery were uploaded."""

DELETE_TIMEOUT_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class StyleUploads:
    """The files of the provider that are the style references of a run.

    Attributes:
        file_ids: in the order of the references.
        uploaded_at: when they were uploaded, or found.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    file_ids: tuple[str, ...]
    uploaded_at: AwareDatetime


_UPLOADS: Final = TypeAdapter(StyleUploads)


async def ensure_uploads(services: Services, run_id: str, style: LoadedStyle) -> tuple[str, ...]:
    """Return the provider's ids of a run's style references; what it does not have is uploaded.

    Raises:
        DamagedFileError: the record of earlier uploads cannot be read.
        ModelError: the provider does not answer, or refuses a reference.
        StoreUnavailableError: the store does not answer.
    """
    uploads, etag = await _read(services, run_id)
    now = services.clock()
    if uploads is not None and await _are_usable(services, uploads, now):
        return uploads.file_ids
    names = [f"{run_id}-reference-{number}-{one.sha256[:16]}.jpg" for number, one in enumerate(style.record.images)]
    # If there is a record, files of these names are those that cannot be used any more.
    found = {} if uploads is not None else await services.batches.find_images(names, now - SEARCHED_PERIOD)
    file_ids: list[str] = []
    for name, image in zip(names, list_reference_images(style), strict=True):
        file_ids.append(found.get(name) or await services.batches.upload_image(name, image))
    return await _record(services, run_id, StyleUploads(tuple(file_ids), now), etag)


async def delete_uploads(services: Services, run_id: str) -> None:
    """Delete the uploaded style references of a run that has ended. What cannot be deleted expires."""
    with contextlib.suppress(CatalogSeederError, TimeoutError):
        uploads, _ = await _read(services, run_id)
        if uploads is None:
            return
        async with asyncio.timeout(DELETE_TIMEOUT_SECONDS):
            for file_id in uploads.file_ids:
                await services.batches.delete_file(file_id)
        await services.store.delete(paths.style_uploads_file(run_id))
        return
    logger.warning("uploaded style references of run %s could not be deleted; the provider deletes them later", run_id)


async def _are_usable(services: Services, uploads: StyleUploads, now: datetime) -> bool:
    if now - uploads.uploaded_at > MAX_UPLOAD_AGE:
        return False
    found = await asyncio.gather(*(services.batches.has_file(file_id) for file_id in uploads.file_ids))
    return all(found)


async def _read(services: Services, run_id: str) -> tuple[StyleUploads | None, str | None]:
    path = paths.style_uploads_file(run_id)
    content = await services.store.read(path)
    if content is None:
        return None, None
    return parse_json(path, content.data, _UPLOADS.validate_python), content.etag


async def _record(services: Services, run_id: str, uploads: StyleUploads, etag: str | None) -> tuple[str, ...]:
    """Record uploads, and return the ids to use: those of another delivery that was faster."""
    path = paths.style_uploads_file(run_id)
    data = dump_json(_UPLOADS.dump_python(uploads, mode="json", by_alias=True))
    is_recorded = True
    try:
        if etag is None:
            is_recorded = await services.store.create(path, data, content_type=JSON_TYPE)
        else:
            await services.store.write(path, data, content_type=JSON_TYPE, if_match=etag)
    except StoreConflictError:
        is_recorded = False
    if is_recorded:
        return uploads.file_ids
    others, _ = await _read(services, run_id)
    return uploads.file_ids if others is None else others.file_ids
