"""Private parts of the Azure Functions SDK that the emulator relies on. No other module touches them.

`check_sdk_version` fails on any version but `CHECKED_VERSIONS`. To support another version, check that each function
below still works, run the tests, and change the number.
"""

import asyncio
from datetime import datetime
from importlib import import_module
from importlib.metadata import version
from typing import Any, Protocol

from azure.durable_functions.models.utils import http_utils
from azure.functions.durable_functions import ActivityTriggerConverter
from azure.functions.meta import Datum

from durable_emulator.errors import SdkVersionError

CHECKED_VERSIONS = {"azure-functions": "1.26.0", "azure-functions-durable": "1.7.0"}


class App(Protocol):
    """A ``DFApp`` or ``FunctionApp``."""

    def get_functions(self) -> list[Any]:
        """Return the registered functions."""


def check_sdk_version() -> None:
    """Check that the installed SDK is the version that this module was written for.

    Raises:
        SdkVersionError: another version is installed.
    """
    for package, checked in CHECKED_VERSIONS.items():
        if (installed := version(package)) != checked:
            raise SdkVersionError(package, installed, checked)


def replace_timestamp_parser() -> None:
    """Let the SDK read the timestamps of histories and instances with ``fromisoformat``.

    An episode replays the whole generation, and parsing each event's timestamp with dateutil takes more than half of
    its CPU time: with 60 activities a generation 8.4 ms an episode, without dateutil 4.0 ms.
    """
    for name in ("history.HistoryEvent", "DurableOrchestrationStatus"):
        # Imported by name: the package has an attribute of the same name, the class.
        import_module(f"azure.durable_functions.models.{name}").dt_parse = _parse_timestamp  # type: ignore[attr-defined]


def _parse_timestamp(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        parsed: datetime = import_module("dateutil.parser").parse(text)
        return parsed


async def close_client_session() -> None:
    """Close the HTTP session that all durable clients share, and release its lock from this event loop.

    In Azure the session lives as long as the worker process. Here the process may outlive the host and start another
    event loop.
    """
    await http_utils._close_session()  # noqa: SLF001 - the SDK has no public way
    http_utils._session_lock = asyncio.Lock()  # noqa: SLF001 - same


def list_functions(app: App) -> list[Any]:
    """Return the functions that an app registers, however often it was asked before.

    The app remembers the names that it has listed, and reports them as duplicates when it is asked again.
    """
    if hasattr(app, "functions_bindings"):
        app.functions_bindings = {}
    return app.get_functions()


def decode_activity_input(text: str | None) -> Any:
    """Return the value that the Azure worker passes to an activity for this JSON text."""
    return ActivityTriggerConverter.decode(Datum(text or "null", "json"), trigger_metadata=None)


def encode_activity_result(result: Any) -> str:
    """Return the JSON text that the Azure worker reports for the result of an activity.

    Raises:
        ValueError: the result cannot be encoded as JSON.
    """
    encoded: str = ActivityTriggerConverter.encode(result, expected_type=None).value
    return encoded
