"""Small runs that together use every activity, and checks of their results under injected faults."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

import function_app
from durable_emulator.engine import Instance
from durable_emulator.engine.clock import ManualClock
from durable_emulator.host.app_definition import read_functions
from durable_emulator.host.emulator import DurableEmulator
from model_simulator.in_process import RunningSimulator, running_simulator
from model_simulator.text_generation.evaluate_and_rewrite import IMPROVEMENTS
from shared.catalog.catalog_files import write_categories
from shared.catalog.items import Category
from shared.messages.custom_status import Stage, read_root_status
from tests.support.fault_injection import FaultInjection
from tests.support.restartable_app import CATALOG, RestartableApp

NO_LATENCY = {"latencySeconds": {"text": 0, "image": 0}}
WINDOW = 2
REQUEST: dict[str, Any] = {
    "targetCount": 3,
    "categoryCount": 2,
    "batchSize": 2,
    "parallelImageRequests": WINDOW,
    "imageSize": "64x64",
}
CATEGORIES = [Category("Space Crew", "space-crew"), Category("City Life", "city-life")]


@dataclass(frozen=True, slots=True)
class RunScenario:
    """A run and its expected end.

    Attributes:
        status: expected status.
        faults: the simulator's faults.
        request: request fields beyond ``REQUEST``.
        refused: items whose prompt contains this text get no image.
        has_categories: whether the catalog already has categories.
        rows: rows of the request's input; None = no input.
    """

    status: str = "Completed"
    faults: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, Any] = field(default_factory=dict)
    refused: str | None = None
    has_categories: bool = False
    rows: tuple[Mapping[str, str], ...] | None = None


PLAIN = RunScenario()
LIMITED = RunScenario(faults={"imageRequestsPerMinute": 12, "rates": {"rate_limited": 0.3}, "retryAfterSeconds": 20})
BLOCKED = RunScenario("Failed", faults={"accountBlockAfter": 0}, has_categories=True)
REFINED = RunScenario(
    faults={"secondRoundBest": 1},
    request={"targetCount": 1, "refine": {"iterations": 2, "acceptScore": 100}},
)
"""Every image is generated twice, and the second one scores higher."""
LATER_REFUSED = RunScenario(
    faults={"blockedPrompts": list(IMPROVEMENTS)}, request={**REFINED.request, "targetCount": 2}
)
"""The second round of every item is refused."""
INPUT = "inputs/rows.json"
ROWS = tuple(
    {"id": f"{number}a1f0c52-6d0b-4c1e-9b57-2f1f6f0e7c0{number}", "name": f"Trail Boot {number}", "category": "Boots"}
    for number in range(1, 4)
)
"""Their ids are UUIDs, so the rules of every catalog apply."""

REFUSED = RunScenario(
    "CompletedWithFailures",
    faults={"blockedPrompts": [ROWS[0]["name"]]},
    request={"source": "products", "input": INPUT},
    refused=ROWS[0]["name"],
    rows=ROWS,
)
WRITTEN = RunScenario(request={"source": "products", "input": INPUT, "promptWriter": "model"}, rows=ROWS)
UNWRITTEN = RunScenario(faults={"rates": {"refusal": 1}}, request=WRITTEN.request, rows=ROWS)
PAUSED = RunScenario(faults={"accountBlockAfter": 1}, request={"pauseOnBlock": True})
APPROVED = RunScenario(request={"styleReference": {"firstApproved": 1}})
"""The run waits for the approval of its first image."""


def list_activities() -> list[str]:
    """Return the names of the app's activities, and reset the app, which allows only one listing."""
    names = sorted(read_functions(function_app.app).activities)
    function_app.app.functions_bindings = {}
    return names


BATCH_ACTIVITIES = {
    "check_image_batches",
    "check_prompt_batches",
    "collect_image_batch",
    "collect_prompt_batch",
    "open_image_batches",
    "open_prompt_batches",
    "submit_image_batch",
    "submit_prompt_batch",
}
ACTIVITIES = [name for name in list_activities() if name not in {"import_input", "restart_run"} | BATCH_ACTIVITIES]
"""All but ``import_input`` (tests/activities/test_import_input.py kills it at each change), ``restart_run`` (in
tests/end_to_end/test_worker_deaths.py, workers die in it) and those of tests/end_to_end/test_image_batches.py and
test_prompt_batches.py, which OpenAI has and the model of these scenarios has not."""

_SCENARIOS = {
    "write_prompt_batch": WRITTEN,
    "use_template_prompts": UNWRITTEN,
    "record_failed_image": REFUSED,
    "stop_run": BLOCKED,
    "read_stop": PAUSED,
    "resume_run": PAUSED,
    "plan_trial": APPROVED,
    "request_approval": APPROVED,
    "evaluate_image": REFINED,
    "rewrite_prompt": REFINED,
    "finish_refinement": LATER_REFUSED,
}


def find_scenario(activity: str) -> RunScenario:
    """Return a scenario that uses an activity."""
    return _SCENARIOS.get(activity, PLAIN)


