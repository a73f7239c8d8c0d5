"""Small runs that between them use every activity, and what each must come to however it is disturbed."""

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
from local.engine.clock import ManualClock
from local.host.functions import read_functions
from local.host.host import EmbeddedHost
from local.simulator.running import RunningSimulator, running_simulator
from local.simulator.writing.reviews import IMPROVEMENTS
from shared.domain.items import Category
from shared.records.catalog import write_categories
from tests.support.interference import Interference
from tests.support.machine import CATALOG, Machine

AT_ONCE = {"latencySeconds": {"text": 0, "image": 0}}
WINDOW = 2
REQUEST: dict[str, Any] = {
    "targetCount": 3,
    "categoryCount": 2,
    "batchSize": 2,
    "parallelImageRequests": WINDOW,
    "imageSize": "64x64",
}
CATEGORIES = [Category("Space Crew", "space-crew"), Category("City Life", "city-life")]
MINIFIGURE = "LEGO-style minifigure"
"""One of the two openings of the default theme's image prompts."""


@dataclass(frozen=True, slots=True)
class Course:
    """A run and its end.

    Attributes:
        status: how it ends.
        faults: what the service does meanwhile.
        request: what it is asked beyond ``REQUEST``.
        refused: items whose prompt holds this get no picture.
        has_categories: an earlier run left the catalog's categories.
        rows: what the request's input holds; None = it has none.
    """

    status: str = "Completed"
    faults: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, Any] = field(default_factory=dict)
    refused: str | None = None
    has_categories: bool = False
    rows: tuple[Mapping[str, str], ...] | None = None


PLAIN = Course()
LIMITED = Course(faults={"imageRequestsPerMinute": 12, "rates": {"rate_limited": 0.3}, "retryAfterSeconds": 20})
REFUSED = Course("CompletedWithFailures", faults={"blockedPrompts": [MINIFIGURE]}, refused=MINIFIGURE)
BLOCKED = Course("Failed", faults={"accountBlockAfter": 0}, has_categories=True)
REFINED = Course(
    faults={"secondRoundBest": 1},
    request={"targetCount": 2, "refine": {"iterations": 2, "acceptScore": 100}},
)
"""Every picture is drawn twice, and the second one is better."""
LATER_REFUSED = Course(faults={"blockedPrompts": list(IMPROVEMENTS)}, request=REFINED.request)
"""The second picture of every item is refused."""
INPUT = "inputs/rows.json"
ROWS = tuple(
    {"id": f"{number}a1f0c52-6d0b-4c1e-9b57-2f1f6f0e7c0{number}", "name": f"Trail Boot {number}", "category": "Boots"}
    for number in range(1, 4)
)
"""Their ids are UUIDs, so the catalog is held to the same rules as any other."""

WRITTEN = Course(request={"source": "products", "input": INPUT, "promptWriter": "model"}, rows=ROWS)
UNWRITTEN = Course(faults={"rates": {"refusal": 1}}, request=WRITTEN.request, rows=ROWS)
PAUSED = Course(faults={"accountBlockAfter": 1}, request={"pauseOnBlock": True})


def list_activities() -> list[str]:
    """Return the names of the app's activities, and let others list its functions, too: it takes only one listing."""
    names = sorted(read_functions(function_app.app).activities)
    function_app.app.functions_bindings = {}
    return names


ACTIVITIES = [name for name in list_activities() if name not in {"take_input", "restart_run"}]
"""All but the one that makes items of given rows: tests/activities/test_take_input.py kills it at each change; and the
one that only a lost root needs: tests/end_to_end/test_worker_deaths.py lets workers die in it."""

_COURSES = {
    "write_prompts": WRITTEN,
    "give_up_prompts": UNWRITTEN,
    "record_failure": REFUSED,
    "stop_run": BLOCKED,
    "find_stop": PAUSED,
    "resume_run": PAUSED,
    "evaluate_image": REFINED,
    "rewrite_prompt": REFINED,
    "end_refinement": LATER_REFUSED,
}


def pick_course(activity: str) -> Course:
    """Return a course that uses an activity."""
    return _COURSES.get(activity, PLAIN)


