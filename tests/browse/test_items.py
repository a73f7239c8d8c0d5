"""Pages of items, and single items, on every store."""

from datetime import UTC, datetime

import pytest

from shared.browse.image_files import CachedVersion
from shared.browse.item_details import RoundAddress, list_items, read_item, read_round
from shared.browse.item_query import ItemQuery
from shared.catalog.catalog_files import Batch, create_batch, read_batch, replace_batch, write_categories
from shared.catalog.items import Category, Item
from shared.errors import InvalidRequestError, UnknownCatalogError, UnknownItemError, UnknownRoundError
from shared.reviews.decisions import Decision, Verdict
from shared.runs.last_run import record_last_run
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import DamagedFileError
from shared.storage.protocol import Store
from tests.support.browsed_catalogs import (
    FIRST_RUN,
    LATER_RUN,
    end_run,
    open_services,
    record_failure,
    record_score,
    store_image,
    store_thumbnail_of,
    write_items,
)
from tests.support.catalogs import CATALOG, make_item, make_source_item, write_batches

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def decide(item: Item, sha256: str, verdict: Verdict) -> Decision:
    return Decision(item.product_id, verdict, sha256, "as agreed", "Ada", NOW)


async def list_names(services: Services, **query: object) -> list[str]:
    page = await list_items(services, CATALOG, ItemQuery.model_validate(query))
    return [row.name for row in page.items]


async def test_a_row_tells_all_about_an_item_and_its_image(store: Store, services: Services) -> None:
    first, second = await write_batches(store, ["Fox"], ["Owl"])
    sha256 = await store_image(store, first, round_=2, prompt="a sharper fox")
    await store_thumbnail_of(store, first, sha256)
    await record_score(store, first, 83, round_=2)
    await services.decisions.append(CATALOG, [decide(first, sha256, Verdict.APPROVED)])

    page = await list_items(services, CATALOG, ItemQuery())

    assert (page.total, page.offset, page.continuation) == (2, 0, None)
    row, other = page.items
    assert (row.product_id, row.item_id, row.filename) == (first.product_id, first.product_id, first.filename)
    assert (row.name, row.category, row.description) == ("Fox", "Space Crew", first.description)
    assert row.state == "complete"
    assert row.image is not None
    assert row.image.model_dump() == {
        "sha256": sha256,
        "bytes": len(b"image of Fox"),
        "width": 1024,
        "height": 768,
        "has_thumbnail": True,
        "is_placeholder": False,
        "score": 83,
        "likeness": None,
        "run_id": FIRST_RUN,
        "round": 2,
        "cost_usd": 0.04,
        "style_distance": None,
    }
    assert row.decision is not None
    assert row.decision.model_dump() == {"decision": "approved", "note": "as agreed", "reviewer": "Ada", "at": NOW}
    assert (other.state, other.image, other.decision, other.failure) == ("missing", None, None, None)
    assert second.product_id == other.item_id


async def test_a_decision_about_an_earlier_image_leaves_the_item_undecided(store: Store, services: Services) -> None:
    (item,) = await write_batches(store, ["Fox"])
    sha256 = await store_image(store, item)
    await services.decisions.append(CATALOG, [decide(item, sha256, Verdict.REJECTED)])
    assert await list_names(services, decision="rejected") == ["Fox"]

    await store_image(store, item, "a better image")
    services.catalog_indexes.forget(CATALOG)

    assert await list_names(services, decision="rejected") == []
    assert await list_names(services, decision="undecided") == ["Fox"]


async def test_items_without_an_image_and_placeholders_are_not_undecided(store: Store, services: Services) -> None:
    items = await write_batches(store, ["Fox", "Owl", "Cat"])
    await store_image(store, items[1], placeholder=True)
    await store_image(store, items[2])

    assert await list_names(services, decision="undecided") == ["Cat"]
    assert await list_names(services, state="placeholder") == ["Owl"]
    assert await list_names(services, state="missing") == ["Fox"]


