"""``seeder run``: bring a catalog to what the flags ask for."""
# ruff: noqa: PLC0415 - see cli.commands

from typing import Annotated, Any

import typer

from cli.command_context import CommandContext, CommandResult, open_context
from cli.command_target import CommandTarget
from cli.offline_simulator import BackgroundSimulator, start_simulator
from cli.options import JsonOption, take_catalog, take_target
from cli.request_options import take_request_options


@take_catalog
@take_request_options()
@take_target(simulates=True)
def run(
    context: typer.Context,
    *,
    catalog: str,
    flags: dict[str, Any],
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Print calls, tokens, cost and time of the run, and start nothing.")
    ] = False,
    target: CommandTarget,
    resume: Annotated[  # noqa: ARG001 - a run always resumes
        bool, typer.Option("--resume", show_default=False, help="Resume an unfinished run; always on.")
    ] = True,
    as_json: JsonOption = False,
) -> CommandResult:
    """Generate the missing categories, items and images of a catalog.

    Run the same command again to resume or extend the catalog; completed calls are not billed again.

    --source products --input shop.csv adds images to existing products.

    --style-reference photo.jpg gives all images the look of one photo session.

    --source prompts --input prompts.csv generates an image for each prompt.

    --refine-iterations 3 scores each image, generates it again from a better prompt while the score is too low, and
    keeps the best image.
    """
    command = open_context(context, catalog, as_json)
    flags = {"catalog": catalog, **flags}
    if estimate:
        from cli.print_estimate import estimate_catalog

        return estimate_catalog(command, target, flags)
    with start_simulator(target) as simulator:
        return _run_catalog(command, target, flags, simulator)


def _run_catalog(
    command: CommandContext, target: CommandTarget, flags: dict[str, Any], simulator: BackgroundSimulator | None
) -> CommandResult:
    from cli.app_client import AppClient
    from cli.command_settings import begin_command
    from cli.interrupts import run_interruptibly
    from cli.local_input import find_input
    from cli.local_references import find_references
    from cli.request_from_flags import check_request, make_body
    from cli.start_and_follow import start_and_follow
    from shared.runs.request import SeedRequest
    from shared.runs.status import RunStatus

    settings = begin_command(command, target)
    local_input, references = find_input(flags), find_references(flags)
    flags = references.apply_to(flags)
    body = make_body(flags if local_input is None else {**flags, "input": local_input.path})
    request = None if target.url is not None else check_request(body, settings.defaults)
    if local_input is not None and target.url is None:
        run_interruptibly(lambda: local_input.copy_to_store(settings))
    if references.contents and target.url is None:
        run_interruptibly(lambda: references.copy_to_store(settings))

    async def start(client: AppClient) -> str:
        if local_input is not None and target.url is not None:
            await local_input.upload(client)
        if target.url is not None:
            await references.upload(client)
        return await client.start_run(body)

    def satisfies_request(earlier: SeedRequest, _: RunStatus) -> bool:
        if request is None or request.input is None:
            return earlier == request
        return earlier == request.model_copy(update={"target_count": earlier.target_count})  # the input decides it

    return start_and_follow(
        command,
        target,
        settings,
        simulator,
        start=start,
        satisfies_request=satisfies_request,
        needs_text_model=request is None or request.needs_text_model,
    )
