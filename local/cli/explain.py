"""Every failure of a command as one line a problem, a reason code and an exit status."""

from local.cli.errors import CliError, WrongUsageError
from local.engine import JournalError
from local.host import HostError, HostPortError
from local.simulator.faults import FaultsError
from local.simulator.process import SimulatorStartError
from shared.config import SettingError
from shared.ports import ModelError, StoreError, StoreUnavailableError
from shared.reasons import Reason
from shared.records.files import DamagedFileError

FORESEEN: tuple[tuple[type[Exception], Reason], ...] = (
    (SettingError, Reason.NOT_CONFIGURED),
    (DamagedFileError, Reason.DAMAGED_FILE),
    (HostPortError, Reason.CONNECTION),
    (HostError, Reason.STORE_UNAVAILABLE),
    (JournalError, Reason.STORE_UNAVAILABLE),
    (StoreError, Reason.STORE_UNAVAILABLE),
    (SimulatorStartError, Reason.INTERNAL_ERROR),
)
"""Errors whose message is a line for people already, and their reason codes; the first that fits."""


def explain_failure(error: Exception) -> CliError:
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
    for kind, reason in FORESEEN:
        if isinstance(error, kind):
            return CliError(message, reason=reason)
    return CliError(f"unexpected error: {type(error).__name__}: {message}", reason=Reason.INTERNAL_ERROR)
