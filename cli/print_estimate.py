"""``seeder run --estimate``: print the estimate of a run; starts, calls and writes nothing."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from cli.app_client import open_client
from cli.command_context import CommandContext, CommandResult
from cli.command_settings import begin_command
from cli.command_target import CommandTarget
from cli.errors import ExitStatus
from cli.interrupts import run_interruptibly
from cli.local_input import LocalInput, find_input
from cli.local_references import LocalReferences, find_references
from cli.progress_display import format_duration
from cli.request_from_flags import check_request, make_body
from cli.run_output import print_rows
from shared.config import Settings
from shared.images.trial import resolve_run_style
from shared.inputs.item_source import find_item_source
from shared.runs.estimate_run import estimate_request
from shared.runs.image_estimate import TYPICAL_EVALUATION_SECONDS, TYPICAL_IMAGE_SECONDS
from shared.runs.resolve_source import resolve_source
from shared.services.container import get_services, use_settings


def estimate_catalog(context: CommandContext, target: CommandTarget, flags: Mapping[str, Any]) -> CommandResult:
    """Return the estimate of a run with these flags.

    Raises:
        CliError: the flags cannot be used, or the app cannot be reached.
        StoreUnavailableError: the store does not answer.
    """
    settings = begin_command(context, target)
    local_input, references = find_input(flags), find_references(flags)
    flags = references.apply_to(flags)
    body = make_body(flags if local_input is None else {**flags, "input": local_input.path})
    document = run_interruptibly(lambda: _estimate(target, settings, body, local_input, references))
    return show_estimate(document, flags)


def show_estimate(document: Mapping[str, Any], flags: Mapping[str, Any]) -> CommandResult:
    """Return an estimate as the result of a command with these flags."""
    rows = _make_rows(document, flags)
    return CommandResult(ExitStatus.DONE, {**document, "error": None}, lambda console: print_rows(console, rows))


async def _estimate(
    target: CommandTarget,
    settings: Settings,
    body: dict[str, Any],
    local_input: LocalInput | None,
    references: LocalReferences,
) -> dict[str, Any]:
    if target.url is not None:
        async with open_client(target.origin, settings.functions_key) as client:
            if local_input is not None:
                await local_input.upload(client)
            await references.upload(client)
            return await client.estimate_run(body)
    request = check_request(body, settings.defaults)
    await use_settings(settings)
    try:
        if local_input is not None:
            request = request.model_copy(update={"target_count": local_input.rows})
        elif request.input is not None:
            request = await resolve_source(get_services().store, request)
        style = await resolve_run_style(get_services(), request, known=references.contents)
        return (await estimate_request(get_services(), request, style)).to_json()
    finally:
        await use_settings(None)


def _make_rows(document: Mapping[str, Any], flags: Mapping[str, Any]) -> list[tuple[str, Text]]:
    budget, typical = flags.get("max_cost_usd"), document.get("typical")
    reads_rows = not find_item_source(flags.get("source")).writes_items
    items = [("items", Text(f"{document['items']} {'of the input' if reads_rows else 'to generate'}"))]
    if "product_id" in flags:
        items = []  # no item is generated
    is_too_small = budget is not None and document["costUsd"] > budget
    rows = [
        ("catalog", Text(document["catalog"], style="bold")),
        *items,
        ("calls", Text(_describe_calls(document) + (", if every item uses all rounds" if typical else ""))),
        ("tokens", Text(f"{document['inputTokens']} in, {document['outputTokens']} out")),
        ("cost", Text(f"${document['costUsd']:.4f} by list prices, if no call fails")),
    ]
    if "batchCostUsd" in document:
        both = f"${document['batchCostUsd']:.4f} in batches, ${document['normalCostUsd']:.4f} in normal calls"
        rows.append(("by mode", Text(both)))
    if typical is not None:
        time = format_duration(typical["windowSeconds"])
        typical_line = (
            f"${typical['costUsd']:.4f}, {_describe_calls(typical)}, {time}, with scores like the simulator's"
        )
        rows.append(("typical", Text(typical_line)))
    if budget is not None:
        note, style = (", below the cost", "red") if is_too_small else ("", "")
        rows.append(("budget", Text(f"${budget:.4f}{note}", style)))
    title = "time" if _uses_batches(document) else "minimum time"
    rows += [(title if not target else "", Text(line)) for target, line in enumerate(_describe_times(document))]
    return rows


def _uses_batches(document: Mapping[str, Any]) -> bool:
    return bool(document["costUsd"] < document.get("normalCostUsd", 0))


def _describe_calls(figures: Mapping[str, Any]) -> str:
    return f"{figures['textCalls']} text, {figures['imageCalls']} image"


def _describe_times(document: Mapping[str, Any]) -> list[str]:
    """Return the minimum time by the quota and the time by the window, with their assumptions."""
    if not document["imageCalls"]:
        return ["no images, only text calls"]
    quota, min_seconds = "--image-requests-per-minute", document["minimumSeconds"]
    window = format_duration(document["windowSeconds"])
    evaluation_time = f" and {TYPICAL_EVALUATION_SECONDS:.0f} s per evaluation" if "typical" in document else ""
    if _uses_batches(document):
        return [f"up to {window}: the provider answers a batch within a day"]
    return [
        f"unknown without {quota}" if min_seconds is None else f"{format_duration(min_seconds)} by {quota}",
        f"{window} by --parallel-image-requests, at {TYPICAL_IMAGE_SECONDS:.0f} s per image{evaluation_time}",
    ]
