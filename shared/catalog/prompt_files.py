"""``state/prompts/``: the image prompts that the text model or a person wrote for a batch's items.

A batch's file is written at most once per run: a redelivery finds it before it makes a billed call. A later run that
writes missing prompts, prompts for changed rows, or edited prompts, replaces the file.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from shared.catalog.catalog_files import Batch, read_batch
from shared.catalog.items import Item
from shared.errors import StoreConflictError
from shared.messages.base import Cost
from shared.models.prompts.image_prompt_requests import WrittenPrompt, digest_item
from shared.storage import paths
from shared.storage.json_files import CAMEL_CASE, JSON_TYPE, ResumeCount, dump_json, parse_json, read_json
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

MAX_EARLIER_PROMPTS = 20
"""Edited prompts that are kept of an item besides the latest one."""


@dataclass(frozen=True, slots=True)
class EditedPrompt:
    """A prompt that a person wrote for an item's image.

    Attributes:
        digest: of the item's texts; like a written prompt, it applies until they change.
        prompt: the prompt.
        earlier: prompts that were edited before, the latest last: an image may be from one of them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    digest: str
    prompt: str
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchPrompts:
    """The prompts that were written for the items of a batch.

    Attributes:
        run_id: the run that wrote the file last.
        resume_count: how often that run had been resumed.
        prompts: of the text model, by product id.
        cost: of the latest call.
        edited: of people, by product id; they take precedence.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CAMEL_CASE

    run_id: str
    resume_count: ResumeCount = 0
    prompts: Mapping[str, WrittenPrompt] = field(default_factory=dict)
    cost: Cost = field(default_factory=Cost)
    edited: Mapping[str, EditedPrompt] = field(default_factory=dict)

    def apply_to(self, item: Item) -> Item:
        """Return the item with its edited prompt, or else its written one, if there is a usable one."""
        edited = self.edited.get(item.product_id)
        if edited is not None and edited.digest == digest_item(item):
            return item.model_copy(update={"image_prompt": edited.prompt})
        return self.apply_written_to(item)

    def apply_written_to(self, item: Item) -> Item:
        """Return the item with the prompt that the text model wrote, if there is a usable one."""
        written = self.prompts.get(item.product_id)
        if written is None or written.prompt is None or not written.is_for(item):
            return item
        return item.model_copy(update={"image_prompt": written.prompt})

    def needs_prompt(self, item: Item, run_id: str) -> bool:
        """Return whether a run is to write a prompt for an item.

        Only another run asks again for a prompt that was not usable.
        """
        edited = self.edited.get(item.product_id)
        if edited is not None and edited.digest == digest_item(item):
            return False
        written = self.prompts.get(item.product_id)
        return written is None or not written.is_for(item) or (written.prompt is None and self.run_id != run_id)

    def list_prompts(self, item: Item) -> list[str]:
        """Return all prompts that were written for an item, the latest edited one first."""
        edited, written = self.edited.get(item.product_id), self.prompts.get(item.product_id)
        prompts = [] if edited is None else [edited.prompt, *reversed(edited.earlier)]
        return prompts if written is None or written.prompt is None else [*prompts, written.prompt]

    def edit(self, item: Item, prompt: str) -> "BatchPrompts":
        """Return the prompts with an edited one for an item of the batch; unchanged if it is the item's prompt."""
        if self.apply_to(item).image_prompt == prompt:
            return self
        known = self.edited.get(item.product_id)
        earlier = () if known is None else (*known.earlier, known.prompt)[-MAX_EARLIER_PROMPTS:]
        edited = EditedPrompt(digest_item(item), prompt, earlier)
        return replace(self, edited={**self.edited, item.product_id: edited})

    def count_fallbacks(self, run_id: str) -> int:
        """Return how many of a run's prompts were not usable, so that the template applies."""
        return sum(written.prompt is None for written in self.prompts.values()) if self.run_id == run_id else 0


_PROMPTS = TypeAdapter(BatchPrompts)


async def read_prompts(store: Store, catalog: str, batch: int) -> BatchPrompts | None:
    """Return the prompts of a batch, or None.

    Raises:
        DamagedFileError: the file cannot be read.
    """
    return await read_json(store, paths.prompts_file(catalog, batch), _PROMPTS.validate_python)


async def read_prompts_with_etag(store: Store, catalog: str, batch: int) -> tuple[BatchPrompts | None, str | None]:
    """Return the prompts of a batch with the ETag that ``write_prompts_file`` needs.

    Raises:
        DamagedFileError: the file cannot be read.
    """
    path = paths.prompts_file(catalog, batch)
    content = await store.read(path)
    if content is None:
        return None, None
    return parse_json(path, content.data, _PROMPTS.validate_python), content.etag


async def write_prompts_file(
    store: Store, catalog: str, batch: int, prompts: BatchPrompts, *, etag: str | None
) -> bool:
    """Write the prompts of a batch; return False, without a change, if the file changed since it was read."""
    path = paths.prompts_file(catalog, batch)
    data = dump_json(_PROMPTS.dump_python(prompts, mode="json", by_alias=True))
    if etag is None:
        return await store.create(path, data, content_type=JSON_TYPE)
    try:
        await store.write(path, data, content_type=JSON_TYPE, if_match=etag)
    except StoreConflictError:
        return False
    return True


async def iterate_batches_and_prompts(
    store: Store, catalog: str, numbers: Sequence[int]
) -> AsyncIterator[tuple[Batch, BatchPrompts | None]]:
    """Yield the batches of these numbers, each with its written prompts, if any.

    Raises:
        DamagedFileError: a file cannot be read.
    """
    prompted = {number async for number in _list_numbers(store, catalog)}

    async def read(number: int) -> tuple[Batch | None, BatchPrompts | None]:
        batch = await read_batch(store, catalog, number)
        return batch, await read_prompts(store, catalog, number) if number in prompted else None

    async for batch, prompts in read_in_order(numbers, read):
        if batch is not None:
            yield batch, prompts


async def iterate_prompted_batches(store: Store, catalog: str, numbers: Sequence[int]) -> AsyncIterator[Batch]:
    """Yield the batches of these numbers, each item with the prompt for its image.

    Raises:
        DamagedFileError: a file cannot be read.
    """
    async for batch, prompts in iterate_batches_and_prompts(store, catalog, numbers):
        yield batch if prompts is None else replace(batch, items=tuple(map(prompts.apply_to, batch.items)))


async def count_fallbacks(store: Store, catalog: str, run_id: str) -> int:
    """Return how many prompts of a run were not usable in the whole catalog, so that the template applies."""
    numbers = _list_numbers(store, catalog)
    found = read_in_order(numbers, lambda number: read_prompts(store, catalog, number))
    return sum([prompts.count_fallbacks(run_id) async for prompts in found if prompts is not None])


async def _list_numbers(store: Store, catalog: str) -> AsyncIterator[int]:
    async for info in store.list_files(paths.prompts_folder(catalog)):
        stem, _, ending = info.path.rpartition("/")[2].partition(".")
        if ending == "json" and stem.isdecimal():
            yield int(stem)
