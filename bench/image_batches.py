"""Kill a run in image batches again and again: ``python -m bench.image_batches [--items N] [--folder DIR]``.

One run of images in the provider's batches, against the simulator; a day takes a minute. Its host is killed (SIGKILL)
at each critical moment, and at 20 random ones. Exits with 1 unless each image was billed once and stored, and the run's
summary, its audit, the provider's bill and half of the normal price are the same to the cent.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.batch_host import AFTER_CREATE, AFTER_UPLOAD, BEFORE_UPLOAD, COLLECTING, WAITING
from bench.measured_process import start_process
from model_simulator.in_process import running_simulator
from shared.audit.call_records import CallRecord, iterate_calls
from shared.config import Settings, StoreSettings
from shared.messages.base import NANO_PER_USD
from shared.models.price_files import load_prices
from shared.models.usage import Usage
from shared.services.container import build_store

CATALOG: Final = "bench"
MODEL: Final = "gpt-image-2"
BATCH_SECONDS: Final = 90.0
RANDOM: Final = "at a random moment"
KILLS: Final = (
    *(BEFORE_UPLOAD, AFTER_UPLOAD, AFTER_CREATE, *[RANDOM] * 4),
    *(WAITING, *[RANDOM] * 8, COLLECTING, *[RANDOM] * 8),
)
"""In an order in which a run of 5,000 images has not passed a moment before its kill."""

RANDOM_SECONDS: Final = (0.2, 4.0)
"""After the app listens."""

MAX_SECONDS: Final = 1200
REQUEST: Final = {
    "catalog": CATALOG,
    "source": "prompts",
    "input": "inputs/rows.json",
    "imageSize": "64x64",
    "imageQuality": "low",
    "imageMode": "batch",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run came to.

    Attributes:
        items: images that the request asks for.
        stored: image files in the store.
        billed: images that the provider billed.
        max_bills: how often it billed the image that it billed most often.
        status: of the run.
        seconds: from the first start to the end.
        kills: of the host.
        usd: the same cost by source.
    """

    items: int
    stored: int
    billed: int
    max_bills: int
    status: str
    seconds: float
    kills: int
    usd: dict[str, float]

    @property
    def is_good(self) -> bool:
        """Whether each image is stored, was billed once, and all sources agree to the cent."""
        cents = {round(usd, 2) for usd in self.usd.values()}
        counts = {self.items, self.stored, self.billed}
        return (self.status, self.max_bills, len(counts), len(cents)) == ("Completed", 1, 1, 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, run, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.image_batches", description=__doc__)
    parser.add_argument("--items", type=int, default=5000, help="number of images (default %(default)s)")
    parser.add_argument("--folder", type=Path, help="keep the data here")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() if options.folder is None else nullcontext(options.folder) as folder:
        figures = asyncio.run(measure(Path(folder), options.items))
    for line in format_table(figures):
        print(line)
    return int(not figures.is_good)


async def measure(folder: Path, items: int) -> Figures:
    """Run a request, and kill its host at each of `KILLS`."""
    rows = folder / "inputs/rows.json"
    rows.parent.mkdir(parents=True, exist_ok=True)
    rows.write_text(json.dumps([f"a red toy boat number {number} on a lake" for number in range(items)]))
    faults = {"latencySeconds": {"text": 0.02, "image": 0.05}, "batches": {"seconds": BATCH_SECONDS}}
    started = time.monotonic()
    async with running_simulator(faults=faults) as simulator, asyncio.timeout(MAX_SECONDS):
        run_id = await _run_and_kill(folder, simulator.url)
        stats = simulator.stats()
    billed = stats["billedImagesByPrompt"].values()
    store = build_store(Settings(store=StoreSettings(folder=str(folder))))
    summary = json.loads((folder / f"runs/{run_id}/summary.json").read_text())
    calls = [call async for call in iterate_calls(store, run_id) if isinstance(call, CallRecord)]
    normal = calculate_normal_usd(stats["inputTokens"], stats["outputTokens"])
    return Figures(
        items=items,
        stored=sum(1 for _ in (folder / f"catalogs/{CATALOG}/images").glob("*.png")),
        billed=sum(billed),
        max_bills=max(billed, default=0),
        status=summary["status"],
        seconds=time.monotonic() - started,
        kills=len(KILLS),
        usd={
            "summary": summary["cost"]["usd"],
            "audit": sum(call.cost.nano_usd for call in calls) / NANO_PER_USD,
            "bill": stats["costUsd"],
            "half of the normal price": normal / 2,
        },
    )


async def _run_and_kill(folder: Path, endpoint: str) -> str:
    """Run until each of `KILLS` has happened and the run has ended, and return its id.

    Raises:
        RuntimeError: the run ended before its last kill, or its host died of something else.
    """
    draw = random.Random(16)  # noqa: S311 - repeatable on purpose
    for moment in (*KILLS, None):
        job = {"folder": str(folder), "endpoint": endpoint, "request": REQUEST, "killAt": moment}
        async with start_process("bench.batch_host", job) as process:
            await process.read_line()
            if moment == RANDOM:
                await asyncio.sleep(draw.uniform(*RANDOM_SECONDS))
                await process.kill()
            report = await process.read_line()
            print("ended" if moment is None else f"killed {moment}", file=sys.stderr, flush=True)
            if report is not None and moment is None:
                return str(report["runId"])
            if report is not None or moment is None:
                raise RuntimeError(f"the host sent {report!r}; expected it to be killed {moment}")
    raise AssertionError


def calculate_normal_usd(input_tokens: int, output_tokens: int) -> float:
    """Return the price of tokens of images outside a batch."""
    usage = Usage(input_tokens, output_tokens)
    return float(load_prices().calculate_image_cost(MODEL, usage))


def format_table(figures: Figures) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| measure | figure |"
    yield "| --- | --- |"
    yield f"| images, stored, billed | {figures.items:,}, {figures.stored:,}, {figures.billed:,} |"
    yield f"| most bills of one image | {figures.max_bills} |"
    yield f"| kills, seconds, status | {figures.kills}, {figures.seconds:.0f}, {figures.status} |"
    for source, usd in figures.usd.items():
        yield f"| {source} | ${usd:.4f} |"
    yield f"| load average | {os.getloadavg()[0]:.1f} |"


if __name__ == "__main__":
    sys.exit(main())
