"""The plots: their metrics, cases and colours."""

from collections.abc import Iterator, Sequence

from bench.markdown_tables import Unit
from bench.results import Results
from bench.svg_plots import Bar, Series, render_bars, render_curves

APP, SCRIPT, PACED = 0, 1, 2
"""Indexes of colours: a subject has the same colour in every plot."""

QUOTA_CASES = (
    ("quota known", "quota-told", APP),
    ("quota unknown", "quota-untold", APP),
    ("two runs, quota known", "quota-told-2", APP),
    ("two runs, quota unknown", "quota-untold-2", APP),
    ("eight runs, quota unknown", "quota-untold-8", APP),
    ("plain script", "baseline-quota", SCRIPT),
)
WINDOW_CASES = (
    ("3 s each", "window-constant-3s", APP),
    ("1 s each", "window-constant-1s", APP),
    ("plain script, 1 s each", "baseline-window-constant-1s", SCRIPT),
    ("lognormal 3 s", "window-lognormal-3s", APP),
)
SIZE_CASES = (
    ("unlimited", ("growth-small", "growth-medium", "growth-large"), APP),
    ("rate limited", ("growth-paced-small", "growth-paced-medium"), PACED),
)
PROMPT_CASES = (
    ("Catalog Seeder", ("prompts-small", "prompts-medium", "prompts-large"), APP),
    ("plain script", ("baseline-prompts-small", "baseline-prompts-medium", "baseline-prompts-large"), SCRIPT),
)


def write_charts(results: Results) -> Iterator[tuple[str, str, str]]:
    """Yield name, title and SVG of each plot; plots without numbers are skipped."""
    if bars := _collect_bars(results, QUOTA_CASES, "quotaUsed", refused="refusedShare"):
        title = "Share of the image quota used, and of the calls answered 429"
        yield "quota", title, render_bars(title, bars, full=1.0, full_text="the whole quota")
    if bars := _collect_bars(results, WINDOW_CASES, "idealShare"):
        title = "Throughput without a quota, window 16"
        yield "window", title, render_bars(title, bars, full=1.0, full_text="the ideal")
    if curves := _collect_curves(results, SIZE_CASES, "orchestratorCpuMsAnImage"):
        title = "Orchestrator CPU per image as the catalog grows"
        yield "growth", title, render_curves(title, curves, x_title="images of the run", y_title="ms per image")
    if curves := _collect_curves(results, PROMPT_CASES, "inputTokensAnItem"):
        title = "Input tokens per item as the catalog grows"
        yield "prompts", title, render_curves(title, curves, x_title="items of the catalog", y_title="tokens per item")


def _collect_bars(
    results: Results, cases: Sequence[tuple[str, str, int]], figure: str, *, refused: str | None = None
) -> list[Bar]:
    bars = []
    for label, case, colour in cases:
        value = results.find(case, figure)
        if value is not None:
            text = Unit.PERCENT.write(value)
            if refused is not None:
                text += f", 429: {Unit.PERCENT.write(results.find(case, refused))}"
            bars.append(Bar(label, value, text, colour))
    return bars


def _collect_curves(results: Results, curves: Sequence[tuple[str, Sequence[str], int]], figure: str) -> list[Series]:
    found = []
    for label, cases, colour in curves:
        places = [(results.find(case, "items"), results.find(case, figure)) for case in cases]
        points = [(x, y) for x, y in places if x is not None and y is not None]
        if points:
            found.append(Series(label, points, colour))
    return found
