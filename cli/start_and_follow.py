"""Starts a run and follows it until it ends: what run, repair and resume share."""

from collections.abc import Awaitable, Callable

from cli.app_client import AppClient, ProblemError, open_client
from cli.command_context import CommandContext, CommandResult
from cli.command_target import CommandTarget
from cli.errors import CliError, InterruptedByUserError
from cli.follow_run import REMOTE_POLLING, follow_run
from cli.interrupts import run_interruptibly
from cli.local_app import LocalApp, open_local_app
from cli.offline_simulator import BackgroundSimulator
from cli.run_output import decide_exit_status, make_run_result
from shared.config import Settings
from shared.runs.request import SeedRequest
from shared.runs.run_files import read_request, read_stop_record
from shared.runs.status import RunStatus, Status

StartRun = Callable[[AppClient], Awaitable[str]]
"""Starts a run through the app, and returns its id."""

SatisfiesRequest = Callable[[SeedRequest, RunStatus], bool]
"""Returns whether an earlier run, with its request and final status, did what the command asks for."""


def start_and_follow(
    context: CommandContext,
    target: CommandTarget,
    settings: Settings,
    simulator: BackgroundSimulator | None,
    *,
    start: StartRun,
    satisfies_request: SatisfiesRequest,
    needs_text_model: bool = True,
    is_repeatable: bool = True,
) -> CommandResult:
    """Start a run, follow it, and return its result.

    Args:
        context: context of the command.
        target: where the command runs.
        settings: settings of the command.
        simulator: the model simulator; None = the providers of the settings.
        start: starts the run.
        satisfies_request: whether an unfinished run, once ended, makes the start unnecessary.
        needs_text_model: the run calls the text model, which must be configured.
        is_repeatable: whether a second run like the first one costs nothing. Otherwise an unfinished run is followed
            before another one starts, even if it ends meanwhile.

    Raises:
        CliError: the run could not be started or followed.
    """

    async def work() -> RunStatus:
        if target.url is not None:
            return await _run_remotely(context, target, settings, start)
        local_app = open_local_app(settings, context, simulator, needs_model=True, needs_text_model=needs_text_model)
        async with local_app as app:
            resumed = None if is_repeatable else await _follow_resumed(context, app, satisfies_request)
            return resumed or await _run_locally(context, app, start, satisfies_request)

    try:
        run = run_interruptibly(work, context.print_stopping)
    except InterruptedByUserError as error:
        raise _explain_interruption(context, target) from error
    except ProblemError as problem:
        raise _add_advice(problem, target) from problem
    return make_run_result(target, settings, run, decide_exit_status(run))


async def _run_remotely(
    context: CommandContext, target: CommandTarget, settings: Settings, start: StartRun
) -> RunStatus:
    async with open_client(target.origin, settings.functions_key) as client:
        for warning in await client.check_health():
            context.warn(warning)
        run_id = await start(client)
        context.print_line(f"run {run_id} started; it continues without this command", style="cyan")
        return await follow_run(client, run_id, context, REMOTE_POLLING)


async def _follow_resumed(
    context: CommandContext, app: LocalApp, satisfies_request: SatisfiesRequest
) -> RunStatus | None:
    """Follow the unfinished runs that the app resumed; return the requested one if it is among them."""
    for run_id in app.resumed_runs:
        request = await read_request(app.services.store, run_id)
        run = await app.client.get_run(run_id)
        if satisfies_request(request, run.model_copy(update={"status": Status.COMPLETED})):
            context.print_line(f"resumed unfinished run {run_id}", style="cyan")
            run = await app.follow_run(run_id, context)
            if run.is_waiting or satisfies_request(request, run):
                return run
    return None


async def _run_locally(
    context: CommandContext, app: LocalApp, start: StartRun, satisfies_request: SatisfiesRequest
) -> RunStatus:
    while True:
        try:
            run_id = await start(app.client)
        except ProblemError as problem:
            # An unfinished run that this host resumed ends first; it may be the requested one.
            run_id = app.find_own_run(problem)
        else:
            return await app.follow_run(run_id, context)
        was_stopped = await read_stop_record(app.services.store, run_id) is not None
        request = await read_request(app.services.store, run_id)
        if run_id in app.resumed_runs:
            context.print_line(f"resumed unfinished run {run_id}", style="cyan")
        run = await app.follow_run(run_id, context)
        if run.is_waiting:
            if not satisfies_request(request, run.model_copy(update={"status": Status.COMPLETED})):
                context.warn(_explain_waiting_run(run))
            return run
        if satisfies_request(request, run) and not was_stopped:
            return run
        context.print_line(f"run {run_id} ended as {run.status}; starting the requested run", style="cyan")


def _explain_waiting_run(run: RunStatus) -> str:
    """Return why a command did not start its run: another one holds the catalog, and waits."""
    return (
        f"run {run.run_id} of catalog {run.catalog!r}, started by another command or with other options, is "
        f"{str(run.status).lower()}; nothing was started, and the options of this command have no effect. Resume or "
        "cancel that run first"
    )


def _explain_interruption(context: CommandContext, target: CommandTarget) -> InterruptedByUserError:
    run = context.run
    if run is None:
        return InterruptedByUserError("interrupted; run the same command again to start or resume the run")
    if target.url is not None:
        return InterruptedByUserError(
            f"interrupted; run {run.run_id} continues: seeder watch {run.run_id}{target.flags}"
        )
    context.run = run.model_copy(update={"status": Status.INTERRUPTED})
    return InterruptedByUserError(f"interrupted; run the same command again to resume run {run.run_id}")


def _add_advice(problem: ProblemError, target: CommandTarget) -> CliError:
    """Return the problem with advice, where there is one."""
    match problem.kind:
        case "catalog-busy":
            message = f"{problem}: seeder watch {problem.document['runId']}{target.flags}"
        case "estimate-above-budget":
            estimated, budget = problem.document["costUsd"], problem.document["maxCostUsd"]
            typical = problem.document.get("typical")
            typical_cost = "" if typical is None else f" (typically ${typical['costUsd']:.4f})"
            message = (
                f"the run is estimated at ${estimated:.4f}{typical_cost}, above --max-cost-usd {budget:g}; nothing was "
                "started. Raise --max-cost-usd, or add --accept-estimate to stop at the budget"
            )
        case _:
            return problem
    return CliError(message, reason=problem.reason)
