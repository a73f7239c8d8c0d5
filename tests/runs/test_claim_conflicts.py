"""Prune and publish hold the catalog for as long as they take, without an orchestration."""

import asyncio
from datetime import timedelta

import pytest

from shared.config import Settings
from shared.errors import CatalogBusyError
from shared.runs import run_claim
from shared.runs.hold_catalog import hold_catalog
from shared.runs.run_claim import RunState, take_claim
from shared.services.container import Services
from shared.storage import paths
from tests.support.memory_store import MemoryStore
from tests.support.scripted_host import ScriptedHost

HOST = "azure:seeder"


@pytest.fixture
async def services() -> Services:
    """Services over a store with a catalog of one batch."""
    made = Services(Settings(host_id=HOST), store=MemoryStore())
    await made.store.write(paths.batch_file("toys", 1), b"{}", content_type="application/json")
    return made


async def know_nothing(run_id: str) -> RunState:
    assert run_id
    return RunState.UNKNOWN


async def test_work_that_takes_long_keeps_its_claim(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_claim, "START_TIMEOUT", timedelta(milliseconds=30))
    async with hold_catalog(services, ScriptedHost(), "toys") as claim_id:
        first = await run_claim.read_claim(services.store, "toys")
        async with asyncio.timeout(300):
            while await run_claim.read_claim(services.store, "toys") == first:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0)
        kept = await run_claim.read_claim(services.store, "toys")
    assert first is not None
    assert kept is not None
    assert kept.run_id == claim_id
    assert kept.heartbeat_at > first.heartbeat_at
    assert await run_claim.read_claim(services.store, "toys") is None


async def test_a_run_does_not_start_meanwhile_and_does_afterwards(services: Services) -> None:

    async def try_to_start() -> run_claim.Claim | None:
        return await take_claim(services.store, "toys", run_id="run-1", host_id=HOST, read_run_state=know_nothing)

    async with hold_catalog(services, ScriptedHost(), "toys") as claim_id:
        blocker = await try_to_start()
    assert blocker is not None
    assert blocker.run_id == claim_id
    assert await try_to_start() is None


async def test_a_catalog_that_is_held_is_a_problem_that_names_the_holder(services: Services) -> None:
    async with hold_catalog(services, ScriptedHost(), "toys") as claim_id:
        with pytest.raises(CatalogBusyError) as caught:
            async with hold_catalog(services, ScriptedHost(), "toys"):
                pytest.fail("two at a time")
    assert caught.value.run_id == claim_id


async def test_work_that_fails_gives_the_catalog_free(services: Services) -> None:
    with pytest.raises(RuntimeError, match="a surprise"):
        async with hold_catalog(services, ScriptedHost(), "toys"):
            raise RuntimeError("a surprise")
    assert await run_claim.read_claim(services.store, "toys") is None
