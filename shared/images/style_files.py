"""Style references in the store: read from inputs, recorded by runs, and loaded for image calls.

A run records its references before the first image that is generated with them, so that an input or an image that
changes later changes no image of the run:

```
runs/{runId}/style_reference.json                          which references, by SHA-256
catalogs/{catalog}/state/style_reference.json              those of the catalog's last request: repair and regenerate
catalogs/{catalog}/state/style_references/{sha256}.jpg     the JPEGs as sent, which never change
```
"""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Final

from pydantic import TypeAdapter

from shared.catalog.items import Item
from shared.errors import InvalidRequestError
from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.images.style_reference import LoadedStyle, RecordedReference, RecordedStyle, ResolvedStyle
from shared.models.protocol import ReferenceImage, VisionImage
from shared.rendering.color_histogram import measure_colors
from shared.rendering.convert_image import VISION_IMAGE_TYPE, make_vision_image
from shared.rendering.inspect_image import MAX_PHOTO_SIDE_PIXELS, BadImageError, decode_image, inspect_image
from shared.runs.request import SeedRequest
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json, read_json
from shared.storage.protocol import Store

FIELD: Final = "styleReference"
MAX_REFERENCE_BYTES: Final = 50 * 1024 * 1024
REFERENCE_TYPE: Final = VISION_IMAGE_TYPE
MAX_SAMPLE_SIDE_PIXELS: Final = 512
"""Of a reference in an evaluation: enough for light and colors, and one tile of a gpt-5 model instead of four."""

_RECORD: Final = TypeAdapter(RecordedStyle)


async def resolve_style(
    store: Store, request: SeedRequest, *, known: Mapping[str, bytes] | None = None
) -> ResolvedStyle | None:
    """Read and validate the inputs that are the style references of a request; None if it has none.

    Args:
        store: the store.
        request: of the run.
        known: content of inputs, by path, that are not read from the store.

    Raises:
        InvalidRequestError: an input does not exist, or cannot be used as an image.
        StoreUnavailableError: the store does not answer.
    """
    if request.style_reference is None or request.style_reference.images is None:
        return None
    recorded: list[RecordedReference] = []
    files: dict[str, bytes] = {}
    for number, path in enumerate(request.style_reference.images):
        data = (known or {}).get(path)
        if data is None:
            data = await _read_input(store, path, f"{FIELD}.images.{number}")
        try:
            reference, file = await asyncio.to_thread(convert_reference, path, data)
        except BadImageError as error:
            raise InvalidRequestError(f"{FIELD}.images.{number}", f"{path} cannot be used: {error}") from error
        if reference.sha256 not in files:  # the same image twice would cost twice
            recorded.append(reference)
        files[reference.sha256] = file
    return ResolvedStyle(RecordedStyle(tuple(recorded)), files)


async def resolve_last_style(store: Store, last: SeedRequest) -> ResolvedStyle | None:
    """Return the style references of a catalog's last request as they were then.

    Returns:
        None if it has none, or if no image was approved yet.

    Raises:
        InvalidRequestError: they were not recorded, and an input cannot be used.
        DamagedFileError: their record cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    if last.style_reference is None:
        return None
    record = await read_last_style(store, last.catalog)
    if record is not None and record.is_approved == (last.style_reference.images is None):
        return ResolvedStyle(record)
    return await resolve_style(store, last)


async def read_last_style(store: Store, catalog: str) -> RecordedStyle | None:
    """Return the style references of a catalog's last request, or None.

    Raises:
        DamagedFileError: their record cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    return await _read_record(store, paths.state_file(catalog, paths.STYLE_REFERENCE_NAME))


async def forget_last_style(store: Store, catalog: str) -> None:
    """Remove the style references of an earlier request: those of the last one are still to be approved.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    await store.delete(paths.state_file(catalog, paths.STYLE_REFERENCE_NAME))


async def record_style(store: Store, run_id: str, catalog: str, style: ResolvedStyle) -> None:
    """Record the style references of a run; those that are recorded already stay.

    Raises:
        StoreUnavailableError: the store does not answer; a repetition completes the work.
    """
    for sha256, data in style.files.items():
        await store.create(paths.style_image_file(catalog, sha256), data, content_type=REFERENCE_TYPE)
    path = paths.run_file(run_id, paths.STYLE_REFERENCE_NAME)
    await store.create(path, _dump(style.record), content_type=JSON_TYPE)


async def keep_last_style(store: Store, run_id: str, catalog: str) -> None:
    """Make the style references of a run those of the catalog's last request.

    Raises:
        DamagedFileError: their record cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    record = await read_style(store, run_id)
    if record is not None:
        path = paths.state_file(catalog, paths.STYLE_REFERENCE_NAME)
        await store.write(path, _dump(record), content_type=JSON_TYPE)


