"""The commands as they are typed: each collects its flags and hands them to the module that does the work.

Those modules are imported when a command runs, so that ``seeder --help`` need not load the app, its SDKs and a host.
"""
# ruff: noqa: PLC0415 - see above

from typing import Annotated

import typer

from local.cli import options
from local.cli.errors import ExitStatus
from local.cli.offline import start_simulator
from local.cli.place import Place
from local.cli.session import Outcome, Session
from shared.version import __version__

DEFAULT_CATALOG = "lego"

app = typer.Typer(
    name="seeder",
    help="Make a believable product catalog with a picture for every product: here, or in a deployed app.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its panels cut long flags off on a narrow terminal
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"seeder {__version__}")
        raise typer.Exit


@app.callback()
def take_common_options(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version."),
    ] = False,
) -> None:
    """Make a believable product catalog with a picture for every product: here, or in a deployed app."""
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
) -> Outcome:
    """Bring a catalog to what is asked: make what is missing, pay for nothing twice.

    With --source products --input shop.csv it makes pictures for products that there are already.

    With --source prompts --input prompts.csv --refine-iterations 3 it draws each prompt, looks at the picture, draws it
    again from a better prompt, and keeps the best one. Items of any source can be refined.

    With --policy-rewrites 1 it puts a prompt that the content policy refuses in neutral words, and tries again.

    With IMAGE_PROVIDER=fal in .env FAL draws; README.md tells the services that there are.
    """
    session = _begin(context, catalog, as_json)
    place = Place(url, key, output_dir, store, offline, faults)
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
        from local.cli.estimating import estimate_catalog

        return estimate_catalog(session, place, flags)
    with start_simulator(place) as simulator:
        from local.cli.seeding import seed_catalog

        return seed_catalog(session, place, flags, simulator)


@app.command()
def inspect(
    context: typer.Context,
    file: options.FileArgument,
    *,
    source: options.InspectedSourceOption = "products",
    map: options.MapOption = None,  # noqa: A002 - the flag's name
    theme: options.ThemeOption = None,
    as_json: options.JsonOption = False,
) -> Outcome:
    """Tell what 'seeder run --input' would make of a file: columns, first prompts, rows that cannot be used."""
    _begin(context, None, as_json)
    from local.cli.inputs import inspect_input

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
) -> Outcome:
    """Make only the images that a catalog misses."""
    session = _begin(context, catalog, as_json)
    place = Place(url, key, output_dir, store, offline, faults)
    flags = {
        "parallel_image_requests": parallel_image_requests,
        "image_requests_per_minute": image_requests_per_minute,
        "max_retries": max_retries,
        "pause_on_block": pause_on_block,
        "pause_limit_minutes": pause_limit_minutes,
        "max_cost_usd": max_cost_usd,
        "accept_estimate": accept_estimate,
    }
    with start_simulator(place) as simulator:
        from local.cli.seeding import repair_catalog

        return repair_catalog(session, place, flags, simulator)


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
) -> Outcome:
    """Let a paused run go on, and follow it to its end."""
    session = _begin(context, None, as_json)
    place = Place(url, key, output_dir, store, offline, faults)
    with start_simulator(place) as simulator:
        from local.cli.seeding import resume_run

        return resume_run(session, place, run, simulator)


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
) -> Outcome:
    """Give up on the items that have no image, after a backup."""
    session = _begin(context, catalog, as_json)
    place = Place(url, key, output_dir, store, offline, faults)
    with start_simulator(place) as simulator:
        from local.cli.catalogs import prune_catalog

        return prune_catalog(session, place, simulator)


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
) -> Outcome:
    """Publish what a run with --no-publish left for review."""
    session = _begin(context, catalog, as_json)
    place = Place(url, key, output_dir, store, offline, faults)
    with start_simulator(place) as simulator:
        from local.cli.catalogs import publish_catalog

        return publish_catalog(session, place, simulator)


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
) -> Outcome:
    """Report where a run is, and list the newest runs if none is named."""
    session = _begin(context, None, as_json)
    place = Place(url, key, output_dir, store)
    from local.cli import runs

    return runs.list_runs(session, place, limit) if run is None else runs.show_status(session, place, run)


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
) -> Outcome:
    """Follow a run to its end; its end is the exit status."""
    session = _begin(context, None, as_json)
    place = Place(url, key, output_dir, store)
    from local.cli.runs import watch_run

    return watch_run(session, place, run)


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
) -> Outcome:
    """Tell what a run paid for: cost by model, calls, failures, slowest calls, scores of pictures."""
    session = _begin(context, None, as_json)
    place = Place(url, key, output_dir, store)
    from local.cli.runs import audit_run

    return audit_run(session, place, run)


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
) -> Outcome:
    """Stop a run; what is done stays."""
    session = _begin(context, None, as_json)
    place = Place(url, key, output_dir, store)
    from local.cli.runs import cancel_run

    return cancel_run(session, place, run)


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
    session = _begin(context, None, as_json=False)
    place = Place(None, None, output_dir, store, offline, faults)
    with start_simulator(place) as simulator:
        from local.cli.serving import serve_app

        serve_app(session, place, port, simulator)


@app.command()
def simulate(
    *,
    port: options.SimulatorPortOption = 0,
    seed: options.SeedOption = 7,
    faults: options.SimulatorFaultsOption = None,
) -> None:
    """Run the model simulator on its own, until Ctrl-C."""
    from local.simulator.command import simulate as serve_simulator

    raise typer.Exit(serve_simulator(port=port, seed=seed, faults_file=faults))


def _begin(context: typer.Context, catalog: str | None, as_json: bool) -> Session:
    session: Session = context.obj
    session.catalog = catalog
    session.as_json = as_json
    return session
