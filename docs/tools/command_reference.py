"""The reference of commands, from the command line's own definitions, and the messages of its usual errors."""

import contextlib
import inspect
import io
import os
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

from typer import Context
from typer.main import get_command

from cli.commands import app
from cli.main import run_command_line
from docs.tools.markdown import convert_docstring, format_code, format_table
from shared.settings_table import SETTINGS

COMMANDS: Mapping[str, Any] = get_command(app).commands  # type: ignore[attr-defined]  # it is a group

CLOSED_PORT = "http://127.0.0.1:9"
"""An address of this machine where no process listens."""

FAILURES: tuple[tuple[Mapping[str, str], str, str], ...] = (
    ({}, "run", "set it in `.env`, or add `--offline`"),
    ({"AZURE_OPENAI_ENDPOINT": "http://models.example.com"}, "run", "use `https://`"),
    (
        {"AZURE_OPENAI_ENDPOINT": CLOSED_PORT, "AZURE_OPENAI_API_KEY": "x"},
        "run",
        "check the address and the network; nothing was billed",
    ),
    ({"IMAGE_PROVIDER": "acme"}, "run", "choose one of them"),
    (
        {"AZURE_OPENAI_ENDPOINT": CLOSED_PORT, "IMAGE_PROVIDER": "fal"},
        "run",
        "set the key of the provider that you chose",
    ),
    ({"TARGET_COUNT": "many"}, "run", "correct the setting"),
    (
        {"AZURE_OPENAI_ENDPOINT": CLOSED_PORT, "STORE": "blob"},
        "run",
        "set one of them, or use `--store folder`",
    ),
    ({}, "run --catalog 'Big Shop'", "choose such a name"),
    ({}, "run --faults faults.json", "add `--offline`"),
    ({}, "prune --catalog nothing", "check the name, and `--output-dir`"),
    ({}, "run --offline --max-cost-usd 5", "raise the budget, or add `--accept-estimate` to stop at the budget"),
)
"""Settings and arguments of commands that fail, and what to do about it. None of them needs a network."""


def list_commands() -> str:
    """Return the table of commands with what each one does."""
    rows = [(f"[`seeder {name}`](#seeder-{name})", _find_summary(command)) for name, command in COMMANDS.items()]
    return format_table(("command", "does"), rows)


def describe_commands() -> str:
    """Return a section per command: usage, help and options."""
    return "\n".join(_describe_command(name, command) for name, command in COMMANDS.items())


def show_messages() -> str:
    """Return the table of error messages, as the program prints them."""
    rows = [(format_code(message), advice) for message, advice in read_messages()]
    return format_table(("message", "what to do"), rows)


def read_messages() -> Iterator[tuple[str, str]]:
    """Yield the last line that each failing command prints, and the advice."""
    known = [setting.name for setting in SETTINGS]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for settings, arguments, advice in FAILURES:
            original = dict(os.environ)
            printed = io.StringIO()
            try:
                for name in known:
                    os.environ.pop(name, None)
                os.environ.update(settings)
                with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(io.StringIO()):
                    run_command_line(shlex.split(arguments))
            finally:
                os.environ.clear()
                os.environ.update(original)
            yield printed.getvalue().strip().splitlines()[-1], advice


def _describe_command(name: str, command: Any) -> str:
    context = Context(command, info_name=f"seeder {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    parts = [
        f"## seeder {name}",
        f"```text\nseeder {name} {usage}\n```",
        *map(convert_docstring, paragraphs),
        format_table(("option", "meaning"), _list_options(command, context)),
    ]
    return "\n\n".join(parts)


def _list_options(command: Any, context: Context) -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None:
            names, meaning = record
            yield format_code(" ".join(names.split())), _escape_angles(" ".join(meaning.split()))


def _find_summary(command: Any) -> str:
    first = convert_docstring(inspect.cleandoc(command.help or "").split("\n\n")[0])
    return first[0].lower() + first[1:].removesuffix(".")


def _escape_angles(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")
