"""``state/rounds/``: images of items that another image has replaced on a person's demand.

```
{itemId}/8204736755521-af1e9c55-001.png    an earlier image, with its metadata: the run that generated it, and its round
{itemId}/8204736755521-af1e9c55-001.json   the prompt that it was generated from
{itemId}/placed-001.png                    one that no run generated
```

An image is copied before its successor is written, and a copy is never changed. So a process that dies at any point
loses no image, and a repetition finds the copy.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from shared.catalog.items import Item, find_content_type
from shared.images.image_files import create_image
from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, dump_json, read_json
from shared.storage.protocol import FileInfo, Store

PLACED = "placed"
"""Stands for the run of an image that no run generated."""

MAX_ROUND_NUMBER = 999

_NAME = re.compile(rf"({PLACED}|[0-9]{{13}}-[0-9A-Za-z]{{1,40}})-([0-9]{{3}})\.(png|jpg|jpeg|json)")


@dataclass(frozen=True, slots=True)
class ArchivedPrompt:
    """What is recorded of an earlier image besides its metadata.

    Attributes:
        sha256: of the image, in hex.
        prompt: the prompt that it was generated from; None if it is not known.
        created_at: when it became the item's image.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    sha256: str
    prompt: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ArchivedRound:
    """An earlier image of an item.

    Attributes:
        run_id: the run that generated it, or `PLACED`.
        number: its round.
        image: its file.
        metadata: of the image.
    """

    run_id: str
    number: int
    image: FileInfo
    metadata: ImageMetadata


_PROMPT = TypeAdapter(ArchivedPrompt)


async def archive_image(store: Store, catalog: str, item: Item, image: FileInfo, prompt: str | None) -> bool:
    """Copy the item's image to the earlier ones, unless the copy exists.

    Args:
        store: the store.
        catalog: the catalog.
        item: the item.
        image: its image as it was found; nothing is copied if it has changed since.
        prompt: the prompt that it was generated from.

    Returns:
        Whether the image is among the earlier ones; False if it has changed, or is not a validated image.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    metadata = read_image_metadata(image)
    if metadata is None:
        return False
    earlier = [one async for one in iterate_archived_rounds(store, catalog, item.product_id)]
    run_id, number = identify_image(metadata, earlier)
    ending = item.filename.rpartition(".")[2].lower()
    record = ArchivedPrompt(metadata.sha256, prompt, image.modified)
    path = paths.archived_round_file(catalog, item.product_id, run_id, number, "json")
    data = dump_json(_PROMPT.dump_python(record, mode="json", by_alias=True))
    await store.create(path, data, content_type=JSON_TYPE)
    if any(one.run_id == run_id and one.number == number for one in earlier):
        return True
    content = await store.read(image.path)
    if content is None or content.etag != image.etag:
        return False
    path = paths.archived_round_file(catalog, item.product_id, run_id, number, ending)
    content_type = find_content_type(item.filename)
    await create_image(store, path, content.data, content_type=content_type, metadata=image.metadata)
    return True


def identify_image(metadata: ImageMetadata, earlier: list[ArchivedRound]) -> tuple[str, int]:
    """Return run id and round of an item's image, which are those of its copy if it has been archived before."""
    run_id = metadata.run_id or PLACED
    own = [one for one in earlier if one.run_id == run_id]
    for one in own:
        if one.metadata.sha256 == metadata.sha256:
            return run_id, one.number
    taken = {one.number for one in own}
    number = metadata.round or 1
    while number in taken:
        number += 1
    return run_id, number


async def iterate_archived_rounds(store: Store, catalog: str, product_id: str) -> AsyncIterator[ArchivedRound]:
    """Yield the earlier images of an item that are complete, in path order."""
    folder = paths.rounds_folder(catalog, product_id)
    async for info in store.list_files(folder):
        match, metadata = _NAME.fullmatch(info.path.removeprefix(folder)), read_image_metadata(info)
        if match is not None and metadata is not None:
            yield ArchivedRound(match[1], int(match[2]), info, metadata)


async def read_archived_prompt(
    store: Store, catalog: str, product_id: str, run_id: str, number: int
) -> ArchivedPrompt | None:
    """Return what is recorded of an earlier image, or None.

    Raises:
        DamagedFileError: the record cannot be read.
    """
    path = paths.archived_round_file(catalog, product_id, run_id, number, "json")
    return await read_json(store, path, _PROMPT.validate_python)


async def find_archived_prompt(store: Store, catalog: str, product_id: str, sha256: str) -> str | None:
    """Return the prompt of an earlier image with this SHA-256, or None.

    Raises:
        DamagedFileError: a record cannot be read.
    """
    async for one in iterate_archived_rounds(store, catalog, product_id):
        if one.metadata.sha256 == sha256:
            record = await read_archived_prompt(store, catalog, product_id, one.run_id, one.number)
            if record is not None and record.sha256 == sha256:
                return record.prompt
    return None
