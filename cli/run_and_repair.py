"""``seeder run``, ``repair`` and ``resume``: start a run, follow it to its end, and tell what came of it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from cli.app_client import AppClient, ProblemError, open_client
from cli.command_context import CommandContext, CommandResult
from cli.command_settings import begin_command
from cli.command_target import CommandTarget
from cli.errors import CliError, InterruptedByUserError
from cli.follow_run import LOCAL_POLLING, REMOTE_POLLING, follow_run
from cli.interrupts import run_interruptibly
from cli.local_app import LocalApp, open_local_app
from cli.local_input import find_input
from cli.manage_runs import find_run_id
from cli.offline_simulator import BackgroundSimulator
from cli.request_from_flags import check_request, make_body
from cli.run_output import choose_locator, decide_exit_status, make_document, print_run
from shared.config import Settings
from shared.runs.request import SeedRequest
from shared.runs.run_files import read_request, read_stop_record
from shared.runs.status import ACTIVE_STATUSES, PUBLISHING_STATUSES, RunStatus, Status

StartRun = Callable[[AppClient], Awaitable[str]]
"""Asks the app for a run and returns its id."""

SatisfiesRequest = Callable[[SeedRequest, RunStatus], bool]
"""Tells whether a run with this request and this end is what was asked for now."""


def seed_catalog(
    context: CommandContext,
    target: CommandTarget,
    flags: Mapping[str, Any],
    simulator: BackgroundSimulator | None,
) -> CommandResult:
    """Bring a catalog to what the flags ask.

    Raises:
        CliError: the run could not be started or followed.
    """
    settings = begin_command(context, target)
    local_input = find_input(flags)
    body = make_body(flags if local_input is None else {**flags, "input": local_input.path})
    new_request = None if target.url is not None else check_request(body, settings.defaults)
    if local_input is not None and target.url is None:
        run_interruptibly(lambda: local_input.copy_to_store(settings))

    async def start(client: AppClient) -> str:
        if local_input is not None and target.url is not None:
            await local_input.upload(client)
        return await client.start_run(body)

    def satisfies_request(request: SeedRequest, _: RunStatus) -> bool:
        # How many items there are is up to the input.
        return new_request is not None and request == (
            new_request
            if new_request.input is None
            else new_request.model_copy(update={"target_count": request.target_count})
        )

    needs_text_model = new_request is None or new_request.needs_text_model
    return _start_and_follow(
        context,
        target,
        settings,
        simulator,
        start=start,
        satisfies_request=satisfies_request,
        needs_text_model=needs_text_model,
    )


def repair_catalog(
    context: CommandContext,
    target: CommandTarget,
    flags: Mapping[str, Any],
    simulator: BackgroundSimulator | None,
) -> CommandResult:
    """Make the images that a catalog misses.

    Raises:
        CliError: the run could not be started or followed.
    """
    settings = begin_command(context, target)
    body, catalog = make_body(flags), str(context.catalog)
    return _start_and_follow(
        context,
        target,
        settings,
        simulator,
        start=lambda client: client.start_repair(catalog, body),
        satisfies_request=_has_tried_every_image,
        needs_text_model=False,
    )


def resume_run(
    context: CommandContext, target: CommandTarget, run: str, simulator: BackgroundSimulator | None
) -> CommandResult:
    """Resume a paused run; one that is running already is followed.

    Args:
        context: of this command.
        target: where the run is.
        run: its id, or the name of the catalog whose latest run is meant.
        simulator: that stands in for the model, if there is one.

    Raises:
        CliError: there is no such run, it has ended, or it could not be followed.
    """
    settings = begin_command(context, target)

    async def resume(client: AppClient) -> str:
        run_id = await find_run_id(client, run)
        try:
            await client.resume_run(run_id)
        except ProblemError as problem:
            if problem.kind != "run-not-paused" or problem.document.get("runStatus") not in ACTIVE_STATUSES:
                raise
            context.print_line(f"run {run_id} is not paused, and goes on already", style="cyan")
        return run_id

    return _start_and_follow(
        context, target, settings, simulator, start=resume, satisfies_request=lambda _request, _run: True
    )


def _has_tried_every_image(request: SeedRequest, run: RunStatus) -> bool:
    return run.status in PUBLISHING_STATUSES and request.publish and not request.dry_run


def _start_and_follow(
    context: CommandContext,
    target: CommandTarget,
    settings: Settings,
    simulator: BackgroundSimulator | None,
    *,
    start: StartRun,
    satisfies_request: SatisfiesRequest,
    needs_text_model: bool = True,
) -> CommandResult:
    async def work() -> RunStatus:
        if target.url is not None:
            return await _run_remotely(context, target, settings, start)
        local_app = open_local_app(settings, context, simulator, needs_model=True, needs_text_model=needs_text_model)
        async with local_app as app:
            return await _run_locally(context, app, start, satisfies_request)

    try:
        run = run_interruptibly(work, context.print_stopping)
    except InterruptedByUserError as error:
        raise _explain_interruption(context, target) from error
    except ProblemError as problem:
        raise _add_advice(problem, target) from problem
    locate = choose_locator(settings.store, is_local=target.url is None)
    return CommandResult(
        decide_exit_status(run),
        make_document(run, locate, target.flags),
        lambda console: print_run(console, run, locate, target.flags),
    )


async def _run_remotely(
    context: CommandContext, target: CommandTarget, settings: Settings, start: StartRun
) -> RunStatus:
    async with open_client(target.origin, settings.functions_key) as client:
        for warning in await client.check_health():
            context.warn(warning)
        run_id = await start(client)
        context.print_line(f"run {run_id} is under way, and goes on without this command", style="cyan")
        return await follow_run(client, run_id, context, REMOTE_POLLING)


async def _run_locally(
    context: CommandContext, app: LocalApp, start: StartRun, satisfies_request: SatisfiesRequest
) -> RunStatus:
    while True:
        try:
            run_id = await start(app.client)
        except ProblemError as problem:
            # What our own host took up ends first, and may well be what was asked for.
            run_id = app.find_own_run(problem)
        else:
            return await follow_run(app.client, run_id, context, LOCAL_POLLING)
        was_stopped = await read_stop_record(app.services.store, run_id) is not None
        request = await read_request(app.services.store, run_id)
        context.print_line(f"attached to run {run_id}, which was unfinished", style="cyan")
        run = await follow_run(app.client, run_id, context, LOCAL_POLLING)
        if run.is_waiting or (satisfies_request(request, run) and not was_stopped):
            return run
        context.print_line(f"run {run_id} ended as {run.status}; what was asked for now comes next", style="cyan")


def _explain_interruption(context: CommandContext, target: CommandTarget) -> InterruptedByUserError:
    run = context.run
    if run is None:
        return InterruptedByUserError("interrupted; the same command starts the run, or takes it up")
    if target.url is not None:
        return InterruptedByUserError(f"interrupted; run {run.run_id} goes on: seeder watch {run.run_id}{target.flags}")
    context.run = run.model_copy(update={"status": Status.INTERRUPTED})
    return InterruptedByUserError(f"interrupted; the same command takes run {run.run_id} up where it was")


def _add_advice(problem: ProblemError, target: CommandTarget) -> CliError:
    """Return the problem with how to go on, where there is a way."""
    match problem.kind:
        case "catalog-busy":
            message = f"{problem}: seeder watch {problem.document['runId']}{target.flags}"
        case "estimate-above-budget":
            estimated, budget = problem.document["costUsd"], problem.document["maxCostUsd"]
            typical = problem.document.get("typical")
            typical_cost = "" if typical is None else f" (typically ${typical['costUsd']:.4f})"
            message = (
                f"the run is estimated at ${estimated:.4f}{typical_cost}, and --max-cost-usd is {budget:g}; "
                "nothing was started; expected a larger --max-cost-usd, or --accept-estimate to begin and stop there"
            )
        case _:
            return problem
    return CliError(message, reason=problem.reason)