async def test_failures_of_an_active_run_show_as_they_come(store: Store, services: Services) -> None:
    items = await write_batches(store, ["Fox", "Owl", "Cat"])
    await record_last_run(store, CATALOG, LATER_RUN)
    await record_failure(store, items[0], "content_policy", run_id=LATER_RUN)
    assert await list_names(services, state="failed") == ["Fox"]

    await record_failure(store, items[1], "bad_image", run_id=LATER_RUN)
    await store_image(store, items[1], run_id=FIRST_RUN)  # its earlier image; the new one failed
    await record_failure(store, items[2], "bad_image", run_id=LATER_RUN)
    await store_image(store, items[2], run_id=LATER_RUN)  # generated after a resume
    services.catalog_indexes.forget(CATALOG)

    assert await list_names(services, state="failed") == ["Fox"]
    assert await list_names(services, reason="bad_image") == ["Owl"]
    assert await list_names(services, reason="content_policy") == ["Fox"]


async def test_failures_of_an_ended_run_come_from_its_list(store: Store, services: Services) -> None:
    items = await write_batches(store, ["Fox", "Owl"])
    await record_last_run(store, CATALOG, LATER_RUN)
    await end_run(store, LATER_RUN, [(items[1], "cancelled")])

    page = await list_items(services, CATALOG, ItemQuery(state="failed"))

    assert [(row.name, row.failure and row.failure.reason) for row in page.items] == [("Owl", "cancelled")]


async def test_failures_of_the_last_whole_run_stay_when_a_run_names_other_items(
    store: Store, services: Services
) -> None:
    items = await write_batches(store, ["Fox", "Owl", "Cat"])
    await record_last_run(store, CATALOG, FIRST_RUN)
    await end_run(store, FIRST_RUN, [(items[0], "content_policy"), (items[1], "bad_image"), (items[2], "bad_image")])
    await record_last_run(store, CATALOG, LATER_RUN, names_items=True)
    await record_last_run(store, CATALOG, LATER_RUN, names_items=True)  # the activity was delivered twice
    await end_run(store, LATER_RUN, [(items[1], "rate_limited")])
    await store_image(store, items[2], run_id=LATER_RUN)

    page = await list_items(services, CATALOG, ItemQuery(state="failed"))
    assert {row.name: row.failure and row.failure.reason for row in page.items} == {
        "Fox": "content_policy",
        "Owl": "rate_limited",
    }

    await record_last_run(store, CATALOG, FIRST_RUN)
    services.catalog_indexes.forget(CATALOG)
    assert await list_names(services, reason="rate_limited") == []


async def test_a_catalog_without_a_record_of_its_last_run_uses_the_newest_run_that_wrote_to_it(
    store: Store, services: Services
) -> None:
    items = [make_item("Fox"), make_item("Owl")]
    await write_items(store, items[:1], number=1, run_id=FIRST_RUN)
    await write_items(store, items[1:], number=2, run_id=LATER_RUN)
    await record_failure(store, items[0], "bad_image", run_id=FIRST_RUN)
    await record_failure(store, items[1], "content_policy", run_id=LATER_RUN)

    assert await list_names(services, state="failed") == ["Owl"]


async def test_scores_filter_and_sort_images(store: Store, services: Services) -> None:
    items = await write_batches(store, ["Fox", "Owl", "Cat", "Elk"])
    for item, score in zip(items[:3], (90, 40, 60), strict=True):
        await store_image(store, item, round_=1)
        await record_score(store, item, score)
    await store_image(store, items[3])

    assert await list_names(services, max_score=60) == ["Owl", "Cat"]
    assert await list_names(services, sort="score") == ["Owl", "Cat", "Fox", "Elk"]


async def test_the_farthest_from_the_style_references_come_first_and_images_without_any_last(
    store: Store, services: Services
) -> None:
    items = await write_batches(store, ["Fox", "Owl", "Cat", "Elk"])
    for item, distance in zip(items, (0.1, 0.3456, None, 0.0), strict=True):
        await store_image(store, item, style_distance=distance)

    assert await list_names(services, sort="style") == ["Owl", "Fox", "Elk", "Cat"]


