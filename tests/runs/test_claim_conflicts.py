"""Prune and publish hold the catalog for as long as they take, although no orchestration stands behind their claim."""

import asyncio
from datetime import timedelta

import azure.functions as func
import pytest

from shared.config import Settings
from shared.runs import run_claim
from shared.runs.run_claim import RunState, take_claim
from shared.services.container import Services
from tests.support.memory_store import MemoryStore
from tests.support.scripted_host import ScriptedHost
from triggers.catalogs import _hold_catalog
from triggers.http_responses import Problem

HOST = "azure:seeder"
REQUEST = func.HttpRequest("POST", "http://127.0.0.1/api/catalogs/toys/prune", body=b"")


def start_process() -> Services:
    return Services(Settings(host_id=HOST), store=MemoryStore())


async def know_nothing(run_id: str) -> RunState:
    assert run_id
    return RunState.UNKNOWN


async def test_work_that_takes_long_keeps_its_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_claim, "START_TIMEOUT", timedelta(milliseconds=30))
    services = start_process()
    async with _hold_catalog(services, ScriptedHost(), REQUEST, "toys") as claim_id:
        first = await run_claim.read_claim(services.store, "toys")
        async with asyncio.timeout(10):
            while await run_claim.read_claim(services.store, "toys") == first:  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0)
        kept = await run_claim.read_claim(services.store, "toys")
    assert first is not None
    assert kept is not None
    assert kept.run_id == claim_id
    assert kept.heartbeat_at > first.heartbeat_at
    assert await run_claim.read_claim(services.store, "toys") is None


async def test_a_run_does_not_start_meanwhile_and_does_afterwards() -> None:
    services = start_process()

    async def try_to_start() -> run_claim.Claim | None:
        return await take_claim(services.store, "toys", run_id="run-1", host_id=HOST, get_run_state=know_nothing)

    async with _hold_catalog(services, ScriptedHost(), REQUEST, "toys") as claim_id:
        blocker = await try_to_start()
    assert blocker is not None
    assert blocker.run_id == claim_id
    assert await try_to_start() is None


async def test_a_catalog_that_is_held_is_a_problem_that_names_the_holder() -> None:
    services = start_process()
    async with _hold_catalog(services, ScriptedHost(), REQUEST, "toys") as claim_id:
        with pytest.raises(Problem) as caught:
            async with _hold_catalog(services, ScriptedHost(), REQUEST, "toys"):
                pytest.fail("two at a time")
    assert (caught.value.status, caught.value.more["runId"]) == (409, claim_id)


async def test_work_that_fails_gives_the_catalog_free() -> None:
    services = start_process()
    with pytest.raises(RuntimeError, match="a surprise"):
        async with _hold_catalog(services, ScriptedHost(), REQUEST, "toys"):
            raise RuntimeError("a surprise")
    assert await run_claim.read_claim(services.store, "toys") is None
