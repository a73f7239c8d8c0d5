"""Seams for tests: what can go wrong around the engine, switched off by default."""

from enum import StrEnum


class FaultPoint(StrEnum):
    """Places where a kill would find the engine in a different state."""

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
    """Raised by a test at a point: the engine drops everything right there, as by ``kill -9``.

    A BaseException, so that nothing on the way can take it for a failure of an activity.
    """


class LostWorkerError(BaseException):
    """Raised by a test where a function runs or is about to: its worker process dies there, and the host lives on.

    The function fails, and so do all activities that are running: they were in the same process. At
    ``EPISODE_STARTING`` the function is an orchestrator; a test's activity may raise it, too.
    """

    def __init__(self, message: str = "python exited with code 137 (0x89)") -> None:
        super().__init__(message)


class FaultInjector:
    """What a test may override; this one interferes with nothing."""

    def reach(self, point: FaultPoint, instance_id: str) -> None:
        """Be told that the engine is at a point. May raise SimulatedKillError, and LostWorkerError at a function."""

    def count_deliveries(self, activity: str) -> int:  # noqa: ARG002 - the signature is for those who override it
        """Return how many times an activity is delivered at the same time; a queue may deliver twice."""
        return 1

    def loses_result(self, activity: str) -> bool:  # noqa: ARG002 - the signature is for those who override it
        """Return whether the result just returned gets lost on its way, so that the activity is delivered again."""
        return False
