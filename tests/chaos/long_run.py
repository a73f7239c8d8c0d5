"""A long chaos run: the app with injected faults, and its outcome."""

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
"""Time limit of one run; the slowest waits 30 s for the store, and then for its retry."""

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
    """The outcome of a case, one row of the table.

    Attributes:
        case: the injected faults.
        lost: number of missing items, images and records.
        corrupt: number of unexpected or wrong items, images and files.
        billed_again: image calls billed beyond one per image.
        allowed: image calls in flight at kills, and calls that ended without an answer.
        seconds: wall time.
        notes: one line for each lost or corrupt thing.
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
        """Whether nothing was lost or corrupt, and only calls in flight were billed again."""
        return self.lost == 0 and self.corrupt == 0 and self.billed_again <= self.allowed


@dataclass(slots=True)
class LongRun:
    """An app and its model simulator.

    Attributes:
        restartable_app: the app.
        simulator: the model simulator.
        allowed: image calls that ended without an answer, which may have been billed.
    """

    restartable_app: RestartableApp
    simulator: Simulator
    allowed: int = 0

    async def check(self, case: str, seconds: float, *, expected: list[dict[str, str]] | None = None) -> Outcome:
        """Audit the stored files and the bill.

        Args:
            case: name of the case.
            seconds: wall time of the run.
            expected: the rows of a run without faults; None = not compared.
        """
        summary = await self.restartable_app.read_summary()
        audit = await self.restartable_app.audit(items=self.restartable_app.request["targetCount"])
        lost, corrupt = list(audit.lost), audit.corrupt
        if summary["status"] != "Completed":
            lost.insert(0, f"the run ended {summary['status']}: {summary['error']}")
        if expected is not None and audit.describe_rows() != expected:
            corrupt.append("the catalog differs from that of a run without faults")
        billed = self.simulator.count_billed_prompts()
        published = {row["imagePrompt"] for row in audit.rows}
        lost += [f"billed and not published: {prompt}" for prompt in billed if prompt not in published]
        allowed = self.allowed + sum(len(prompts) for prompts in self.restartable_app.in_flight)
        billed_again = billed.total() - len(billed)
        corrupt += _check_billed_again(billed, self.restartable_app.in_flight, free=self.allowed)
        corrupt += self._check_bill(summary, len(audit.rows))
        return Outcome(case, len(lost), len(corrupt), billed_again, allowed, seconds, tuple(lost + corrupt))

    def _check_bill(self, summary: Mapping[str, Any], images: int) -> list[str]:
        """Return differences between summary and bill. Only calls of a killed host may be missing from the summary."""
        cost, billed = summary["cost"], round(self.simulator.read_cost_usd(), 4)
        reported, usd = int(cost["imageCalls"]), float(cost["usd"])
        problems = []
        if reported != images + self.allowed:
            problems.append(f"the summary reports {reported} image calls; expected {images} + {self.allowed}")
        if not self.restartable_app.in_flight and (usd < billed or (usd > billed and not self.allowed)):
            problems.append(f"the summary reports {usd} USD; billed were {billed}")
        return problems


def _check_billed_again(billed: Mapping[str, int], in_flight: list[frozenset[str]], *, free: int) -> list[str]:
    """Return violations of the rule that a kill may repeat calls in flight only; ``free`` more calls may repeat."""
    surplus = {prompt: times - 1 - sum(prompt in prompts for prompts in in_flight) for prompt, times in billed.items()}
    beyond = sum(count for count in surplus.values() if count > 0)
    wide = [f"{len(prompts)} calls were in flight; expected {WINDOW}" for prompts in in_flight if len(prompts) > WINDOW]
    return wide + ([f"{beyond} images were billed again without being in flight"] if beyond > free else [])


@asynccontextmanager
async def open_long_run(
    faults: Mapping[str, Any] | None = None,
    *,
    clock: SystemClock | None = None,
    **request: int,
) -> AsyncIterator[LongRun]:
    """Open an empty app and start a simulator; ``request`` overrides ``REQUEST``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulator = Simulator(folder, LATENCY | dict(faults or {}))
        await asyncio.to_thread(simulator.start)
        try:
            restartable_app = RestartableApp(
                folder / "out", simulator.url, REQUEST | request, clock=clock or SystemClock()
            )
            yield LongRun(restartable_app, simulator)
        finally:
            await asyncio.to_thread(simulator.close)


async def time_run(run: Awaitable[Any]) -> float:
    """Return the wall time of a run in seconds.

    Raises:
        TimeoutError: the run takes longer than ``MAX_RUN_SECONDS``.
    """
    begun = time.perf_counter()
    async with asyncio.timeout(MAX_RUN_SECONDS):
        await run
    return time.perf_counter() - begun


async def run_with_faults(case: str, *fault_injections: FaultInjection, expected: list[dict[str, str]]) -> Outcome:
    """Run with one fault injection for each process, and return the outcome."""
    async with open_long_run() as long_run:
        seconds = await time_run(long_run.restartable_app.run(*fault_injections))
        return await long_run.check(case, seconds, expected=expected)
