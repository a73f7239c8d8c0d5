"""Every failure of a command as one line a problem, a reason code and an exit status."""

from cli.errors import CliError, WrongUsageError
from durable_emulator.engine import JournalError
from durable_emulator.host import HostError, HostPortError
from model_simulator.child_process import SimulatorStartError
from model_simulator.faults import FaultsError
from shared.config import SettingError
from shared.errors import ModelError, StoreError, StoreUnavailableError
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
"""Errors whose message is a line for people already, and their reason codes; the first that fits."""


def convert_error(error: Exception) -> CliError:
    """Return what people and programs are told of an error; an unforeseen one is called that."""
    match error:
        case CliError():
            return error
        case FaultsError():
            return WrongUsageError(f"--faults: {error}")
        case ModelError():
            return CliError(error.message, reason=error.reason)
        case StoreUnavailableError():
            return CliError(" ".join(str(error).split()), reason=error.reason)
    message = " ".join(str(error).split())
    for kind, reason in EXPECTED_ERRORS:
        if isinstance(error, kind):
            return CliError(message, reason=reason)
    return CliError(f"unexpected error: {type(error).__name__}: {message}", reason=Reason.INTERNAL_ERROR)
