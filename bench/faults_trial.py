"""One case of the fault harness: a run that is disturbed, and what became of it."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.faults_processes import Simulator
from local.engine.clock import SystemClock
from tests.support.interference import Interference
from tests.support.machine import Machine

MOST_SECONDS = 300
"""Of one run; the slowest one waits 30 s for a store, and then for its next try."""

WINDOW = 8
ITEMS = 60
REQUEST = {
    "targetCount": ITEMS,
    "categoryCount": 4,
    "batchSize": 10,
    "parallelImageRequests": WINDOW,
    "imageSize": "64x64",
}
LATENCY = {"latencySeconds": {"text": 0.05, "image": 0.2}}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row of the table.

    Attributes:
        case: what was done to the run.
        lost: items, pictures or records that should be there.
        corrupt: what should not be there, or not like this.
        rebought: image calls that were billed beyond one a picture.
        allowed: image calls that were in flight at kills, and those that ended without an answer.
        seconds: wall time.
        notes: what was lost or corrupt, one line each, and what else is worth telling.
    """

    case: str
    lost: int
    corrupt: int
    rebought: int
    allowed: int
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Tell whether nothing was lost, corrupt, or bought again beyond what was in flight."""
        return self.lost == 0 and self.corrupt == 0 and self.rebought <= self.allowed


@dataclass(slots=True)
class Trial:
    """A machine, and the model behind it.

    Attributes:
        machine: where the run lives.
        simulator: the model.
        allowed: image calls that ended without an answer: the service may have billed them.
    """

    machine: Machine
    simulator: Simulator
    allowed: int = 0

    async def look(self, case: str, seconds: float, *, expected: list[dict[str, str]] | None = None) -> Outcome:
        """Look through what the run left, and at what it was billed.

        Args:
            case: its name.
            seconds: how long it took.
            expected: the rows of an undisturbed run, where the disturbed one must give the same; None = any.
        """
        summary = await self.machine.read_summary()
        audit = await self.machine.audit(items=self.machine.request["targetCount"])
        lost, corrupt = list(audit.lost), audit.corrupt
        if summary["status"] != "Completed":
            lost.insert(0, f"the run ended {summary['status']}: {summary['error']}")
        if expected is not None and audit.describe_rows() != expected:
            corrupt.append("the catalog is not that of an undisturbed run")
        billed = self.simulator.read_billed_prompts()
        made = {row["imagePrompt"] for row in audit.rows}
        lost += [f"paid and not published: {prompt}" for prompt in billed if prompt not in made]
        allowed = self.allowed + sum(len(prompts) for prompts in self.machine.in_flight)
        rebought = billed.total() - len(billed)
        corrupt += _check_purchases(billed, self.machine.in_flight, free=self.allowed)
        corrupt += self._check_bill(summary, len(audit.rows))
        return Outcome(case, len(lost), len(corrupt), rebought, allowed, seconds, tuple(lost + corrupt))

    def _check_bill(self, summary: Mapping[str, Any], pictures: int) -> list[str]:
        """The summary tells every picture once, and calls without an answer; only a killed host's calls are unknown."""
        cost, billed = summary["cost"], round(self.simulator.read_cost_usd(), 4)
        told, usd = int(cost["imageCalls"]), float(cost["usd"])
        problems = []
        if told != pictures + self.allowed:
            problems.append(f"the summary tells {told} image calls; expected {pictures} + {self.allowed}")
        if not self.machine.in_flight and (usd < billed or (usd > billed and not self.allowed)):
            problems.append(f"the summary tells {usd} USD; expected the {billed} that were billed")
        return problems


def _check_purchases(billed: Mapping[str, int], in_flight: list[frozenset[str]], *, free: int) -> list[str]:
    """A picture may be bought again only once for each death at which it was in flight; ``free`` others may, too."""
    surplus = {prompt: times - 1 - sum(prompt in prompts for prompts in in_flight) for prompt, times in billed.items()}
    beyond = sum(count for count in surplus.values() if count > 0)
    wide = [f"{len(prompts)} calls were in flight; expected {WINDOW}" for prompts in in_flight if len(prompts) > WINDOW]
    return wide + ([f"{beyond} pictures were bought again that were not in flight"] if beyond > free else [])


@asynccontextmanager
async def open_trial(
    faults: Mapping[str, Any] | None = None,
    *,
    clock: SystemClock | None = None,
    **request: int,
) -> AsyncIterator[Trial]:
    """Make an empty machine and start a simulator; ``request`` goes before ``REQUEST``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulator = Simulator(folder, LATENCY | dict(faults or {}))
        await asyncio.to_thread(simulator.start)
        try:
            machine = Machine(folder / "out", simulator.url, REQUEST | request, clock=clock or SystemClock())
            yield Trial(machine, simulator)
        finally:
            await asyncio.to_thread(simulator.stop)


async def time_run(run: Awaitable[Any]) -> float:
    """Return how many seconds a run takes.

    Raises:
        TimeoutError: it takes far too long.
    """
    begun = time.perf_counter()
    async with asyncio.timeout(MOST_SECONDS):
        await run
    return time.perf_counter() - begun


async def disturb(case: str, *interferences: Interference, expected: list[dict[str, str]]) -> Outcome:
    """Run through what is done to each life, and return what became of it."""
    async with open_trial() as trial:
        seconds = await time_run(trial.machine.run(*interferences))
        return await trial.look(case, seconds, expected=expected)
