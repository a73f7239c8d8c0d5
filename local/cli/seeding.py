"""``seeder run``, ``repair`` and ``resume``: start a run, follow it to its end, and tell what came of it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from local.cli.api import AppClient, ProblemError, open_client
from local.cli.environment import begin_command
from local.cli.errors import CliError, InterruptedByUserError
from local.cli.follow import LOCAL_PACE, REMOTE_PACE, follow_run
from local.cli.inputs import find_input
from local.cli.interrupts import run_interruptibly
from local.cli.local_app import LocalApp, open_local_app
from local.cli.offline import EarlySimulator
from local.cli.place import Place
from local.cli.requests import check_request, make_body
from local.cli.results import choose_locate, decide_exit_status, make_document, show_run
from local.cli.runs import find_run_id
from local.cli.session import Outcome, Session
from shared.config import Settings
from shared.domain.requests import SeedRequest
from shared.domain.run_status import ACTIVE_STATUSES, PUBLISHING_STATUSES, RunStatus, Status
from shared.records.run import read_request, read_stop

Start = Callable[[AppClient], Awaitable[str]]
"""Asks the app for a run and returns its id."""

IsAnswer = Callable[[SeedRequest, RunStatus], bool]
"""Tells whether a run with this request and this end is what was asked for now."""


def seed_catalog(
    session: Session,
    place: Place,
    flags: Mapping[str, Any],
    simulator: EarlySimulator | None,
) -> Outcome:
    """Bring a catalog to what the flags ask.

    Raises:
        CliError: the run could not be started or followed.
    """
    settings = begin_command(session, place)
    local_input = find_input(flags)
    body = make_body(flags if local_input is None else {**flags, "input": local_input.path})
    asked = None if place.url is not None else check_request(body, settings.defaults)
    if local_input is not None and place.url is None:
        run_interruptibly(lambda: local_input.copy_in(settings))

    async def start(client: AppClient) -> str:
        if local_input is not None and place.url is not None:
            await local_input.upload(client)
        return await client.start_run(body)

    def is_answer(request: SeedRequest, _: RunStatus) -> bool:
        # How many items there are is up to the input.
        return asked is not None and request == (
            asked if asked.input is None else asked.model_copy(update={"target_count": request.target_count})
        )

    needs_text = asked is None or asked.needs_text
    return _perform(session, place, settings, simulator, start=start, is_answer=is_answer, needs_text=needs_text)


def repair_catalog(
    session: Session,
    place: Place,
    flags: Mapping[str, Any],
    simulator: EarlySimulator | None,
) -> Outcome:
    """Make the images that a catalog misses.

    Raises:
        CliError: the run could not be started or followed.
    """
    settings = begin_command(session, place)
    body, catalog = make_body(flags), str(session.catalog)
    return _perform(
        session,
        place,
        settings,
        simulator,
        start=lambda client: client.start_repair(catalog, body),
        is_answer=_has_tried_every_image,
        needs_text=False,
    )


def resume_run(session: Session, place: Place, run: str, simulator: EarlySimulator | None) -> Outcome:
    """Resume a paused run; one that is running already is followed.

    Args:
        session: of this command.
        place: where the run is.
        run: its id, or the name of the catalog whose latest run is meant.
        simulator: that stands in for the model, if there is one.

    Raises:
        CliError: there is no such run, it has ended, or it could not be followed.
    """
    settings = begin_command(session, place)

    async def resume(client: AppClient) -> str:
        run_id = await find_run_id(client, run)
        try:
            await client.resume_run(run_id)
        except ProblemError as problem:
            if problem.kind != "run-not-paused" or problem.document.get("runStatus") not in ACTIVE_STATUSES:
                raise
            session.tell(f"run {run_id} is not paused, and goes on already", style="cyan")
        return run_id

    return _perform(session, place, settings, simulator, start=resume, is_answer=lambda _request, _run: True)


def _has_tried_every_image(request: SeedRequest, run: RunStatus) -> bool:
    return run.status in PUBLISHING_STATUSES and request.publish and not request.dry_run


def _perform(
    session: Session,
    place: Place,
    settings: Settings,
    simulator: EarlySimulator | None,
    *,
    start: Start,
    is_answer: IsAnswer,
    needs_text: bool = True,
) -> Outcome:
    async def work() -> RunStatus:
        if place.url is not None:
            return await _run_there(session, place, settings, start)
        app_here = open_local_app(settings, session, simulator, needs_model=True, needs_text=needs_text)
        async with app_here as app:
            return await _run_here(session, app, start, is_answer)

    try:
        run = run_interruptibly(work, session.tell_stopping)
    except InterruptedByUserError as error:
        raise _explain_interruption(session, place) from error
    except ProblemError as problem:
        raise _advise(problem, place) from problem
    locate = choose_locate(settings.store, is_here=place.url is None)
    return Outcome(
        decide_exit_status(run),
        make_document(run, locate, place.flags),
        lambda console: show_run(console, run, locate, place.flags),
    )


async def _run_there(session: Session, place: Place, settings: Settings, start: Start) -> RunStatus:
    async with open_client(place.origin, settings.functions_key) as client:
        for warning in await client.check():
            session.warn(warning)
        run_id = await start(client)
        session.tell(f"run {run_id} is under way, and goes on without this command", style="cyan")
        return await follow_run(client, run_id, session, REMOTE_PACE)


async def _run_here(session: Session, app: LocalApp, start: Start, is_answer: IsAnswer) -> RunStatus:
    while True:
        try:
            run_id = await start(app.client)
        except ProblemError as problem:
            # What our own host took up ends first, and may well be what was asked for.
            run_id = app.find_own_run(problem)
        else:
            return await follow_run(app.client, run_id, session, LOCAL_PACE)
        was_stopped = await read_stop(app.services.store, run_id) is not None
        request = await read_request(app.services.store, run_id)
        session.tell(f"attached to run {run_id}, which was unfinished", style="cyan")
        run = await follow_run(app.client, run_id, session, LOCAL_PACE)
        if run.is_waiting or (is_answer(request, run) and not was_stopped):
            return run
        session.tell(f"run {run_id} ended as {run.status}; what was asked for now comes next", style="cyan")


def _explain_interruption(session: Session, place: Place) -> InterruptedByUserError:
    run = session.run
    if run is None:
        return InterruptedByUserError("interrupted; the same command starts the run, or takes it up")
    if place.url is not None:
        return InterruptedByUserError(f"interrupted; run {run.run_id} goes on: seeder watch {run.run_id}{place.flags}")
    session.run = run.model_copy(update={"status": Status.INTERRUPTED})
    return InterruptedByUserError(f"interrupted; the same command takes run {run.run_id} up where it was")


def _advise(problem: ProblemError, place: Place) -> CliError:
    """Return the problem with how to go on, where there is a way."""
    match problem.kind:
        case "catalog-busy":
            message = f"{problem}: seeder watch {problem.document['runId']}{place.flags}"
        case "estimate-above-budget":
            estimated, budget = problem.document["costUsd"], problem.document["maxCostUsd"]
            typical = problem.document.get("typical")
            mostly = "" if typical is None else f" (typically ${typical['costUsd']:.4f})"
            message = (
                f"the run is estimated at ${estimated:.4f}{mostly}, and --max-cost-usd is {budget:g}; "
                "nothing was started; expected a larger --max-cost-usd, or --accept-estimate to begin and stop there"
            )
        case _:
            return problem
    return CliError(message, reason=problem.reason)
