# mypy: disable-error-code="untyped-decorator"
# The SDK's decorators carry no types.
"""Program for the kill test: runs an app in a folder until its instance completes, and prints the output.

Usage: ``python victim.py FOLDER [hang]``. With ``hang``, activity 6 never returns, so the run gets stuck with all the
others done, and the program prints ``stuck``. Every call of an activity adds a line to ``FOLDER/calls``.
"""

import asyncio
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

from azure.durable_functions import DFApp

from durable_emulator.engine import RuntimeStatus
from durable_emulator.host import DurableEmulator

ACTIVITIES = 12
FOLDER = Path(sys.argv[1])
IS_HANGING = sys.argv[2:] == ["hang"]

app = DFApp()


@app.orchestration_trigger(context_name="context")
def run(context: Any) -> Generator[Any, Any, Any]:
    tasks = [context.call_activity("work", n) for n in range(ACTIVITIES)]
    open_tasks, results = list(tasks), []
    while open_tasks:
        done = yield context.task_any(open_tasks)
        open_tasks.remove(done)
        results.append(done.result)
        context.set_custom_status(len(results))
    return sorted(results)


@app.activity_trigger(input_name="number")
async def work(number: int) -> int:
    with (FOLDER / "calls").open("a") as calls:
        calls.write(f"{number}\n")
    if IS_HANGING and number == 6:
        await asyncio.Event().wait()
    return number


async def main() -> None:
    async with DurableEmulator(app, FOLDER) as host:
        if host.engine.find_instance("run") is None:
            host.engine.start_instance("run", None, "run")
        while True:
            instance = host.engine.find_instance("run")
            assert instance is not None
            if instance.custom_status == str(ACTIVITIES - 1) and IS_HANGING:
                print("stuck", flush=True)  # noqa: T201 - what the test reads
                await asyncio.Event().wait()
            if instance.status is RuntimeStatus.COMPLETED:
                print(instance.output, flush=True)  # noqa: T201 - what the test reads
                return
            await asyncio.sleep(0.01)


asyncio.run(main())
