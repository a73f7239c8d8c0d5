"""A start has several steps, and its process may die after each: the repeated request continues from there."""

import asyncio
import itertools
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.config import ModelSettings, SettingError, Settings
from shared.errors import CatalogBusyError, IdempotencyKeyReusedError, InvalidRequestError, StoreUnavailableError
from shared.models.provider_names import Provider, ProviderAccess
from shared.runs import run_claim, run_files
from shared.runs import start as run_start
from shared.runs.request import SeedRequest
from shared.runs.start import StartedRun, hash_body, start_request
from shared.services.container import Services
from shared.storage import paths
from shared.storage.protocol import Store
from tests.support.catalogs import list_paths, read_data
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore
from tests.support.scripted_host import RuntimeStatus, ScriptedHost

HOST = "azure:seeder"
DEAD_HOST = f"local:{socket.gethostname()}:999999999"
BODY = {"catalog": "toys"}
REQUEST = SeedRequest.from_json(BODY)


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_start, "START_POLL_SECONDS", 0)


@pytest.fixture
def store() -> RecordingStore:
    """An empty store that notes what is asked of it."""
    return RecordingStore(MemoryStore())


@dataclass
class OnceFailingStore(RecordingStore):
    """A store that is away for one change, after so many."""

    failing: int = 0
    has_failed: bool = False

    def _record_change(self, path: str) -> None:
        if len(self.changes) == self.failing and not self.has_failed:
            self.has_failed = True
            raise StoreUnavailableError("away")
        super()._record_change(path)


def make_services(store: Store, host_id: str = HOST) -> Services:
    """Return services of a process that was just started."""
    return Services(Settings(host_id=host_id), store=store)


async def start(
    store: Store,
    host: ScriptedHost,
    *,
    key: str | None = None,
    host_id: str = HOST,
    body: dict[str, object] | None = None,
) -> StartedRun:
    """Ask a process that was just started to start a run."""
    return await start_request(
        make_services(store, host_id), host, REQUEST, key=key, body_hash=hash_body(body or BODY, "run")
    )


async def age_claim(store: Store, age: timedelta) -> None:
    """Let a catalog's claim have been silent for so long."""
    claim = await run_claim.read_claim(store, "toys")
    assert claim is not None
    old = run_claim.dump_claim(run_claim.Claim(claim.run_id, claim.host_id, datetime.now(UTC) - age))
    await store.write(paths.run_claim_file("toys"), old, content_type="application/json")


async def hold_catalog(store: Store, run_id: str = "8204736755000-00000000") -> None:
    """Let another run of this host have the catalog."""
    claim = run_claim.dump_claim(run_claim.Claim(run_id, HOST, datetime.now(UTC)))
    await store.write(paths.run_claim_file("toys"), claim, content_type="application/json")


async def test_killed_anywhere_the_same_call_with_the_same_key_makes_one_run_of_it() -> None:
    for changes_to_live in itertools.count():
        store, host = RecordingStore(MemoryStore(), changes_to_live=changes_to_live), ScriptedHost()
        survived = True
        try:
            await start(store, host, key="k")
        except KilledError:
            survived = False
        store.changes_to_live = None
        again = await start(store, host, key="k")
        once_more = await start(store, host, key="k")
        assert again == once_more == StartedRun(again.run_id, "toys")
        assert host.starts == {again.run_id: 1}
        assert len(await list_paths(store, "runs/")) == 2, "one key and one request"
        claim = await run_claim.read_claim(store, "toys")
        assert claim is not None
        assert claim.run_id == again.run_id
        if survived:
            assert changes_to_live == 3, "the key, the claim, the request"
            break


@pytest.mark.parametrize("moment", ["dies_before_start", "dies_after_start"])
async def test_killed_around_the_orchestrations_start_the_same_call_sees_that_it_is_started(
    store: RecordingStore,
    moment: str,
) -> None:
    host = ScriptedHost()
    setattr(host, moment, True)
    with pytest.raises(KilledError):
        await start(store, host, key="k")
    host.dies_before_start = host.dies_after_start = False
    again = await start(store, host, key="k")
    assert host.starts == {again.run_id: 1}
    assert host.inputs[again.run_id]["run_id"] == again.run_id


async def test_what_a_dead_host_claimed_is_taken_over_at_once() -> None:
    for changes_to_live in (1, 2):
        store, host = (
            RecordingStore(MemoryStore(), changes_to_live=changes_to_live),
            ScriptedHost(dies_before_start=True),
        )
        with pytest.raises(KilledError):
            await start(store, host, host_id=DEAD_HOST)
        store.changes_to_live = None
        reported = await start(store, ScriptedHost())
        claim = await run_claim.read_claim(store, "toys")
        assert claim is not None
        assert (claim.run_id, claim.host_id) == (reported.run_id, HOST)