@dataclass(slots=True)
class Trial:
    """A running scenario, on a clock that jumps from alarm to alarm.

    Attributes:
        scenario: the scenario.
        restartable_app: the app.
        simulator: the model simulator.
        clock: the clock of app and simulator.
        waits: how often the app was idle until an alarm.
        suspends_at: the wait in which the machine sleeps, from 0; None = none.
        suspends_for: how long it sleeps.
    """

    scenario: RunScenario
    restartable_app: RestartableApp
    simulator: RunningSimulator
    clock: ManualClock
    waits: int = 0
    suspends_at: int | None = None
    suspends_for: timedelta = timedelta(hours=1)

    async def run(self, *fault_injections: FaultInjection) -> int:
        """Run to the end with one fault injection for each process; return the number of killed processes."""
        return await self.restartable_app.run(*fault_injections, ending=self.advance_to_end)

    async def check(self, expected: list[dict[str, str]] | None = None) -> None:
        """Fail unless nothing is lost or corrupt, only calls in flight were billed again, and the bill is correct.

        Args:
            expected: rows of a run of the same request without faults; None = texts may differ.
        """
        summary = await self.restartable_app.read_summary()
        assert summary["status"] == self.scenario.status, summary["error"]
        if self.scenario is BLOCKED:
            await self._unblock_account()
        audit = await self.restartable_app.audit(
            items=self.restartable_app.request["targetCount"], refused=self.scenario.refused
        )
        assert (audit.lost, audit.corrupt) == ([], [])
        assert expected is None or audit.describe_rows() == expected
        bill = self.simulator.stats()
        first_prompts = {row["imagePrompt"] for row in audit.rows}
        if "refine" in self.scenario.request:
            assert first_prompts < set(bill["billedImagesByPrompt"]) or self.scenario is LATER_REFUSED
            await self._check_refinements()
            await self._check_evaluation_calls()
        else:
            assert set(bill["billedImagesByPrompt"]) == first_prompts
        in_flight = self.restartable_app.in_flight
        for prompt, times in bill["billedImagesByPrompt"].items():
            kills = sum(prompt in prompts for prompts in in_flight)
            assert times - 1 <= kills, f"billed {times} times, in flight at {kills} kills: {prompt}"
        assert all(len(prompts) <= WINDOW for prompts in in_flight)
        if not in_flight and self.scenario is not BLOCKED:
            reported = summary["cost"]
            assert (reported["imageCalls"], reported["usd"]) == (bill["billedImageCount"], round(bill["costUsd"], 4))

    async def advance_to_end(self, host: DurableEmulator, run_id: str) -> None:
        """Jump from alarm to alarm until the run has ended; unblock and resume a paused run."""
        while not (instance := await wait_for_idle_root(host, run_id)).status.is_finished:
            root = read_root_status(json.loads(instance.custom_status or "null"))
            if root is not None and root.stage is Stage.PAUSED:
                self.simulator.set_faults(NO_LATENCY)
                await self._resume(host, run_id)
                continue
            alarm = self.clock.next_alarm
            assert alarm is not None, "the run waits for ever"
            if self.waits == self.suspends_at:
                self.clock._now += self.suspends_for  # alarms that became due meanwhile fire late, as after a sleep
            self.waits += 1
            self.clock.jump_to(max(alarm, self.clock.now()))

    async def _check_refinements(self) -> None:
        """Fail unless each item has a summary, and its best image is promoted."""
        outcomes = await self.restartable_app.list_outcomes()
        assert len(outcomes) == self.restartable_app.request["targetCount"]
        best = 1 if self.scenario is LATER_REFUSED else 2
        assert all(outcome.stopped_because is not None for outcome in outcomes)
        assert {outcome.shipped_iteration for outcome in outcomes} == {best}
        assert all(outcome.iterations == best for outcome in outcomes)

    async def _check_evaluation_calls(self) -> None:
        """Fail unless only evaluations and rewrites in flight at a kill were repeated."""
        asked = Counter(
            [(call.kind, call.subject, call.iteration) for call in await self.restartable_app.list_evaluation_calls()]
        )
        assert len(asked) == self.restartable_app.request["targetCount"] * 3 - (self.scenario is LATER_REFUSED) * 2
        assert asked.total() - len(asked) <= len(self.restartable_app.in_flight) * WINDOW, asked

    async def _unblock_account(self) -> None:
        self.simulator.set_faults(NO_LATENCY)
        self.restartable_app.key = "another-command"
        assert await self.run() == 0

    async def _resume(self, host: DurableEmulator, run_id: str) -> None:
        async with aiohttp.ClientSession(host.url, raise_for_status=True) as session:
            if self.scenario is APPROVED:
                async with session.get(f"/api/catalogs/{CATALOG}/items?state=complete") as answer:
                    rows = (await answer.json())["items"]
                decisions = [
                    {"productId": row["itemId"], "decision": "approved", "sha256": row["image"]["sha256"]}
                    for row in rows
                ]
                body = {"decisions": decisions}
                async with session.put(f"/api/catalogs/{CATALOG}/decisions", json=body):
                    pass
            async with session.post(f"/api/runs/{run_id}/resume"):
                pass


async def wait_for_idle_root(host: DurableEmulator, run_id: str) -> Instance:
    """Return the root of a run once the host has nothing to do but wait."""
    await host.engine.wait_until_idle()
    instance = host.engine.find_instance(run_id)
    assert instance is not None
    return instance


@asynccontextmanager
async def open_trial(scenario: RunScenario, folder: Path, **request: int) -> AsyncIterator[Trial]:
    """Open an empty app, and a simulator with the scenario's faults; ``request`` overrides the scenario's request."""
    clock = ManualClock(datetime.now(UTC))
    faults = NO_LATENCY | dict(scenario.faults)
    async with running_simulator(faults=faults, clock=lambda: clock.now().timestamp()) as simulator:
        restartable_app = RestartableApp(folder, simulator.url, REQUEST | dict(scenario.request) | request, clock=clock)
        if scenario.has_categories:
            async with restartable_app.open_store() as store:
                await write_categories(store, CATALOG, CATEGORIES)
        if scenario.rows is not None:
            async with restartable_app.open_store() as store:
                await store.write(INPUT, json.dumps(scenario.rows).encode(), content_type="application/json")
        yield Trial(scenario, restartable_app, simulator, clock)
