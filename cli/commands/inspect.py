"""``seeder inspect``: print how ``seeder run --input`` reads a file."""
# ruff: noqa: PLC0415 - see cli.commands

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cli.command_context import CommandResult, open_context
from cli.options import JsonOption
from cli.request_options import take_request_options


@take_request_options(["field_mapping", "theme"])
def inspect(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Input file.")],
    *,
    source: Annotated[
        Literal["products", "prompts"], typer.Option("--source", help="Content of the rows.")
    ] = "products",
    flags: dict[str, Any],
    as_json: JsonOption = False,
) -> CommandResult:
    """Print how 'seeder run --input' reads a file.

    The report has the column mapping, the first image prompts and the rows that cannot be used.
    """
    open_context(context, None, as_json)
    from cli.inspect_input import inspect_file

    return inspect_file(file, source, flags["map"] or (), flags["theme"])
