"""``seeder run --estimate``: what a run would take. Nothing is started, called or written."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from local.cli.api import open_client
from local.cli.environment import begin_command
from local.cli.errors import ExitStatus
from local.cli.inputs import LocalInput, find_input
from local.cli.interrupts import run_interruptibly
from local.cli.place import Place
from local.cli.progress import format_duration
from local.cli.requests import check_request, make_body
from local.cli.results import print_rows
from local.cli.session import Outcome, Session
from shared.config import Settings
from shared.domain.picture_estimates import TYPICAL_IMAGE_SECONDS, TYPICAL_REVIEW_SECONDS
from shared.wiring import get_services, use_settings
from triggers.run_estimate import estimate
from triggers.run_source import settle_source


def estimate_catalog(session: Session, place: Place, flags: Mapping[str, Any]) -> Outcome:
    """Tell what a run with these flags would take.

    Raises:
        CliError: the flags cannot be meant, or the app cannot be reached.
        StoreUnavailableError: the store does not answer.
    """
    settings = begin_command(session, place)
    local_input = find_input(flags)
    body = make_body(flags if local_input is None else {**flags, "input": local_input.path})
    document = run_interruptibly(lambda: _estimate(place, settings, body, local_input))
    rows = _make_rows(document, flags)
    return Outcome(ExitStatus.DONE, {**document, "error": None}, lambda console: print_rows(console, rows))


async def _estimate(
    place: Place, settings: Settings, body: dict[str, Any], local_input: LocalInput | None
) -> dict[str, Any]:
    if place.url is not None:
        async with open_client(place.origin, settings.functions_key) as client:
            if local_input is not None:
                await local_input.upload(client)
            return await client.estimate_run(body)
    request = check_request(body, settings.defaults)
    await use_settings(settings)
    try:
        if local_input is not None:
            request = request.model_copy(update={"target_count": local_input.rows})
        elif request.input is not None:
            request = await settle_source(get_services(), request)
        return (await estimate(get_services(), request)).to_json()
    finally:
        await use_settings(None)


def _make_rows(document: Mapping[str, Any], flags: Mapping[str, Any]) -> list[tuple[str, Text]]:
    budget, typical = flags.get("max_cost_usd"), document.get("typical")
    is_source = flags.get("source") in {"products", "prompts"}
    too_little = budget is not None and document["costUsd"] > budget
    rows = [
        ("catalog", Text(document["catalog"], style="bold")),
        ("items", Text(f"{document['items']} {'of the input' if is_source else 'to write'}")),
        ("calls", Text(_tell_calls(document) + (", if every item takes all its pictures" if typical else ""))),
        ("tokens", Text(f"{document['inputTokens']} in, {document['outputTokens']} out")),
        ("cost", Text(f"${document['costUsd']:.4f} by list prices, if no call fails")),
    ]
    if typical is not None:
        time = format_duration(typical["windowSeconds"])
        told = f"${typical['costUsd']:.4f}, {_tell_calls(typical)}, {time}, with scores like the simulator's"
        rows.append(("typically", Text(told)))
    if budget is not None:
        rows.append(
            ("budget", Text(f"${budget:.4f}{': too little' if too_little else ''}", "red" if too_little else ""))
        )
    rows += [("minimum time" if not place else "", Text(line)) for place, line in enumerate(_tell_times(document))]
    return rows


def _tell_calls(figures: Mapping[str, Any]) -> str:
    return f"{figures['textCalls']} text, {figures['imageCalls']} image"


def _tell_times(document: Mapping[str, Any]) -> list[str]:
    """Return the least time by the quota that was told, and by the window, with what each assumes."""
    if not document["imageCalls"]:
        return ["no images: only the text calls take time"]
    quota, least = "--image-requests-per-minute", document["minimumSeconds"]
    window = format_duration(document["windowSeconds"])
    looks = f" and {TYPICAL_REVIEW_SECONDS:.0f} s a look" if "typical" in document else ""
    return [
        f"unknown without {quota}" if least is None else f"{format_duration(least)} by {quota}",
        f"{window} by --parallel-image-requests, at {TYPICAL_IMAGE_SECONDS:.0f} s an image{looks}",
    ]
