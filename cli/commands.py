"""The commands as they are typed: each collects its flags and hands them to the module that does the work.

Those modules are imported when a command runs, so that ``seeder --help`` need not load the app, its SDKs and a host.
"""
# ruff: noqa: PLC0415 - see above

from typing import Annotated

import typer

from cli import options
from cli.command_context import CommandContext, CommandResult
from cli.command_target import CommandTarget
from cli.errors import ExitStatus
from cli.offline_simulator import start_simulator
from shared.version import __version__

DEFAULT_CATALOG = "lego"

app = typer.Typer(
    name="seeder",
    help="Make a believable product catalog with an image for every product: here, or in a deployed app.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its panels cut long flags off on a narrow terminal
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"seeder {__version__}")
        raise typer.Exit


@app.callback()
def handle_common_options(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Tell the version."),
    ] = False,
) -> None:
    """Make a believable product catalog with an image for every product: here, or in a deployed app."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(ExitStatus.WRONG_USAGE)


@app.command()
def run(
    context: typer.Context,
    *,
    catalog: options.CatalogOption = DEFAULT_CATALOG,
    target_count: options.TargetCountOption = None,
    category_count: options.CategoryCountOption = None,
    batch_size: options.BatchSizeOption = None,
    theme: options.ThemeOption = None,
    force_categories: options.ForceCategoriesOption = None,
    validate_items: options.ValidateItemsOption = None,
    publish: options.PublishOption = None,
    dry_run: options.DryRunOption = None,
    force_images: options.ForceImagesOption = None,
    image_size: options.ImageSizeOption = None,
    image_quality: options.ImageQualityOption = None,
    image_format: options.ImageFormatOption = None,
    thumbnails: options.ThumbnailsOption = None,
    parallel_image_requests: options.ParallelImageRequestsOption = None,
    image_requests_per_minute: options.ImageRequestsPerMinuteOption = None,
    parallel_text_requests: options.ParallelTextRequestsOption = None,
    max_retries: options.MaxRetriesOption = None,
    pause_on_block: options.PauseOnBlockOption = None,
    pause_limit_minutes: options.PauseLimitMinutesOption = None,
    max_cost_usd: options.MaxCostUsdOption = None,
    accept_estimate: options.AcceptEstimateOption = None,
    source: options.SourceOption = None,
    input: options.InputOption = None,  # noqa: A002 - the flag's name
    map: options.MapOption = None,  # noqa: A002 - the flag's name
    skip_invalid: options.SkipInvalidOption = None,
    keep_changed: options.KeepChangedOption = None,
    variant_images: options.VariantImagesOption = None,
    prompt_writer: options.PromptWriterOption = None,
    image_base_url: options.ImageBaseUrlOption = None,
    placeholder: options.PlaceholderOption = None,
    refine_iterations: options.RefineIterationsOption = None,
    refine_accept_score: options.RefineAcceptScoreOption = None,
    policy_rewrites: options.PolicyRewritesOption = None,
    estimate: options.EstimateOption = False,
    output_dir: options.OutputDirOption = None,
    store: options.StoreOption = None,
    offline: options.OfflineOption = False,
    faults: options.FaultsOption = None,
    url: options.UrlOption = None,
    key: options.KeyOption = None,
    resume: options.ResumeOption = True,  # noqa: ARG001 - accepted: a run always goes on from what is there
    as_json: options.JsonOption = False,
) -> CommandResult:
    """Bring a catalog to what is asked: make what is missing, pay for nothing twice.

    With --source products --input shop.csv it makes images for products that there are already.

    With --source prompts --input prompts.csv --refine-iterations 3 it draws each prompt, looks at the image, draws it
    again from a better prompt, and keeps the best one. Items of any source can be refined.

    With --policy-rewrites 1 it puts a prompt that the content policy refuses in neutral words, and tries again.

    With IMAGE_PROVIDER=fal in .env FAL draws; README.md tells the services that there are.
    """
    command_context = _set_up_context(context, catalog, as_json)
    target = CommandTarget(url, key, output_dir, store, offline, faults)
    flags = {
        "catalog": catalog,
        "target_count": target_count,
        "category_count": category_count,
        "batch_size": batch_size,
        "theme": theme,
        "force_categories": force_categories,
        "validate_items": validate_items,
        "publish": publish,
        "dry_run": dry_run,
        "force_images": force_images,
        "image_size": image_size,
        "image_quality": image_quality,
        "image_format": image_format,
        "thumbnails": thumbnails,
        "parallel_image_requests": parallel_image_requests,
        "image_requests_per_minute": image_requests_per_minute,
        "parallel_text_requests": parallel_text_requests,
        "max_retries": max_retries,
        "pause_on_block": pause_on_block,
        "pause_limit_minutes": pause_limit_minutes,
        "max_cost_usd": max_cost_usd,
        "accept_estimate": accept_estimate,
        "source": source,
        "input": input,
        "map": map,
        "skip_invalid": skip_invalid,
        "keep_changed": keep_changed,
        "variant_images": variant_images,
        "prompt_writer": prompt_writer,
        "image_base_url": image_base_url,
        "placeholder": placeholder,
        "refine_iterations": refine_iterations,
        "refine_accept_score": refine_accept_score,
        "policy_rewrites": policy_rewrites,
    }
    if estimate:
        from cli.print_estimate import estimate_catalog

        return estimate_catalog(command_context, target, flags)
    with start_simulator(target) as simulator:
        from cli.run_and_repair import seed_catalog

        return seed_catalog(command_context, target, flags, simulator)


@app.command()
def inspect(
    context: typer.Context,
    file: options.FileArgument,
    *,
    source: options.InspectedSourceOption = "products",
    map: options.MapOption = None,  # noqa: A002 - the flag's name
    theme: options.ThemeOption = None,
    as_json: options.JsonOption = False,
) -> CommandResult:
    """Tell what 'seeder run --input' would make of a file: columns, first prompts, rows that cannot be used."""
    _set_up_context(context, None, as_json)
    from cli.local_input import inspect_input

    return inspect_input(file, source, map or (), theme)


@app.command()
def repair(
    context: typer.Context,
    *,
    catalog: options.CatalogOption = DEFAULT_CATALOG,
    parallel_image_requests: options.ParallelImageRequestsOption = None,
    image_requests_per_minute: options.ImageRequestsPerMinuteOption = None,
    max_retries: options.MaxRetriesOption = None,
    pause_on_block: options.PauseOnBlockOption = None,
    pause_limit_minutes: options.PauseLimitMinutesOption = None,
    max_cost_usd: options.MaxCostUsdOption = None,
    accept_estimate: options.AcceptEstimateOption = None,
    output_dir: options.OutputDirOption = None,
    store: options.StoreOption = None,
    offline: options.OfflineOption = False,
    faults: options.FaultsOption = None,
    url: options.UrlOption = None,
    key: options.KeyOption = None,
    as_json: options.JsonOption = False,
) -> CommandResult:
    """Make only the images that a catalog misses."""
    command_context = _set_up_context(context, catalog, as_json)
    target = CommandTarget(url, key, output_dir, store, offline, faults)
    flags = {
        "parallel_image_requests": parallel_image_requests,
        "image_requests_per_minute": image_requests_per_minute,
        "max_retries": max_retries,
        "pause_on_block": pause_on_block,
        "pause_limit_minutes": pause_limit_minutes,
        "max_cost_usd": max_cost_usd,
        "accept_estimate": accept_estimate,
    }
    with start_simulator(target) as simulator:
        from cli.run_and_repair import repair_catalog

        return repair_catalog(command_context, target, flags, simulator)


@app.command()
def resume(
    context: typer.Context,
    run: options.RunArgument,
    *,
    output_dir: options.OutputDirOption = None,
    store: options.StoreOption = None,
    offline: options.OfflineOption = False,
    faults: options.FaultsOption = None,
    url: options.UrlOption = None,
    key: options.KeyOption = None,
    as_json: options.JsonOption = False,
) -> CommandResult:
    """Let a paused run go on, and follow it to its end."""
    command_context = _set_up_context(context, None, as_json)
    target = CommandTarget(url, key, output_dir, store, offline, faults)
    with start_simulator(target) as simulator:
        from cli.run_and_repair import resume_run

        return resume_run(command_context, target, run, simulator)


@app.command()
def prune(
    context: typer.Context,
    *,
    catalog: options.CatalogOption = DEFAULT_CATALOG,
    output_dir: options.OutputDirOption = None,
    store: options.StoreOption = None,
    offline: options.OfflineOption = False,
    faults: options.FaultsOption = None,
    url: options.UrlOption = None,
    key: options.KeyOption = None,
    as_json: options.JsonOption = False,
) -> CommandResult:
    """Give up on the items that have no image, after a backup."""
    command_context = _set_up_context(context, catalog, as_json)
    target = CommandTarget(url, key, output_dir, store, offline, faults)
    with start_simulator(target) as simulator:
        from cli.prune_and_publish import prune_catalog

        return prune_catalog(command_context, target, simulator)


@app.command()
def publish(
    context: typer.Context,
    *,
    catalog: options.CatalogOption = DEFAULT_CATALOG,
    output_dir: options.OutputDirOption = None,
    store: options.StoreOption = None,
    offline: options.OfflineOption = False,
    faults: options.FaultsOption = None,
    url: options.UrlOption = None,
    key: options.KeyOption = None,
    as_json: options.JsonOption = False,
) -> CommandResult:
    """Publish what a run with --no-publish left for review."""
    command_context = _set_up_context(context, catalog, as_json)
    target = CommandTarget(url, key, output_dir, store, offline, faults)
    with start_simulator(target) as simulator:
        from cli.prune_and_publish import publish_catalog

        return publish_catalog(command_context, target, simulator)


@app.command()
def status(
    context: typer.Context,
    run: options.ListedRunArgument = None,
    *,
    limit: options.LimitOption = 20,
    output_dir: options.OutputDirOption = None,
    store: options.StoreOption = None,
    url: options.UrlOption = None,
    key: options.KeyOption = None,
    as_json: options.JsonOption = False,
) -> CommandResult:
    """Report where a run is, and list the newest runs if none is named."""
    command_context = _set_up_context(context, None, as_json)
    target = CommandTarget(url, key, output_dir, store)
    from cli import manage_runs

    return (
        manage_runs.list_runs(command_context, target, limit)
        if run is None
        else manage_runs.show_status(command_context, target, run)
    )


@app.command()
def watch(
    context: typer.Context,
    run: options.NewestRunArgument = None,
    *,
    output_dir: options.OutputDirOption = None,
    store: options.StoreOption = None,
    url: options.UrlOption = None,
    key: options.KeyOption = None,
    as_json: options.JsonOption = False,
) -> CommandResult:
    """Follow a run to its end; its end is the exit status."""
    command_context = _set_up_context(context, None, as_json)
    target = CommandTarget(url, key, output_dir, store)
    from cli.manage_runs import watch_run

    return watch_run(command_context, target, run)


@app.command()
def audit(
    context: typer.Context,
    run: options.NewestRunArgument = None,
    *,
    output_dir: options.OutputDirOption = None,
    store: options.StoreOption = None,
    url: options.UrlOption = None,
    key: options.KeyOption = None,
    as_json: options.JsonOption = False,
) -> CommandResult:
    """Tell what a run paid for: cost by model, calls, failures, slowest calls, scores of images."""
    command_context = _set_up_context(context, None, as_json)
    target = CommandTarget(url, key, output_dir, store)
    from cli.manage_runs import audit_run

    return audit_run(command_context, target, run)


@app.command()
def cancel(
    context: typer.Context,
    run: options.RunArgument,
    *,
    output_dir: options.OutputDirOption = None,
    store: options.StoreOption = None,
    url: options.UrlOption = None,
    key: options.KeyOption = None,
    as_json: options.JsonOption = False,
) -> CommandResult:
    """Stop a run; what is done stays."""
    command_context = _set_up_context(context, None, as_json)
    target = CommandTarget(url, key, output_dir, store)
    from cli.manage_runs import cancel_run

    return cancel_run(command_context, target, run)


@app.command()
def serve(
    context: typer.Context,
    *,
    port: options.ServePortOption = 7071,
    output_dir: options.OutputDirOption = None,
    store: options.StoreOption = None,
    offline: options.OfflineOption = False,
    faults: options.FaultsOption = None,
) -> None:
    """Serve the app's HTTP functions on this machine, until Ctrl-C."""
    command_context = _set_up_context(context, None, as_json=False)
    target = CommandTarget(None, None, output_dir, store, offline, faults)
    with start_simulator(target) as simulator:
        from cli.serve import serve_app

        serve_app(command_context, target, port, simulator)


@app.command()
def simulate(
    *,
    port: options.SimulatorPortOption = 0,
    seed: options.SeedOption = 7,
    faults: options.SimulatorFaultsOption = None,
) -> None:
    """Run the model simulator on its own, until Ctrl-C."""
    from model_simulator.command_line import simulate as serve_simulator

    raise typer.Exit(serve_simulator(port=port, seed=seed, faults_file=faults))


def _set_up_context(context: typer.Context, catalog: str | None, as_json: bool) -> CommandContext:
    command_context: CommandContext = context.obj
    command_context.catalog = catalog
    command_context.as_json = as_json
    return command_context