@dataclass(slots=True)
class Trial:
    """A course that is being run, from alarm to alarm of a clock that nobody waits for.

    Attributes:
        course: which one.
        machine: where it runs.
        simulator: the service.
        clock: the machine's, and the service's.
        waits: how often nothing was left to do but to wait.
        sleeps_at: the wait in which the machine sleeps, from 0; None = in none.
        sleeps_for: how long.
    """

    course: Course
    machine: Machine
    simulator: RunningSimulator
    clock: ManualClock
    waits: int = 0
    sleeps_at: int | None = None
    sleeps_for: timedelta = timedelta(hours=1)

    async def run(self, *interferences: Interference) -> int:
        """Run it to its end through what is done to it; returns how many lives died."""
        return await self.machine.run(*interferences, ending=self.bring_to_end)

    async def check(self, expected: list[dict[str, str]] | None = None) -> None:
        """Fail unless nothing is lost or corrupt, only what was in flight was bought again, and the bill is right.

        Args:
            expected: the rows of an undisturbed run of the same request; None = where the texts may be others.
        """
        summary = await self.machine.read_summary()
        assert summary["status"] == self.course.status, summary["error"]
        if self.course is BLOCKED:
            await self._lift_the_block()
        audit = await self.machine.audit(items=self.machine.request["targetCount"], refused=self.course.refused)
        assert (audit.lost, audit.corrupt) == ([], [])
        assert expected is None or audit.describe_rows() == expected
        bill = self.simulator.stats()
        first_prompts = {row["imagePrompt"] for row in audit.rows}
        if "refine" in self.course.request:
            assert first_prompts < set(bill["billedImagesByPrompt"]) or self.course is LATER_REFUSED
            await self._check_refinements()
            await self._check_reviews()
        else:
            assert set(bill["billedImagesByPrompt"]) == first_prompts
        in_flight = self.machine.in_flight
        for prompt, times in bill["billedImagesByPrompt"].items():
            kills = sum(prompt in prompts for prompts in in_flight)
            assert times - 1 <= kills, f"bought {times} times, in flight at {kills} kills: {prompt}"
        assert all(len(prompts) <= WINDOW for prompts in in_flight)
        if not in_flight and self.course is not BLOCKED:
            told = summary["cost"]
            assert (told["imageCalls"], told["usd"]) == (bill["billedImageCount"], round(bill["costUsd"], 4))

    async def bring_to_end(self, host: EmbeddedHost, run_id: str) -> None:
        """Jump from alarm to alarm until the run has ended; lift the block of one that has paused, and resume it."""
        while True:
            await host.engine.wait_until_idle()
            instance = host.engine.find_instance(run_id)
            assert instance is not None
            if instance.status.is_finished:
                return
            if json.loads(instance.custom_status or "{}").get("stage") == "paused":
                self.simulator.set_faults(AT_ONCE)
                await self._resume(host, run_id)
                continue
            alarm = self.clock.next_alarm
            assert alarm is not None, "the run waits for something that never comes"
            if self.waits == self.sleeps_at:
                self.clock._now += self.sleeps_for  # alarms that came due meanwhile go off late, as after a sleep
            self.waits += 1
            self.clock.jump_to(max(alarm, self.clock.now()))

    async def _check_refinements(self) -> None:
        """Fail unless each item's summary is there and says that its best picture is the item's."""
        outcomes = await self.machine.list_outcomes()
        assert len(outcomes) == self.machine.request["targetCount"]
        best = 1 if self.course is LATER_REFUSED else 2
        assert all(outcome.stopped_because is not None for outcome in outcomes)
        assert {outcome.shipped_iteration for outcome in outcomes} == {best}
        assert all(outcome.iterations == best for outcome in outcomes)

    async def _check_reviews(self) -> None:
        """Fail unless only looks and new prompts that were in flight at a death were asked for again."""
        asked = Counter([(call.kind, call.subject, call.iteration) for call in await self.machine.list_reviews()])
        assert len(asked) == self.machine.request["targetCount"] * 3 - (self.course is LATER_REFUSED) * 2
        assert asked.total() - len(asked) <= len(self.machine.in_flight) * WINDOW, asked

    async def _lift_the_block(self) -> None:
        self.simulator.set_faults(AT_ONCE)
        self.machine.key = "the next command"
        assert await self.run() == 0

    async def _resume(self, host: EmbeddedHost, run_id: str) -> None:
        async with aiohttp.ClientSession() as session, session.post(f"{host.url}/api/runs/{run_id}/resume") as answer:
            answer.raise_for_status()


@asynccontextmanager
async def open_trial(course: Course, folder: Path, **request: int) -> AsyncIterator[Trial]:
    """Make an empty machine, and a service that does what the course asks for; ``request`` goes before the course's."""
    clock = ManualClock(datetime.now(UTC))
    faults = AT_ONCE | dict(course.faults)
    async with running_simulator(faults=faults, clock=lambda: clock.now().timestamp()) as simulator:
        machine = Machine(folder, simulator.url, REQUEST | dict(course.request) | request, clock=clock)
        if course.has_categories:
            async with machine.open_store() as store:
                await write_categories(store, CATALOG, CATEGORIES)
        if course.rows is not None:
            async with machine.open_store() as store:
                await store.write(INPUT, json.dumps(course.rows).encode(), content_type="application/json")
        yield Trial(course, machine, simulator, clock)
