"""``observe_timer``: hide the messages of errors that are not ours from the Functions host."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from shared.telemetry.unexpected_errors import redact_error

TimerFunction = Callable[..., Awaitable[None]]


def observe_timer(function: TimerFunction) -> TimerFunction:
    """Wrap a timer function; an error that is not ours is replaced by its type and place."""

    @wraps(function)
    async def observed(**arguments: Any) -> None:
        try:
            await function(**arguments)
        except Exception as error:  # noqa: BLE001 - raised again below, without its message
            redacted = redact_error(error)
        else:
            return
        raise redacted

    return observed
