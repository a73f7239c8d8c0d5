"""What can go wrong with a command, and what it exits with."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """What the shell gets."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    DONE_WITH_FAILURES = 3
    INTERRUPTED = 130


class CliError(Exception):
    """A command cannot go on; the message is for people, one line a problem.

    Attributes:
        reason: a reason code for programs.
        exit_status: what the shell gets.
    """

    def __init__(self, message: str, *, reason: str, exit_status: ExitStatus = ExitStatus.FAILED) -> None:
        super().__init__(message)
        self.reason = reason
        self.exit_status = exit_status


class WrongUsageError(CliError):
    """The command was typed in a way that cannot be meant."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="bad_request", exit_status=ExitStatus.WRONG_USAGE)


class InterruptedByUserError(CliError):
    """Ctrl-C, or a request to end from the system."""

    def __init__(self, message: str = "interrupted") -> None:
        super().__init__(message, reason="interrupted", exit_status=ExitStatus.INTERRUPTED)
