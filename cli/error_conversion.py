"""Converts errors of the app and its parts to errors of commands: message, reason code and exit status."""

from cli.errors import CliError, ExitStatus, WrongUsageError, get_reason
from cli.request_options import describe_problems
from durable_emulator.engine import JournalError
from durable_emulator.host import HostBusyError, HostError, HostPortError
from model_simulator.child_process import SimulatorStartError
from model_simulator.faults import FaultsError
from shared.config import SettingError
from shared.errors import InvalidRequestError, ModelError, RequestError, StoreError, StoreUnavailableError
from shared.reasons import Reason
from shared.storage.json_files import DamagedFileError

EXPECTED_ERRORS: tuple[tuple[type[Exception], Reason], ...] = (
    (SettingError, Reason.NOT_CONFIGURED),
    (DamagedFileError, Reason.DAMAGED_FILE),
    (HostPortError, Reason.CONNECTION),
    (HostError, Reason.STORE_UNAVAILABLE),
    (JournalError, Reason.STORE_UNAVAILABLE),
    (StoreError, Reason.STORE_UNAVAILABLE),
    (SimulatorStartError, Reason.INTERNAL_ERROR),
)
"""Errors whose message can be printed, with their reason codes; the first match counts."""


def convert_error(error: Exception) -> CliError:
    """Return the error of a command; an error of an unexpected type is named as such."""
    message = " ".join(str(error).split())
    match error:
        case CliError():
            return error
        case HostBusyError():
            return CliError(f"{message}. {_advise_on_busy_host(error)}", reason=Reason.STORE_UNAVAILABLE)
        case FaultsError():
            return WrongUsageError(f"--faults: {error}")
        case InvalidRequestError():
            problems = describe_problems(error.properties["errors"])
            return CliError(problems, reason=get_reason(error.kind), exit_status=ExitStatus.WRONG_USAGE)
        case RequestError():
            reason = get_reason(error.kind)
        case ModelError():
            message, reason = error.message, error.reason
        case StoreUnavailableError():
            reason = error.reason
        case _:
            found = next((reason for kind, reason in EXPECTED_ERRORS if isinstance(error, kind)), None)
            reason = found or Reason.INTERNAL_ERROR
            message = message if found else f"unexpected error: {type(error).__name__}: {message}"
    return CliError(message, reason=reason)


def _advise_on_busy_host(error: HostBusyError) -> str:
    if error.url is None:
        return "Wait until it ends, or stop it"
    return (
        f"It serves the review page, {error.url}/api/review/: use that, send the command to it with --url {error.url} "
        "(without --offline, --output-dir and --store), or stop it"
    )
