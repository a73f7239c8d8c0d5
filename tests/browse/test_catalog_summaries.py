"""Lists of catalogs, and single catalogs, on every store."""

import logging

import pytest

from shared.browse.catalog_summaries import CatalogQuery, list_catalogs, read_catalog
from shared.errors import InvalidRequestError, UnknownCatalogError
from shared.reviews.decisions import Decision, Verdict
from shared.runs.last_run import record_last_run
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.browsed_catalogs import (
    LATER_RUN,
    NOW,
    end_run,
    record_failure,
    store_image,
    store_thumbnail_of,
    write_items,
)
from tests.support.catalogs import CATALOG, make_item, write_batches


async def copy_catalog(store: Store, name: str) -> None:
    """Copy the batches of the catalog to another name."""
    async for info in store.list_files(paths.batch_folder(CATALOG)):
        content = await store.read(info.path)
        assert content is not None
        path = paths.batch_folder(name) + info.path.rpartition("/")[2]
        await store.write(path, content.data, content_type="application/json")


async def test_a_catalog_is_counted_by_state_and_review(store: Store, services: Services) -> None:
    names = ["Fox", "Owl", "Cat", "Elk", "Bat", "Ant"]
    items = await write_batches(store, names)
    shas = [await store_image(store, item) for item in items[:3]]
    await store_image(store, items[3], placeholder=True)
    await record_last_run(store, CATALOG, LATER_RUN)
    await end_run(store, LATER_RUN, [(items[3], "content_policy"), (items[4], "bad_image")])
    verdicts = (Verdict.APPROVED, Verdict.REJECTED)
    decisions = [
        Decision(item.product_id, verdict, sha256, None, None, NOW)
        for item, sha256, verdict in zip(items, shas, verdicts, strict=False)
    ]
    await services.decisions.append(CATALOG, decisions)

    detail = await read_catalog(services, None, CATALOG)

    assert detail.counts.model_dump() == {
        "items": 6,
        "images": 3,
        "failed": 1,
        "placeholders": 1,
        "approved": 1,
        "rejected": 1,
        "undecided": 1,
    }
    assert detail.last_run is not None
    assert (detail.last_run.run_id, detail.last_run.status) == (LATER_RUN, "CompletedWithFailures")
    assert [(one.name, one.slug, one.items) for one in detail.categories] == [
        ("Space Crew", "space-crew", 6),
        ("City Life", "city-life", 0),
    ]
    assert detail.published_at is None
    assert detail.review == "optional"


async def test_covers_show_different_categories_first_and_nothing_rejected(store: Store, services: Services) -> None:
    categories = ["Space Crew", "Space Crew", "City Life", "Space Crew", "Space Crew", "Space Crew"]
    items = [make_item(f"Fox {number}", category=category) for number, category in enumerate(categories)]
    await write_items(store, items)
    shas = [await store_image(store, item) for item in items]
    await store_thumbnail_of(store, items[2], shas[2])
    rejected = Decision(items[0].product_id, Verdict.REJECTED, shas[0], None, None, NOW)
    await services.decisions.append(CATALOG, [rejected])

    detail = await read_catalog(services, None, CATALOG)

    assert [one.item_id for one in detail.covers] == [items[number].product_id for number in (1, 2, 3, 4)]
    assert [one.has_thumbnail for one in detail.covers] == [False, True, False, False]


async def test_catalogs_are_listed_in_name_order_page_by_page(store: Store, services: Services) -> None:
    await write_batches(store, ["Fox"])
    for name in ("birds", "cats", "zebras"):
        await copy_catalog(store, name)
    await store.write("catalogs/Not A Catalog/state/batches/00001.json", b"[]", content_type="application/json")
    await store.write("catalogs/empty/notes.txt", b"by hand", content_type="text/plain")
    names: list[str] = []
    continuation: str | None = None
    while True:
        page = await list_catalogs(services, None, CatalogQuery(limit=2, continuation=continuation))
        names += [one.catalog for one in page.catalogs]
        continuation = page.continuation
        if continuation is None:
            break
    assert names == ["birds", "cats", CATALOG, "zebras"]
    with pytest.raises(InvalidRequestError):
        await list_catalogs(services, None, CatalogQuery(continuation="abc"))


async def test_a_damaged_catalog_does_not_hide_the_others(
    store: Store, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    await write_batches(store, ["Fox"])
    await copy_catalog(store, "birds")
    await store.write(paths.batch_file("birds", 1), b"{", content_type="application/json")
    with caplog.at_level(logging.WARNING):
        page = await list_catalogs(services, None, CatalogQuery())
    assert [one.catalog for one in page.catalogs] == [CATALOG]
    assert paths.batch_file("birds", 1) in caplog.text


async def test_names_that_no_catalog_has_are_refused(services: Services) -> None:
    with pytest.raises(UnknownCatalogError):
        await read_catalog(services, None, "no-such-catalog")
    with pytest.raises(InvalidRequestError):
        await read_catalog(services, None, "..")


async def test_a_last_run_whose_status_is_lost_is_left_out(store: Store, services: Services) -> None:
    items = await write_batches(store, ["Fox"])
    await record_last_run(store, CATALOG, LATER_RUN)
    await record_failure(store, items[0], "bad_image", run_id=LATER_RUN)
    detail = await read_catalog(services, None, CATALOG)
    assert detail.counts.failed == 1
    assert detail.last_run is None
