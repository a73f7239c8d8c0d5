"""Publish on request and its preview, which agree with each other."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from shared.catalog.items import Item
from shared.catalog.preview_publishing import preview_publishing
from shared.catalog.publish_on_request import PublishRequest, claim_and_publish
from shared.errors import InvalidRequestError, NothingToPublishError, UnknownCatalogError
from shared.reviews.decisions import Decision, Verdict
from shared.reviews.publishing_gate import MAX_EXAMPLES
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE, dump_json
from tests.support.browsed_catalogs import open_services, store_image, write_items
from tests.support.catalogs import CATALOG, make_item, read_data
from tests.support.decisions import NOON
from tests.support.durable_client import UnexpectedDurableClient
from tests.support.memory_store import MemoryStore, RecordingStore
from tests.support.scripted_model import IMAGE

ALL, APPROVED = PublishRequest(), PublishRequest(only="approved")
ANN, BOB, CID, DAN, EVE = map(make_item, ("Ann", "Bob", "Cid", "Dan", "Eve"))


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    opened = open_services(RecordingStore(MemoryStore()))
    yield opened
    await opened.catalog_indexes.close()


async def write_request(services: Services, **fields: object) -> None:
    path = paths.state_file(CATALOG, "request.json")
    await services.store.write(path, dump_json({"catalog": CATALOG, **fields}), content_type=JSON_TYPE)


async def decide(services: Services, item: Item, verdict: Verdict, sha256: str) -> None:
    await services.decisions.append(CATALOG, [Decision(item.product_id, verdict, sha256, None, None, NOON)])


async def write_catalog(services: Services) -> None:
    """Write an undecided, an approved and a rejected item, one with a placeholder, and one without an image."""
    await write_items(services.store, [ANN, BOB])
    await write_items(services.store, [CID, DAN, EVE], number=2)
    await store_image(services.store, ANN)
    await decide(services, BOB, Verdict.APPROVED, await store_image(services.store, BOB))
    await decide(services, CID, Verdict.REJECTED, await store_image(services.store, CID))
    await store_image(services.store, DAN, placeholder=True)


def list_names(body: dict[str, Any]) -> dict[str, list[str]]:
    return {group["reason"]: [item["name"] for item in group["examples"]] for group in body["leftOut"]}


@pytest.mark.parametrize(
    ("fields", "request_body", "published", "left_out"),
    [
        ({}, ALL, ["Ann", "Bob"], {"rejected": ["Cid"], "no_image": ["Dan", "Eve"]}),
        ({"placeholder": True}, ALL, ["Ann", "Bob", "Dan"], {"rejected": ["Cid"], "no_image": ["Eve"]}),
        ({"dryRun": True}, ALL, ["Ann", "Bob", "Dan", "Eve"], {"rejected": ["Cid"]}),
        ({}, APPROVED, ["Bob"], {"rejected": ["Cid"], "undecided": ["Ann"], "no_image": ["Dan", "Eve"]}),
        (
            {"placeholder": True, "review": "required"},
            ALL,
            ["Bob"],
            {"rejected": ["Cid"], "undecided": ["Ann"], "no_image": ["Dan", "Eve"]},
        ),
        (
            {"dryRun": True},
            APPROVED,
            ["Bob"],
            {"rejected": ["Cid"], "undecided": ["Ann"], "no_image": ["Dan", "Eve"]},
        ),
    ],
)
async def test_publishing_does_what_its_preview_reports(
    fields: dict[str, object],
    request_body: PublishRequest,
    published: list[str],
    left_out: dict[str, list[str]],
    services: Services,
) -> None:
    await write_catalog(services)
    await write_request(services, **fields)
    preview = await preview_publishing(services, CATALOG, request_body)
    assert list_names(preview) == left_out
    assert (preview["catalog"], preview["items"], preview["publish"]) == (CATALOG, 5, len(published))
    answer = await claim_and_publish(services, UnexpectedDurableClient(), CATALOG, request_body)
    assert (answer["leftOut"], answer["only"]) == (preview["leftOut"], preview["only"])
    assert answer["items"] == len(published)
    rows = await read_data(services.store, answer["outputs"]["catalog"])
    assert [row["name"] for row in rows] == published


async def test_a_preview_changes_nothing_and_does_not_claim_the_catalog(services: Services) -> None:
    await write_catalog(services)
    assert isinstance(services.store, RecordingStore)
    services.store.changes.clear()
    await preview_publishing(services, CATALOG, APPROVED)
    assert services.store.changes == []


async def test_a_preview_counts_all_items_and_names_the_first_ones(services: Services) -> None:
    items = [make_item(f"Item {number:02d}") for number in range(MAX_EXAMPLES + 5)]
    await write_items(services.store, items)
    preview = await preview_publishing(services, CATALOG, ALL)
    assert preview["publish"] == 0
    assert list_names(preview) == {"no_image": [item.name for item in items[:MAX_EXAMPLES]]}
    assert preview["leftOut"][0]["count"] == MAX_EXAMPLES + 5


async def test_a_decision_is_in_the_next_preview(services: Services) -> None:
    await write_catalog(services)
    await preview_publishing(services, CATALOG, APPROVED)
    await decide(services, ANN, Verdict.APPROVED, await store_image(services.store, ANN))
    assert (await preview_publishing(services, CATALOG, APPROVED))["publish"] == 2


async def test_nothing_to_publish_is_an_error_that_reports_why_and_changes_no_file(services: Services) -> None:
    await write_items(services.store, [ANN])
    await store_image(services.store, ANN)
    await claim_and_publish(services, UnexpectedDurableClient(), CATALOG, ALL)
    with pytest.raises(NothingToPublishError) as raised:
        await claim_and_publish(services, UnexpectedDurableClient(), CATALOG, APPROVED)
    assert list_names(raised.value.properties) == {"undecided": ["Ann"]}
    rows = await read_data(services.store, paths.catalog_file(CATALOG, "catalog.json"))
    assert [row["name"] for row in rows] == ["Ann"]
    assert await services.store.describe(paths.run_claim_file(CATALOG)) is None


async def store_decodable_image(services: Services, item: Item) -> None:
    metadata = {"sha256": hashlib.sha256(IMAGE).hexdigest(), "width": "64", "height": "64"}
    path = paths.image_file(CATALOG, item.filename)
    await services.store.write(path, IMAGE, content_type="image/png", metadata=metadata)


async def test_publishing_makes_what_a_killed_promote_left_out(services: Services) -> None:
    await write_items(services.store, [ANN, BOB])
    await write_request(services, imageVariants=[{"width": 32, "format": "webp"}])
    await store_decodable_image(services, ANN)
    await store_image(services.store, BOB)  # cannot be decoded
    answer = await claim_and_publish(services, UnexpectedDurableClient(), CATALOG, ALL)
    assert (answer["missingThumbnails"], answer["missingVariants"]) == (1, 1)
    ann, bob = await read_data(services.store, answer["outputs"]["manifest"])
    thumbnail, variant = ann["thumbnail"], ann["variants"][0]["path"]
    assert (bob["thumbnail"], bob["variants"]) == (None, [])
    assert await services.store.describe(thumbnail) is not None
    assert await services.store.describe(variant) is not None


async def test_one_publish_makes_a_bounded_number_of_thumbnails(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.catalog.publish_on_request.MAX_THUMBNAILS_PER_CALL", 2)
    await write_items(services.store, [ANN, BOB, CID])
    for item in (ANN, BOB, CID):
        await store_decodable_image(services, item)
    for left in (1, 0):
        answer = await claim_and_publish(services, UnexpectedDurableClient(), CATALOG, ALL)
        assert answer["missingThumbnails"] == left


async def test_publishing_items_without_images_makes_no_thumbnail(services: Services) -> None:
    await write_items(services.store, [ANN])
    await write_request(services, dryRun=True)
    await store_decodable_image(services, ANN)
    answer = await claim_and_publish(services, UnexpectedDurableClient(), CATALOG, ALL)
    assert answer["missingThumbnails"] == 0
    assert await services.store.describe(paths.thumbnail_file(CATALOG, ANN.filename)) is None


@pytest.mark.parametrize("name", ["nothing-here", "Not A Name"])
async def test_a_catalog_that_does_not_exist_has_no_preview(name: str, services: Services) -> None:
    with pytest.raises((UnknownCatalogError, InvalidRequestError)):
        await preview_publishing(services, name, ALL)


@pytest.mark.parametrize("body", [{"only": "rejected"}, {"only": True}, {"preview": True}])
def test_other_requests_are_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PublishRequest.model_validate(body)
