"""Pages of the items of a catalog."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from shared.bounded_cache import BoundedCache
from shared.browse.catalog_index import CatalogIndex
from shared.browse.item_query import ItemQuery, count_sections, cut_page, select_items
from shared.browse.item_rows import ItemColumns, find_category_starts
from shared.browse.item_scores import ImageScore, ItemScores
from shared.browse.item_texts import ItemTexts
from shared.browse.listed_images import ListedImage, find_listed_round
from shared.browse.views import DecisionView, FailureView, ImageView, ItemList, ItemRow, SectionView
from shared.catalog.items import Item
from shared.images.thumbnail_files import is_thumbnail_of
from shared.reviews.decisions import DecisionTable, Verdict
from shared.storage import paths
from shared.storage.protocol import Store
from shared.storage.read_in_order import read_in_order

MAX_CACHED_SELECTIONS: Final = 16
MAX_KNOWN_THUMBNAILS: Final = 20_000


class Selection(NamedTuple):
    """The items of a query, by number, and the sections that they form."""

    columns: ItemColumns
    numbers: list[int]
    sections: list[SectionView] | None


@dataclass(slots=True)
class PageCaches:
    """What a process remembers between pages; all of it can be calculated or read again.

    Attributes:
        texts: names, descriptions and prompts of items.
        scores: of evaluated images.
        selections: the items of queries, by catalog, version and query.
        thumbnails: images that have a thumbnail, by catalog, file name and SHA-256.
        reviews: the reviews of the items of a catalog, by catalog and version.
    """

    texts: ItemTexts
    scores: ItemScores
    selections: BoundedCache[tuple[object, ...], Selection] = field(
        default_factory=lambda: BoundedCache(MAX_CACHED_SELECTIONS)
    )
    thumbnails: BoundedCache[tuple[str, str, str], bool] = field(
        default_factory=lambda: BoundedCache(MAX_KNOWN_THUMBNAILS)
    )
    reviews: BoundedCache[tuple[str, str, str], Sequence[Verdict | None]] = field(
        default_factory=lambda: BoundedCache(MAX_CACHED_SELECTIONS)
    )


async def read_page(
    store: Store, caches: PageCaches, index: CatalogIndex, decisions: DecisionTable, query: ItemQuery
) -> ItemList:
    """Return the page of items that a query asks for.

    Raises:
        InvalidRequestError: the continuation is not one of an earlier page of this query.
        DamagedFileError: a file of the catalog, or of a run, cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    version = make_version(index, decisions)
    found = await caches.scores.load_all(index) if query.needs_scores else {}
    scores = {number: one.score for number, one in found.items()}
    key = (index.catalog, version, query.selection, len(scores))
    if key not in caches.selections:
        reviews = await list_reviews(caches, index, decisions)
        columns = ItemColumns(
            *(index.items, index.positions, index.states, reviews, index.modified_ms),
            *(index.failures, index.groups, scores),
            category_starts=find_category_starts(index.items, index.positions),
            distances=index.distances,
        )
        caches.selections[key] = await asyncio.to_thread(_select, columns, query)
    columns, selected, sections = caches.selections[key]
    page = cut_page(columns, query, selected)
    rows = await read_rows(store, caches, index, decisions, page.numbers)
    return ItemList(
        items=rows,
        total=page.total,
        offset=page.offset,
        version=version,
        continuation=page.continuation,
        sections=sections,
    )


def _select(columns: ItemColumns, query: ItemQuery) -> Selection:
    selected = select_items(columns, query)
    sections = count_sections(columns, query, selected)
    views = None if sections is None else [SectionView(key=one.key, items=one.items) for one in sections]
    return Selection(columns, selected, views)


def make_version(index: CatalogIndex, decisions: DecisionTable) -> str:
    """Return what changes whenever an answer about a catalog may have changed."""
    return hashlib.blake2b(f"{index.version} {decisions.version}".encode(), digest_size=16).hexdigest()


async def list_reviews(caches: PageCaches, index: CatalogIndex, decisions: DecisionTable) -> Sequence[Verdict | None]:
    """Return the state of the review of each item; None without an image."""
    key = (index.catalog, index.version, decisions.version)
    if key not in caches.reviews:
        caches.reviews[key] = await asyncio.to_thread(index.list_reviews, decisions)
    return caches.reviews[key]


async def read_rows(
    store: Store, caches: PageCaches, index: CatalogIndex, decisions: DecisionTable, numbers: Sequence[int]
) -> list[ItemRow]:
    """Return these items as callers see them, without those that were pruned since the index was built.

    Raises:
        DamagedFileError: a file of the catalog, or of a run, cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    texts, scores, thumbnails = await asyncio.gather(
        caches.texts.read(index, numbers),
        caches.scores.load(index, numbers),
        find_thumbnails(store, caches, index, numbers),
    )

    def describe(number: int, text: Item) -> ItemRow:
        item, image = index.items[number], index.find_image(number)
        failure, group = index.failures.get(number), index.groups.get(number)
        return ItemRow(
            product_id=item.public_id,
            item_id=item.item_id,
            name=text.name,
            category=item.category,
            description=text.description,
            image_prompt=text.image_prompt,
            filename=item.filename,
            state=index.states[number],
            image=None if image is None else _describe_image(image, scores.get(number), number in thumbnails),
            failure=None if failure is None else FailureView(reason=failure.reason, message=failure.message),
            duplicate_group=None if group is None else index.items[group].item_id,
            decision=_describe_decision(decisions, item.item_id, image),
        )

    return [describe(number, texts[number]) for number in numbers if number in texts]


async def find_thumbnails(store: Store, caches: PageCaches, index: CatalogIndex, numbers: Sequence[int]) -> set[int]:
    """Return which of these items have a thumbnail of their current image."""

    async def find(number: int) -> tuple[int, bool]:
        image, filename = index.find_image(number), index.items[number].filename
        if image is None:
            return number, False
        key = (index.catalog, filename, image.sha256)
        if key not in caches.thumbnails:
            info = await store.describe(paths.thumbnail_file(index.catalog, filename))
            if not is_thumbnail_of(info, filename, image.sha256):
                return number, False
            caches.thumbnails[key] = True
        return number, True

    return {number async for number, is_there in read_in_order(numbers, find) if is_there}


def _describe_image(image: ListedImage, score: ImageScore | None, has_thumbnail: bool) -> ImageView:
    return ImageView(
        sha256=image.sha256,
        bytes=image.size,
        width=image.width,
        height=image.height,
        has_thumbnail=has_thumbnail,
        is_placeholder=image.is_placeholder,
        score=None if score is None else score.score,
        likeness=None if score is None else score.likeness,
        run_id=image.run_id or None,
        round=find_listed_round(image),
        cost_usd=image.cost_usd,
        style_distance=image.style_distance,
    )


def _describe_decision(decisions: DecisionTable, item_id: str, image: ListedImage | None) -> DecisionView | None:
    found = None if image is None else decisions.find(item_id, image.sha256)
    if found is None:
        return None
    return DecisionView(
        decision="approved" if found.verdict is Verdict.APPROVED else "rejected",
        note=found.note,
        reviewer=found.reviewer,
        at=found.at,
    )
