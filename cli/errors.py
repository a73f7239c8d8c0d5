"""Errors and exit statuses of commands.

```
CliError
├── WrongUsageError          exit status 2
├── InterruptedByUserError   exit status 130
├── ProblemError             the app returned a problem document (cli.app_client)
└── UnreachableError         the app cannot be reached (cli.app_client)
```
"""

from enum import IntEnum

REASON_BY_PROBLEM_KIND = {
    "invalid-request": "bad_request",
    "no-json": "bad_request",
    "idempotency-key-reused": "bad_request",
    "invalid-input": "bad_input",
    "input-too-large": "bad_input",
    "unsupported-input": "bad_input",
}
"""Reason codes of problems whose code is not their kind with underscores."""


class ExitStatus(IntEnum):
    """Exit status of the process."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    DONE_WITH_FAILURES = 3
    INTERRUPTED = 130


class CliError(Exception):
    """A command failed. The message has one line per problem.

    Attributes:
        reason: reason code.
        exit_status: exit status of the process.
    """

    def __init__(self, message: str, *, reason: str, exit_status: ExitStatus = ExitStatus.FAILED) -> None:
        super().__init__(message)
        self.reason = reason
        self.exit_status = exit_status


class WrongUsageError(CliError):
    """The arguments of the command are not valid."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="bad_request", exit_status=ExitStatus.WRONG_USAGE)


class InterruptedByUserError(CliError):
    """Ctrl-C, or a signal to terminate."""

    def __init__(self, message: str = "interrupted") -> None:
        super().__init__(message, reason="interrupted", exit_status=ExitStatus.INTERRUPTED)


def get_reason(kind: str) -> str:
    """Return the reason code of a kind of problem, such as ``catalog-busy``."""
    return REASON_BY_PROBLEM_KIND.get(kind, kind.replace("-", "_"))
