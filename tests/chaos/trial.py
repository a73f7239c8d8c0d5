"""One case of the fault harness: a run that is disturbed, and what became of it."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from durable_emulator.engine.clock import SystemClock
from tests.chaos.dependencies import Simulator
from tests.support.fault_injection import FaultInjection
from tests.support.restartable_app import RestartableApp

MAX_RUN_SECONDS = 300
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
        lost: items, images or records that should be there.
        corrupt: what should not be there, or not like this.
        billed_again: image calls that were billed beyond one an image.
        allowed: image calls that were in flight at kills, and those that ended without an answer.
        seconds: wall time.
        notes: what was lost or corrupt, one line each, and what else is worth telling.
    """

    case: str
    lost: int
    corrupt: int
    billed_again: int
    allowed: int
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Tell whether nothing was lost, corrupt, or bought again beyond what was in flight."""
        return self.lost == 0 and self.corrupt == 0 and self.billed_again <= self.allowed


@dataclass(slots=True)
class Trial:
    """A machine, and the model behind it.

    Attributes:
        restartable_app: where the run lives.
        simulator: the model.
        allowed: image calls that ended without an answer: the service may have billed them.
    """

    restartable_app: RestartableApp
    simulator: Simulator
    allowed: int = 0

    async def check(self, case: str, seconds: float, *, expected: list[dict[str, str]] | None = None) -> Outcome:
        """Look through what the run left, and at what it was billed.

        Args:
            case: its name.
            seconds: how long it took.
            expected: the rows of an undisturbed run, where the disturbed one must give the same; None = any.
        """
        summary = await self.restartable_app.read_summary()
        audit = await self.restartable_app.audit(items=self.restartable_app.request["targetCount"])
        lost, corrupt = list(audit.lost), audit.corrupt
        if summary["status"] != "Completed":
            lost.insert(0, f"the run ended {summary['status']}: {summary['error']}")
        if expected is not None and audit.describe_rows() != expected:
            corrupt.append("the catalog is not that of an undisturbed run")
        billed = self.simulator.count_billed_prompts()
        made = {row["imagePrompt"] for row in audit.rows}
        lost += [f"paid and not published: {prompt}" for prompt in billed if prompt not in made]
        allowed = self.allowed + sum(len(prompts) for prompts in self.restartable_app.in_flight)
        billed_again = billed.total() - len(billed)
        corrupt += _check_billed_again(billed, self.restartable_app.in_flight, free=self.allowed)
        corrupt += self._check_bill(summary, len(audit.rows))
        return Outcome(case, len(lost), len(corrupt), billed_again, allowed, seconds, tuple(lost + corrupt))

    def _check_bill(self, summary: Mapping[str, Any], images: int) -> list[str]:
        """The summary tells every image once, and calls without an answer; only a killed host's calls are unknown."""
        cost, billed = summary["cost"], round(self.simulator.read_cost_usd(), 4)
        told, usd = int(cost["imageCalls"]), float(cost["usd"])
        problems = []
        if told != images + self.allowed:
            problems.append(f"the summary tells {told} image calls; expected {images} + {self.allowed}")
        if not self.restartable_app.in_flight and (usd < billed or (usd > billed and not self.allowed)):
            problems.append(f"the summary tells {usd} USD; expected the {billed} that were billed")
        return problems


def _check_billed_again(billed: Mapping[str, int], in_flight: list[frozenset[str]], *, free: int) -> list[str]:
    """An image may be bought again only once for each death at which it was in flight; ``free`` others may, too."""
    surplus = {prompt: times - 1 - sum(prompt in prompts for prompts in in_flight) for prompt, times in billed.items()}
    beyond = sum(count for count in surplus.values() if count > 0)
    wide = [f"{len(prompts)} calls were in flight; expected {WINDOW}" for prompts in in_flight if len(prompts) > WINDOW]
    return wide + ([f"{beyond} images were bought again that were not in flight"] if beyond > free else [])


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
            restartable_app = RestartableApp(
                folder / "out", simulator.url, REQUEST | request, clock=clock or SystemClock()
            )
            yield Trial(restartable_app, simulator)
        finally:
            await asyncio.to_thread(simulator.stop)


async def time_run(run: Awaitable[Any]) -> float:
    """Return how many seconds a run takes.

    Raises:
        TimeoutError: it takes far too long.
    """
    begun = time.perf_counter()
    async with asyncio.timeout(MAX_RUN_SECONDS):
        await run
    return time.perf_counter() - begun


async def run_with_faults(case: str, *fault_injections: FaultInjection, expected: list[dict[str, str]]) -> Outcome:
    """Run through what is done to each life, and return what became of it."""
    async with open_trial() as trial:
        seconds = await time_run(trial.restartable_app.run(*fault_injections))
        return await trial.check(case, seconds, expected=expected)
