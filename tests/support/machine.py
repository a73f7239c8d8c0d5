"""A computer on which the app lives and dies: whatever happens, the next life has nothing but the disk."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

import function_app
from local.engine import EngineStoppedError
from local.engine.clock import Clock, ManualClock, SystemClock
from local.host.host import EmbeddedHost
from shared import wiring
from shared.config import ModelSettings, Settings, StoreSettings
from shared.domain import paths
from shared.domain.image_messages import Action, Step
from shared.domain.items import Item
from shared.domain.refinement import MOST_ITERATIONS
from shared.model_wiring import build_model
from shared.pacing import ImagePace
from shared.ports import Store
from shared.records.calls import CallRecord, iterate_calls
from shared.records.refined_items import Outcome, iterate_refined_items
from shared.records.refinements import Results
from tests.support.catalog_audit import Audit, audit_catalog, find_temporary_files, list_prompted_items
from tests.support.interference import HookedModel, HookedStore, Interference

CATALOG = "toys"
LARGEST_PROCESS_ID = 2**22
"""Of Linux; ids above it are surely not those of living processes, so a life knows that the ones before are dead."""

Ending = Callable[[EmbeddedHost, str], Awaitable[None]]
"""Brings a run to its end; it may be cut short by EngineStoppedError."""


@dataclass(slots=True)
class Machine:
    """A folder, and the lives that were lived on it.

    Attributes:
        folder: the disk.
        endpoint: the model's.
        request: what the run is asked, without the catalog.
        key: makes all commands of one run the same.
        store_settings: None = the folder.
        clock: of the durable host.
        run_id: the run, once it is known.
        lives: how many were begun.
        in_flight: of each death, the prompts whose pictures were asked for in that life and are not in the store.
    """

    folder: Path
    endpoint: str
    request: Mapping[str, Any]
    key: str = "the-same-command"
    store_settings: StoreSettings | None = None
    clock: Clock = field(default_factory=SystemClock)
    run_id: str = ""
    lives: int = 0
    in_flight: list[frozenset[str]] = field(default_factory=list)

    async def run(self, *interferences: Interference, ending: Ending | None = None) -> int:
        """Give the same command again and again until the run has ended; returns how many lives died.

        Args:
            interferences: one a life; the lives after them are left alone.
            ending: how the run comes to its end; None = by itself.
        """
        deaths = 0
        for interference in interferences:
            if await self.live(interference, ending):
                return deaths
            deaths += 1
        if not await self.live(Interference(), ending):
            raise RuntimeError("the host died although nobody killed it")
        return deaths

    async def live(self, interference: Interference, ending: Ending | None = None) -> bool:
        """Start the host, give the command, and wait for the end of the run, or of this life; tells which it was."""
        bring_to_end = ending or _wait_for_end
        self.lives += 1
        async with self._start(interference) as host:
            interference.on_death = host.engine.abandon
            try:
                await self._give_command(host)
                await bring_to_end(host, self.run_id)
            except (EngineStoppedError, aiohttp.ClientError):
                if not interference.is_dead:
                    raise
        if interference.is_dead:
            self.in_flight.append(await self.find_in_flight(interference.drawn))
        return not interference.is_dead

    async def audit(self, *, items: int, refused: str | None = None) -> Audit:
        """Look through what is on the disk."""
        async with self.open_store() as store:
            audit = await audit_catalog(store, CATALOG, self.run_id, items=items, refused=refused)
        audit.corrupt += find_temporary_files(self.folder)
        return audit

    async def read_summary(self) -> dict[str, Any]:
        """Return how the run ended."""
        async with self.open_store() as store:
            content = await store.read(paths.run_file(self.run_id, "summary.json"))
        if content is None:
            raise LookupError(f"run {self.run_id!r} has no summary")
        summary: dict[str, Any] = json.loads(content.data)
        return summary

    async def list_outcomes(self) -> list[Outcome]:
        """Return what the looking at the pictures of each item came to."""
        async with self.open_store() as store:
            return [item.conclude() async for item in iterate_refined_items(store, self.run_id)]

    async def list_reviews(self) -> list[CallRecord]:
        """Return the answered calls that looked at a picture, or wrote its prompt anew."""
        async with self.open_store() as store:
            calls = [call async for call in iterate_calls(store, self.run_id) if isinstance(call, CallRecord)]
        return [call for call in calls if call.iteration is not None and call.kind != "image" and call.reason is None]

    async def find_in_flight(self, drawn: Iterable[str]) -> frozenset[str]:
        """Return which of the prompts that were drawn in a life have no picture in the store."""
        async with self.open_store() as store:
            stored = {info.path async for info in store.list_files(paths.image_folder(CATALOG))}
            items = await list_prompted_items(store, CATALOG)
            made = {item.image_prompt for item in items if paths.image_file(CATALOG, item.filename) in stored}
            for item in items if self.run_id else ():  # rounds are files of the run
                made.update([prompt async for prompt in iterate_drawn_prompts(store, self.run_id, item)])
        return frozenset(drawn) - made

    @asynccontextmanager
    async def open_store(self) -> AsyncIterator[Store]:
        """Open the store from outside, with nobody in between."""
        store = wiring.build_store(self._make_settings())
        try:
            yield store
        finally:
            await store.close()

    def _make_settings(self) -> Settings:
        return Settings(
            model=ModelSettings(endpoint=self.endpoint, api_key="a-test-key"),
            store=self.store_settings or StoreSettings(folder=str(self.folder)),
            host_id=f"local:{socket.gethostname()}:{LARGEST_PROCESS_ID + self.lives}",
        )

    @asynccontextmanager
    async def _start(self, interference: Interference) -> AsyncIterator[EmbeddedHost]:
        settings = self._make_settings()
        processes: list[wiring.Services] = []

        def start_process() -> None:
            services = wiring.Services(settings)
            services._store = HookedStore(wiring.build_store(settings), interference)
            if isinstance(clock := self.clock, ManualClock):
                services.pace = ImagePace(clock=lambda: clock.now().timestamp())
            services._model = HookedModel(build_model(settings, services.orders), interference)
            processes.append(services)
            wiring._services = services

        start_process()
        interference.on_forget = start_process
        try:
            async with EmbeddedHost(
                function_app.app,
                self.folder,
                clock=self.clock,
                faults=interference,
                grace_seconds=0.0,
            ) as host:
                yield host
        finally:
            wiring._services = None
            for services in processes:
                await services.close()

    async def _give_command(self, host: EmbeddedHost) -> None:
        body = {"catalog": CATALOG} | dict(self.request)
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{host.url}/api/runs", json=body, headers={"Idempotency-Key": self.key}) as response,
        ):
            answer = await response.json(content_type=None)
            response.raise_for_status()
        self.run_id = answer["runId"]


async def _wait_for_end(host: EmbeddedHost, run_id: str) -> None:
    await host.engine.wait_for_completion(run_id)


async def iterate_drawn_prompts(store: Store, run_id: str, item: Item) -> AsyncIterator[str]:
    """Yield the prompts of which a run has kept a picture among an item's results."""
    results = Results(store, run_id, item.product_id)
    for round_ in range(1, MOST_ITERATIONS + 1):
        if await results.describe_picture(round_, item.filename) is not None:
            record = await results.read_prompt(Step(Action.REWRITE, round_))
            yield item.image_prompt if record is None else record.prompt
