"""Options that several commands share, and a decorator that turns a group of options into one parameter."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cli.command_target import CommandTarget
from cli.errors import WrongUsageError
from shared.settings_table import SETTINGS_BY_NAME

Command = Callable[..., Any]

DEFAULT_CATALOG = "lego"
DEFAULT_PORT = 7071
"""The port of the Functions Core Tools."""


def _describe_setting(name: str) -> str:
    setting = SETTINGS_BY_NAME[name]
    return f"{setting.description.replace('`', '').removesuffix('.')} (default {setting.default})."


CATALOG_ARGUMENT = Annotated[
    str | None,
    typer.Argument(metavar="CATALOG", help=f"Name of the catalog [default: {DEFAULT_CATALOG}].", show_default=False),
]
CATALOG_OPTION = Annotated[
    str | None, typer.Option("--catalog", metavar="NAME", help="The same as CATALOG.", show_default=False)
]
FaultsOption = Annotated[Path | None, typer.Option(metavar="FILE", help="JSON file with faults to simulate.")]
PORT_OPTION = partial(typer.Option, min=0, max=65535)
PortOption = Annotated[int, PORT_OPTION(help="Port to listen on; 0 = any free port.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, also on failure.")]

RUN_HELP = "Id of the run, or the name of a catalog for its latest run"
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help=f"{RUN_HELP}.")]
LatestRunArgument = Annotated[
    str | None, typer.Argument(metavar="RUN", help=f"{RUN_HELP}; default: the latest run.", show_default=False)
]

CatalogArgument = Annotated[str, typer.Argument(metavar="CATALOG", help="Name of the catalog.")]
DecidedItemsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="Items, as published or internal.", show_default=False)
]
FirstItemsOption = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, max=500, help="The first N items of the catalog, instead of ids.", show_default=False
    ),
]
NoteOption = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Remark, stored with each decision.", show_default=False)
]

OUTPUT_DIR = Annotated[Path | None, typer.Option(metavar="DIR", help=_describe_setting("OUTPUT_DIR"))]
STORE = Annotated[Literal["folder", "blob"] | None, typer.Option(help=_describe_setting("STORE"))]
OFFLINE = Annotated[bool, typer.Option("--offline", help="Use the model simulator; nothing is billed.")]
UNUSED_OFFLINE = Annotated[
    bool, typer.Option("--offline", help="Accepted as in other commands; this one calls no model.")
]
FAULTS = Annotated[
    Path | None, typer.Option(metavar="FILE", help="JSON file with faults to simulate; requires --offline.")
]
URL = Annotated[str | None, typer.Option(metavar="URL", help="Send the command to the app deployed at URL.")]
KEY = Annotated[
    str | None, typer.Option(metavar="KEY", help="Function key of the deployed app; prefer FUNCTIONS_KEY in .env.")
]


def take_target(
    *, simulates: bool = False, is_remote: bool = True, takes_key: bool = True
) -> Callable[[Command], Command]:
    """Replace a command's parameter ``target`` by the options that say where the command runs.

    Args:
        simulates: --offline starts a simulator, and there is --faults; otherwise --offline changes nothing.
        is_remote: add --url and --key.
        takes_key: whether a remote command sends the function key; without it there is no --key.
    """
    options: dict[str, tuple[Any, Any]] = {"output_dir": (OUTPUT_DIR, None), "store": (STORE, None)}
    options |= {"offline": (OFFLINE if simulates else UNUSED_OFFLINE, False)}
    if simulates:
        options |= {"faults": (FAULTS, None)}
    if is_remote:
        options |= {"url": (URL, None)}
    if is_remote and takes_key:
        options |= {"key": (KEY, None)}
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in options.items()
    ]
    return lambda command: replace_parameter(command, "target", parameters, lambda values: CommandTarget(**values))


def take_catalog(command: Command) -> Command:
    """Replace a command's parameter ``catalog`` by an argument, and an option with the same meaning."""
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=None)
        for name, annotation in (("named_catalog", CATALOG_ARGUMENT), ("catalog_option", CATALOG_OPTION))
    ]
    return replace_parameter(command, "catalog", parameters, lambda values: _choose_catalog(*values.values()))


def _choose_catalog(argument: str | None, option: str | None) -> str:
    """Return the name that was given, or the default.

    Raises:
        WrongUsageError: the argument and the option name different catalogs.
    """
    if argument is not None and option is not None and argument != option:
        raise WrongUsageError(f"CATALOG is {argument!r}, and --catalog is {option!r}; expected one of the two")
    return argument or option or DEFAULT_CATALOG


def replace_parameter(
    command: Command,
    name: str,
    options: Sequence[inspect.Parameter],
    collect: Callable[[Mapping[str, Any]], object],
) -> Command:
    """Return a command with options in place of one parameter, which gets the collected values of the options."""
    signature = inspect.signature(command)

    @wraps(command)
    def call(*arguments: Any, **values: Any) -> Any:
        collected = collect({option.name: values.pop(option.name) for option in options})
        return command(*arguments, **values, **{name: collected})

    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        parameters.extend(options if parameter.name == name else [parameter])
    call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # read by inspect
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call
