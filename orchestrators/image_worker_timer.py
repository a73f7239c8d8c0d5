"""The clock of an image worker, and the one timer that wakes it."""

from datetime import datetime
from typing import Any

import azure.durable_functions as df


class ImageWorkerTimer:
    """A timer that is set to the earliest moment at which the image worker can continue.

    Attributes:
        task: the open timer task; None = no timer is set.
        due: when it fires.
    """

    def __init__(self, context: df.DurableOrchestrationContext) -> None:
        self._context = context
        self._latest_fired_at: datetime = context.current_utc_datetime
        self.task: Any = None
        self.due: datetime | None = None

    def read_now(self) -> datetime:
        """Return the current time, and at least that of the latest timer that has fired.

        The Azure Storage backend cuts delays to whole seconds, so a timer fires up to a second early. By the context's
        clock it would still be to come, and the image worker would set it again and again.
        """
        now: datetime = self._context.current_utc_datetime
        return max(self._latest_fired_at, now)

    def is_needed(self, wake: datetime) -> bool:
        """Return whether waking at ``wake`` needs a timer other than the open one."""
        return self.due is None or self.due > wake

    def set(self, wake: datetime) -> Any:
        """Replace the open timer, and return the new task."""
        self.cancel()
        self.task, self.due = self._context.create_timer(wake), wake
        return self.task

    def cancel(self) -> Any:
        """Cancel the open timer, and return its task. An open timer would keep a completed instance running."""
        task = self.task
        if task is not None and not task.is_completed:  # it may have fired while another task was awaited
            task.cancel()
        self.task = self.due = None
        return task

    def mark_fired(self) -> None:
        """Take into account that the timer has fired."""
        self._latest_fired_at = max(self._latest_fired_at, self.due or self._latest_fired_at)
        self.task = self.due = None