async def test_a_start_that_died_on_a_host_that_lives_blocks_the_catalog_for_a_minute(store: RecordingStore) -> None:
    with pytest.raises(KilledError):
        await start(store, ScriptedHost(dies_before_start=True))
    with pytest.raises(CatalogBusyError):
        await start(store, ScriptedHost())
    await age_claim(store, timedelta(seconds=61))
    assert (await start(store, ScriptedHost())).run_id


async def test_simultaneous_starts_with_one_key_start_one_orchestration(store: RecordingStore) -> None:
    host = ScriptedHost()
    reported = await asyncio.gather(*(start(store, host, key="k") for _ in range(20)))
    assert len(set(reported)) == 1
    assert host.starts == {reported[0].run_id: 1}


async def test_of_simultaneous_starts_without_a_key_one_is_made_and_the_others_are_reported_by_whom(
    store: RecordingStore,
) -> None:
    host = ScriptedHost()
    reported = await asyncio.gather(*(start(store, host) for _ in range(20)), return_exceptions=True)
    made = [answer for answer in reported if isinstance(answer, StartedRun)]
    blockers = {answer.run_id for answer in reported if isinstance(answer, CatalogBusyError)}
    assert len(reported) == len(made) + sum(isinstance(answer, CatalogBusyError) for answer in reported)
    assert len(made) == 1
    assert blockers == {made[0].run_id}
    assert host.starts == {made[0].run_id: 1}


async def test_a_start_that_a_quicker_caller_made_in_the_same_moment_is_fine(store: RecordingStore) -> None:
    host = ScriptedHost(is_blind=True)
    first = await start(store, host, key="k")
    second = await start(store, host, key="k")  # sees nothing of it, tries, and is refused
    assert second == first
    assert host.starts == {first.run_id: 1}


async def test_a_host_that_cannot_start_anything_is_an_error(store: RecordingStore) -> None:
    with pytest.raises(RuntimeError, match="out of order"):
        await start(store, ScriptedHost(error=RuntimeError("out of order")), key="k")


@pytest.mark.parametrize("key", [None, "k"])
async def test_a_start_that_fails_at_the_host_leaves_no_claim(store: RecordingStore, key: str | None) -> None:
    with pytest.raises(RuntimeError, match="out of order"):
        await start(store, ScriptedHost(error=RuntimeError("out of order")), key=key)
    assert await run_claim.read_claim(store, "toys") is None
    assert (await start(store, ScriptedHost(), key="another")).run_id


@pytest.mark.parametrize("key", [None, "k"])
async def test_a_start_that_fails_at_the_store_leaves_no_claim(key: str | None) -> None:
    for failing in itertools.count():
        store = OnceFailingStore(MemoryStore(), failing=failing)
        try:
            await start(store, ScriptedHost(), key=key)
        except StoreUnavailableError:
            assert await run_claim.read_claim(store, "toys") is None
        else:
            assert failing >= len(store.changes) > 1
            return


async def test_a_start_that_the_host_took_although_it_failed_keeps_its_claim(store: RecordingStore) -> None:
    host = ScriptedHost(is_blind=True)
    first = await start(store, host)
    host.is_blind, host.error = False, RuntimeError("the answer was lost")
    await run_start._release_failed_start(make_services(store), host, "toys", first.run_id)
    claim = await run_claim.read_claim(store, "toys")
    assert claim is not None
    assert claim.run_id == first.run_id


async def test_a_caller_that_fails_does_not_cost_another_one_of_the_same_start_its_claim(store: RecordingStore) -> None:
    working = ScriptedHost()
    results = await asyncio.gather(
        *(
            start(store, ScriptedHost(instances=working.instances, error=RuntimeError("out of order")), key="k")
            for _ in range(5)
        ),
        start(store, working, key="k"),
        return_exceptions=True,
    )
    reported = results[-1]
    assert isinstance(reported, StartedRun)
    claim = await run_claim.read_claim(store, "toys")
    assert claim is not None
    assert claim.run_id == reported.run_id


async def test_a_key_that_comes_with_another_body_is_refused(store: RecordingStore) -> None:
    first = await start(store, ScriptedHost(), key="k")
    with pytest.raises(IdempotencyKeyReusedError) as caught:
        await start(store, ScriptedHost(), key="k", body={"catalog": "toys", "targetCount": 3})
    assert caught.value.properties == {"runId": first.run_id}


