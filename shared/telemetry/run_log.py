"""The log of runs: one line an event, with its ids as fields and in the text.

Both, because the Functions host passes on the text alone and drops the fields, while a log pipeline of one's own has
the fields. No prompt, no text of an item and no key is ever among the facts.
"""

import logging

from shared.telemetry.names import SCOPE

APP_LOGGERS = (SCOPE, "activities", "orchestrators", "shared", "triggers")

VERBOSE_LIBRARIES = ("azure.core", "azure.monitor", "httpcore2", "httpx2", "openai")
"""They log the address of every call at INFO."""

SILENCED_LIBRARIES = ("azure.identity", "msal")
"""Their warnings can hold the identity endpoint's whole answer, token included. What they warn of, an error says."""

_logger = logging.getLogger(SCOPE)


def set_log_level(level: str) -> None:
    """Set from which level on the app's own log is written; libraries that tell addresses stay at WARNING or above."""
    for name in APP_LOGGERS:
        logging.getLogger(name).setLevel(level)
    for name in VERBOSE_LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for name in SILENCED_LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def log_run(level: int, event: str, *, run_id: str, catalog: str, **details: str | float | None) -> None:
    """Log an event of a run; facts without a value are left out.

    Args:
        level: a number of the logging module.
        event: what happened, such as ``generate_image failed``.
        run_id: the run.
        catalog: its catalog.
        details: ids, counts and reason codes.
    """
    if not _logger.isEnabledFor(level):
        return
    all_fields = {"run_id": run_id, "catalog": catalog} | details
    fields = {name: value for name, value in all_fields.items() if value is not None}
    text = " ".join(f"{name}={value}" for name, value in fields.items())
    _logger.log(level, "%s %s", event, text, extra=fields)