async def test_near_duplicates_are_adjacent_and_share_a_group(store: Store, services: Services) -> None:
    names = ["Fox", "Owl", "Cat", "Elk", "Bat"]
    items = await write_batches(store, names)
    for item, dhash in zip(items, (0, 2**64 - 1, 1, 0xFF00FF00, 2**64 - 2), strict=True):
        await store_image(store, item, dhash=dhash)

    page = await list_items(services, CATALOG, ItemQuery(duplicates=True))

    assert [row.name for row in page.items] == ["Fox", "Cat", "Owl", "Bat"]
    groups = [row.duplicate_group for row in page.items]
    assert groups == [items[0].product_id] * 2 + [items[1].product_id] * 2


async def test_items_in_the_order_of_their_categories_form_sections(store: Store, services: Services) -> None:
    categories = {"Fox": "Woods", "Owl": "Night", "Elk": "Woods", "Bat": "Night"}
    for number, names in enumerate((("Fox", "Owl"), ("Elk", "Bat")), start=1):
        items = tuple(make_item(name, category=categories[name]) for name in names)
        assert await create_batch(store, CATALOG, Batch(number, "run-1", items))
    await write_categories(store, CATALOG, [Category("Night", "night"), Category("Woods", "woods")])

    query = ItemQuery(sort="category", limit=3)
    page = await list_items(services, CATALOG, query)
    rest = await list_items(services, CATALOG, query.model_copy(update={"continuation": page.continuation}))
    found = await list_items(services, CATALOG, ItemQuery(sort="category", q="bat"))

    assert [row.name for row in (*page.items, *rest.items)] == ["Fox", "Elk", "Owl", "Bat"]
    assert [[(section.key, section.items) for section in one.sections or ()] for one in (page, rest, found)] == [
        [("Woods", 2), ("Night", 2)],
        [("Woods", 2), ("Night", 2)],
        [("Night", 1)],
    ]


async def test_near_duplicate_groups_form_sections(store: Store, services: Services) -> None:
    items = await write_batches(store, ["Fox", "Owl", "Cat"])
    for item, dhash in zip(items, (0, 2**64 - 1, 1), strict=True):
        await store_image(store, item, dhash=dhash)

    grouped = await list_items(services, CATALOG, ItemQuery(duplicates=True, sort="category"))
    accepted = await list_items(services, CATALOG, ItemQuery())

    assert [(section.key, section.items) for section in grouped.sections or ()] == [(items[0].product_id, 2)]
    assert accepted.sections is None


async def test_the_newest_image_comes_first(store: Store, services: Services) -> None:
    items = await write_batches(store, ["Fox", "Owl", "Cat"])
    await store_image(store, items[1])
    index = await services.catalog_indexes.load(CATALOG)
    assert index.find_image(0) is None

    assert await list_names(services, sort="newest") == ["Owl", "Fox", "Cat"]


async def test_every_page_follows_the_previous_one(store: Store, services: Services) -> None:
    names = [f"Fox {number}" for number in range(7)]
    await write_batches(store, names[:4], names[4:])
    seen: list[str] = []
    continuation: str | None = None
    while True:
        query = ItemQuery(limit=3, continuation=continuation)
        page = await list_items(services, CATALOG, query)
        assert page.offset == len(seen)
        assert page.total == len(names)
        seen += [row.name for row in page.items]
        continuation = page.continuation
        if continuation is None:
            break
    assert seen == names


async def test_a_row_of_an_input_is_found_by_both_of_its_ids(store: Store, services: Services) -> None:
    ids = ["sku/1 50% #2", "ผลิตภัณฑ์", "🚀", "a%2Fb"]
    items = [make_source_item(f"Row {number}", source_id=source_id) for number, source_id in enumerate(ids)]
    await write_items(store, items)

    for item, source_id in zip(items, ids, strict=True):
        by_public = await read_item(services, CATALOG, source_id)
        by_internal = await read_item(services, CATALOG, item.product_id)
        assert by_public == by_internal
        assert (by_public.product_id, by_public.item_id) == (source_id, item.product_id)
    encoded = await read_item(services, CATALOG, "sku%2F1%2050%25%20%232")
    assert encoded.product_id == "sku/1 50% #2"


