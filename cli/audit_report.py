"""Prints the results of the queries of an audit as tables."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.audit_queries import MAX_ROWS, AuditReport, Row
from cli.run_output import print_rows, shorten_path

MAX_CELL_CHARACTERS = 70
"""Maximum length of a message or a prompt in a table."""

FREE_TEXT_COLUMNS = frozenset({"for example", "name", "prompt"})
"""Columns that may be truncated."""

Cells = tuple[object, ...]


def print_audit(console: Console, report: AuditReport, path: str) -> None:
    """Print the results.

    Args:
        console: standard output.
        report: the results.
        path: path of the audit.
    """
    _print_run(console, report, path)
    _print_table(
        console,
        "cost by model",
        ("kind", "model", "calls", "billed", "tokens in", "tokens out", "USD"),
        [_make_model_cells(row) for row in report.cost_by_model],
    )
    _print_table(
        console,
        "calls by status",
        ("kind", "status", "calls", "billed", "USD", "mean seconds"),
        [_make_status_cells(row) for row in report.calls_by_status],
    )
    _print_table(
        console,
        "failures by reason",
        ("reason", "calls", "failed images", "for example"),
        [_make_failure_cells(row) for row in report.failures_by_reason],
    )
    _print_table(
        console,
        "slowest calls",
        ("seconds", "kind", "for", "attempt", "ended as", "request id"),
        [_make_call_cells(row) for row in report.slowest_calls],
    )
    _print_table(
        console,
        f"429s a minute{_describe_omitted_minutes(report.rate_limited_by_minute)}",
        ("minute", "429s", "calls"),
        [(row["minute"], row["rate_limited"], row["calls"]) for row in _pick_worst(report.rate_limited_by_minute)],
    )
    _print_table(
        console,
        "images with the most calls",
        ("calls", "made", "USD", "name", "prompt"),
        [_make_item_cells(row) for row in report.repeated_items],
    )
    if report.refinement_ends:
        _print_refinements(console, report)


def _print_refinements(console: Console, report: AuditReport) -> None:
    """Print the results of refinement."""
    headings = ["kept", "items", "share", "first score", "score kept"]
    if _has_likeness(report.kept_images):
        headings += ["first likeness", "likeness kept"]
    _print_table(console, "rounds that were kept", headings, _make_kept_cells(report.kept_images))
    _print_table(
        console,
        "why refinement ended",
        ("because", "items", "images", "score kept", "USD"),
        [_make_end_cells(row) for row in report.refinement_ends],
    )
    _print_table(
        console,
        f"prompts of three rounds{_describe_lowest_scores(report.three_rounds)}",
        ("scores", "kept", "name", "prompt"),
        [_make_round_cells(row) for row in report.three_rounds],
    )


def _print_run(console: Console, report: AuditReport, path: str) -> None:
    run, totals = report.run, report.totals
    rows = [
        ("catalog", Text(run["catalog"], style="bold")),
        ("run", Text(run["run_id"])),
        ("status", Text(run["status"])),
    ]
    if run["error_reason"] is not None:
        rows.append(("error", Text(f"{run['error_reason']}: {run['error_message']}", style="red")))
    rows += [
        ("calls", Text(f"{totals['calls']} made, {totals['billed']:.0f} billed or possibly billed")),
        ("cost", Text(f"${totals['cost_usd']:.4f} by list prices")),
        ("audit", Text(shorten_path(path))),
    ]
    print_rows(console, rows)


def _make_model_cells(row: Row) -> Cells:
    tokens = row["input_tokens"], row["output_tokens"]
    return (row["kind"], row["model"], row["calls"], row["billed"], *tokens, _format_usd(row))


def _make_status_cells(row: Row) -> Cells:
    seconds = f"{row['mean_seconds']:.2f}"
    return (row["kind"], row["status"], row["calls"], row["billed"], _format_usd(row), seconds)


def _make_failure_cells(row: Row) -> Cells:
    """Return the cells of a reason; the example without the name of the deployment that starts the message."""
    example = row["example"].partition("': ")[2] or row["example"]
    return (row["reason"], row["calls"], row["images_given_up"], _shorten(example))


def _make_call_cells(row: Row) -> Cells:
    ended_as, request_id = row["reason"] or row["status"], row["request_id"] or ""
    return (f"{row['seconds']:.2f}", row["kind"], row["subject"], row["attempt"], ended_as, request_id)


def _make_item_cells(row: Row) -> Cells:
    """Return the cells of an item; a pruned item has no name and no prompt."""
    name, prompt = row["name"] or row["product_id"], row["prompt"] or ""
    return (row["calls"], "yes" if row["made"] else "no", _format_usd(row), name, _shorten(prompt))


def _make_kept_cells(rows: Sequence[Row]) -> list[Cells]:
    """Return the cells of each round, and of all rounds together."""
    items = sum(row["items"] for row in rows)
    columns = ["mean_first_score", "mean_score"]
    if _has_likeness(rows):
        columns += ["mean_first_likeness", "mean_likeness"]
    cells: list[Cells] = []
    for row in rows:
        share = f"{row['items'] / items:.0%}"
        cells.append(
            (f"round {row['iteration']}", row["items"], share, *(_format_score(row[name]) for name in columns))
        )
    if len(rows) > 1:
        cells.append(("all", items, "100%", *(_average(rows, name) for name in columns)))
    return cells


def _has_likeness(rows: Sequence[Row]) -> bool:
    return any(row["mean_likeness"] is not None for row in rows)


def _average(rows: Sequence[Row], column: str) -> str:
    """Return the mean of means, weighted by items; a first round may have no score."""
    scored = [(row[column], row["items"]) for row in rows if row[column] is not None]
    items = sum(count for _, count in scored)
    return _format_score(sum(mean * count for mean, count in scored) / items if items else None)


def _make_end_cells(row: Row) -> Cells:
    """Return the cells of a reason that ended refinement; without one, the run ended before."""
    because = row["stopped_because"] or "the run ended"
    if row["reason"] is not None:
        because += f": {row['reason']}"
    return (because, row["items"], row["images"], _format_score(row["mean_score"]), _format_usd(row))


def _make_round_cells(row: Row) -> Cells:
    name, prompt = row["name"] or row["product_id"], row["prompt"] or ""
    return (row["scores"] or "", row["shipped_iteration"], name, _shorten(prompt))


def _describe_lowest_scores(rows: Sequence[Row]) -> str:
    """Return the addition to the title if some items are not shown."""
    return f" (the {MAX_ROWS} lowest scores of {rows[0]['items']})" if rows and rows[0]["items"] > len(rows) else ""


def _pick_worst(minutes: Sequence[Row]) -> list[Row]:
    """Return the minutes with the most responses with status 429, in order of time."""
    worst = sorted(minutes, key=lambda row: int(row["rate_limited"]), reverse=True)[:MAX_ROWS]
    return sorted(worst, key=lambda row: str(row["minute"]))


def _describe_omitted_minutes(minutes: Sequence[Row]) -> str:
    """Return the addition to the title if some minutes are not shown."""
    return f" (the worst {MAX_ROWS} of {len(minutes)})" if len(minutes) > MAX_ROWS else ""


def _print_table(console: Console, title: str, headings: Sequence[str], rows: Sequence[Cells]) -> None:
    """Print a titled table with numbers aligned to the right; without rows, print one line."""
    console.print()
    if not rows:
        console.print(Text.assemble((title, "bold"), ": none"))
        return
    console.print(Text(title, style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading, value in zip(headings, rows[0], strict=True):
        is_number = str(value).replace(".", "", 1).isdecimal()
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_make_cell, headings, row))
    console.print(table)


def _make_cell(heading: str, value: object) -> Text:
    """Return a cell; free text is truncated on a narrow terminal, so that a row stays on one line."""
    is_cut = heading in FREE_TEXT_COLUMNS
    return Text(str(value), no_wrap=is_cut, overflow="ellipsis" if is_cut else None)


def _format_score(score: float | None) -> str:
    return "-" if score is None else f"{score:.0f}"


def _format_usd(row: Row) -> str:
    return f"{row['cost_usd']:.4f}"


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_CELL_CHARACTERS else f"{text[: MAX_CELL_CHARACTERS - 3]}..."