async def test_a_key_whose_call_found_the_catalog_busy_starts_its_run_when_it_is_free(store: RecordingStore) -> None:
    await hold_catalog(store)
    host = ScriptedHost()
    busy = await asyncio.gather(*(start(store, host, key="k") for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in busy] == [CatalogBusyError] * 3
    bound = await read_data(store, paths.idempotency_key_file("k"))
    await store.delete(paths.run_claim_file("toys"))
    reported = await asyncio.gather(*(start(store, host, key="k") for _ in range(3)))
    assert {answer.run_id for answer in reported} == {bound["runId"]}
    assert host.starts == {reported[0].run_id: 1}


async def test_a_key_stays_with_its_run_when_another_one_has_the_catalog_by_now(store: RecordingStore) -> None:
    first = await start(store, ScriptedHost(), key="k")
    await hold_catalog(store)
    other_host = ScriptedHost()
    assert await start(store, other_host, key="k") == first
    assert not other_host.starts


async def test_a_key_whose_run_ended_without_a_summary_claims_nothing(store: RecordingStore) -> None:
    host = ScriptedHost()
    first = await start(store, host, key="k")
    host.instances[first.run_id] = RuntimeStatus.Failed
    await run_claim.release_claim(store, "toys", run_id=first.run_id)
    assert await start(store, host, key="k") == first
    assert await run_claim.read_claim(store, "toys") is None
    assert host.starts[first.run_id] == 1


async def test_a_run_that_another_living_host_has_is_not_started_here_as_well(store: RecordingStore) -> None:
    first = await start(store, ScriptedHost(), key="k", host_id="azure:elsewhere")
    here = ScriptedHost()
    assert await start(store, here, key="k") == first
    assert not here.starts
    await age_claim(store, timedelta(minutes=16))
    assert await start(store, here, key="k") == first
    assert here.starts == {first.run_id: 1}


async def test_a_run_whose_history_was_purged_after_its_end_is_not_started_again(store: RecordingStore) -> None:
    host = ScriptedHost()
    first = await start(store, host, key="k")
    await store.write(paths.run_file(first.run_id, "summary.json"), b"{}", content_type="application/json")
    host.instances.clear()
    assert await start(store, host, key="k") == first
    assert host.starts == {first.run_id: 1}
    assert await run_files.read_request(store, first.run_id) == REQUEST


async def start_of_size(
    store: Store, host: ScriptedHost, size: str, *, key: str | None = None, **changes: Any
) -> StartedRun:
    """Ask for images of a size from gpt-image-2."""
    model = ModelSettings(endpoint="https://contoso.openai.azure.com")
    services = Services(Settings(host_id=HOST, model=model), store=store)
    request = SeedRequest.from_json(BODY | {"imageSize": size, **changes})
    return await start_request(services, host, request, key=key, body_hash="same")


async def test_a_size_that_the_image_model_does_not_make_is_refused_before_anything_is_there(
    store: RecordingStore,
) -> None:
    with pytest.raises(InvalidRequestError, match=r"imageSize: .*'512x512'"):
        await start_of_size(store, ScriptedHost(), "512x512")
    assert store.changes == []


async def test_a_size_that_mai_does_not_make_is_refused_whatever_the_name_of_the_deployment(
    store: RecordingStore,
) -> None:
    access = ProviderAccess("https://contoso.services.ai.azure.com", "k")
    model = ModelSettings(image_provider=Provider.MAI, image_deployment="catalog-images", mai=access)
    services = Services(Settings(host_id=HOST, model=model), store=store)
    request = SeedRequest.from_json(BODY | {"imageSize": "1024x1536"})
    with pytest.raises(InvalidRequestError, match=r"imageSize: .*'1024x1536'"):
        await start_request(services, ScriptedHost(), request, key=None, body_hash="same")
    assert store.changes == []


async def test_without_images_their_size_does_not_matter(store: RecordingStore) -> None:
    assert (await start_of_size(store, ScriptedHost(), "512x512", dryRun=True)).run_id


async def test_a_run_that_was_started_with_its_key_is_reported_whatever_the_model_is_by_now(
    store: RecordingStore,
) -> None:
    first = await start_of_size(store, ScriptedHost(), "1024x1024", key="k")
    again = await start_of_size(store, ScriptedHost(), "512x512", key="k")
    assert again.run_id == first.run_id


async def start_refining(store: Store, **changes: Any) -> StartedRun:
    """Request evaluated images from a vision service without a key."""
    model = ModelSettings(endpoint="https://contoso.openai.azure.com", vision_provider=Provider.GEMINI)
    services = Services(Settings(host_id=HOST, model=model), store=store)
    request = SeedRequest.from_json(BODY | {"refine": {"iterations": 2}, **changes})
    return await start_request(services, ScriptedHost(), request, key=None, body_hash="same")


async def test_the_vision_service_is_checked_before_a_run_starts(store: RecordingStore) -> None:
    with pytest.raises(SettingError, match="GEMINI_API_KEY is missing: VISION_PROVIDER is 'gemini'"):
        await start_refining(store)
    assert store.changes == []


@pytest.mark.parametrize("changes", [{"refine": {"iterations": 0}}, {"dryRun": True}])
async def test_without_refinement_the_vision_model_does_not_matter(
    store: RecordingStore, changes: dict[str, Any]
) -> None:
    assert (await start_refining(store, **changes)).run_id
