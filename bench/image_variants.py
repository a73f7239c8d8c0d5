"""Measure image variants: ``python -m bench.image_variants [--items N] [--rounds N] [--variant WIDTH:FORMAT ...]``.

Each round has pairs of runs, one after the other: without variants and with one of them, or with all. The last pair
runs a catalog without variants again: as it is, and with all variants, which are made from its stored images. All
catalogs have the same simulated 1024x1024 images. Each run is a process of its own, and every file is checked.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from bench.markdown_tables import Unit, write_table
from bench.measured_process import start_process
from bench.process_resources import read_memory_mb
from bench.product_rows import INPUT, generate_products
from bench.variant_files import check_variants
from bench.workload import CATALOG, Workload
from model_simulator.child_process import SimulatorProcess
from shared.images.variant_spec import ImageVariant, parse_image_variant

VARIANTS: Final = ("1200:jpeg", "640:webp", "320:avif")
SAMPLE_SECONDS: Final = 0.2
SEED: Final = 7
PARALLEL_IMAGES: Final = 4
"""The default of a request."""

ALL, STORED = "all, with the images", "all, for stored images"


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """What was measured of one run.

    Attributes:
        cpu_seconds: of the app's process, user and system.
        early_memory_mb: maximum until a quarter of the images was generated.
        memory_mb: maximum until all were generated.
        peak_memory_mb: maximum of the whole run; its end renders the contact sheet.
        calls: requests to the simulator.
        files: number and bytes of the variants, by name.
    """

    cpu_seconds: float
    early_memory_mb: float
    memory_mb: float
    peak_memory_mb: float
    calls: int
    files: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs that differ in the variants: the first has none."""

    plain: MeasuredRun
    varied: MeasuredRun


Round = Mapping[str, Pair]
"""The pairs of a round by name; that of one variant alone has the variant's name."""


