"""``seeder prune`` and ``seeder publish``: what one call of the app does to a catalog."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from rich.text import Text

from local.cli.api import AppClient, ProblemError, open_client
from local.cli.environment import begin_command
from local.cli.errors import ExitStatus
from local.cli.follow import LOCAL_PACE, follow_run
from local.cli.interrupts import run_interruptibly
from local.cli.local_app import LocalApp, open_local_app
from local.cli.offline import EarlySimulator
from local.cli.place import Place
from local.cli.results import choose_locate, fill_document, print_rows, show_outputs
from local.cli.session import Outcome, Session
from shared.config import Settings
from shared.domain.run_status import Status

Work = Callable[[AppClient], Awaitable[dict[str, Any]]]

SHOWN_ITEMS = 20
"""A longer list is in the JSON object."""


def prune_catalog(session: Session, place: Place, simulator: EarlySimulator | None) -> Outcome:
    """Give up on a catalog's items that have no image.

    Raises:
        CliError: the app refused it, or cannot be reached.
    """
    settings, catalog = begin_command(session, place), str(session.catalog)
    answer, seconds = _perform(session, place, settings, simulator, lambda client: client.prune(catalog))
    locate = choose_locate(settings.store, is_here=place.url is None)
    pruned = answer["pruned"]
    document = fill_document(
        catalog=catalog,
        status=Status.COMPLETED,
        items=answer["items"],
        images={"kept": answer["items"]},
        seconds=seconds,
        outputs={name: locate(path) for name, path in answer["outputs"].items()},
    ) | {"pruned": pruned, "backup": answer["backup"] and locate(answer["backup"])}
    rows = [
        ("catalog", Text(catalog, style="bold")),
        ("pruned", Text(f"{len(pruned)} items without an image" if pruned else "nothing: every item has its image")),
        *(("", Text(f"{item['name']} ({item['category']})")) for item in pruned[:SHOWN_ITEMS]),
        ("items", Text(f"{answer['items']}, each with its image")),
    ]
    if len(pruned) > SHOWN_ITEMS:
        rows.insert(-1, ("", Text(f"... and {len(pruned) - SHOWN_ITEMS} more")))
    if answer["backup"]:
        rows.append(("backup", Text(locate(answer["backup"]))))
    rows += show_outputs(answer["outputs"], locate)
    return Outcome(ExitStatus.DONE, document, lambda console: print_rows(console, rows))


def publish_catalog(session: Session, place: Place, simulator: EarlySimulator | None) -> Outcome:
    """Publish what a run left for review.

    Raises:
        CliError: the app refused it, or cannot be reached.
    """
    settings, catalog = begin_command(session, place), str(session.catalog)
    answer, seconds = _perform(session, place, settings, simulator, lambda client: client.publish(catalog))
    locate = choose_locate(settings.store, is_here=place.url is None)
    placeholders = answer.get("placeholders", 0)  # an app of before 0.3.0 has none
    document = fill_document(
        catalog=catalog,
        status=Status.COMPLETED,
        items=answer["items"],
        images={"kept": answer["images"], "failed": answer["missing"]},
        placeholders=placeholders,
        seconds=seconds,
        outputs={name: locate(path) for name, path in answer["outputs"].items()},
    )
    left_out = answer["missing"] - placeholders
    missing = f", {left_out} left out because their image is missing" if left_out else ""
    replaced = f", {placeholders} placeholders" if placeholders else ""
    rows = [
        ("catalog", Text(catalog, style="bold")),
        ("published", Text(f"{answer['items']} items, {answer['images']} images{replaced}{missing}")),
        *show_outputs(answer["outputs"], locate),
    ]
    return Outcome(ExitStatus.DONE, document, lambda console: print_rows(console, rows))


def _perform(
    session: Session,
    place: Place,
    settings: Settings,
    simulator: EarlySimulator | None,
    work: Work,
) -> tuple[dict[str, Any], float]:
    """Do the work in the app, deployed or here; returns its answer and how many seconds it took."""

    async def perform() -> dict[str, Any]:
        if place.url is not None:
            async with open_client(place.origin, settings.functions_key) as client:
                return await work(client)
        async with open_local_app(settings, session, simulator, needs_model=False) as app:
            return await _work_here(session, app, work)

    started = time.monotonic()
    answer = run_interruptibly(perform, session.tell_stopping)
    return answer, time.monotonic() - started


async def _work_here(session: Session, app: LocalApp, work: Work) -> dict[str, Any]:
    while True:
        try:
            return await work(app.client)
        except ProblemError as problem:
            run_id = app.find_own_run(problem)
        session.tell(f"run {run_id} of this catalog was unfinished, and ends first", style="cyan")
        await follow_run(app.client, run_id, session, LOCAL_PACE)
        session.run = None  # this command is not about that run
