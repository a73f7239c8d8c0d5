"""What the engine measured since it was started."""

from dataclasses import dataclass


@dataclass(slots=True)
class EngineStatistics:
    """Counts of this process; nothing of it is kept.

    Attributes:
        max_history_events: events of the longest history that was replayed; replay cost grows with its square.
        orchestrator_cpu_seconds: CPU time of all episodes, journal writes included.
        episodes: how many there were.
        activities: how many activity deliveries were started.
    """

    max_history_events: int = 0
    orchestrator_cpu_seconds: float = 0.0
    episodes: int = 0
    activities: int = 0
