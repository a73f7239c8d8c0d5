"""What the looking at images came to follows from a run's records, ended or not."""

import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace

from shared.images.refined_items import (
    RefinedItem,
    RefinementResult,
    iterate_refined_items,
    list_refined_ids,
    read_refinement_result,
)
from shared.images.refinement_policy import RefinementEnd
from shared.images.round_files import RoundFiles
from shared.messages.images import ImageAction, ImageStep
from shared.storage import paths
from shared.storage.protocol import Content, FileInfo
from shared.storage.read_in_order import MAX_CONCURRENT_READS
from tests.support.memory_store import MemoryStore, RecordingStore
from tests.support.refined_items import IMAGE_COST, TEXT_COST, write_refined, write_rewrite

RUN, OTHER = "8203891199998-0a1b2c3d", "8203891199999-0a1b2c3d"


async def read_items(store: RecordingStore) -> list[RefinedItem]:
    return [item async for item in iterate_refined_items(store, RUN)]


async def test_records_come_by_item_and_in_order(store: RecordingStore) -> None:
    await write_refined(store, RUN, "ann-b", [50, 80, 65])
    await write_refined(store, RUN, "ann", [90])
    await write_refined(store, OTHER, "bob", [90])
    await write_rewrite(RoundFiles(store, RUN, "ann"), 1)
    (longer, ann) = await read_items(store)
    assert (longer.product_id, ann.product_id) == ("ann-b", "ann"), "by path: a hyphen comes before a slash"
    assert (list(longer.iterations), list(longer.evaluations)) == ([1, 2, 3], [1, 2, 3])
    assert list(longer.prompts) == [ImageStep(ImageAction.REWRITE, 2), ImageStep(ImageAction.REWRITE, 3)]
    assert longer.summary is not None
    assert list(ann.prompts) == [ImageStep(ImageAction.REWRITE, 1, 1)]
    assert ann.cost == IMAGE_COST + TEXT_COST + TEXT_COST


async def test_the_summary_has_the_last_word(store: RecordingStore) -> None:
    await write_refined(store, RUN, "ann", [50, 80, 65], halt=RefinementEnd.NO_IMPROVEMENT)
    expected = RefinementResult(3, 50, 80, 2, "no_improvement", None)
    assert await read_refinement_result(store, RUN, "ann") == expected
    assert [item.summarize_refinement() for item in await read_items(store)] == [expected]


async def test_an_unfinished_item_keeps_its_best_evaluated_image(store: RecordingStore) -> None:
    cases = {
        (60, 50, None): RefinementResult(3, 60, 60, 1, None, None),
        (60, 70): RefinementResult(2, 60, 70, 2, None, None),
        (None,): RefinementResult(1, None, None, 1, None, None),
    }
    for scores, expected in cases.items():
        await write_refined(store, RUN, str(len(scores)), scores, halt=None)
        assert await read_refinement_result(store, RUN, str(len(scores))) == expected
    assert [item.summarize_refinement() for item in await read_items(store)] == [
        cases[None,],
        cases[60, 70],
        cases[60, 50, None],
    ]


async def test_a_call_that_failed_permanently_is_reported_with_its_reason(store: RecordingStore) -> None:
    await write_refined(store, RUN, "ann", [60, None], halt=RefinementEnd.FAILED, reason="server_error")
    await write_refined(store, RUN, "bob", [], halt=RefinementEnd.FAILED, reason="content_policy")
    assert await read_refinement_result(store, RUN, "ann") == RefinementResult(
        2, 60, 60, 1, "failed", "server_error", "it failed"
    )
    refused = RefinementResult(0, None, None, None, "failed", "content_policy", "it failed")
    assert await read_refinement_result(store, RUN, "bob") == refused


async def test_an_item_with_only_a_rewritten_prompt_was_not_evaluated(store: RecordingStore) -> None:
    await write_rewrite(RoundFiles(store, RUN, "ann"), 1)
    await write_refined(store, RUN, "bob", [90], halt=None)
    await write_refined(store, RUN, "cid", [], halt=RefinementEnd.FAILED)
    assert await list_refined_ids(store, RUN) == {"bob", "cid"}
    assert [item.was_evaluated for item in await read_items(store)] == [False, True, True]


async def test_a_record_that_cannot_be_read_is_reported_and_the_others_are_there(store: RecordingStore) -> None:
    await write_refined(store, RUN, "ann", [50, 80, 65])
    for name in ("summary.json", "iteration_1_evaluation.json"):
        await store.write(paths.result_file(RUN, "ann", name), b'{"score": 1}', content_type="application/json")
    await store.write(paths.result_file(RUN, "ann", "notes.json"), b"{", content_type="application/json")
    (ann,) = await read_items(store)
    assert [error.path.rpartition("/")[2] for error in ann.damaged] == ["iteration_1_evaluation.json", "summary.json"]
    assert ann.summarize_refinement() == RefinementResult(3, None, 80, 2, None, None)


class MadeUpResults(MemoryStore):
    """The same results of many items, generated while they are read."""

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
    few, many = 2 * MAX_CONCURRENT_READS, 20 * MAX_CONCURRENT_READS
    await measure_peak(few)  # what is made once: validators, caches
    assert await measure_peak(many) - await measure_peak(few) < 200_000