async def test_an_item_has_its_rounds_and_their_images(store: Store, services: Services) -> None:
    (item,) = await write_batches(store, ["Fox"])
    sha256 = await store_image(store, item, round_=2)
    await record_score(store, item, 77, round_=2)

    detail = await read_item(services, CATALOG, item.product_id)

    (current,) = detail.rounds
    assert (current.run_id, current.round, current.is_current, current.sha256) == (FIRST_RUN, 2, True, sha256)
    assert (current.score, current.prompt) == (77, item.image_prompt)
    address = RoundAddress(CATALOG, item.product_id, FIRST_RUN, "2")
    image = await read_round(services, address, CachedVersion())
    assert image.data == b"image of Fox"
    assert image.etag == f'"{sha256}"'


@pytest.mark.parametrize("number", ["1", "0", "-1", "two", "9999", "../../2", "²"])
async def test_an_unknown_round_is_refused(store: Store, services: Services, number: str) -> None:
    (item,) = await write_batches(store, ["Fox"])
    await store_image(store, item, round_=2)
    with pytest.raises(UnknownRoundError):
        await read_round(services, RoundAddress(CATALOG, item.product_id, FIRST_RUN, number), CachedVersion())


async def test_unknown_catalogs_and_items_are_refused(store: Store, services: Services) -> None:
    await write_batches(store, ["Fox"])
    with pytest.raises(UnknownItemError):
        await read_item(services, CATALOG, "no-such-item")
    with pytest.raises(UnknownCatalogError):
        await list_items(services, "no-such-catalog", ItemQuery())
    with pytest.raises(InvalidRequestError):
        await list_items(services, "../lego", ItemQuery())


async def test_a_damaged_batch_is_reported_with_its_path(store: Store, services: Services) -> None:
    await write_batches(store, ["Fox"], ["Owl"])
    path = paths.batch_file(CATALOG, 2)
    await store.write(path, b'{"batch": 2', content_type="application/json")
    with pytest.raises(DamagedFileError) as caught:
        await list_items(services, CATALOG, ItemQuery())
    assert caught.value.path == path


async def test_another_process_sees_changes(store: Store, services: Services) -> None:
    items = await write_batches(store, ["Fox", "Owl"])
    sha256 = await store_image(store, items[0])
    other = open_services(store)
    before = await list_items(other, CATALOG, ItemQuery())

    await services.decisions.append(CATALOG, [decide(items[0], sha256, Verdict.APPROVED)])
    await write_items(store, [make_item("Cat")], number=2, run_id=LATER_RUN)
    await record_last_run(store, CATALOG, LATER_RUN)  # as each run does when it starts

    after = await list_items(other, CATALOG, ItemQuery())
    assert [row.name for row in after.items] == ["Fox", "Owl", "Cat"]
    assert after.items[0].decision is not None
    assert before.version != after.version
    own = await list_items(services, CATALOG, ItemQuery())
    assert own == after
    await other.catalog_indexes.close()


async def test_a_pruned_item_is_left_out(store: Store, services: Services) -> None:
    items = await write_batches(store, ["Fox", "Owl"])
    await list_items(services, CATALOG, ItemQuery())
    batch, content = await read_batch(store, CATALOG, 1), await store.read(paths.batch_file(CATALOG, 1))
    assert batch is not None
    assert content is not None
    await replace_batch(store, CATALOG, type(batch)(1, batch.run_id, (items[1],)), etag=content.etag)
    services.catalog_indexes.forget(CATALOG)

    assert await list_names(services) == ["Owl"]
    with pytest.raises(UnknownItemError):
        await read_item(services, CATALOG, items[0].product_id)
