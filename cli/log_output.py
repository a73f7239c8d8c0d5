"""Prints the log on standard error: one line per record, with stack traces at level DEBUG only."""

import logging

from rich.console import Console
from rich.text import Text

NOISY_LIBRARIES = ("aiohttp", "asyncio", "azure", "httpcore2", "httpx2", "openai", "urllib3")
"""They log addresses, headers and payloads below WARNING."""

STYLES = {"DEBUG": "dim", "INFO": "dim", "WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}


class ConsoleHandler(logging.Handler):
    """Prints records above a progress display."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record; report one that cannot be formatted."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - as the logging module does it
            self.handleError(record)
        else:
            self._console.print(Text(line, style=STYLES.get(record.levelname, "")), soft_wrap=True)


class QuietFormatter(logging.Formatter):
    """Formats a record as ``warning: message``, with its exception as ``Type: message``."""

    def __init__(self, *, with_tracebacks: bool) -> None:
        super().__init__()
        self._with_tracebacks = with_tracebacks

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text, on one line without tracebacks."""
        line = f"{record.levelname.lower()}: {record.getMessage()}"
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return line
        if self._with_tracebacks and record.exc_info:
            return f"{line}\n{self.formatException(record.exc_info)}"
        return f"{line}: {type(error).__name__}: {' '.join(str(error).split())}"


def set_up_logging(console: Console, level: str) -> None:
    """Send the log to a console.

    Args:
        console: standard error.
        level: name of a level of the logging module; libraries stay at WARNING or above.
    """
    handler = ConsoleHandler(console)
    handler.setFormatter(QuietFormatter(with_tracebacks=level == "DEBUG"))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in NOISY_LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
