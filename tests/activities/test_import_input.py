"""Rows become batches once, however often the activity is delivered, and whatever changes in the input."""

import asyncio
import itertools
import json
from typing import Any

from shared.catalog.catalog_files import iterate_items, list_batch_numbers, read_categories
from shared.catalog.items import SourceItem
from shared.messages.base import Failure
from shared.messages.run import ImportedInput, RunRef
from shared.reasons import Reason
from shared.runs import run_files
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, list_paths
from tests.support.input_rows import dump_rows, make_products
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore
from tests.support.scripted_model import ScriptedModel

INPUT = "inputs/rows.json"
NEXT_RUN = "8204736755520-af1e9c55"


async def start(store: Store, rows: object, *, run_id: str = RUN, **request: object) -> None:
    data = rows if isinstance(rows, bytes) else dump_rows(rows)
    await store.write(INPUT, data, content_type="application/json")
    await start_run_in(store, run_id=run_id, **{"source": "products", "input": INPUT, **request})


async def take(process: Services, *, run_id: str = RUN) -> ImportedInput:
    return ImportedInput.from_json(await deliver(process, "import_input", RunRef(run_id, CATALOG)))


async def read_items(store: Store) -> list[SourceItem]:
    return [item async for item in iterate_items(store, CATALOG) if isinstance(item, SourceItem)]


async def test_rows_become_items_in_their_order_and_categories_are_reported(
    store: RecordingStore, model: ScriptedModel
) -> None:
    rows = make_products(45)
    await start(store, rows)
    assert await take(start_process(store, model)) == ImportedInput(categories=3, items=45, added=45, next_batch=4)
    items = await read_items(store)
    assert [json.loads(item.row) for item in items] == rows
    assert [item.filename for item in items[:2]] == ["PROD-000001.jpg", "PROD-000002.png"]
    assert [category.slug for category in await read_categories(store, CATALOG) or ()] == [
        "climbing",
        "skiboarding",
        "footwear",
    ]
    assert await list_batch_numbers(store, CATALOG) == [1, 2, 3]
    assert model.calls == 0


async def test_killed_before_any_of_its_changes_it_is_finished_by_the_next_delivery(model: ScriptedModel) -> None:
    rows: list[dict[str, Any]] = [*make_products(41), {"id": "bad"}]
    expected = ImportedInput(categories=3, items=41, added=41, rejected={"bad_row": 1}, next_batch=4)
    for changes_to_live in itertools.count():
        store = RecordingStore(MemoryStore())
        await start(store, rows, skip_invalid=True)
        store.changes.clear()
        store.changes_to_live = changes_to_live
        survived = True
        try:
            await take(start_process(store, model))
        except KilledError:
            survived = False
        store.changes_to_live = None
        assert await take(start_process(store, model)) == expected
        assert await take(start_process(store, model)) == expected
        assert [item.source_id for item in await read_items(store)] == [row["id"] for row in rows[:-1]]
        if survived:
            assert changes_to_live > 3
            break


async def test_delivered_to_two_processes_at_once_it_takes_each_row_once(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start(store, make_products(65))
    both = await asyncio.gather(*(take(start_process(store, model)) for _ in range(2)))
    assert both == [ImportedInput(categories=3, items=65, added=65, next_batch=5)] * 2
    assert len({item.source_id for item in await read_items(store)}) == len(await read_items(store)) == 65


async def test_the_next_run_takes_new_rows_and_changes_and_keeps_ids_and_file_names(
    store: RecordingStore, model: ScriptedModel
) -> None:
    rows = make_products(30)
    await start(store, rows)
    await take(start_process(store, model))
    before = await read_items(store)
    changed = [
        row | {"price": 1, "image": "other.png"} if number in {3, 25} else row for number, row in enumerate(rows)
    ]
    store.changes.clear()
    await start(store, [*changed, *make_products(32)[30:]], run_id=NEXT_RUN)
    taken = await take(start_process(store, model), run_id=NEXT_RUN)
    assert taken == ImportedInput(categories=3, items=32, added=2, next_batch=4)
    after = await read_items(store)
    assert [json.loads(item.row) for item in after[:30]] == changed
    assert [(item.product_id, item.filename) for item in after[:30]] == [(i.product_id, i.filename) for i in before]
    assert [path for path in store.changes if "/batches/" in path] == [
        paths.batch_file(CATALOG, number) for number in (3, 1, 2)
    ]


async def test_many_changes_are_written_a_few_batches_at_a_time(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, make_products(500))
    await take(start_process(store, model))
    store.changes.clear()
    changed = [row | {"price": 0} for row in make_products(500)]
    await start(store, changed, run_id=NEXT_RUN)
    assert (await take(start_process(store, model), run_id=NEXT_RUN)).added == 0
    assert [json.loads(item.row) for item in await read_items(store)] == changed
    assert len([path for path in store.changes if "/batches/" in path]) <= 25 + 3


async def test_rows_that_cannot_be_used_refuse_the_run_and_leave_nothing(
    store: RecordingStore, model: ScriptedModel
) -> None:
    rows = [{"id": "a", "name": "Mug"}, {"id": "a", "name": "Tray"}, {"name": "x"}]
    await start(store, rows)
    taken = await take(start_process(store, model))
    assert taken.failure == Failure(
        Reason.BAD_INPUT,
        "inputs/rows.json: row 2, id: 'a' is the id of an earlier row; the first one counts; "
        "row 3, id: is missing or blank; expected an id",
    )
    assert await list_paths(store, f"catalogs/{CATALOG}/state/batches/") == []


async def test_rows_that_are_left_out_are_reported(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, [{"id": "a", "name": "Mug"}, {"id": "a", "name": "Tray"}, 5], skip_invalid=True)
    taken = await take(start_process(store, model))
    assert (taken.items, taken.rejected) == (1, {"duplicate_id": 1, "bad_row": 1})
    assert [row async for row in run_files.iterate_rejections(store, RUN)] == [
        {
            "row": 2,
            "field": "id",
            "reasons": ["duplicate_id"],
            "message": "'a' is the id of an earlier row; the first one counts",
        },
        {"row": 3, "field": None, "reasons": ["bad_row"], "message": "is '5'; expected an object"},
    ]


async def test_an_input_that_is_gone_or_cannot_be_read_is_reported(store: RecordingStore, model: ScriptedModel) -> None:
    await start(store, b"[")
    taken = await take(start_process(store, model))
    await store.delete(INPUT)
    gone = await take(start_process(store, model))
    assert taken.failure is not None
    assert taken.failure.message.startswith("inputs/rows.json has no row that can be read: row 1 is cut off")
    assert gone.failure is not None
    assert gone.failure.message.startswith("Input 'inputs/rows.json' is not in the store.")
