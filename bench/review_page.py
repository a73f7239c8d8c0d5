"""Measure the review page in a browser: ``python -m bench.review_page [--items N] [--folder DIR]``.

The catalog has an image and a thumbnail for every item. The app runs as ``seeder serve --offline`` in a process of its
own, the browser has a window of 1280x800 and an empty cache. Each figure is taken in the page. First openings are those
of a new process of the app and a new browser: without an index of the catalog in the store, and with the one that an
earlier process has saved.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, CDPSession, Page

from bench.browser_memory import measure_memory
from bench.large_catalog import prepare_catalog
from bench.served_page import open_browser, serve_app, wait_until
from shared.browse.catalog_indexes import CatalogIndexes
from shared.browse.saved_index import FILE_NAME, write_saved_index
from shared.config import Settings, StoreSettings
from shared.services.container import build_store
from shared.storage import paths

CATALOG: Final = "bench"
WINDOW: Final = {"width": 1280, "height": 800}
OPENINGS: Final = 5
KEY_PRESSES: Final = 200
TIMEOUT_MS: Final = 60_000
MEMORY_NAME: Final = "memory of the browser, MB (opened; scrolled through once; twice; three times)"
PROBE: Final = Path(__file__).with_name("review_page_probe.js")


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of the table.

    Attributes:
        name: what was measured.
        value: formatted, with its unit.
    """

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What is in use after a garbage collection.

    Attributes:
        heap_bytes: by JavaScript.
        nodes: nodes of the page, attached or not.
    """

    heap_bytes: int
    nodes: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, measure, print the table, and return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.review_page", description=__doc__)
    parser.add_argument("--items", type=int, default=5000, metavar="N", help="default: %(default)s")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep the catalog here, and use it if it is there")
    parser.add_argument("--starts", type=int, default=3, metavar="N", help="of the app, twice; default: %(default)s")
    options = parser.parse_args(arguments)
    with nullcontext(options.folder) if options.folder else tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"preparing {options.items} items with images ...", file=sys.stderr, flush=True)
        prepare_catalog(folder, CATALOG, options.items)
        metrics = measure_first_openings(folder, options.starts)
        with serve_app(folder) as url:
            address = make_address(url)
            with open_browser() as browser:
                metrics += measure_page(browser, address, options.items)
            memory = measure_memory(address, PROBE.read_text(encoding="utf-8"), WINDOW)
        metrics.append(Metric(MEMORY_NAME, _join(f"{megabytes:.0f}" for megabytes in memory)))
    width = max(len(metric.name) for metric in metrics)
    for metric in metrics:
        print(f"{metric.name:<{width}}  {metric.value}")
    return 0


def make_address(url: str) -> str:
    """Return the address of the grid."""
    return f"{url}/api/review/#/catalogs/{CATALOG}/review"


def measure_first_openings(folder: Path, starts: int) -> list[Metric]:
    """Open the page with a new browser after each start of the app, first without and then with a saved index."""
    index = folder / paths.state_file(CATALOG, FILE_NAME)
    without: list[float] = []
    for _ in range(starts):
        index.unlink(missing_ok=True)
        without.append(_measure_first_opening(folder))
    asyncio.run(_save_index(folder))
    with_index = [_measure_first_opening(folder) for _ in range(starts)]
    return [
        Metric("first thumbnail, first opening, no saved index, ms (median; max)", _format_times(without)),
        Metric("first thumbnail, first opening, saved index, ms (median; max)", _format_times(with_index)),
    ]


def _measure_first_opening(folder: Path) -> float:
    with serve_app(folder) as url, open_browser() as browser:
        return _measure_opening(browser, make_address(url))["firstThumbnail"]


async def _save_index(folder: Path) -> None:
    store = build_store(Settings(store=StoreSettings(folder=str(folder))))
    await write_saved_index(store, await CatalogIndexes(store).load(CATALOG))


def measure_page(browser: Browser, address: str, items: int) -> list[Metric]:
    """Open the page a few times after a first one, then scroll through all items and decide about some."""
    _measure_opening(browser, address)
    openings = [_measure_opening(browser, address) for _ in range(OPENINGS)]
    page = _open_page(browser, address)
    session = page.context.new_cdp_session(page)
    heap = [_read_memory(session)]
    scroll = _scroll_through(page, session, heap)
    keys = _press_keys(page)
    page.context.close()
    first = [opening["firstThumbnail"] for opening in openings]
    visible = [opening["allVisible"] for opening in openings]
    return [
        Metric("items", f"{items}"),
        Metric("first thumbnail, later openings, ms (median; max)", _format_times(first)),
        Metric("all visible thumbnails, later openings, ms (median; max)", _format_times(visible)),
        Metric("images seen while scrolling through all", f"{scroll['seen']}"),
        Metric("grid cells in the document, max", f"{scroll['maxCells']}"),
        Metric("elements in the grid, max", f"{scroll['maxElements']}"),
        Metric("JS heap after GC, MB (start; middle; end)", _join(f"{sample.heap_bytes / 1e6:.1f}" for sample in heap)),
        Metric("nodes of the page after GC (start; middle; end)", _join(str(sample.nodes) for sample in heap)),
        Metric("key press to visible decision, ms (p50; p95; max)", _format_keys(keys)),
    ]


def _open_page(browser: Browser, address: str) -> Page:
    """Open the grid in a new context, whose cache is empty, and wait for the visible thumbnails."""
    page = browser.new_context(viewport={"width": WINDOW["width"], "height": WINDOW["height"]}).new_page()
    page.set_default_timeout(TIMEOUT_MS)
    page.add_init_script(PROBE.read_text(encoding="utf-8"))
    page.goto(address)
    wait_until(page, "probe.opening.allVisible !== null")
    return page


def _measure_opening(browser: Browser, address: str) -> dict[str, float]:
    page = _open_page(browser, address)
    opening: dict[str, float] = page.evaluate("probe.opening")
    page.context.close()
    return opening


def _read_memory(session: CDPSession) -> Memory:
    """Return what the page uses after a garbage collection."""
    session.send("HeapProfiler.collectGarbage")
    return Memory(
        heap_bytes=int(session.send("Runtime.getHeapUsage")["usedSize"]),
        nodes=int(session.send("Memory.getDOMCounters")["nodes"]),
    )


def _scroll_through(page: Page, session: CDPSession, heap: list[Memory]) -> dict[str, Any]:
    """Scroll through all items screen by screen, each when the images of the one before are shown."""
    while not page.evaluate("probe.scrollOn()"):
        wait_until(page, "probe.areImagesShown()")
        if len(heap) == 1 and page.evaluate("probe.scrolledPart() >= 0.5"):
            heap.append(_read_memory(session))
    heap.append(_read_memory(session))
    report: dict[str, Any] = page.evaluate("probe.scrollReport()")
    return report


def _press_keys(page: Page) -> list[float]:
    """Approve item after item from the first one, and return the milliseconds until each decision was on the screen."""
    page.keyboard.press("Home")
    wait_until(page, "probe.areImagesShown()")
    for number in range(KEY_PRESSES):
        page.evaluate("probe.expectDecision()")
        page.keyboard.press("a" if number % 2 == 0 else "x")
        wait_until(page, "probe.decisionMilliseconds !== null")
    times: list[float] = page.evaluate("probe.decisionTimes")
    return times


def _join(values: Iterable[str]) -> str:
    return "; ".join(values)


def _format_times(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.0f}; {max(values):.0f}"


def _format_keys(values: Sequence[float]) -> str:
    ordered = sorted(values)
    return f"{statistics.median(ordered):.1f}; {ordered[int(len(ordered) * 0.95)]:.1f}; {ordered[-1]:.1f}"


if __name__ == "__main__":
    sys.exit(main())