async def read_style(store: Store, run_id: str) -> RecordedStyle | None:
    """Return the style references that a run has recorded, or None.

    Raises:
        DamagedFileError: their record cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    return await _read_record(store, paths.run_file(run_id, paths.STYLE_REFERENCE_NAME))


async def find_rejected(store: Store, catalog: str, record: RecordedStyle) -> dict[str, ImageMetadata]:
    """Return the rejected trial images that were not generated again yet, by internal id of the item.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    found: dict[str, ImageMetadata] = {}
    for rejected in record.rejected:
        metadata = read_image_metadata(await store.describe(paths.image_file(catalog, rejected.filename)))
        if metadata is not None and metadata.sha256 == rejected.sha256:
            found[rejected.item_id] = metadata
    return found


async def find_own_image(store: Store, request: SeedRequest, run_id: str, item: Item) -> ImageMetadata | None:
    """Return the metadata of an item's image if a run has generated it; None if the run has still to replace it.

    Raises:
        DamagedFileError: the record of the run's style references cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    metadata = read_image_metadata(await store.describe(paths.image_file(request.catalog, item.filename)))
    if metadata is None or metadata.run_id != run_id:
        return None
    record = await read_style(store, run_id) if request.first_approved else None
    is_rejected = record is not None and record.find_rejected(item.product_id) == metadata.sha256
    return None if is_rejected else metadata


async def load_style(store: Store, run_id: str, catalog: str) -> LoadedStyle:
    """Load the style references of a run.

    Raises:
        LookupError: the run has recorded none, or a file is missing.
        DamagedFileError: their record cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    record = await read_style(store, run_id)
    if record is None:
        raise LookupError(f"Run {run_id} has no record of its style references; its start writes it.")
    files = {one.sha256: await _read_file(store, paths.style_image_file(catalog, one.sha256)) for one in record.images}
    ordered = [files[one.sha256] for one in record.images]

    def prepare() -> LoadedStyle:
        histograms = [measure_colors(decode_image(file).image) for file in ordered]
        samples = [make_vision_image(file, MAX_SAMPLE_SIDE_PIXELS) for file in ordered]
        return LoadedStyle(record, ordered, histograms, samples)

    return await asyncio.to_thread(prepare)


def list_reference_images(style: LoadedStyle) -> tuple[ReferenceImage, ...]:
    """Return the references as an image request carries them."""
    return tuple(
        ReferenceImage(f"reference-{number}.jpg", data, REFERENCE_TYPE)
        for number, data in enumerate(style.files, start=1)
    )


def list_vision_samples(style: LoadedStyle | None) -> tuple[VisionImage, ...]:
    """Return the references as an evaluation carries them; none without references."""
    return () if style is None else tuple(VisionImage(data, REFERENCE_TYPE) for data in style.samples)


async def _read_input(store: Store, path: str, field: str) -> bytes:
    info = await store.describe(path)
    if info is not None and info.size > MAX_REFERENCE_BYTES:
        raise InvalidRequestError(field, f"{path} has {info.size:,} bytes; expected at most {MAX_REFERENCE_BYTES:,}")
    content = None if info is None else await store.read(path)
    if content is None:
        raise InvalidRequestError(field, f"{path} does not exist; send it with PUT /api/{path}")
    return content.data


def convert_reference(path: str, data: bytes, *, item_id: str | None = None) -> tuple[RecordedReference, bytes]:
    """Return a reference, and the JPEG of at most 1024 pixels a side that is sent.

    Args:
        path: where the data is from.
        data: of the image.
        item_id: internal id of the item whose image it is; None for an input.

    Raises:
        BadImageError: the data is not a complete image of a usable size.
    """
    inspect_image(data, MAX_PHOTO_SIDE_PIXELS)  # finds every kind of damage
    file = make_vision_image(data)
    sent = inspect_image(file)
    digest = hashlib.sha256(data).hexdigest()
    return RecordedReference(path, digest, sent.sha256, sent.width, sent.height, item_id), file


async def _read_record(store: Store, path: str) -> RecordedStyle | None:
    return await read_json(store, path, _RECORD.validate_python)


async def _read_file(store: Store, path: str) -> bytes:
    content = await store.read(path)
    if content is None:
        raise LookupError(f"{path} is missing; expected the style reference that the run recorded.")
    return content.data


def _dump(record: RecordedStyle) -> bytes:
    return dump_json(_RECORD.dump_python(record, mode="json", by_alias=True, exclude_defaults=True))
