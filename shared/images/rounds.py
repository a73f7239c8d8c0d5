"""The rounds of an item: its image, the earlier ones, and the other rounds of the runs that they are from."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.catalog.items import Item
from shared.images.archived_rounds import (
    ArchivedPrompt,
    identify_image,
    iterate_archived_rounds,
    read_archived_prompt,
)
from shared.images.image_metadata import ImageMetadata, read_image_metadata
from shared.images.round_files import EvaluationRecord, RoundFiles, RoundRecord
from shared.messages.base import NANO_PER_USD, Cost
from shared.runs.status import is_run_id
from shared.storage import paths
from shared.storage.protocol import FileInfo, Store
from shared.text.digest_table import hash_text

_RESULT_IMAGE: Final = re.compile(r"iteration_([1-9])\.(?:png|jpg|jpeg)")
_USD_DIGITS: Final = 6


class Findings(BaseModel):
    """What an evaluation found in an image: what is missing, wrong, unwanted, and unlike the references."""

    missing: list[str]
    wrong: list[str]
    unwanted: list[str]
    unlike: list[str] = Field(default=[], description="How the look of the style references differs.")


class Round(BaseModel):
    """One image that was generated for an item, or placed by hand (``runId`` is ``placed``)."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    run_id: str = Field(description="Run that generated the image; placed = no run.")
    round: int = Field(description="Number of the image among those of its run, from 1.")
    is_current: bool = Field(description="Whether it is the item's image now.")
    sha256: str
    bytes: int
    width: int
    height: int
    prompt: str | None = Field(description="Prompt that it was generated from; null = unknown.")
    score: int | None = Field(description="Score of its evaluation, 0-100; null = not evaluated.")
    likeness: int | None = Field(
        default=None, description="Likeness to the style references, 0-100; null = evaluated without any."
    )
    findings: Findings | None
    image_cost_usd: float | None
    evaluation_cost_usd: float | None
    model: str | None
    created_at: datetime

    def to_json(self) -> dict[str, object]:
        """Return the round as JSON data."""
        return self.model_dump(mode="json", by_alias=True)


@dataclass(frozen=True, slots=True)
class _Image:
    """The file of a round, its metadata, and the file among the run's results if there is one."""

    info: FileInfo
    metadata: ImageMetadata
    is_current: bool = False
    is_archived: bool = False
    result: FileInfo | None = None


RoundKey = tuple[str, int]
"""Run id and number."""


async def list_rounds(store: Store, catalog: str, item: Item) -> list[Round]:
    """Return the rounds of an item, the newest first.

    Args:
        store: the store.
        catalog: the catalog.
        item: the item, with the prompt that its image was generated from.

    Raises:
        DamagedFileError: a record of a round cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    images = await _find_images(store, catalog, item)
    rounds = [await _describe(store, catalog, item, key, image) for key, image in images.items()]
    return sorted(rounds, key=_find_age)


def _find_age(one: Round) -> tuple[float, str, int]:
    """Return a key that sorts rounds, the newest first.

    Blob Storage knows whole seconds only. Within one second, runs are ordered by their ids: those of newer runs come
    first.
    """
    return -one.created_at.timestamp(), one.run_id, -one.round


async def find_round_image(store: Store, catalog: str, item: Item, run_id: str, number: int) -> FileInfo | None:
    """Return the file of a round's image, or None if the item has no such round.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    image = (await _find_images(store, catalog, item)).get((run_id, number))
    return None if image is None else image.info


async def _find_images(store: Store, catalog: str, item: Item) -> dict[RoundKey, _Image]:
    """Return the images of an item's rounds. The item's own image is listed as such, not as its copy."""
    earlier = [one async for one in iterate_archived_rounds(store, catalog, item.product_id)]
    info = await store.describe(paths.image_file(catalog, item.filename))
    metadata = read_image_metadata(info)
    run_ids = {one.run_id for one in earlier if is_run_id(one.run_id)}
    if metadata is not None and is_run_id(metadata.run_id):
        run_ids.add(metadata.run_id)
    images: dict[RoundKey, _Image] = {}
    for run_id in sorted(run_ids):
        images |= await _find_results(store, run_id, item)
    results = {key: image.info for key, image in images.items()}
    for one in earlier:
        key = (one.run_id, one.number)
        images[key] = _Image(one.image, one.metadata, is_archived=True, result=results.get(key))
    if info is not None and metadata is not None:
        key = identify_image(metadata, earlier)
        is_archived = key in images and images[key].is_archived
        images[key] = _Image(info, metadata, is_current=True, is_archived=is_archived, result=results.get(key))
    return images


async def _find_results(store: Store, run_id: str, item: Item) -> dict[RoundKey, _Image]:
    """Return the images that a run with refinement keeps of an item."""
    folder = paths.result_file(run_id, item.product_id, "")
    found: dict[RoundKey, _Image] = {}
    async for info in store.list_files(folder):
        match, metadata = _RESULT_IMAGE.fullmatch(info.path.removeprefix(folder)), read_image_metadata(info)
        if match is not None and metadata is not None:
            found[run_id, int(match[1])] = _Image(info, metadata, result=info)
    return found


async def _describe(store: Store, catalog: str, item: Item, key: RoundKey, image: _Image) -> Round:
    run_id, number = key
    metadata = image.metadata
    record: RoundRecord | None = None
    evaluation: EvaluationRecord | None = None
    if is_run_id(run_id):
        files = RoundFiles(store, run_id, item.product_id)
        record, evaluation = await files.read_round(number), await files.read_evaluation(number)
    archived = (
        await read_archived_prompt(store, catalog, item.product_id, run_id, number) if image.is_archived else None
    )
    prompts = [
        None if record is None else record.prompt,
        None if archived is None else archived.prompt,
        item.image_prompt if _is_from_prompt(metadata, item, is_current=image.is_current) else None,
    ]
    return Round(
        run_id=run_id,
        round=number,
        is_current=image.is_current,
        sha256=metadata.sha256,
        bytes=image.info.size,
        width=metadata.width,
        height=metadata.height,
        prompt=next((prompt for prompt in prompts if prompt is not None), None),
        score=None if evaluation is None else evaluation.score,
        likeness=None if evaluation is None else evaluation.likeness,
        findings=None if evaluation is None else _describe_findings(evaluation),
        image_cost_usd=_describe_cost(metadata.cost) if metadata.cost.image_calls else None,
        evaluation_cost_usd=None if evaluation is None else _describe_cost(evaluation.cost),
        model=metadata.model or None,
        created_at=_find_creation(image, archived),
    )


def _find_creation(image: _Image, archived: ArchivedPrompt | None) -> datetime:
    """Return when an image was stored first; copies and promoted images are younger."""
    if image.result is not None:
        return image.result.modified
    return image.info.modified if archived is None else archived.created_at


def _is_from_prompt(metadata: ImageMetadata, item: Item, *, is_current: bool) -> bool:
    """Return whether an image was generated from the item's prompt, as far as its metadata says so."""
    if metadata.prompt_digest is None:
        return is_current and bool(metadata.run_id)
    return metadata.prompt_digest == hash_text(item.image_prompt)


def _describe_findings(evaluation: EvaluationRecord) -> Findings:
    return Findings(
        missing=list(evaluation.missing),
        wrong=list(evaluation.wrong),
        unwanted=list(evaluation.unwanted),
        unlike=list(evaluation.unlike),
    )


def _describe_cost(cost: Cost) -> float:
    return round(cost.nano_usd / NANO_PER_USD, _USD_DIGITS)
