"""The commands of ``seeder``, one file each.

A command imports what does its work when it runs, so that ``seeder --help`` loads neither the app nor an SDK.
"""

from typing import Annotated

import typer

from cli.commands.approve import approve
from cli.commands.audit import audit
from cli.commands.cancel import cancel
from cli.commands.gallery import gallery
from cli.commands.inspect import inspect
from cli.commands.prune import prune
from cli.commands.publish import publish
from cli.commands.regenerate import regenerate
from cli.commands.reject import reject
from cli.commands.repair import repair
from cli.commands.resume import resume
from cli.commands.review import review
from cli.commands.run import run
from cli.commands.serve import serve
from cli.commands.simulate import simulate
from cli.commands.status import status
from cli.commands.watch import watch
from cli.errors import ExitStatus
from shared.version import __version__

HELP = "Generate a product catalog with an image for every product, on this machine or in a deployed app."

app = typer.Typer(
    name="seeder",
    help=HELP,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # Rich's panels truncate long flags on a narrow terminal
    context_settings={"help_option_names": ["-h", "--help"]},
)

for command in (
    run,
    review,
    approve,
    reject,
    inspect,
    repair,
    regenerate,
    resume,
    prune,
    publish,
    gallery,
    status,
    watch,
    audit,
    cancel,
    serve,
    simulate,
):
    app.command()(command)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"seeder {__version__}")
        raise typer.Exit


@app.callback(help=HELP)
def handle_common_options(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Print the help if no command is given."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(ExitStatus.WRONG_USAGE)
