"""Fault injection for tests: kills, lost workers, duplicate deliveries and lost results. Off by default."""

from enum import StrEnum


class FaultPoint(StrEnum):
    """Points at which a kill finds the engine in different states."""

    INSTANCE_CREATED = "instance created, not woken"
    EPISODE_STARTING = "orchestrator not replayed yet"
    EPISODE_DECIDED = "episode replayed, nothing written"
    EPISODE_WRITTEN = "episode written, not committed"
    EPISODE_COMMITTED = "episode committed, its work not dispatched"
    ACTIVITY_STARTING = "activity delivered, not called"
    ACTIVITY_RETURNED = "activity called, its result not recorded"
    TIMER_DUE = "timer due, not recorded"
    COMPLETION_WRITTEN = "completion written, not committed"
    COMPLETION_COMMITTED = "completion committed, its instance not woken"


class SimulatedKillError(BaseException):
    """Raised by a test at a fault point: the engine stops there, as by ``kill -9``.

    A BaseException, so that no handler takes it for the failure of an activity.
    """


class LostWorkerError(BaseException):
    """Raised by a test before or in a function: the worker process dies there, and the host survives.

    The function fails, and so do all running activities: they share the process. At ``EPISODE_STARTING`` the function
    is an orchestrator; a test's activity may raise this error, too.
    """

    def __init__(self, message: str = "python exited with code 137 (0x89)") -> None:
        super().__init__(message)


class FaultInjector:
    """Hooks that a test overrides; this class injects no fault."""

    def reach(self, point: FaultPoint, instance_id: str) -> None:
        """Called at each fault point. May raise SimulatedKillError, and LostWorkerError around functions."""

    def count_deliveries(self, activity: str) -> int:  # noqa: ARG002 - for overrides
        """Return how many times to deliver an activity at once; a queue may deliver twice."""
        return 1

    def loses_result(self, activity: str) -> bool:  # noqa: ARG002 - for overrides
        """Return whether to lose the result of the call that has just returned, and deliver the activity again."""
        return False