@dataclass(frozen=True, slots=True)
class MeasuredCatalog:
    """A catalog that is empty at first.

    Attributes:
        folder: of the store.
        url: of its simulator.
        items: that each run asks for.
    """

    folder: Path
    url: str
    items: int

    async def run(self, variants: Sequence[ImageVariant] = ()) -> MeasuredRun:
        """Run in a new process, and check every file.

        Raises:
            ValueError: the run was not completed, or a variant is wrong.
        """
        load = Workload(self.items, size="1024x1024", products=True, window=PARALLEL_IMAGES, image_seconds=0.1)
        request = load.make_stages()[0][0] | {"imageVariants": [variant.model_dump() for variant in variants]}
        job = {"folder": str(self.folder), "endpoint": self.url, "stages": [[request]], "repairs": False}
        before, samples = await self._count_calls(), list[tuple[int, float]]()
        async with start_process("bench.host_process", job) as process:
            sampling = asyncio.create_task(self._sample_memory(process.pid, samples))
            report = await process.wait_for_report()
            sampling.cancel()
        if [run["status"] for run in report.runs] != ["Completed"]:
            raise ValueError(f"the run ended otherwise than Completed: {report.runs}")
        return MeasuredRun(
            cpu_seconds=report.cpu_seconds,
            early_memory_mb=_find_max(samples, before + self.items // 4),
            memory_mb=_find_max(samples, before + self.items - 1),
            peak_memory_mb=report.peak_memory_mb or 0.0,
            calls=await self._count_calls() - before,
            files=await asyncio.to_thread(check_variants, self.folder, CATALOG, variants) if variants else {},
        )

    async def _sample_memory(self, pid: int, samples: list[tuple[int, float]]) -> None:
        """Add the number of calls so far, and the memory of the process, as long as it runs."""
        while (megabytes := read_memory_mb(pid)) is not None:
            samples.append((await self._count_calls(), megabytes))
            await asyncio.sleep(SAMPLE_SECONDS)

    async def _count_calls(self) -> int:
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/_stats") as response:
            stats: dict[str, Any] = await response.json()
        return sum(count for statuses in stats["requests"].values() for count in statuses.values())


def _find_max(samples: Sequence[tuple[int, float]], max_calls: int) -> float:
    """Return the maximum of the memory while there were so many calls at most."""
    return max((megabytes for calls, megabytes in samples if calls <= max_calls), default=0.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, measure, print the tables, and return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.image_variants", description=__doc__)
    parser.add_argument("--items", type=int, default=200, metavar="N", help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: %(default)s")
    parser.add_argument("--variant", nargs="+", default=VARIANTS, metavar="WIDTH:FORMAT", help=f"default: {VARIANTS}")
    options = parser.parse_args(arguments)
    variants = [ImageVariant.model_validate(parse_image_variant(text)) for text in options.variant]
    rounds = [asyncio.run(measure_round(options.items, variants)) for _ in range(options.rounds)]
    print("\n\n".join(describe_rounds(rounds, options.items, variants)))
    return 0


async def measure_round(items: int, variants: Sequence[ImageVariant]) -> Round:
    """Measure all pairs once.

    Raises:
        ValueError: a run was not completed, or a variant is wrong.
    """
    pairs: dict[str, Pair] = {}
    for variant in variants:
        pairs[variant.name] = await _measure_pair(variant.name, items, [variant])
    pairs[ALL] = await _measure_pair(ALL, items, variants)
    async with _open_catalog(items) as catalog:
        await catalog.run()
        pairs[STORED] = _report(STORED, Pair(await catalog.run(), await catalog.run(variants)))
    return pairs


async def _measure_pair(name: str, items: int, variants: Sequence[ImageVariant]) -> Pair:
    async with _open_catalog(items) as catalog:
        plain = await catalog.run()
    async with _open_catalog(items) as catalog:
        return _report(name, Pair(plain, await catalog.run(variants)))


def _report(name: str, pair: Pair) -> Pair:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    runs = [f"{run.cpu_seconds:.1f} s CPU, {run.peak_memory_mb:.0f} MB" for run in (pair.plain, pair.varied)]
    print(f"{name}: {runs[0]}; with variants {runs[1]}; load {load:.1f}", file=sys.stderr, flush=True)
    return pair


def describe_rounds(rounds: Sequence[Round], items: int, variants: Sequence[ImageVariant]) -> Iterator[str]:
    """Yield a table of CPU and bytes, and one of memory and calls."""
    headings = ["", "CPU per image", "in the rounds", "files", "bytes per file"]
    names = [*(variant.name for variant in variants), ALL, STORED]
    yield write_table(headings, [_describe_cost(rounds, items, name) for name in names])
    headings = ["", "without variants", "with all", "stored images, unchanged", "stored images, with all"]
    runs = [[pairs[name] for pairs in rounds] for name in (ALL, STORED)]
    kinds = [[one.plain for one in runs[0]], [one.varied for one in runs[0]]]
    kinds += [[one.plain for one in runs[1]], [one.varied for one in runs[1]]]
    yield write_table(headings, list(_describe_runs(kinds, items)))


def _describe_cost(rounds: Sequence[Round], items: int, name: str) -> list[str]:
    added = [1000 * (pairs[name].varied.cpu_seconds - pairs[name].plain.cpu_seconds) / items for pairs in rounds]
    count, size = (sum(numbers) for numbers in zip(*rounds[0][name].varied.files.values(), strict=True))
    spread = f"{min(added):.1f} to {max(added):.1f} ms"
    return [
        name,
        Unit.MILLISECONDS.write(statistics.median(added)),
        spread,
        Unit.COUNT.write(count),
        Unit.COUNT.write(size / count),
    ]


def _describe_runs(kinds: Sequence[Sequence[MeasuredRun]], items: int) -> Iterator[list[str]]:
    """Yield the rows of memory and calls; each kind of run is a column."""

    def describe(label: str, unit: Unit, pick: Callable[[MeasuredRun], float]) -> list[str]:
        return [label, *(unit.write(statistics.median(map(pick, runs))) for runs in kinds)]

    yield describe(f"memory until {items // 4} images were generated", Unit.MEGABYTES, lambda run: run.early_memory_mb)
    yield describe(f"memory until {items} images were generated", Unit.MEGABYTES, lambda run: run.memory_mb)
    yield describe("peak memory, at the end of the run", Unit.MEGABYTES, lambda run: run.peak_memory_mb)
    yield describe("calls", Unit.COUNT, lambda run: run.calls)


@asynccontextmanager
async def _open_catalog(items: int) -> AsyncIterator[MeasuredCatalog]:
    """Write the rows of an input, and start a simulator that generates the same images for every catalog."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, SimulatorProcess(seed=SEED) as simulator:
        generate_products(Path(name) / INPUT, items)
        yield MeasuredCatalog(Path(name), simulator.url, items)


if __name__ == "__main__":
    sys.exit(main())
