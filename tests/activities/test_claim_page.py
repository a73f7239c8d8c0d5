"""Lanes share the items without a coordinator: each job is claimed once, and none is lost."""

import asyncio
from collections.abc import AsyncIterator

from shared.domain.image_messages import ClaimInput, ClaimResult
from shared.domain.messages import Failure
from shared.ports import FileInfo, Store
from shared.reasons import Reason
from shared.records import run
from shared.wiring import Services
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, write_batches, write_images
from tests.support.memory_store import MemoryStore, WatchedStore
from tests.support.scripted_model import ScriptedModel

NAMES = [f"Figure {number}" for number in range(11)]


async def claim(process: Services, claimant: str, *, last_page: int = 0, size: int = 3) -> ClaimResult:
    message = ClaimInput(RUN, CATALOG, claimant=claimant, size=size, last_page=last_page)
    return ClaimResult.from_json(await deliver(process, "claim_page", message))


async def claim_all(process: Services, lane: int) -> list[str]:
    """Claim pages as a lane does until nothing is left."""
    jobs: list[str] = []
    last_page = claims = 0
    while True:
        page = await claim(process, f"{lane}/{claims}", last_page=last_page)
        if page.closed:
            return jobs
        jobs.extend(job.product_id for job in page.jobs)
        last_page, claims = page.page, claims + 1


async def test_lanes_that_claim_at_once_get_every_job_once(store: WatchedStore, model: ScriptedModel) -> None:
    await start_run_in(store)
    items = await write_batches(store, NAMES[:4], [], NAMES[4:9], NAMES[9:])
    await write_images(store, items[2:4])
    await run.close_items(store, RUN)
    lanes = await asyncio.gather(*(claim_all(start_process(store, model), lane) for lane in range(3)))
    claimed = [job for jobs in lanes for job in jobs]
    assert sorted(claimed) == sorted(item.product_id for item in items if item not in items[2:4])


async def test_a_number_that_was_never_written_is_passed_over(store: WatchedStore, model: ScriptedModel) -> None:
    await start_run_in(store)
    before = await write_batches(store, NAMES[:2])
    behind = await write_batches(store, NAMES[2:4], first=4)
    await run.close_items(store, RUN)
    jobs = await claim_all(start_process(store, model), 0)
    assert jobs == [item.product_id for item in before + behind]


class TwoBatchesInBetween(MemoryStore):
    """Two batches are written after a claim has found none, and before it looks which ones there are."""

    def __init__(self) -> None:
        super().__init__()
        self.is_due = True

    async def list_files(self, prefix: str) -> AsyncIterator[FileInfo]:
        if self.is_due:
            self.is_due = False
            await write_batches(self, NAMES[:2], NAMES[2:4])
        async for info in super().list_files(prefix):
            yield info


async def test_a_batch_that_is_written_between_two_looks_is_no_gap(model: ScriptedModel) -> None:
    store: Store = TwoBatchesInBetween()
    await start_run_in(store)
    process = start_process(store, model)
    assert await claim(process, "0/0") == ClaimResult()
    page = await claim(process, "0/0")
    assert len(page.jobs) == 2
    assert {job.batch for job in page.jobs} == {1}


async def test_a_page_that_a_late_delivery_claimed_is_found_by_the_lanes_next_try(
    store: WatchedStore,
    model: ScriptedModel,
) -> None:
    await start_run_in(store)
    process = start_process(store, model)
    told = await claim(process, "0/7")
    assert told.jobs == ()
    await write_batches(store, NAMES[:2])
    late = await claim(process, "0/7")  # the same message once more; nobody waits for this result
    other = await claim(start_process(store, model), "1/0")
    again = await claim(process, "0/7", last_page=told.page)
    assert [job.product_id for job in again.jobs] == [job.product_id for job in late.jobs]
    assert again.jobs
    assert other.jobs == ()


async def test_a_stopped_run_claims_nothing(store: WatchedStore, model: ScriptedModel) -> None:
    await start_run_in(store)
    await write_batches(store, NAMES[:2])
    await run.record_stop(store, RUN, Failure(Reason.CANCELLED))
    store.changes.clear()
    result = await claim(start_process(store, model), "0/0")
    assert (result.stopped, result.jobs, store.changes) == (True, (), [])
