"""Summaries of catalogs: counts, cover images, the last run."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field

from shared.browse.catalog_index import CatalogIndex
from shared.browse.item_pages import find_thumbnails, list_reviews, make_version
from shared.browse.item_query import parse_number
from shared.browse.item_rows import ItemState
from shared.browse.views import CatalogDetail, CatalogList, CatalogSummary, CategoryView, Counts, Cover, LastRun
from shared.catalog.catalog_files import read_categories
from shared.catalog.items import make_slug
from shared.errors import InvalidRequestError, UnknownCatalogError, UnknownRunError
from shared.reviews.decisions import DecisionTable, Verdict
from shared.runs.durable_client import DurableClient
from shared.runs.hold_catalog import read_catalog_name, read_last_request
from shared.runs.request import check_catalog_name
from shared.runs.view import load_run_status
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import DamagedFileError

MAX_CATALOGS_PER_PAGE: Final = 100
MAX_COVERS: Final = 4
MAX_CONCURRENT_CATALOGS: Final = 4

logger = logging.getLogger(__name__)


class CatalogQuery(BaseModel):
    """Which catalogs to list."""

    limit: Annotated[int, BeforeValidator(parse_number), Field(ge=1, le=MAX_CATALOGS_PER_PAGE)] = Field(
        default=20, description="Maximum number of catalogs of the page."
    )
    continuation: str | None = Field(default=None, description="The continuation of the previous page.")


async def list_catalogs(services: Services, client: DurableClient | None, query: CatalogQuery) -> CatalogList:
    """Return a page of catalogs, in name order.

    A catalog whose files cannot be read is left out, so that it does not hide the others.

    Raises:
        InvalidRequestError: the continuation is not one of an earlier page.
        StoreUnavailableError: the store does not answer.
    """
    try:
        page = await services.store.list_folders("catalogs/", limit=query.limit, continuation=query.continuation)
    except ValueError as error:
        message = f"is {str(query.continuation)[:60]!r}; expected the continuation of an earlier page"
        raise InvalidRequestError("continuation", message) from error
    turns = asyncio.Semaphore(MAX_CONCURRENT_CATALOGS)

    async def summarize(name: str) -> CatalogSummary | None:
        async with turns:
            return await _summarize_listed(services, client, name)

    found = await asyncio.gather(*map(summarize, page.names))
    return CatalogList(catalogs=[one for one in found if one is not None], continuation=page.continuation)


async def read_catalog(services: Services, client: DurableClient | None, catalog: str) -> CatalogDetail:
    """Return a catalog with its categories.

    Raises:
        InvalidRequestError: the name is not valid.
        UnknownCatalogError: the catalog does not exist.
        DamagedFileError: a file of the catalog, or of its last run, cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    name = read_catalog_name(catalog)
    index, decisions = await load_catalog(services, name)
    summary = await _summarize(services, client, index, decisions)
    return CatalogDetail(
        **dict(summary),
        categories=await _list_categories(services, index),
        version=make_version(index, decisions),
        has_style_distances=bool(index.distances),
    )


async def load_catalog(services: Services, name: str) -> tuple[CatalogIndex, DecisionTable]:
    """Return what a catalog holds, and the decisions about its images.

    Args:
        services: the services.
        name: a valid name.

    Raises:
        UnknownCatalogError: the catalog does not exist.
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    return await asyncio.gather(services.catalog_indexes.load(name), services.decisions.load(name))


async def _summarize_listed(services: Services, client: DurableClient | None, name: str) -> CatalogSummary | None:
    try:
        index, decisions = await load_catalog(services, check_catalog_name(name))
        return await _summarize(services, client, index, decisions)
    except (UnknownCatalogError, ValueError):  # other folders
        return None
    except DamagedFileError as error:
        logger.warning("catalog %s is left out of the list: %s", name, error)
        return None


async def _summarize(
    services: Services, client: DurableClient | None, index: CatalogIndex, decisions: DecisionTable
) -> CatalogSummary:
    store, name = services.store, index.catalog
    reviews = await list_reviews(services.catalog_indexes.pages, index, decisions)
    published, request, last_run, covers = await asyncio.gather(
        store.describe(paths.catalog_file(name, "catalog.json")),
        read_last_request(store, name),
        _describe_last_run(services, client, index.failed.run_id),
        _choose_covers(services, index, reviews),
    )
    return CatalogSummary(
        catalog=name,
        counts=_count(index, reviews),
        category_count=len({item.category for item in index.items}),
        covers=covers,
        last_run=last_run,
        published_at=None if published is None else published.modified,
        review=request.review,
    )


def _count(index: CatalogIndex, reviews: Sequence[Verdict | None]) -> Counts:
    states, by_review = Counter(index.states), Counter(reviews)
    return Counts(
        items=len(index.items),
        images=states[ItemState.COMPLETE],
        failed=states[ItemState.FAILED],
        placeholders=states[ItemState.PLACEHOLDER],
        approved=by_review[Verdict.APPROVED],
        rejected=by_review[Verdict.REJECTED],
        undecided=by_review[Verdict.UNDECIDED],
    )


async def _describe_last_run(services: Services, client: DurableClient | None, run_id: str | None) -> LastRun | None:
    if run_id is None:
        return None
    with contextlib.suppress(UnknownRunError):
        run = await load_run_status(services, client, run_id)
        return LastRun(run_id=run.run_id, status=str(run.status), created_at=run.created_at)
    return None


async def _choose_covers(services: Services, index: CatalogIndex, reviews: Sequence[Verdict | None]) -> list[Cover]:
    """Return the first images of different categories, then further images; no rejected ones."""
    by_category: dict[str, int] = {}
    others: list[int] = []
    for number, item in enumerate(index.items):
        if reviews[number] not in {Verdict.APPROVED, Verdict.UNDECIDED}:
            continue
        if by_category.setdefault(item.category, number) != number and len(others) < MAX_COVERS:
            others.append(number)
    chosen = [*by_category.values(), *others][:MAX_COVERS]
    thumbnails = await find_thumbnails(services.store, services.catalog_indexes.pages, index, chosen)
    covers = []
    for number in chosen:
        item, image = index.items[number], index.find_image(number)
        if image is not None:
            covers.append(
                Cover(
                    product_id=item.public_id,
                    item_id=item.item_id,
                    filename=item.filename,
                    sha256=image.sha256,
                    has_thumbnail=number in thumbnails,
                )
            )
    return covers


async def _list_categories(services: Services, index: CatalogIndex) -> list[CategoryView]:
    """Return the categories of ``categories.json``, then further ones of the items."""
    categories = await read_categories(services.store, index.catalog) or []
    names: dict[str, Any] = {category.slug: category.name for category in categories}
    counts: Counter[str] = Counter()
    for category, items in Counter(item.category for item in index.items).items():  # each is slugged once
        slug = make_slug(category)
        names.setdefault(slug, category)
        counts[slug] += items
    return [CategoryView(name=name, slug=slug, items=counts[slug]) for slug, name in names.items()]
