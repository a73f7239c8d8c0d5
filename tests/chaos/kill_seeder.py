"""Kill and restart the command line 20 times in one run."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator

from tests.chaos.dependencies import Simulator
from tests.chaos.long_run import WINDOW, Outcome, open_long_run
from tests.support.restartable_app import CATALOG
from tests.support.seeder_process import start_seeder

KILLS = 20
SEED = 20
KILL_DELAY_SECONDS = (0.3, 3.0)
"""Minimum and maximum time until a kill; some kills come before the host has started, which takes about a second."""

ITEMS, IMAGE_SECONDS = 300, 1.0
"""About 40 s of images: more than all killed processes together complete."""

SETTLE_SECONDS = 0.05


async def kill_seeder_repeatedly(_: list[dict[str, str]]) -> AsyncIterator[Outcome]:
    """Kill ``seeder run`` at random times, and run the same command again; the last one is not killed."""
    delays = random.Random(SEED)
    faults = {"latencySeconds": {"text": 0.2, "image": IMAGE_SECONDS}}
    loop = asyncio.get_running_loop()
    async with open_long_run(faults, targetCount=ITEMS) as long_run:
        cwd = long_run.restartable_app.folder.parent
        command = (
            *("run", "--json", "--output-dir=out", f"--catalog={CATALOG}", f"--target-count={ITEMS}"),
            *("--category-count=4", "--batch-size=20", "--image-size=64x64", f"--parallel-image-requests={WINDOW}"),
        )
        begun = loop.time()
        billed: Counter[str] = Counter()
        for _kill in range(KILLS):
            async with start_seeder(*command, cwd=cwd, endpoint=long_run.simulator.url) as victim:
                await asyncio.sleep(delays.uniform(*KILL_DELAY_SECONDS))
                if victim.process.returncode is not None:
                    raise RuntimeError("the run ended before 20 kills; make it longer")
                await victim.kill()
            before, billed = billed, await _read_settled(long_run.simulator)
            long_run.restartable_app.in_flight.append(await long_run.restartable_app.find_in_flight(billed - before))
        async with start_seeder(*command, cwd=cwd, endpoint=long_run.simulator.url) as last:
            status, result, errors = await last.finish()
        if status != 0 or result is None:
            raise RuntimeError(f"the last command ended with status {status}; expected 0: {errors}")
        long_run.restartable_app.run_id = result["runId"]
        yield await long_run.check(f"host killed (-9) and restarted {KILLS} times", loop.time() - begun)


async def _read_settled(simulator: Simulator) -> Counter[str]:
    """Return the billed prompts, once the last calls of a killed process have arrived."""
    billed = simulator.count_billed_prompts()
    while True:
        await asyncio.sleep(SETTLE_SECONDS)
        before, billed = billed, simulator.count_billed_prompts()
        if billed == before:
            return billed
