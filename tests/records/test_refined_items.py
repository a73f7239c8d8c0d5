"""What the looking at pictures came to follows from a run's records, ended or not."""

import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace

from shared.domain import paths
from shared.domain.image_messages import Action, Step
from shared.domain.refinement import Halt
from shared.ports import Content, FileInfo
from shared.records.reading import READ_AT_ONCE
from shared.records.refined_items import Outcome, RefinedItem, iterate_refined_items, list_refined, read_outcome
from shared.records.refinements import Results
from tests.support.memory_store import MemoryStore, WatchedStore
from tests.support.refined import IMAGE_COST, TEXT_COST, write_refined, write_rewrite

RUN, OTHER = "8203891199998-0a1b2c3d", "8203891199999-0a1b2c3d"


async def read_items(store: WatchedStore) -> list[RefinedItem]:
    return [item async for item in iterate_refined_items(store, RUN)]


async def test_records_come_by_item_and_in_order(store: WatchedStore) -> None:
    await write_refined(store, RUN, "ann-b", [50, 80, 65])
    await write_refined(store, RUN, "ann", [90])
    await write_refined(store, OTHER, "bob", [90])
    await write_rewrite(Results(store, RUN, "ann"), 1)
    (longer, ann) = await read_items(store)
    assert (longer.product_id, ann.product_id) == ("ann-b", "ann"), "by path: a hyphen comes before a slash"
    assert (list(longer.iterations), list(longer.evaluations)) == ([1, 2, 3], [1, 2, 3])
    assert list(longer.prompts) == [Step(Action.REWRITE, 2), Step(Action.REWRITE, 3)]
    assert longer.summary is not None
    assert list(ann.prompts) == [Step(Action.REWRITE, 1, 1)]
    assert ann.cost == IMAGE_COST + TEXT_COST + TEXT_COST


async def test_the_summary_has_the_last_word(store: WatchedStore) -> None:
    await write_refined(store, RUN, "ann", [50, 80, 65], halt=Halt.NO_IMPROVEMENT)
    expected = Outcome(3, 50, 80, 2, "no_improvement", None)
    assert await read_outcome(store, RUN, "ann") == expected
    assert [item.conclude() for item in await read_items(store)] == [expected]


async def test_an_item_that_was_under_way_keeps_the_best_of_what_was_looked_at(store: WatchedStore) -> None:
    cases = {
        (60, 50, None): Outcome(3, 60, 60, 1, None, None),
        (60, 70): Outcome(2, 60, 70, 2, None, None),
        (None,): Outcome(1, None, None, 1, None, None),
    }
    for scores, expected in cases.items():
        await write_refined(store, RUN, str(len(scores)), scores, halt=None)
        assert await read_outcome(store, RUN, str(len(scores))) == expected
    assert [item.conclude() for item in await read_items(store)] == [
        cases[None,],
        cases[60, 70],
        cases[60, 50, None],
    ]


async def test_a_call_that_failed_for_good_is_told_with_its_reason(store: WatchedStore) -> None:
    await write_refined(store, RUN, "ann", [60, None], halt=Halt.FAILED, reason="server_error")
    await write_refined(store, RUN, "bob", [], halt=Halt.FAILED, reason="content_policy")
    assert await read_outcome(store, RUN, "ann") == Outcome(2, 60, 60, 1, "failed", "server_error", "it failed")
    refused = Outcome(0, None, None, None, "failed", "content_policy", "it failed")
    assert await read_outcome(store, RUN, "bob") == refused


async def test_an_item_whose_prompt_alone_was_worded_anew_was_not_looked_at(store: WatchedStore) -> None:
    await write_rewrite(Results(store, RUN, "ann"), 1)
    await write_refined(store, RUN, "bob", [90], halt=None)
    await write_refined(store, RUN, "cid", [], halt=Halt.FAILED)
    assert await list_refined(store, RUN) == {"bob", "cid"}
    assert [item.was_looked_at for item in await read_items(store)] == [False, True, True]


async def test_a_record_that_cannot_be_read_is_told_and_the_others_are_there(store: WatchedStore) -> None:
    await write_refined(store, RUN, "ann", [50, 80, 65])
    for name in ("summary.json", "iteration_1_evaluation.json"):
        await store.write(paths.result_file(RUN, "ann", name), b'{"score": 1}', content_type="application/json")
    await store.write(paths.result_file(RUN, "ann", "notes.json"), b"{", content_type="application/json")
    (ann,) = await read_items(store)
    assert [error.path.rpartition("/")[2] for error in ann.damaged] == ["iteration_1_evaluation.json", "summary.json"]
    assert ann.conclude() == Outcome(3, None, 80, 2, None, None)


class MadeUpResults(MemoryStore):
    """The same results of many items; they exist only as they are looked at."""

    def __init__(self, items: int) -> None:
        super().__init__()
        self._items = items

    async def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        for number in range(self._items):
            async for info in super().list_files(prefix):
                yield replace(info, path=info.path.replace("/item/", f"/{number:06d}/"))

    async def read(self, path: str) -> Content | None:
        return await super().read(paths.result_file(RUN, "item", path.rpartition("/")[2]))


async def measure_peak(items: int) -> int:
    """Return the most bytes that were allocated at any moment of going through all items."""
    store = MadeUpResults(items)
    await write_refined(store, RUN, "item", [50, 80, 65])
    tracemalloc.start()
    try:
        count = 0
        async for item in iterate_refined_items(store, RUN):
            assert len(item.evaluations) == 3
            count += 1
        assert count == items
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_memory_is_flat_however_many_items_there_are() -> None:
    few, many = 2 * READ_AT_ONCE, 20 * READ_AT_ONCE
    await measure_peak(few)  # what is made once: validators, caches
    assert await measure_peak(many) - await measure_peak(few) < 200_000
