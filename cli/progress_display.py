"""Shows the progress of a run on standard error: live on a terminal, otherwise one line every few seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from shared.runs.status import RunStatus

LINE_INTERVAL_SECONDS = 5.0
BAR_COLUMNS = 36


class ProgressDisplay(Protocol):
    """Shows the progress of a run."""

    def show(self, run: RunStatus) -> None:
        """Show the latest status of a run."""


@contextmanager
def open_display(console: Console) -> Iterator[ProgressDisplay]:
    """Open the display that fits the console; a live one is erased at the end."""
    # Not console.is_terminal, which FORCE_COLOR sets for files as well.
    if console.file.isatty() and not console.is_dumb_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            yield LiveDisplay(live)
    else:
        yield LineDisplay(console)


class LiveDisplay:
    """Bars that are updated with each status."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._started = time.monotonic()

    def show(self, run: RunStatus) -> None:
        """Update the bars."""
        self._live.update(render_progress(run, time.monotonic() - self._started), refresh=True)


class LineDisplay:
    """One line per change, at most one in LINE_INTERVAL_SECONDS.

    Args:
        console: standard error.
        clock: monotonic clock in seconds.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._started = clock()
        self._last_line = ""
        self._last_at = float("-inf")

    def show(self, run: RunStatus) -> None:
        """Print a line if the status has changed and the interval has passed."""
        now = self._clock()
        line = describe_progress(run)
        if line == self._last_line or now - self._last_at < LINE_INTERVAL_SECONDS:
            return
        self._last_line, self._last_at = line, now
        elapsed = format_duration(now - self._started)
        self._console.print(Text(f"{run.catalog} {elapsed} {line}"), soft_wrap=True)


def render_progress(run: RunStatus, elapsed_seconds: float) -> RenderableType:
    """Return the live display: headline, bars of items, images and refinement, and cost."""
    items, images = run.progress.items, run.progress.images
    bars = Table.grid(padding=(0, 2, 0, 0))
    bars.add_row(
        "items", _render_bar(items.accepted, items.target), f"{items.accepted}/{items.target}", _describe_rejected(run)
    )
    if images.total:
        bars.add_row(
            "images", _render_bar(images.done, images.total), f"{images.done}/{images.total}", _describe_failed(run)
        )
    if wanted := run.images_to_refine:
        bars.add_row("refined", _render_bar(images.refined or 0, wanted), f"{images.refined}/{wanted}", "")
    headline = Text.assemble((run.catalog, "bold"), "  ", run.stage, "  ", (format_duration(elapsed_seconds), "dim"))
    notes = [Text(_describe_spending(run), style="dim")]
    if waiting := describe_waiting(run):
        notes.append(Text(waiting, style="yellow"))
    return Group(headline, bars, *notes)


def describe_progress(run: RunStatus) -> str:
    """Return the progress of a run in one line."""
    items, images = run.progress.items, run.progress.images
    parts = [f"items {items.accepted}/{items.target}"]
    if images.total:
        parts.append(f"images {images.done}/{images.total}")
    if wanted := run.images_to_refine:
        parts.append(f"refined {images.refined}/{wanted}")
    parts += [part for part in (_describe_rejected(run), _describe_failed(run)) if part]
    waiting = describe_waiting(run)
    return f"{run.stage}: {', '.join(parts)}, {_describe_spending(run)}{'; ' if waiting else ''}{waiting}"


def describe_waiting(run: RunStatus) -> str:
    """Return how long a run waits at a provider's request, and the provider's message; empty if it does not."""
    until, images, texts = run.throttle.waiting_until, run.image_batches, run.text_batches
    if until is None:
        parts = [] if texts is None else [f"{texts.done} of {texts.calls} text calls"]
        parts += [] if images is None else [f"{images.done} of {images.images} images"]
        return f"waiting for the provider's batches: {', '.join(parts)}" if parts else ""
    return f"waiting until {until.astimezone():%Y-%m-%d %H:%M:%S %Z}; {run.throttle.message}"


def format_duration(seconds: float) -> str:
    """Return a duration such as ``7 s``, ``2:05 min`` or ``13:54:00 h``."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} h" if hours else f"{minutes}:{rest:02d} min"


def _render_bar(done: int, total: int) -> ProgressBar:
    return ProgressBar(
        total=max(1, total), completed=done, width=BAR_COLUMNS, complete_style="cyan", finished_style="green"
    )


def _describe_rejected(run: RunStatus) -> str:
    rejected = run.progress.items.rejected
    return f"{rejected} rejected" if rejected else ""


def _describe_failed(run: RunStatus) -> str:
    failed = run.progress.images.failed
    return f"{failed} failed" if failed else ""


def _describe_spending(run: RunStatus) -> str:
    parts = [f"{run.cost.calls} calls", f"${run.cost.usd:.2f}"]
    if run.progress.images.total:
        images = "image" if run.throttle.limit == 1 else "images"
        parts.append(f"up to {run.throttle.limit} {images} at a time")
    if run.throttle.rate_limited:
        parts.append(f"throttled {run.throttle.rate_limited} times (429)")
    return ", ".join(parts)
