"""Output of commands about runs: a JSON object or a summary."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.command_context import CommandResult
from cli.command_target import CommandTarget
from cli.errors import ExitStatus
from cli.program_name import find_program
from cli.progress_display import describe_waiting, format_duration
from shared.config import Settings, StoreSettings
from shared.reasons import Reason
from shared.runs.status import CostView, RunStatus, Status

Locator = Callable[[str], str]
"""Returns where a file of the store can be found."""

EXIT_STATUSES = {
    Status.COMPLETED: ExitStatus.DONE,
    Status.COMPLETED_WITH_FAILURES: ExitStatus.DONE_WITH_FAILURES,
}
STYLES = {
    Status.COMPLETED: "green",
    Status.COMPLETED_WITH_FAILURES: "yellow",
    Status.PENDING: "cyan",
    Status.RUNNING: "cyan",
    Status.PAUSED: "yellow",
    Status.SUSPENDED: "yellow",
}
LABEL_COLUMNS = 14
OUTPUT_LABELS = {
    "catalog": "catalog.json",
    "partialCatalog": "for review",
    "importerCatalog": "importer",
    "uploadManifest": "upload list",
    "images": "images",
    "contactSheet": "overview",
    "contactSheetByLikeness": "by likeness",
    "results": "rounds",
    "failedImages": "failures",
    "rejectedItems": "rejected",
    "summary": "summary",
    "audit": "audit",
}
"""Outputs in the summary, and their labels."""


def decide_exit_status(run: RunStatus) -> ExitStatus:
    """Return the exit status for the status of a run."""
    return EXIT_STATUSES.get(run.status, ExitStatus.FAILED)


def make_document(run: RunStatus, locate: Locator, flags: str | None = None) -> dict[str, Any]:
    """Return the object that ``--json`` prints for a run.

    Args:
        run: the run's status.
        locate: returns where its files are.
        flags: flags of an advised command; None = no advice.
    """
    error = None if run.error is None else {"reason": run.error.reason, "message": run.error.message}
    if error is not None and run.status is Status.PAUSED and flags is not None:
        error["message"] += f"; to resume: {format_resume_command(run, flags)}"
    return fill_document(
        run_id=run.run_id,
        catalog=run.catalog,
        status=run.status,
        items=run.progress.items.accepted,
        images={"made": run.images_made, "kept": run.images_kept, "failed": run.progress.images.failed},
        placeholders=run.placeholders,
        text_calls=run.cost.text_calls,
        image_calls=run.cost.image_calls,
        cost_usd=run.cost.usd,
        seconds=measure_seconds(run),
        outputs={name: locate(path) for name, path in run.outputs.items()},
        error=error,
    )


def fill_document(
    *,
    run_id: str | None = None,
    catalog: str | None = None,
    status: str,
    items: int = 0,
    images: Mapping[str, int] | None = None,
    placeholders: int = 0,
    text_calls: int = 0,
    image_calls: int = 0,
    cost_usd: float = 0,
    seconds: float = 0,
    outputs: Mapping[str, str] | None = None,
    error: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the object that ``--json`` prints, with all keys."""
    return {
        "runId": run_id,
        "catalog": catalog,
        "status": status,
        "items": items,
        "images": {"made": 0, "kept": 0, "failed": 0} | dict(images or {}),
        "placeholders": placeholders,
        "billedCalls": {"text": text_calls, "image": image_calls},
        "costUsd": cost_usd,
        "seconds": round(seconds, 3),
        "outputs": dict(outputs or {}),
        "error": error,
    }


def measure_seconds(run: RunStatus) -> float:
    """Return how long a run has taken, from its creation to its end or to its latest status."""
    return ((run.completed_at or run.updated_at) - run.created_at).total_seconds()


def choose_locator(store: StoreSettings, *, is_local: bool) -> Locator:
    """Return what makes absolute paths of the paths in a folder store here, and leaves those of other stores alone."""
    if not is_local or store.kind != "folder":
        return str
    root = Path(store.folder).absolute()
    return lambda path: str(root / path)


def print_run(console: Console, run: RunStatus, locate: Locator, target: CommandTarget) -> None:
    """Print the summary of a run: a label and a value per line, without wrapping paths.

    Args:
        console: standard output.
        run: the run's status.
        locate: returns where its files are.
        target: where the command runs; advised commands get its flags.
    """
    items, images, cost = run.progress.items, run.progress.images, run.cost
    rows = [
        ("catalog", Text(run.catalog, style="bold")),
        ("run", Text(run.run_id)),
        ("status", Text.assemble(_format_status(run), _describe_stage(run))),
        ("items", Text(f"{items.accepted} of {items.target}{_parenthesize(items.rejected, 'rejected')}")),
    ]
    if images.total:
        replaced = _parenthesize(run.placeholders, "with a placeholder")
        rows.append(
            ("images", Text(f"{run.images_made} made, {run.images_kept} kept, {images.failed} failed{replaced}"))
        )
    rows += [("", Text(f"{count} x {reason}", style="yellow")) for reason, count in sorted(run.failures.items())]
    if wanted := run.images_to_refine:
        rows.append(("refined", Text(f"{images.refined} of {wanted}; the best round of each is kept")))
    rows += [
        (
            "calls",
            Text(
                f"{cost.text_calls} text, {cost.image_calls} image{_parenthesize(run.throttle.rate_limited, 'x 429')}"
            ),
        ),
        ("cost", Text(f"${cost.usd:.4f} by list prices{_describe_discount(cost)}")),
        ("time", Text(format_duration(measure_seconds(run)))),
        *(("note", Text(note)) for note in run.notes),
    ]
    if waiting := describe_waiting(run):
        rows.append(("waiting", Text(waiting, style="yellow")))
    if run.error is not None and run.awaited_images:
        rows.append(("waiting", Text(f"{run.error.reason}: {run.error.message}", style="yellow")))
    elif run.error is not None:
        rows.append(("error", Text(f"{run.error.reason}: {run.error.message}", style="red")))
    outputs = {name: path for name, path in run.outputs.items() if name != "rejectedItems" or items.rejected}
    rows += make_output_rows(outputs, locate)
    rows += [("next", Text(advice, style="bold")) for advice in suggest_commands(run, target.flags, target.place_flags)]
    if images.done and not run.is_active:
        rows.append(("review", Text(format_review_command(run, target), style="bold")))
    print_rows(console, rows)


