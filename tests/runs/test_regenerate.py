"""What a request for new images of named items asks a run to do, and which ones are refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.catalog.catalog_files import Batch, create_batch
from shared.errors import InvalidRequestError, UnknownCatalogError
from shared.runs import run_files
from shared.runs.regenerate import MAX_SELECTED_ITEMS, estimate_regenerate, start_regenerate
from shared.runs.request import SeedRequest
from shared.runs.selection import SelectionRequest, parse_stored_request
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import dump_json
from shared.storage.protocol import Store
from tests.support.activity_calls import start_process
from tests.support.catalogs import CATALOG, make_item, make_source_item, write_batches
from tests.support.memory_store import MemoryStore
from tests.support.scripted_host import ScriptedHost

ANN, BOB, CID = (make_item(name) for name in ["Ann", "Bob", "Cid"])


@pytest.fixture
async def store() -> MemoryStore:
    """A catalog of three items in two batches."""
    store = MemoryStore()
    await write_batches(store, ["Ann", "Bob"], ["Cid"])
    return store


async def write_last_request(store: Store, **fields: Any) -> None:
    request = SeedRequest(catalog=CATALOG, **fields)
    await store.write(
        paths.state_file(CATALOG, "request.json"), dump_json(request.to_json()), content_type="application/json"
    )


async def start(store: Store, **body: Any) -> SelectionRequest:
    """Start a run, and return what it is bound to."""
    run = await start_regenerate(start_process(store, None), ScriptedHost(), CATALOG, body)
    request = await run_files.read_request(store, run.run_id)
    assert isinstance(request, SelectionRequest)
    return request


async def find_problem(store: Store, **body: Any) -> dict[str, str]:
    with pytest.raises(InvalidRequestError) as caught:
        await estimate_regenerate(start_process(store, None), CATALOG, body)
    problem: dict[str, str] = caught.value.properties["errors"][0]
    return problem


async def test_the_stored_request_names_the_items_in_acceptance_order(store: MemoryStore) -> None:
    prompts = {CID.product_id: "a diver with a lamp"}
    request = await start(store, productIds=[CID.product_id, ANN.product_id, CID.product_id], imagePrompts=prompts)
    assert [(item.product_id, item.batch) for item in request.selection] == [(ANN.product_id, 1), (CID.product_id, 2)]
    assert request.selection[0].prompt is None
    assert "a diver with a lamp" in (request.selection[1].prompt or "")
    assert parse_stored_request(request.to_json()) == request


async def test_a_run_continues_from_the_last_request_with_the_overrides_of_the_body(store: MemoryStore) -> None:
    await write_last_request(
        store,
        target_count=99,
        force_images=True,
        force_categories=True,
        dry_run=True,
        publish=False,
        placeholder=True,
        max_cost_usd=5.0,
        image_size="512x512",
        max_retries=3,
    )
    request = await start(store, productIds=[ANN.product_id], maxRetries=1)
    assert (request.target_count, request.force_images, request.force_categories, request.dry_run) == (
        3,
        False,
        False,
        False,
    )
    assert (request.publish, request.placeholder, request.image_size) == (False, True, "512x512")
    assert (request.max_cost_usd, request.max_retries) == (None, 1)
    assert (request.generates_items, request.needs_text_model) == (False, False)


async def test_rows_are_named_by_their_own_id_and_write_no_prompts() -> None:
    store = MemoryStore()
    rows = (make_source_item("Mug"), make_source_item("Tray"))
    await create_batch(store, CATALOG, Batch(1, "run-1", rows))
    await write_last_request(store, source="products", input="inputs/shop.csv", prompt_writer="model")
    request = await start(store, productIds=["sku Mug", rows[1].product_id])
    assert [item.product_id for item in request.selection] == [row.product_id for row in rows]
    assert (request.source, request.input, request.writes_prompts) == ("products", None, False)


async def test_an_internal_id_counts_before_a_published_one() -> None:
    store = MemoryStore()
    first, second = make_source_item("Mug"), make_source_item("Tray")
    first = first.model_copy(update={"source_id": second.product_id})
    await create_batch(store, CATALOG, Batch(1, "run-1", (first, second)))
    await write_last_request(store, source="products")
    request = await start(store, productIds=[second.product_id])
    assert [item.product_id for item in request.selection] == [second.product_id]


async def test_unknown_items_are_named(store: MemoryStore) -> None:
    problem = await find_problem(store, productIds=[ANN.product_id, "nobody"])
    assert problem["field"] == "productIds"
    assert "'nobody'" in problem["message"]


async def test_a_prompt_for_another_item_is_refused(store: MemoryStore) -> None:
    others = {BOB.product_id: "a cook"}, {"nobody": "a cook"}
    problems = [await find_problem(store, productIds=[ANN.product_id], imagePrompts=prompts) for prompts in others]
    assert [problem["field"] for problem in problems] == [f"imagePrompts.{BOB.product_id}", "imagePrompts.nobody"]


@pytest.mark.parametrize("prompt", ["", " \u200b ", "Batman on a roof", "x" * 1_001])
async def test_a_prompt_that_cannot_be_used_is_refused_with_its_field(store: MemoryStore, prompt: str) -> None:
    problem = await find_problem(store, productIds=[ANN.product_id], imagePrompts={ANN.product_id: prompt})
    assert problem["field"] == f"imagePrompts.{ANN.product_id}"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"productIds": []},
        {"productIds": ["x"] * (MAX_SELECTED_ITEMS + 1)},
        {"productIds": [1]},
        {"productIds": "x"},
        {"productIds": ["x"], "targetCount": 3},
        {"productIds": ["x"], "forceImages": True},
    ],
)
async def test_a_body_that_breaks_the_schema_is_refused(store: MemoryStore, body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        await estimate_regenerate(start_process(store, None), CATALOG, body)


async def test_a_catalog_without_items_is_unknown() -> None:
    with pytest.raises(UnknownCatalogError):
        await estimate_regenerate(start_process(MemoryStore(), None), CATALOG, {"productIds": ["x"]})


async def test_the_estimate_is_of_the_named_items_and_all_their_rounds(store: MemoryStore) -> None:
    services, body = start_process(store, None), {"productIds": [ANN.product_id, CID.product_id]}
    plain = await estimate_regenerate(services, CATALOG, body)
    await write_last_request(store, refine={"iterations": 3, "accept_score": 90})
    refined = await estimate_regenerate(services, CATALOG, body)
    assert (plain.items, plain.image_calls, plain.text_calls) == (0, 2, 0)
    assert (refined.items, refined.image_calls, refined.text_calls) == (0, 6, 6 + 4)


async def test_a_repeated_key_finds_its_run_although_an_item_is_gone(store: MemoryStore) -> None:
    services, host, body = start_process(store, None), ScriptedHost(), {"productIds": [CID.product_id]}
    first = await start_regenerate(services, host, CATALOG, body, key="once")
    await store.delete(paths.batch_file(CATALOG, 2))
    assert await start_regenerate(Services(services.settings, store=store), host, CATALOG, body, key="once") == first
