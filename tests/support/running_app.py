"""The whole app in this process: durable emulator, real store, real SDK, model simulator."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

import function_app
from durable_emulator.engine import Clock
from durable_emulator.engine.fault_injection import FaultInjector as EngineFaults
from durable_emulator.host.emulator import DurableEmulator
from model_simulator.in_process import RunningSimulator, running_simulator
from shared.config import IdentitySettings, ModelSettings, RequestDefaults, Settings, StoreSettings
from shared.runs.run_claim import make_local_host_id
from shared.services.container import use_settings

FAST = {"text": 0.005, "image": 0.02}
"""Latencies of the simulator, in seconds."""

SMALL = {"imageSize": "64x64", "parallelImageRequests": 8}
RUN_TIMEOUT_SECONDS = 300
MODEL_KEY = "a-test-key"
FUNCTIONS_KEY_HEADER = "x-functions-key"


@dataclass(slots=True)
class Answer:
    """An HTTP answer: status, headers and parsed body."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class RunningApp:
    """An app under test, with methods to call it."""

    host: DurableEmulator
    simulator: RunningSimulator
    folder: Path
    session: aiohttp.ClientSession

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Make one HTTP call; ``body`` is sent as JSON unless it is bytes."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        url = path if path.startswith("http") else self.host.url + path
        async with self.session.request(method, url, data=data, headers=headers) as response:
            text = await response.text()
            return Answer(response.status, response.headers, json.loads(text) if text else None)

    async def start(self, **request: object) -> str:
        """Start a run and return its id."""
        answer = await self.call("POST", "/api/runs", {"catalog": "toys"} | SMALL | request)
        assert answer.status == 202, answer
        return str(answer.body["runId"])

    async def wait(self, run_id: str, **headers: str) -> dict[str, Any]:
        """Poll a run until it ends and return its status."""
        async with asyncio.timeout(RUN_TIMEOUT_SECONDS):
            while True:
                answer = await self.call("GET", f"/api/runs/{run_id}", **headers)
                assert answer.status == 200, answer
                if answer.body["status"] not in {"Pending", "Running"}:
                    return dict(answer.body)
                await asyncio.sleep(0.05)

    async def run(self, **request: object) -> dict[str, Any]:
        """Start a run, wait for its end, return its status."""
        return await self.wait(await self.start(**request))

    async def wait_until_billed(self, images: int) -> None:
        """Return as soon as a number of images was billed."""
        async with asyncio.timeout(RUN_TIMEOUT_SECONDS):
            while self.simulator.stats()["billedImageCount"] < images:  # noqa: ASYNC110 - the simulator tells nobody
                await asyncio.sleep(0.01)

    def read(self, path: str) -> Any:
        """Return the parsed content of a file of the folder store."""
        return json.loads((self.folder / path).read_text(encoding="utf-8"))

    def write(self, path: str, data: object) -> None:
        """Write JSON data to a file of the folder store, as another process would."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(data), encoding="utf-8")

    def start_instance(self, orchestrator: str, data: object, instance_id: str) -> None:
        """Start an orchestration without the app's triggers."""
        self.host.engine.start_instance(orchestrator, json.dumps(data), instance_id)


@asynccontextmanager
async def run_app(
    folder: Path,
    *,
    simulator: RunningSimulator | None = None,
    faults: Mapping[str, Any] | None = None,
    store: StoreSettings | None = None,
    engine_faults: EngineFaults | None = None,
    functions_key: str | None = None,
    endpoint: str | None = None,
    model: ModelSettings | None = None,
    defaults: RequestDefaults | None = None,
    identity: IdentitySettings | None = None,
    clock: Clock | None = None,
    port: int = 0,
) -> AsyncIterator[RunningApp]:
    """Run the app on a folder. A simulator that is passed in is not stopped.

    The model is the simulator's by the wire of Azure OpenAI, unless ``model`` says otherwise.
    """
    if simulator is None:
        async with (
            running_simulator(faults={"latencySeconds": FAST} | dict(faults or {})) as own,
            run_app(
                folder,
                simulator=own,
                store=store,
                engine_faults=engine_faults,
                functions_key=functions_key,
                endpoint=endpoint,
                model=model,
                defaults=defaults,
                identity=identity,
                clock=clock,
                port=port,
            ) as app,
        ):
            yield app
        return
    settings = Settings(
        model=model or ModelSettings(endpoint=endpoint or simulator.url, api_key=MODEL_KEY),
        store=store or StoreSettings(folder=str(folder)),
        defaults=defaults or RequestDefaults(),
        identity=identity or IdentitySettings(),
        host_id=make_local_host_id(),
    )
    await use_settings(settings)
    try:
        async with (
            DurableEmulator(
                function_app.app,
                folder,
                port=port,
                functions_key=functions_key,
                clock=clock,
                faults=engine_faults,
                grace_seconds=0.0,
            ) as host,
            aiohttp.ClientSession() as session,
        ):
            yield RunningApp(host, simulator, folder, session)
    finally:
        await use_settings(None)
