"""The run log: one line per event, with ids as fields and in the text.

The Functions host keeps the text and drops the fields; other log pipelines can use the fields. No field holds a prompt,
a text of an item or a key.
"""

import logging

from shared.telemetry.names import SCOPE

APP_LOGGERS = (SCOPE, "activities", "orchestrators", "shared", "triggers")

VERBOSE_LIBRARIES = ("azure.core", "azure.monitor", "httpcore2", "httpx2", "openai")
"""They log the URL of every call at INFO."""

SILENCED_LIBRARIES = ("azure.identity", "msal")
"""Their warnings can hold the identity endpoint's whole answer with its token. Errors report the same problems."""

_logger = logging.getLogger(SCOPE)


def set_log_level(level: str) -> None:
    """Set the level of the app's log; libraries that log URLs stay at WARNING or above."""
    for name in APP_LOGGERS:
        logging.getLogger(name).setLevel(level)
    for name in VERBOSE_LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for name in SILENCED_LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def log_run(level: int, event: str, *, run_id: str, catalog: str, **details: str | float | None) -> None:
    """Log an event of a run; fields without a value are omitted.

    Args:
        level: of the logging module.
        event: such as ``generate_image failed``.
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
