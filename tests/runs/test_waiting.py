"""What a run that waits for the provider's batches costs: calls of the store, the provider and the durable host."""

from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import azure.durable_functions as df
import pytest

from shared.batches.check_batches import run_check_batches
from shared.config import Settings
from shared.messages.batches import CheckBatches, CheckedBatches, OpenBatch
from shared.messages.custom_status import BatchStatus, Children, ChildStatus, RootStatus, Stage
from shared.messages.instance_ids import make_image_worker_id
from shared.models.batches import ProviderBatch
from shared.models.billed_batches import BatchExecutor
from shared.runs import run_files
from shared.runs.request import SeedRequest
from shared.runs.run_claim import HEARTBEAT_INTERVAL, Claim, dump_claim, read_claim
from shared.runs.status import RunStatus, Status
from shared.runs.view import load_run_status, refresh_progress
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import JSON_TYPE
from tests.support.durable_client import UnexpectedDurableClient
from tests.support.memory_store import MemoryStore, RecordingStore

RUN, CATALOG, HOST = "8204736755521-af1e9c55", "toys", "azure:seeder"
CHILD = make_image_worker_id(RUN, 0, 0)
BATCHES = 50
CLAIM, STOP = paths.run_claim_file(CATALOG), paths.stop_file(RUN)
PROGRESS, SUMMARY = paths.run_file(RUN, "progress.json"), paths.run_file(RUN, "summary.json")
RuntimeStatus = df.OrchestrationRuntimeStatus


@dataclass(slots=True)
class WaitingHost(UnexpectedDurableClient):
    """A durable client whose one run waits for batches.

    Attributes:
        runtime_status: of the root.
        reads: how often each instance was read.
    """

    runtime_status: Any = RuntimeStatus.Running
    reads: Counter[str] = field(default_factory=Counter)

    async def get_status(self, instance_id: str) -> Any:
        self.reads[instance_id] += 1
        now = datetime.now(UTC)
        root = RootStatus(Stage.ITEMS_AND_IMAGES, children=Children(image_workers=1))
        child = ChildStatus(batches=BatchStatus(BATCHES, 5000, 7))
        status = root.to_json() if instance_id == RUN else child.to_json()
        return SimpleNamespace(
            instance_id=instance_id,
            runtime_status=self.runtime_status,
            custom_status=status,
            output="Completed",
            last_updated_time=now,
        )


@dataclass(slots=True)
class ListedBatches:
    """The provider's batches, which are listed only.

    Attributes:
        lists: how often they were.
    """

    lists: int = 0

    async def iterate_newest(self) -> AsyncGenerator[ProviderBatch, None]:
        self.lists += 1
        for number in range(BATCHES, 0, -1):
            yield ProviderBatch(f"batch_{number}", "in_progress", number, done=number)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was not expected to be used")


@pytest.fixture
async def store() -> RecordingStore:
    """A store with a run that holds its catalog, and whose last heartbeat is two minutes old."""
    inner = MemoryStore()
    await run_files.create_request(inner, RUN, SeedRequest(catalog=CATALOG, target_count=9))
    claim = Claim(RUN, HOST, datetime.now(UTC) - 2 * HEARTBEAT_INTERVAL)
    await inner.create(CLAIM, dump_claim(claim), content_type=JSON_TYPE)
    return RecordingStore(inner)


@pytest.fixture
async def services(store: RecordingStore) -> Services:
    found = Services(Settings(host_id=HOST), store=store)
    await found.caches.read_request(store, RUN)
    store.reads.clear()
    return found


async def check(services: Services, model: Any) -> CheckedBatches:
    open_batches = tuple(OpenBatch(number, f"batch_{number}", 100) for number in range(1, BATCHES + 1))
    return await run_check_batches(services, BatchExecutor(lambda: model), CheckBatches(RUN, CATALOG, open_batches))


async def test_a_check_of_fifty_batches_is_one_call_of_the_provider_and_a_heartbeat(
    services: Services, store: RecordingStore
) -> None:
    model = ListedBatches()
    checked = await check(services, model)
    assert [batch.done for batch in checked.open] == list(range(1, BATCHES + 1))
    assert model.lists == 1
    assert store.reads == {STOP: 1, CLAIM: 1}
    assert (store.changes, store.listed) == ([CLAIM], [])
    claim = await read_claim(store, CATALOG)
    assert claim is not None
    assert datetime.now(UTC) - claim.heartbeat_at < HEARTBEAT_INTERVAL


async def test_the_status_after_a_check_is_read_once_and_stored_once(services: Services, store: RecordingStore) -> None:
    host = WaitingHost()
    run = await refresh_progress(services, host, RUN, is_running=True)
    assert run.image_batches is not None
    assert (run.status, run.image_batches.done) == (Status.RUNNING, 7)
    assert host.reads == {RUN: 1, CHILD: 1}
    assert store.reads == {STOP: 1, SUMMARY: 1}
    assert (store.changes, store.listed) == ([PROGRESS], [])


async def end_run(services: Services) -> RunStatus:
    """Write the summary of the run."""
    run = await load_run_status(services, WaitingHost(), RUN)
    summary = run.model_copy(update={"status": Status.COMPLETED})
    assert await run_files.create_summary(services.store, summary)
    return summary


@pytest.mark.parametrize("runtime_status", list(RuntimeStatus))
async def test_a_summary_counts_although_the_caller_expected_a_running_root(
    services: Services, runtime_status: Any
) -> None:
    summary = await end_run(services)
    run = await refresh_progress(services, WaitingHost(runtime_status), RUN, is_running=True)
    assert run == summary


async def test_the_last_progress_of_a_run_that_ends_meanwhile_is_its_summary(services: Services) -> None:
    summary = await end_run(services)
    await refresh_progress(services, WaitingHost(), RUN, is_running=True)
    assert await run_files.read_status_file(services.store, RUN, "progress.json") == summary
