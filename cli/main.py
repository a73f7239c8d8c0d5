"""Entry point of ``seeder``: prints the result or the failure of a command."""

import io
import json
import logging
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from typer.main import get_command

from cli.command_context import CommandContext, CommandResult
from cli.commands import app
from cli.errors import CliError, ExitStatus, InterruptedByUserError, WrongUsageError


def main() -> None:
    """Run the command line of this process, and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # the code page of a terminal may lack characters
    sys.exit(run_command_line(sys.argv[1:]))


def run_command_line(arguments: Sequence[str]) -> int:
    """Run a command line and return the exit status; never prints a stack trace.

    Args:
        arguments: arguments without the name of the program.
    """
    context = CommandContext(as_json="--json" in arguments)
    try:
        return _run(context, arguments)
    except KeyboardInterrupt:
        return _print_failure(context, InterruptedByUserError())
    except BrokenPipeError:  # the reader of the output, such as head, has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.FAILED
    except typer.TyperException as error:
        message = (
            error.format_message().rstrip(".").replace(": Value error, ", ": ", 1)
        )  # Typer validates with Pydantic
        return _print_failure(context, WrongUsageError(f"{message}; see seeder --help"))
    except Exception as error:  # noqa: BLE001 - a failure is one line
        return _print_failure(context, _convert_error(error))


def _run(context: CommandContext, arguments: Sequence[str]) -> int:
    result = get_command(app).main(list(arguments), prog_name="seeder", standalone_mode=False, obj=context)
    if isinstance(result, CommandResult):
        _print_result(context, result)
        return result.exit_status
    if result == ExitStatus.INTERRUPTED:  # Typer's result of Ctrl-C before the command runs
        raise InterruptedByUserError
    return int(result or ExitStatus.DONE)


def _convert_error(error: Exception) -> CliError:
    if isinstance(error, CliError):
        return error
    if logging.getLogger().isEnabledFor(logging.DEBUG) or os.environ.get("LOG_LEVEL", "").upper() == "DEBUG":
        traceback.print_exception(error, file=sys.stderr)
    from cli.error_conversion import convert_error  # noqa: PLC0415 - it loads the app for its errors

    return convert_error(error)


def _print_result(context: CommandContext, result: CommandResult) -> None:
    if context.as_json:
        _print_document(result.document)
    else:
        result.show(context.out)


def _print_failure(context: CommandContext, failure: CliError) -> int:
    """Print a failure, one line per problem, and return the exit status."""
    prefix = "" if isinstance(failure, InterruptedByUserError) else "error: "
    for line in str(failure).splitlines():
        context.print_line(f"{prefix}{line}", style="" if not prefix else "red")
    if context.as_json:
        _print_document(_make_failure_document(context, failure))
    return failure.exit_status


def _make_failure_document(context: CommandContext, failure: CliError) -> dict[str, Any]:
    from cli.run_output import fill_document, make_document  # noqa: PLC0415 - they load the app's models

    error = {"reason": str(failure.reason), "message": str(failure)}
    if context.run is not None:
        return make_document(context.run, str) | {"error": error}
    is_interrupted = isinstance(failure, InterruptedByUserError)
    return fill_document(catalog=context.catalog, status="Interrupted" if is_interrupted else "Failed", error=error)


def _print_document(document: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
