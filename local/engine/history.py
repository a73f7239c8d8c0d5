"""One generation's history in memory: the texts that are replayed, and what the engine must find in them."""

import json
from collections import Counter
from collections.abc import Iterable

from local.engine.events import SCHEDULING_TYPES, Event, EventType, encode_event

RETRY_KEY = "Retry"
"""Our own field in a scheduling event: what is left of its retry policy."""
FOLLOW_UP_KEY = "FollowUp"
"""Our own field in a scheduling event: a retry policy asked for it, not the orchestrator."""


class History:
    """The events of an instance's current generation, in order.

    Attributes:
        texts: each event as JSON text.
        scheduled: the scheduling events; an event's index is its ``EventId``.
        raised: how many external events of each name were delivered.
        fired: numbers of the timers that fired.
        cancelled: numbers of the timers whose cancellation is recorded (known to this process).
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.texts: list[str] = []
        self.scheduled: list[Event] = []
        self.raised: Counter[str] = Counter()
        self.fired: set[int] = set()
        self.cancelled: set[int] = set()
        for text in texts:
            self._add(json.loads(text), text)

    def extend(self, events: Iterable[Event]) -> None:
        """Append events."""
        for event in events:
            self._add(event, encode_event(event))

    def _add(self, event: Event, text: str) -> None:
        self.texts.append(text)
        if event["EventType"] in SCHEDULING_TYPES:
            self.scheduled.append(event)
        elif event["EventType"] == EventType.EVENT_RAISED:
            self.raised[event["Name"]] += 1
        elif event["EventType"] == EventType.TIMER_FIRED:
            self.fired.add(event["TimerId"])