def make_run_result(
    target: CommandTarget, settings: Settings, run: RunStatus, exit_status: ExitStatus
) -> CommandResult:
    """Return the result of a command that is about one run."""
    locate = choose_locator(settings.store, is_local=target.url is None)
    return CommandResult(
        exit_status,
        make_document(run, locate, target.flags),
        lambda console: print_run(console, run, locate, target),
    )


def make_output_rows(outputs: Mapping[str, str], locate: Locator) -> list[tuple[str, Text]]:
    """Return a row for each output with a label."""
    return [
        (label, Text(shorten_path(locate(outputs[name])))) for name, label in OUTPUT_LABELS.items() if name in outputs
    ]


def print_rows(console: Console, rows: Iterable[tuple[str, Text]]) -> None:
    """Print labels and values, one per line."""
    for label, value in rows:
        console.print(Text.assemble((label.ljust(LABEL_COLUMNS), "dim"), value), soft_wrap=True)


def suggest_commands(run: RunStatus, flags: str, place_flags: str = "") -> list[str]:
    """Return the commands that can follow, with what they do.

    Args:
        run: the run's status.
        flags: flags of commands that run models.
        place_flags: flags of commands that do not.
    """
    program, where = find_program(), f"--catalog {run.catalog}{flags}"
    if run.status is Status.PAUSED and run.awaited_images:
        return [
            f"{program} approve {run.catalog} --first {run.awaited_images}{place_flags}  (or the ids of some)",
            f"{format_resume_command(run, flags)}  (once an image is approved)",
        ]
    if run.status is Status.PAUSED:
        return [f"{format_resume_command(run, flags)}  (once the cause is fixed)"]
    if run.status is Status.COMPLETED_WITH_FAILURES and run.progress.images.failed:
        if 0 < run.progress.images.total < run.progress.items.target:  # a run over named items
            return [f"{program} regenerate {where} --product-id ID  (retries an item of failed_images.json)"]
        budget = " --max-cost-usd USD" if run.error is not None and run.error.reason == Reason.BUDGET else ""
        return [
            f"{program} repair {where}{budget}  (retries the missing images)",
            f"{program} prune {where}  (removes the items without an image)",
        ]
    if run.status is Status.COMPLETED and "partialCatalog" in run.outputs and "catalog" not in run.outputs:
        return [f"{program} publish {where}  (after your review)"]
    return []


def format_resume_command(run: RunStatus, flags: str) -> str:
    """Return the command that resumes a paused run."""
    return f"{find_program()} resume {run.run_id}{flags}"


def format_review_command(run: RunStatus, target: CommandTarget) -> str:
    """Return the command that shows the images of a run's catalog in the browser."""
    return f"{find_program()} review {run.catalog}{target.store_flags}"


def print_runs(console: Console, runs: list[RunStatus]) -> None:
    """Print runs as a table, newest first."""
    if not runs:
        console.print("no runs")
        return
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    for heading in ("run", "catalog", "status", "items", "images", "started"):
        is_number = heading in {"items", "images"}
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=heading == "run", overflow="fold")
    for run in runs:
        items, images = run.progress.items, run.progress.images
        table.add_row(
            run.run_id,
            run.catalog,
            _format_status(run),
            f"{items.accepted}/{items.target}",
            f"{images.done}/{images.total}" if images.total else "-",
            _format_time(run.created_at),
        )
    console.print(table)


def shorten_path(path: str) -> str:
    """Return a path relative to the working directory if it is below it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path


def _describe_stage(run: RunStatus) -> str:
    if run.paused_until is not None:
        return f", until {run.paused_until.astimezone():%Y-%m-%d %H:%M}"
    return f", {run.stage}" if run.is_active else ""


def _format_status(run: RunStatus) -> Text:
    return Text(str(run.status), style=STYLES.get(run.status, "red"))


def _parenthesize(count: int, what: str) -> str:
    return f" ({count} {what})" if count else ""


def _format_time(moment: datetime) -> str:
    """Return the time of today or an earlier date, in the time zone of this machine."""
    local_time = moment.astimezone()
    return (
        f"{local_time:%H:%M}"
        if local_time.date() == datetime.now(UTC).astimezone().date()
        else f"{local_time:%Y-%m-%d}"
    )


def _describe_discount(cost: CostView) -> str:
    return "" if cost.normal_usd is None else f"; ${cost.normal_usd:.4f} without batches"
