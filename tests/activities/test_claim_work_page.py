"""Image workers share the items without a coordinator: each job is claimed once, and none is lost."""

import asyncio
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.images.work_page_size import choose_work_page_size
from shared.messages.images import ClaimWorkPageInput, ClaimWorkPageResult
from shared.runs import run_files
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import FileInfo, Store
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, write_batches, write_images
from tests.support.memory_store import MemoryStore, RecordingStore
from tests.support.scripted_model import ScriptedModel

NAMES = [f"Figure {number}" for number in range(11)]


async def claim(
    process: Services,
    claimed_by: str,
    *,
    last_page: int = 0,
    size: int = 3,
    resume_count: int = 0,
    worker_count: int = 1,
) -> ClaimWorkPageResult:
    message = ClaimWorkPageInput(
        RUN,
        CATALOG,
        claimed_by=claimed_by,
        size=size,
        last_page=last_page,
        resume_count=resume_count,
        worker_count=worker_count,
    )
    return ClaimWorkPageResult.from_json(await deliver(process, "claim_work_page", message))


async def claim_all(process: Services, worker: int, *, resume_count: int = 0) -> list[str]:
    """Claim pages as an image worker does until nothing is left."""
    jobs: list[str] = []
    last_page = claims = 0
    while True:
        page = await claim(process, f"{worker}/{claims}", last_page=last_page, resume_count=resume_count)
        if page.closed:
            return jobs
        jobs.extend(job.product_id for job in page.jobs)
        last_page, claims = page.page, claims + 1


async def test_image_workers_that_claim_at_once_get_every_job_once(store: RecordingStore, model: ScriptedModel) -> None:
    await start_run_in(store)
    items = await write_batches(store, NAMES[:4], [], NAMES[4:9], NAMES[9:])
    await write_images(store, items[2:4])
    await run_files.close_items(store, RUN)
    workers = await asyncio.gather(*(claim_all(start_process(store, model), worker) for worker in range(3)))
    claimed = [job for jobs in workers for job in jobs]
    assert sorted(claimed) == sorted(item.product_id for item in items if item not in items[2:4])


async def test_a_number_that_was_never_written_is_passed_over(store: RecordingStore, model: ScriptedModel) -> None:
    await start_run_in(store)
    before = await write_batches(store, NAMES[:2])
    behind = await write_batches(store, NAMES[2:4], first=4)
    await run_files.close_items(store, RUN)
    jobs = await claim_all(start_process(store, model), 0)
    assert jobs == [item.product_id for item in before + behind]


class WritesInBetween(MemoryStore):
    """Two batches are written after a claim has looked for a path, and before it looks any further."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    async def describe(self, path: str) -> FileInfo | None:
        found = await super().describe(path)
        if path == self._path:
            self._path = ""
            await write_batches(self, NAMES[:2], NAMES[2:4])
        return found


async def test_a_batch_that_is_written_between_two_reads_is_not_a_gap(model: ScriptedModel) -> None:
    store: Store = WritesInBetween(paths.batch_file(CATALOG, 2))
    await start_run_in(store)
    process = start_process(store, model)
    assert await claim(process, "0/0") == ClaimWorkPageResult()
    page = await claim(process, "0/0")
    assert {job.batch for job in page.jobs} == {1}
    assert len(page.jobs) == 2


async def test_as_long_as_items_are_written_no_batches_are_listed(store: RecordingStore, model: ScriptedModel) -> None:
    await start_run_in(store)
    await write_batches(store, NAMES[:2])
    process = start_process(store, model)
    last = await claim(process, "0/0")
    store.listed.clear()
    assert (await claim(process, "0/1", last_page=last.page)).jobs == ()
    assert store.listed == []


async def test_pages_get_smaller_towards_the_end_and_deal_out_everything_once(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store, target_count=40)
    items = await write_batches(store, [f"Figure {number}" for number in range(40)])
    await run_files.close_items(store, RUN)
    process = start_process(store, model)
    pages: list[tuple[str, ...]] = []
    last_page = 0
    while jobs := (page := await claim(process, f"0/{last_page}", last_page=last_page, size=8, worker_count=2)).jobs:
        pages.append(tuple(job.product_id for job in jobs))
        last_page = page.page
    assert [len(page) for page in pages] == [8, 8, 6, 5, 4, 3, 2, 1, 1, 1, 1]
    assert [product_id for page in pages for product_id in page] == [item.product_id for item in items]


@given(st.integers(1, 128), st.integers(1, 8), st.integers(1, 50_000), st.integers(0, 60_000))
def test_a_page_has_at_least_one_job_and_at_most_what_was_requested(
    size: int, workers: int, target: int, seen: int
) -> None:
    page = choose_work_page_size(
        ClaimWorkPageInput(RUN, CATALOG, "0/0", size=size, last_page=0, worker_count=workers), target, seen
    )
    assert 1 <= page <= size
    assert seen >= target or page <= max(1, target - seen)


@given(st.integers(1, 16), st.integers(0, 8), st.integers(2, 8), st.integers(1, 32))
def test_a_page_of_the_last_round_has_what_the_image_worker_can_start_at_once(
    size: int, free: int, workers: int, unclaimed: int
) -> None:
    claim_input = ClaimWorkPageInput(
        RUN, CATALOG, "0/0", size=size, last_page=0, worker_count=workers, free_slots=free, window=32
    )
    assert choose_work_page_size(claim_input, unclaimed, 0) == min(size, free, unclaimed)


async def test_what_is_left_is_not_known_in_a_catalog_that_holds_more_than_was_requested(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store, target_count=3)
    await write_batches(store, NAMES[:8])
    process = start_process(store, model)
    pages = [await claim(process, f"0/{number}", last_page=number) for number in range(2)]
    assert [(len(page.jobs), page.unclaimed) for page in pages] == [(3, 0), (3, None)]


async def test_the_last_round_is_kept_for_slots_that_are_free(store: RecordingStore, model: ScriptedModel) -> None:
    await start_run_in(store, target_count=4)
    await write_batches(store, NAMES[:4])
    process = start_process(store, model)
    busy = ClaimWorkPageInput(RUN, CATALOG, "0/0", size=2, last_page=0, worker_count=2, free_slots=0, window=8)
    kept = ClaimWorkPageResult.from_json(await deliver(process, "claim_work_page", busy))
    assert (kept.jobs, kept.unclaimed, kept.closed) == ((), 4, False)
    page = ClaimWorkPageResult.from_json(await deliver(process, "claim_work_page", replace(busy, size=3, free_slots=3)))
    assert (len(page.jobs), page.unclaimed) == (3, 1)


async def test_each_resume_of_a_run_claims_again_what_is_still_to_be_made(
    store: RecordingStore, model: ScriptedModel
) -> None:
    await start_run_in(store)
    items = await write_batches(store, NAMES[:6])
    await run_files.close_items(store, RUN)
    process = start_process(store, model)
    first = await claim_all(process, 0)
    await write_images(store, items[:2])
    await run_files.write_failure(store, RUN, {"productId": items[2].product_id, "reason": "content_policy"})
    assert len(first) == 6
    await run_files.close_items(store, RUN, resume_count=1)
    again = await claim_all(process, 0, resume_count=1)
    assert again == [item.product_id for item in items[3:]]
